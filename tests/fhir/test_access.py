"""Who may pass: bearer tokens, scopes, facilities, patient context, and one access row per request."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.fhir.conftest import Site
from tests.fhir.test_interactions import issue, new_patient, patient


def same_answer(one: httpx.Response, other: httpx.Response) -> bool:
    def bare(answer: httpx.Response) -> tuple[Any, ...]:
        body = answer.json()
        body.pop("id")
        varying = ("date", "x-request-id")
        return answer.status_code, body, {k: v for k, v in answer.headers.items() if k not in varying}

    return bare(one) == bare(other)


def observation(of: str) -> dict[str, Any]:
    return {"resourceType": "Observation", "status": "final", "code": {"text": "pulse"}, "subject": {"reference": f"Patient/{of}"}}


def test_only_a_live_bearer_token_is_honoured(site: Site) -> None:
    with site.client("north") as anyone:
        without = anyone.get("Patient")
        assert without.status_code == 401 and without.headers["www-authenticate"].startswith("Bearer")
        assert anyone.get("Patient", headers={"cookie": "sid=abc; __Host-sid=abc"}).status_code == 401
        for header in ("Bearer nonsense", "Basic YTpi", "Bearer", "bearer a b"):
            refused = anyone.get("Patient", headers={"authorization": header})
            assert refused.status_code == 401 and issue(refused)["code"] == "login"
        assert anyone.post("Patient", json=patient()).status_code == 401
        assert anyone.post("", json={"resourceType": "Bundle", "type": "batch", "entry": []}).status_code == 401
    expired = site.token("north", life=timedelta(seconds=-1))
    with site.client("north", expired) as late:
        assert late.get("Patient").status_code == 401


def test_the_host_names_the_facility_or_the_token_does(site: Site, north: httpx.Client, north_token: str) -> None:
    made = new_patient(north)
    with site.client(None, north_token) as bare:
        assert bare.get(f"Patient/{made['id']}").status_code == 200
    with site.client("south", north_token) as wrong:
        assert wrong.get(f"Patient/{made['id']}").status_code == 401
    with site.client("nowhere", north_token) as unknown:
        assert unknown.get("Patient").status_code == 401


def test_scopes_limit_types_and_verbs(site: Site, north: httpx.Client) -> None:
    made = new_patient(north)
    seen = north.post("Observation", json=observation(made["id"])).json()
    with site.client("north", site.token("north", "system/Patient.rs")) as reader:
        assert reader.get(f"Patient/{made['id']}").status_code == 200
        assert reader.post("Patient", json=patient()).status_code == 403
        assert reader.put(f"Patient/{made['id']}", json=made).status_code == 403
        assert reader.delete(f"Patient/{made['id']}").status_code == 403
        assert reader.get(f"Observation/{seen['id']}").status_code == 403
        included = reader.get(f"Patient?_id={made['id']}&_revinclude=Observation:subject").json()
        assert [e["resource"]["resourceType"] for e in included["entry"]] == ["Patient"]
        everything = reader.get(f"Patient/{made['id']}/$everything").json()
        assert [e["resource"]["resourceType"] for e in everything["entry"]] == ["Patient"]
        assert reader.get("_history").status_code == 403
    with site.client("north", site.token("north", "system/Observation.c")) as writer:
        assert writer.post("Observation", json=observation(made["id"])).status_code == 201
        assert writer.get(f"Observation/{seen['id']}").status_code == 403
        assert writer.delete(f"Observation/{seen['id']}").status_code == 403
        assert writer.get("Observation").status_code == 403


@pytest.fixture
def hidden(south: httpx.Client) -> tuple[str, str, str]:
    """A patient and an observation of south, and the patient's number."""
    number = uuid4().hex
    made = new_patient(south, identifier=[{"system": "urn:hidden", "value": number}])
    return made["id"], south.post("Observation", json=observation(made["id"])).json()["id"], number


def test_another_facilitys_resources_look_absent_on_every_path(
    north: httpx.Client, south: httpx.Client, hidden: tuple[str, str, str]
) -> None:
    there, seen, number = hidden
    absent = str(uuid4())
    for path in ("Patient/{}", "Patient/{}/_history", "Patient/{}/_history/1", "Patient/{}/$everything"):
        assert same_answer(north.get(path.format(there)), north.get(path.format(absent))), path
        assert north.get(path.format(there)).status_code == 404
    assert same_answer(north.delete(f"Patient/{there}"), north.delete(f"Patient/{absent}"))
    tag = {"if-none-match": 'W/"1"'}
    assert north.get(f"Patient/{there}", headers=tag).status_code == 404
    searches = (
        f"Patient?_id={there}", f"Patient?identifier=urn:hidden|{number}", f"Observation?_id={seen}",
        f"Observation?patient={there}", f"Observation?subject=Patient/{there}",
        f"Patient?_id={there}&_revinclude=Observation:subject", f"Observation?_id={seen}&_include=Observation:subject",
    )  # fmt: skip
    for search in searches:
        found = north.get(search + "&_total=accurate")
        assert found.status_code == 200, search
        assert "entry" not in found.json() and found.json()["total"] == 0, search
        assert south.get(search).json()["entry"], search
    for path in ("_history?_count=1000", "Patient/_history?_count=1000", "Patient?_count=1000"):
        assert there not in north.get(path).text, path
    pointing = north.post("Observation", json=observation(there))
    assert pointing.status_code == 201
    found = north.get(f"Observation?_id={pointing.json()['id']}&_include=Observation:subject").json()
    assert [e["search"]["mode"] for e in found["entry"]] == ["match"]
    body = {"resourceType": "Bundle", "type": "batch", "entry": [{"request": {"method": "GET", "url": f"Patient/{there}"}}]}
    assert north.post("", json=body).json()["entry"][0]["response"]["status"].startswith("404")


def test_writes_on_hidden_ids_behave_as_on_absent_ones(
    north: httpx.Client, south: httpx.Client, hidden: tuple[str, str, str]
) -> None:
    there, _, number = hidden
    own = north.put(f"Patient/{there}", json=patient(id=there))
    assert own.status_code in (201, 409)
    if own.status_code == 409:
        pytest.fail("a PUT on a hidden id must not tell that it exists")
    assert south.get(f"Patient/{there}").json()["identifier"][0]["value"] == number
    sent = patient(identifier=[{"system": "urn:hidden", "value": number}])
    assert north.post("Patient", json=sent, headers={"if-none-exist": f"identifier=urn:hidden|{number}"}).status_code == 201


def test_a_patient_token_sees_one_patient_only(site: Site, north: httpx.Client) -> None:
    mine, other = new_patient(north), new_patient(north)
    own = north.post("Observation", json=observation(mine["id"])).json()
    foreign = north.post("Observation", json=observation(other["id"])).json()
    token = site.token("north", "patient/*.cruds", patient=mine["id"])
    with site.client("north", token) as portal:
        assert portal.get(f"Patient/{mine['id']}").status_code == 200
        assert portal.get(f"Observation/{own['id']}").status_code == 200
        for path in ("Patient/{}", "Patient/{}/_history", "Patient/{}/_history/1", "Patient/{}/$everything"):
            assert portal.get(path.format(other["id"])).status_code == 404, path
        assert portal.get(f"Observation/{foreign['id']}").status_code == 404
        found = portal.get("Observation?_count=1000").json()
        assert {e["resource"]["id"] for e in found["entry"]} == {own["id"]}
        assert portal.get("Patient?_total=accurate").json()["total"] == 1
        for path in ("_history?_count=1000", "Observation/_history?_count=1000"):
            assert foreign["id"] not in portal.get(path).text
        written = portal.post("Observation", json=observation(other["id"]))
        assert written.status_code in (403, 404)
        moved = portal.put(f"Observation/{own['id']}", json={**own, "subject": {"reference": f"Patient/{other['id']}"}})
        assert moved.status_code in (403, 404)
        assert portal.delete(f"Observation/{foreign['id']}").status_code == 404
        changed = portal.put(f"Observation/{foreign['id']}", json={**foreign, "subject": own["subject"]})
        assert changed.status_code == 404
    assert north.get(f"Observation/{foreign['id']}").headers["etag"] == 'W/"1"'


def test_each_request_leaves_one_access_row(site: Site, north: httpx.Client) -> None:
    made = new_patient(north)
    before = site.count("select count(*) from ehr.access")
    told = site.count("select count(*) from ehr.answer")
    north.get(f"Patient/{made['id']}")
    north.get("Patient/absent")
    north.get("Patient?shoe-size=43")
    north.post("Patient", content=b"{", headers={"content-type": "application/fhir+json"})
    north.post("Patient", json=patient(gender="martian"))
    north.post("Patient", json=patient())
    assert site.count("select count(*) from ehr.access") == before + 6
    assert site.count("select count(*) from ehr.answer") >= told + 6
    north.get("metadata")
    north.get("Nonsense/1")
    assert site.count("select count(*) from ehr.access") == before + 6

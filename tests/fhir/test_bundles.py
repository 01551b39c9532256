"""Batch and transaction over HTTP: order, atomicity, references between entries, conditional entries, real Synthea bundles."""

import json
from copy import deepcopy
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.fhir.conftest import SHARED, Site
from tests.fhir.test_interactions import issue, new_patient, patient

Entry = dict[str, Any]


def bundle(*entries: Entry, kind: str = "transaction") -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def post(resource: dict[str, Any], **more: Any) -> Entry:
    return {
        "fullUrl": f"urn:uuid:{uuid4()}",
        "resource": resource,
        "request": {"method": "POST", "url": resource["resourceType"], **more},
    }


def asked(method: str, url: str, resource: dict[str, Any] | None = None, **more: Any) -> Entry:
    made: Entry = {"request": {"method": method, "url": url, **more}}
    return made if resource is None else {**made, "resource": resource}


def observation(subject: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "status": "final", "code": {"text": "pulse"}, "subject": {"reference": subject}, **more}


def place(entry: Entry) -> str:
    """`Type/id` of a response entry."""
    return "/".join(entry["response"]["location"].split("/")[:2])


def test_a_transaction_links_its_entries_everywhere(north: httpx.Client) -> None:
    who = post(patient())
    document = post({
        "resourceType": "DocumentReference", "status": "current", "subject": {"reference": who["fullUrl"]},
        "content": [{"attachment": {"url": ""}}],
        "identifier": [{"system": who["fullUrl"], "value": who["fullUrl"]}],
    })  # fmt: skip
    binary = post({"resourceType": "Binary", "contentType": "text/plain", "data": "aGVsbG8="})
    document["resource"]["content"][0]["attachment"]["url"] = binary["fullUrl"]
    document["resource"]["extension"] = [{"url": "http://example.org/about", "valueUri": who["fullUrl"]}]
    answer = north.post("", json=bundle(document, who, binary))
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["type"] == "transaction-response"
    assert [e["response"]["status"] for e in told["entry"]] == ["201 Created"] * 3
    where = [place(e) for e in told["entry"]]
    stored = north.get(where[0]).json()
    assert stored["subject"]["reference"] == where[1]
    assert stored["content"][0]["attachment"]["url"] == where[2]
    assert stored["extension"][0]["valueUri"] == where[1]
    assert stored["identifier"] == document["resource"]["identifier"]
    assert told["entry"][0]["response"]["etag"] == 'W/"1"'


def test_a_transaction_is_answered_in_request_order_and_done_in_the_standards(north: httpx.Client) -> None:
    old, changed = new_patient(north), new_patient(north)
    own = f"own-{uuid4().hex[:8]}"
    answer = north.post("", json=bundle(
        asked("GET", f"Patient/{own}"),
        asked("PUT", f"Patient/{own}", patient(id=own)),
        asked("PUT", f"Patient/{changed['id']}", {**changed, "gender": "other"}, ifMatch='W/"1"'),
        post(patient()),
        asked("DELETE", f"Patient/{old['id']}"),
        asked("GET", f"Patient?_id={changed['id']}"),
    ), headers={"prefer": "return=representation"})  # fmt: skip
    assert answer.status_code == 200, answer.text
    entries = answer.json()["entry"]
    statuses = [e["response"]["status"][:3] for e in entries]
    assert statuses == ["200", "201", "200", "201", "204", "200"]
    assert entries[0]["resource"]["id"] == own
    assert entries[2]["resource"]["gender"] == "other"
    assert entries[5]["resource"]["entry"][0]["resource"]["gender"] == "other"
    assert north.get(f"Patient/{old['id']}").status_code == 410


def test_a_transaction_is_all_or_nothing(site: Site, north: httpx.Client) -> None:
    current = new_patient(north)
    before = site.count("select count(*) from ehr.resource")
    broken = bundle(post(patient()), asked("PUT", f"Patient/{current['id']}", {**current, "gender": "male"}, ifMatch='W/"9"'))
    stale = north.post("", json=broken)
    assert stale.status_code == 412 and issue(stale)["expression"] == ["Bundle.entry[1]"]
    invalid = bundle(post(patient()), post(patient()), post(patient(birthDate="1961-13-01")))
    answer = north.post("", json=invalid)
    assert answer.status_code == 422 and issue(answer)["expression"] == ["Bundle.entry[2].resource.birthDate"]
    missing = bundle(post(patient()), post(observation("Patient?identifier=urn:none|none")))
    answer = north.post("", json=missing)
    assert answer.status_code == 422 and issue(answer)["expression"] == ["Bundle.entry[1]"]
    absent = bundle(post(patient()), asked("GET", "Patient/absent"))
    assert north.post("", json=absent).status_code == 404
    assert site.count("select count(*) from ehr.resource") == before
    assert north.get(f"Patient/{current['id']}").headers["etag"] == 'W/"1"'


def test_conditional_entries_and_references_find_their_targets(north: httpx.Client) -> None:
    number = uuid4().hex
    criteria = f"identifier=urn:mrn|{number}"
    who = patient(identifier=[{"system": "urn:mrn", "value": number}])
    entries = (post(who, ifNoneExist=criteria), post(deepcopy(who), ifNoneExist=criteria), post(observation(f"Patient?{criteria}")))
    first = north.post("", json=bundle(*entries)).json()["entry"]
    assert [e["response"]["status"][:3] for e in first] == ["201", "200", "201"]
    assert place(first[0]) == place(first[1])
    assert north.get(place(first[2])).json()["subject"]["reference"] == place(first[0])
    again = north.post("", json=bundle(post(deepcopy(who), ifNoneExist=criteria), post(observation(f"Patient?{criteria}")))).json()
    assert [e["response"]["status"][:3] for e in again["entry"]] == ["200", "201"]
    assert place(again["entry"][0]) == place(first[0])
    changed = north.post("", json=bundle(asked("PUT", f"Patient?{criteria}", {**who, "gender": "female"}))).json()
    assert changed["entry"][0]["response"]["etag"] == 'W/"2"'
    removed = north.post("", json=bundle(asked("DELETE", f"Patient?{criteria}"), asked("DELETE", "Patient?identifier=urn:mrn|-")))
    assert [e["response"]["status"][:3] for e in removed.json()["entry"]] == ["204", "204"]
    assert north.get(place(first[0])).status_code == 410


def test_one_resource_is_changed_once_in_a_transaction(north: httpx.Client) -> None:
    made = new_patient(north)
    answer = north.post("", json=bundle(asked("PUT", f"Patient/{made['id']}", made), asked("DELETE", f"Patient/{made['id']}")))
    assert answer.status_code == 400 and issue(answer)["expression"] == ["Bundle.entry[1].request.url"]


def test_entries_of_a_batch_stand_alone(north: httpx.Client) -> None:
    made = new_patient(north)
    answer = north.post("", json=bundle(
        asked("GET", f"Patient/{made['id']}"),
        post(patient(gender="martian")),
        post(patient()),
        asked("GET", "Patient/absent"),
        asked("GET", f"Patient?_id={made['id']}"),
        asked("GET", "Patient?shoe-size=4"),
        asked("PUT", f"Patient/{made['id']}", made, ifMatch='W/"8"'),
        asked("GET", "metadata"),
        asked("POST", "Patient", observation("Patient/x")),
        asked("DELETE", f"Patient/{made['id']}"),
        kind="batch",
    ))  # fmt: skip
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["type"] == "batch-response"
    statuses = [e["response"]["status"][:3] for e in told["entry"]]
    assert statuses == ["200", "422", "201", "404", "200", "400", "412", "200", "400", "204"]
    outcome = told["entry"][1]["response"]["outcome"]
    assert outcome["issue"][0]["expression"] == ["Bundle.entry[1].resource.gender"]
    assert "resource" not in told["entry"][2] and told["entry"][2]["response"]["location"]


def test_full_addresses_and_contained_references_are_kept_apart(north: httpx.Client) -> None:
    base = "http://elsewhere.example.org/fhir"
    who = {"fullUrl": f"{base}/Patient/85", "resource": patient(id="85"), "request": {"method": "POST", "url": "Patient"}}
    inside = observation("Patient/85", performer=[{"reference": "#p"}, {"reference": f"{base}/Patient/85"}],
                         contained=[{"resourceType": "Practitioner", "id": "p"}])  # fmt: skip
    told = north.post("", json=bundle(who, {**post(inside), "fullUrl": f"{base}/Observation/1"})).json()
    stored = north.get(place(told["entry"][1])).json()
    assert stored["subject"]["reference"] == place(told["entry"][0]) != "Patient/85"
    assert [p["reference"] for p in stored["performer"]] == ["#p", place(told["entry"][0])]


def test_where_a_facility_wants_integrity_references_must_point_to_something(site: Site) -> None:
    with site.client("strict", site.token("strict")) as strict:
        answer = strict.post("Observation", json=observation("Patient/absent"))
        assert answer.status_code == 422 and issue(answer)["expression"] == ["Observation.subject"]
        who = f"who-{uuid4().hex[:8]}"
        seen = asked("PUT", f"Observation/o-{who}", observation(f"Patient/{who}", id=f"o-{who}"))
        alone = strict.post("", json=bundle(post(patient()), seen))
        assert alone.status_code == 422 and issue(alone)["expression"] == ["Bundle.entry[1].resource.subject"]
        whole = strict.post("", json=bundle(seen, asked("PUT", f"Patient/{who}", patient(id=who))))
        assert whole.status_code == 200, whole.text


def synthea() -> list[Path]:
    return sorted(p for p in (SHARED / "synthea-r4").glob("*.json") if p.stat().st_size < 400_000)[:4]


@pytest.mark.parametrize("path", synthea() or [None], ids=lambda p: p.name[:24] if p else "absent")
def test_a_synthea_patient_comes_back_whole(north: httpx.Client, path: Path | None) -> None:
    if path is None:
        pytest.skip("the Synthea bundles are not there")
    sent = json.loads(path.read_text("utf-8"), parse_float=Decimal)
    answer = north.post("", content=path.read_bytes(), headers={"content-type": "application/fhir+json"})
    assert answer.status_code == 200, answer.text[:2000]
    told = answer.json()["entry"]
    ids = {e["fullUrl"]: place(t) for e, t in zip(sent["entry"], told, strict=True)}
    text = json.dumps([e["resource"] for e in sent["entry"]], default=lambda d: float(d))
    for old, new in ids.items():
        text = text.replace(f'"reference": "{old}"', f'"reference": "{new}"')
    for wanted, entry in zip(json.loads(text), told, strict=True):
        back = north.get(place(entry)).json()
        for resource in (back, wanted):
            resource.pop("id", None)
            meta = resource.pop("meta", {})
            resource["meta"] = {k: v for k, v in meta.items() if k not in ("versionId", "lastUpdated")}
        assert back == wanted
    who = next((p for p in ids.values() if p.startswith("Patient/")), None)
    if who is None:
        return
    found, address = set(), f"{who}/$everything?_count=50"
    while address:
        page = north.get(address).json()
        found |= {f"{e['resource']['resourceType']}/{e['resource']['id']}" for e in page.get("entry", [])}
        links = {link["relation"]: link["url"] for link in page["link"]}
        address = links.get("next", "").partition("/fhir/R4/")[2]
    assert found == set(ids.values())

"""Every interaction of the REST edge over HTTP: status, headers, bodies, and what is refused."""

import gzip
import json
from typing import Any
from uuid import uuid4

import httpx

from tests.fhir.conftest import Site

JSON = {"content-type": "application/fhir+json"}


def patient(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "name": [{"family": "Ferris", "given": ["Nora"]}], "birthDate": "1961-03-04", **more}


def new_patient(client: httpx.Client, **more: Any) -> dict[str, Any]:
    answer = client.post("Patient", json=patient(**more))
    assert answer.status_code == 201, answer.text
    return answer.json()


def issue(answer: httpx.Response) -> dict[str, Any]:
    body = answer.json()
    assert body["resourceType"] == "OperationOutcome"
    assert answer.headers["content-type"].startswith("application/fhir+json")
    assert body["id"] == answer.headers["x-request-id"]
    return body["issue"][0]


def test_metadata_is_public_and_names_every_type(site: Site) -> None:
    with site.client() as anyone:
        answer = anyone.get("metadata")
    assert answer.status_code == 200
    told = answer.json()
    assert told["fhirVersion"] == "4.0.1"
    assert len(told["rest"][0]["resource"]) == 146
    assert told["implementation"]["url"] == f"http://north.localhost:{site.port}/fhir/R4"


def test_create_read_update_delete_and_their_headers(north: httpx.Client) -> None:
    sent = patient(extension=[{"url": "http://example.org/odd", "valueDecimal": 1.50}])
    raw = json.dumps(sent).replace("1.5", "1.50").encode()
    created = north.post("Patient", content=raw, headers=JSON)
    assert created.status_code == 201
    assert created.headers["etag"] == 'W/"1"'
    assert b"1.50" in created.content
    made = created.json()
    place = created.headers["location"]
    assert place.endswith(f"/fhir/R4/Patient/{made['id']}/_history/1")
    assert made["meta"]["versionId"] == "1"

    read = north.get(f"Patient/{made['id']}")
    assert read.status_code == 200 and read.content == created.content
    assert read.headers["etag"] == 'W/"1"' and read.headers["last-modified"].endswith("GMT")
    assert read.headers["cache-control"] == "no-store" and read.headers["content-location"] == place
    assert north.get(f"Patient/{made['id']}", headers={"if-none-match": 'W/"1"'}).status_code == 304
    unchanged = {"if-modified-since": read.headers["last-modified"]}
    assert north.get(f"Patient/{made['id']}", headers=unchanged).status_code == 304
    head = north.head(f"Patient/{made['id']}")
    assert head.status_code == 200 and not head.content and head.headers["content-length"] == str(len(read.content))

    made["birthDate"] = "1961-03-05"
    updated = north.put(f"Patient/{made['id']}", json=made, headers={"if-match": 'W/"1"'})
    assert updated.status_code == 200 and updated.headers["etag"] == 'W/"2"'
    stale = north.put(f"Patient/{made['id']}", json={**made, "birthDate": "1961-03-06"}, headers={"if-match": 'W/"1"'})
    assert stale.status_code == 412 and issue(stale)["code"] == "conflict"
    assert north.get(f"Patient/{made['id']}/_history/1").content == created.content
    assert north.get(f"Patient/{made['id']}/_history/7").status_code == 404

    gone = north.delete(f"Patient/{made['id']}")
    assert gone.status_code == 204 and not gone.content
    assert north.get(f"Patient/{made['id']}").status_code == 410
    assert north.delete(f"Patient/{made['id']}").status_code == 204
    history = north.get(f"Patient/{made['id']}/_history").json()
    assert [e["request"]["method"] for e in history["entry"]] == ["DELETE", "PUT", "POST"]
    assert [e["response"]["etag"] for e in history["entry"]] == ['W/"3"', 'W/"2"', 'W/"1"']
    again = north.put(f"Patient/{made['id']}", json=made)
    assert again.status_code == 201 and again.headers["etag"] == 'W/"4"'


def test_update_as_create_keeps_the_clients_id(north: httpx.Client) -> None:
    own = f"own-{uuid4().hex[:12]}"
    made = north.put(f"Patient/{own}", json=patient(id=own))
    assert made.status_code == 201 and made.json()["id"] == own
    assert north.get(f"Patient/{own}").status_code == 200


def test_conditional_create_update_and_delete(north: httpx.Client) -> None:
    number = uuid4().hex
    sent = patient(identifier=[{"system": "urn:test", "value": number}])
    criteria = f"identifier=urn:test|{number}"
    first = north.post("Patient", json=sent, headers={"if-none-exist": criteria})
    second = north.post("Patient", json=sent, headers={"if-none-exist": criteria})
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    changed = north.put(f"Patient?{criteria}", json={**sent, "gender": "female"})
    assert changed.status_code == 200 and changed.json()["id"] == first.json()["id"]
    other = uuid4().hex
    new = north.put(f"Patient?identifier=urn:test|{other}", json=patient(identifier=[{"system": "urn:test", "value": other}]))
    assert new.status_code == 201
    assert north.delete(f"Patient?identifier=urn:test|{other}").status_code == 204
    assert north.delete(f"Patient?identifier=urn:test|{other}").status_code == 404
    north.post("Patient", json=sent)
    assert north.put(f"Patient?{criteria}", json=sent).status_code == 412
    assert north.delete("Patient").status_code == 400


def test_search_by_get_and_post_with_paging(north: httpx.Client) -> None:
    family = "Paging" + uuid4().hex[:8]
    ids = {new_patient(north, name=[{"family": family}])["id"] for _ in range(5)}
    found, address, pages = set(), f"Patient?family={family}&_count=2", 0
    while address:
        page = north.get(address).json()
        assert page["type"] == "searchset"
        links = {link["relation"]: link["url"] for link in page["link"]}
        found |= {entry["resource"]["id"] for entry in page.get("entry", [])}
        assert all(entry["search"]["mode"] == "match" for entry in page.get("entry", []))
        address = links.get("next", "").partition("/fhir/R4/")[2]
        pages += 1
    assert found == ids and pages == 3
    posted = north.post("Patient/_search", data={"family": family, "_count": "10", "_total": "accurate"}).json()
    assert posted["total"] == 5 and {e["resource"]["id"] for e in posted["entry"]} == ids
    first = posted["entry"][0]
    assert first["fullUrl"].endswith(f"/fhir/R4/Patient/{first['resource']['id']}")
    counted = north.get(f"Patient?family={family}&_summary=count").json()
    assert counted["total"] == 5 and "entry" not in counted


def test_unknown_parameters_are_refused_unless_lenient(north: httpx.Client) -> None:
    strict = north.get("Patient?shoe-size=43")
    assert strict.status_code == 400 and issue(strict)["code"] == "not-supported"
    lenient = north.get("Patient?shoe-size=43&_count=1", headers={"prefer": "handling=lenient"})
    assert lenient.status_code == 200
    assert "shoe-size" not in lenient.json()["link"][0]["url"]
    assert north.get("Patient/x?shoe-size=43").status_code == 400


def test_history_of_a_type_and_of_the_facility_is_paged(north: httpx.Client) -> None:
    made = new_patient(north)
    page = north.get("Patient/_history?_count=1").json()
    assert page["type"] == "history" and page["entry"][0]["resource"]["id"] == made["id"]
    following = next(link["url"] for link in page["link"] if link["relation"] == "next")
    older = north.get(following.partition("/fhir/R4/")[2]).json()
    assert older["entry"][0]["resource"]["id"] != made["id"]
    assert north.get("_history?_count=1").json()["entry"][0]["resource"]["id"] == made["id"]
    assert "entry" not in north.get("Patient/_history?_since=2999-01-01T00:00:00Z").json()
    assert north.get("Patient/_history?_since=yesterday").status_code == 400


def test_everything_returns_the_patients_record(north: httpx.Client) -> None:
    made = new_patient(north)
    seen = {"resourceType": "Observation", "status": "final", "code": {"text": "pulse"},
            "subject": {"reference": f"Patient/{made['id']}"}}  # fmt: skip
    observation = north.post("Observation", json=seen).json()
    bundle = north.get(f"Patient/{made['id']}/$everything").json()
    ids = {entry["resource"]["id"] for entry in bundle["entry"]}
    assert {made["id"], observation["id"]} <= ids
    assert north.get("Patient/nobody/$everything").status_code == 404


def test_prefer_decides_what_a_write_returns(north: httpx.Client) -> None:
    minimal = north.post("Patient", json=patient(), headers={"prefer": "return=minimal"})
    assert minimal.status_code == 201 and not minimal.content and minimal.headers["location"]
    told = north.post("Patient", json=patient(), headers={"prefer": "return=OperationOutcome"})
    assert told.json()["resourceType"] == "OperationOutcome"


def test_elements_and_summary_subset_and_say_so(north: httpx.Client) -> None:
    made = new_patient(north, gender="female")
    part = north.get(f"Patient/{made['id']}?_elements=birthDate").json()
    assert set(part) == {"resourceType", "id", "meta", "birthDate"}
    assert part["meta"]["tag"][0]["code"] == "SUBSETTED"
    found = north.get(f"Patient?_id={made['id']}&_elements=gender").json()["entry"][0]["resource"]
    assert set(found) == {"resourceType", "id", "meta", "gender"}
    assert north.get(f"Patient/{made['id']}?_summary=true").status_code == 400


def test_formats_and_compression_are_negotiated(north: httpx.Client) -> None:
    made = new_patient(north, name=[{"family": "Long", "given": ["x" * 900]}] * 3)
    place = f"Patient/{made['id']}"
    assert north.get(place, headers={"accept": "application/fhir+xml"}).status_code == 406
    assert north.get(place + "?_format=xml").status_code == 406
    assert north.get(place + "?_format=json").status_code == 200
    assert north.get(place, headers={"accept": "application/json"}).headers["content-type"].startswith("application/json")
    assert b'\n  "resourceType"' in north.get(place + "?_pretty=true").content
    packed = north.get(place, headers={"accept-encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip" and packed.json() == made
    plain = north.get(place, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    for wrong in ("application/fhir+xml", "text/plain", "application/fhir+json; charset=latin-1"):
        assert north.post("Patient", content=b"{}", headers={"content-type": wrong}).status_code == 415
    squeezed = {**JSON, "content-encoding": "gzip"}
    assert north.post("Patient", content=gzip.compress(b"{}"), headers=squeezed).status_code == 415


def test_unknown_addresses_types_and_verbs_answer_with_an_outcome(site: Site, north: httpx.Client) -> None:
    for path in ("Nonsense", "Nonsense/1", "Patient/1/2/3/4", "Patient/1/$frobnicate", "_nothing", "Patient//x"):
        answer = north.get(path)
        assert answer.status_code == 404, path
        issue(answer)
    outside = httpx.get(f"http://127.0.0.1:{site.port}/fhir", headers={"host": f"north.localhost:{site.port}"})
    assert outside.status_code == 404 and issue(outside)
    wrong = north.request("PATCH", "Patient/1")
    assert wrong.status_code == 405 and "PUT" in wrong.headers["allow"]
    assert north.options("Patient/1").status_code == 204
    odd = {"host": "evil.example.org"}
    refused = httpx.get(f"http://127.0.0.1:{site.port}/fhir/R4/metadata", headers=odd)
    assert refused.status_code == 400 and b"evil" not in refused.content


def test_a_body_that_contradicts_the_address_is_refused(north: httpx.Client) -> None:
    assert issue(north.post("Observation", json=patient()))["expression"] == ["resourceType"]
    assert north.put("Patient/a", json=patient(id="b")).status_code == 400
    assert issue(north.put("Patient/a", json=patient()))["expression"] == ["Patient.id"]
    assert north.put("Patient/bad_id", json=patient(id="bad_id")).status_code == 400
    assert north.post("Patient", json=[1]).status_code == 400
    assert north.post("Patient", content=b"", headers=JSON).status_code == 400


def test_validation_names_each_element(north: httpx.Client) -> None:
    answer = north.post("Patient", json=patient(gender="martian", birthDate="1961-02-30", shoe=1))
    assert answer.status_code == 422
    named = {where for one in answer.json()["issue"] for where in one["expression"]}
    assert {"Patient.gender", "Patient.birthDate"} <= named
    assert b"martian" not in answer.content


def test_validate_says_what_a_write_would_say_and_writes_nothing(north: httpx.Client) -> None:
    before = north.get("Patient?_summary=count").json()["total"]
    good = north.post("Patient/$validate", json=patient())
    assert good.status_code == 200 and issue(good)["severity"] == "information"
    bad = north.post("Patient/$validate", json={
        "resourceType": "Parameters", "parameter": [{"name": "resource", "resource": patient(gender="martian")}],
    })  # fmt: skip
    assert bad.status_code == 200 and issue(bad)["expression"] == ["Patient.gender"]
    mode = {"resourceType": "Parameters", "parameter": [{"name": "mode", "valueCode": "delete"}]}
    assert north.post("Patient/$validate", json=mode).status_code == 400
    assert north.get("Patient?_summary=count").json()["total"] == before

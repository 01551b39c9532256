"""Bad input over HTTP: a precise 4xx with an OperationOutcome, never a 5xx, nothing half stored."""

import asyncio
import json
import logging
import socket
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from ehr_app.errors import EhrError
from ehr_app.fhir import app
from ehr_app.fhir.request import Request
from tests.fhir.conftest import SHARED, Site
from tests.fhir.test_interactions import JSON, issue, new_patient, patient

MANY = 60 * 1024 * 1024


def refused(answer: httpx.Response, *, status: int = 400) -> str:
    assert answer.status_code == status, answer.text
    return str(issue(answer).get("diagnostics", ""))


def test_json_that_is_not_strict_is_refused_with_its_place(north: httpx.Client) -> None:
    good = json.dumps(patient()).encode()
    assert "byte" in refused(north.post("Patient", content=good.replace(b":", b";", 1), headers=JSON))
    refused(north.post("Patient", content=good[:40], headers=JSON))
    refused(north.post("Patient", content=good.decode().encode("utf-16"), headers=JSON))
    refused(north.post("Patient", content=b"\xef\xbb\xbf" + good, headers=JSON))
    refused(north.post("Patient", content=good.replace(b"Nora", "Zo\u00eb".encode("latin-1")), headers=JSON))
    twice = b'{"resourceType":"Patient","active":true,"active":false}'
    assert "'active' appears twice" in refused(north.post("Patient", content=twice, headers=JSON))
    deep = b'{"resourceType":"Patient","extension":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    assert "deep" in refused(north.post("Patient", content=deep, headers=JSON))
    refused(north.post("Patient", content=b'{"resourceType":"Patient","multipleBirthInteger":NaN}', headers=JSON))
    huge = b'{"resourceType":"Patient","multipleBirthInteger":1e999999999}'
    refused(north.post("Patient", content=huge, headers=JSON))


def test_more_than_fifty_megabytes_are_refused_before_they_are_read(site: Site, north_token: str) -> None:
    head = (
        f"POST /fhir/R4/Patient HTTP/1.1\r\nHost: north.localhost:{site.port}\r\nAuthorization: Bearer {north_token}\r\n"
        f"Content-Type: application/fhir+json\r\n"
    )
    with socket.create_connection(("127.0.0.1", site.port), timeout=20) as wire:
        wire.sendall(f"{head}Content-Length: {MANY}\r\n\r\n".encode())
        assert b"413" in wire.recv(4096).split(b"\r\n")[0]
    with socket.create_connection(("127.0.0.1", site.port), timeout=60) as wire:
        wire.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
        try:
            for _ in range(52):
                wire.sendall(chunk)
        except OSError:
            pass  # refused and closed before everything was sent
        assert b"413" in wire.recv(4096).split(b"\r\n")[0]


def test_a_client_that_goes_away_leaves_nothing(site: Site, north: httpx.Client, north_token: str) -> None:
    before = site.count("select count(*) from ehr.resource")
    body = json.dumps(patient()).encode()
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", site.port), timeout=20) as wire:
            wire.sendall(
                f"POST /fhir/R4/Patient HTTP/1.1\r\nHost: north.localhost:{site.port}\r\nAuthorization: Bearer {north_token}\r\n"
                f"Content-Type: application/fhir+json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
                + body[:-20]
            )
    assert north.get("Patient?_count=1").status_code == 200
    assert site.count("select count(*) from ehr.resource") == before


def test_the_json_test_suite_never_breaks_the_server(north: httpx.Client) -> None:
    files = sorted((SHARED / "security" / "jsontestsuite").rglob("*.json"))
    if not files:
        pytest.skip("the JSON test suite is not there")
    for path in files:
        raw = path.read_bytes()
        for body in (raw, b'{"resourceType":"Basic","code":' + raw + b"}"):
            answer = north.post("Basic", content=body, headers=JSON)
            assert 400 <= answer.status_code < 500, (path.name, answer.status_code, answer.text[:300])
            assert answer.json()["resourceType"] == "OperationOutcome"
        inside = b'{"resourceType":"Parameters","parameter":' + raw + b"}"
        assert north.post("Basic/$validate", content=inside, headers=JSON).status_code == 400, path.name
        entry = b'{"resourceType":"Bundle","type":"batch","entry":' + raw + b"}"
        assert north.post("", content=entry, headers=JSON).status_code in (200, 400), path.name


def naughty() -> list[str]:
    path = SHARED / "security" / "blns.json"
    if not path.exists():
        pytest.skip("the naughty strings are not there")
    return [text for text in json.loads(path.read_text("utf-8")) if text]


def test_naughty_strings_come_back_unchanged_from_every_text(north: httpx.Client) -> None:
    for text in naughty():
        sent = patient(name=[{"family": text, "text": text}], identifier=[{"system": "urn:naughty", "value": text}])
        answer = north.post("Patient", json=sent)
        if text.strip():
            assert answer.status_code == 201, (text, answer.text)
            back = north.get(f"Patient/{answer.json()['id']}").json()
            assert back["name"] == sent["name"] and back["identifier"] == sent["identifier"]
        else:
            assert answer.status_code in (201, 422)


def test_naughty_strings_in_searches_and_addresses_never_break_the_server(north: httpx.Client) -> None:
    for text in naughty():
        for name in ("name", "identifier", "birthdate", "general-practitioner", "_id", "_lastUpdated", "_sort", "_count",
                     "_include", "_elements", "_cursor", "_summary", "_total", "_has:Observation:patient:code"):  # fmt: skip
            answer = north.get("Patient", params={name: text})
            assert answer.status_code in (200, 400), (name, text, answer.status_code, answer.text[:300])
        answer = north.get("Patient", params={text: "x"})
        assert answer.status_code in (200, 400), text
        if text not in (".", ".."):  # the client itself resolves these
            assert north.get(f"Patient/{quote(text, safe='')}").status_code in (400, 404, 405), text


def test_parameters_that_are_no_utf8_or_far_too_many_are_refused(north: httpx.Client) -> None:
    refused(north.get("Patient?name=%ff%fe"))
    refused(north.get("Patient?name=%00"))
    refused(north.get("Patient?" + "&".join(f"name=a{n}" for n in range(1200))))
    assert north.get("Patient?_since=1").status_code == 400
    assert north.put("Patient/x", json=patient(id="x"), headers={"if-match": "latest"}).status_code == 400
    many = north.post("Patient/_search", content=b"name=" + b"a" * 2_000_000,
                      headers={"content-type": "application/x-www-form-urlencoded"})  # fmt: skip
    assert many.status_code == 413


def test_bad_bundles_name_the_entry(north: httpx.Client) -> None:
    def post(bundle: Any) -> httpx.Response:
        return north.post("", json=bundle)

    def one(entry: Any, kind: str = "transaction") -> dict[str, Any]:
        return {"resourceType": "Bundle", "type": kind, "entry": [entry]}

    assert post([]).status_code == 400
    assert issue(post(patient()))["expression"] == ["resourceType"]
    assert issue(post({"resourceType": "Bundle", "type": "collection"}))["expression"] == ["Bundle.type"]
    assert issue(post({"resourceType": "Bundle", "type": "batch", "entry": {}}))["expression"] == ["Bundle.entry"]
    assert issue(post(one(7)))["expression"] == ["Bundle.entry[0]"]
    assert issue(post(one({"resource": patient()})))["expression"] == ["Bundle.entry[0].request"]
    wrong = {"request": {"method": "PATCH", "url": "Patient/1"}}
    assert issue(post(one(wrong)))["expression"] == ["Bundle.entry[0].request.method"]
    wrong = {"request": {"method": "POST", "url": "Patient"}}
    assert issue(post(one(wrong)))["expression"] == ["Bundle.entry[0].resource"]
    wrong = {"request": {"method": "POST", "url": "Nonsense"}, "resource": patient()}
    assert issue(post(one(wrong)))["expression"] == ["Bundle.entry[0].request.url"]
    wrong = {"request": {"method": "POST", "url": "Patient"}, "resource": patient(gender="martian")}
    answer = post({"resourceType": "Bundle", "type": "transaction", "entry": [
        {"request": {"method": "GET", "url": "Patient?_count=1"}}, wrong]})  # fmt: skip
    assert answer.status_code == 422
    assert issue(answer)["expression"] == ["Bundle.entry[1].resource.gender"]
    nested = post(one({"request": {"method": "POST", "url": "/"}, "resource": one({})}, "batch"))
    assert nested.status_code == 200
    assert nested.json()["entry"][0]["response"]["status"].startswith("400")


def test_an_unexpected_failure_tells_only_its_number(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    async def breaks(request: Request) -> Any:
        raise RuntimeError("Nora Ferris, born 1961")

    monkeypatch.setitem(app.INTERACTIONS, ("metadata",), {"GET": breaks})  # type: ignore[arg-type]
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": "http", "method": "GET", "path": "/fhir/R4/metadata", "query_string": b"name=Ferris",
             "headers": [(b"x-request-id", b"number-7777")], "scheme": "http"}  # fmt: skip
    with caplog.at_level(logging.ERROR):
        asyncio.run(app.serve(scope, receive, send))
    assert sent[0]["status"] == 500
    assert json.loads(sent[1]["body"])["id"] == "number-7777"
    assert b"Ferris" not in sent[1]["body"] and b"Traceback" not in sent[1]["body"]
    assert "number-7777" in caplog.text and "RuntimeError" in caplog.text and "Ferris" not in caplog.text


def test_every_failure_has_a_status_a_code_and_a_sentence() -> None:
    todo = [EhrError]
    while todo:
        kind = todo.pop()
        todo += kind.__subclasses__()
        assert 400 <= kind.status < 600 and kind.code and kind.sentence.endswith((".", "!")), kind


def test_the_server_still_works_afterwards(north: httpx.Client) -> None:
    assert new_patient(north)["id"]

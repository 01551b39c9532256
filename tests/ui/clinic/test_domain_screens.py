"""Domains, items and documents in a real browser, on the shipped build."""

import json
import struct
import zlib
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from ehr_app.ui.clinic.domains import DOMAINS
from tests.browser import SignIn
from tests.gate.wire import Wire
from tests.server import Server
from tests.ui.clinic.test_attachments import PDF, png

pytestmark = pytest.mark.browser

PID = "doc-patient"
CHART = f"/patients/{PID}"
PAGES = [one for one in DOMAINS if one.key not in ("summary", "timeline", "results", "vitals")]
NOTE = "A long note.\n" * 230_000
HOSTILE = '<script>window.ran = 1</script><img src="http://evil.example/x.png"><p onclick="x()">Kept words</p>'


def picture(width: int = 20, height: int = 10) -> bytes:
    """A whole PNG of one colour."""
    raw = b"".join(b"\x00" + b"\xa0\x10\x30" * width for _ in range(height))
    chunks = (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(raw)), (b"IEND", b"")
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def document(name: str, data: bytes, claimed: str | None = None) -> dict[str, Any]:
    attachment = {"title": name, "data": b64encode(data).decode(), **({"contentType": claimed} if claimed else {})}
    return {
        "resourceType": "DocumentReference", "id": name, "status": "current", "subject": {"reference": f"Patient/{PID}"},
        "description": name, "content": [{"attachment": attachment}],
    }  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _patient(server: Server) -> Iterator[None]:
    mine = {"subject": {"reference": f"Patient/{PID}"}}
    resources: list[dict[str, Any]] = [
        {"resourceType": "Patient", "id": PID, "name": [{"family": "Papers"}], "birthDate": "1980-01-01"},
        {"resourceType": "Patient", "id": "doc-empty", "name": [{"family": "Empty"}]},
        {"resourceType": "Patient", "id": "doc-other", "name": [{"family": "Other"}]},
        {"resourceType": "Condition", "id": "doc-other-problem", "subject": {"reference": "Patient/doc-other"},
         "code": {"text": "Somebody else's secret"}},
        {"resourceType": "Basic", "id": "doc-basic", "code": {"text": "A rare thing"}, **mine},
        {"resourceType": "Condition", "id": "doc-problem", "code": {"text": "Asthma"}, **mine,
         "clinicalStatus": {"coding": [{"code": "active", "system": "http://terminology.hl7.org/CodeSystem/condition-clinical"}]},
         "text": {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{HOSTILE}</div>'}},
        {"resourceType": "Binary", "id": "doc-binary", "contentType": "text/plain", "data": b64encode(b"Kept apart").decode()},
        document("text", b"Plain <b>words</b>", "text/plain"),
        document("long", NOTE.encode(), "text/plain"),
        document("html", f"<html><body>{HOSTILE}</body></html>".encode(), "text/html"),
        document("pdf", PDF, None),
        document("broken", PDF[:40], "application/pdf"),
        document("image", picture(), "image/png"),
        document("huge", png(10_000, 10_000), "image/png"),
        {"resourceType": "DocumentReference", "id": "apart", "status": "current", **mine,
         "content": [{"attachment": {"title": "apart", "contentType": "text/plain", "url": "Binary/doc-binary"}},
                     {"attachment": {"title": "second", "data": b64encode(b"Second").decode()}}]},
    ]  # fmt: skip
    with server.client("north", Authorization=f"Bearer {server.token('north')}") as client:
        for one in resources:
            put(client, one)
        changed = next(one for one in resources if one["id"] == "doc-problem")
        put(client, {**changed, "code": {"text": "Severe asthma"}})
        put(client, {"resourceType": "Procedure", "id": "doc-gone", "status": "completed", "code": {"text": "Gone"}, **mine})
        assert client.delete("/fhir/R4/Procedure/doc-gone").status_code in (200, 204)
    yield


def put(client: httpx.Client, resource: dict[str, Any]) -> None:
    address = f"/fhir/R4/{resource['resourceType']}/{resource['id']}"
    answer = client.put(address, content=json.dumps(resource), headers={"Content-Type": "application/fhir+json"})
    assert answer.status_code in (200, 201), answer.text


@pytest.fixture
def open_page(page: Page, signed_in: SignIn) -> Any:
    """Sign in at the first call, then only go there."""
    opened: list[str] = []

    def go(path: str) -> None:
        if opened:
            page.goto(page.url.split("/patients")[0] + path)
        else:
            signed_in(path, user="ivo", slug="north")
        opened.append(path)
        page.locator("main h1, main .notice").first.wait_for()

    return go


@pytest.mark.parametrize("domain", PAGES, ids=lambda one: one.key)
def test_every_domain_has_its_address_and_says_when_it_is_empty(open_page: Any, page: Page, domain: Any) -> None:
    open_page(f"/patients/doc-empty/{domain.key}")
    expect(page.locator("main h1")).to_have_text(domain.label)
    expect(page.locator("main")).to_contain_text("recorded.")
    expect(page.locator("nav [aria-current=page]")).to_contain_text(domain.label)


def test_the_count_of_the_page_is_that_of_the_navigation_and_rows_open(open_page: Any, page: Page) -> None:
    open_page(f"{CHART}/documents")
    expect(page.locator("nav [aria-current=page] .count")).to_have_text("8")
    expect(page.locator("main .row-list > li")).to_have_count(8)
    expect(page.locator("main")).to_contain_text("over the API")
    page.locator("main .opens", has_text="text").first.click()
    panel = page.locator("aside.panel")
    expect(panel).to_contain_text("Filed by")
    panel.get_by_role("link", name="Open its page").click()
    page.wait_for_url("**/items/DocumentReference/*")


def test_what_no_domain_names_is_shown_with_everything_else(open_page: Any, page: Page) -> None:
    open_page(f"{CHART}/other")
    expect(page.locator("main")).to_contain_text("A rare thing")


def test_an_item_tells_who_filed_it_and_what_changed(open_page: Any, page: Page) -> None:
    open_page(f"{CHART}/items/Condition/doc-problem")
    expect(page.locator("main h1")).to_have_text("Severe asthma")
    expect(page.locator("#source")).to_contain_text("over the API")
    expect(page.locator("#versions li")).to_have_count(2)
    row = page.locator("#changes tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Code › Text")
    expect(row.locator("del")).to_have_text("Asthma")
    expect(row.locator("ins")).to_have_text("Severe asthma")
    narrative = page.locator("#narrative")
    expect(narrative).to_contain_text("Kept words")
    assert narrative.locator("img, script, [onclick]").count() == 0
    page.get_by_text("Raw data").click()
    expect(page.locator("pre.raw")).to_contain_text('"resourceType": "Condition"')


def test_a_deleted_item_says_so_and_keeps_its_history(open_page: Any, page: Page) -> None:
    open_page(f"{CHART}/items/Procedure/doc-gone")
    expect(page.locator("main")).to_contain_text("Deleted")
    expect(page.locator("#versions li").first).to_contain_text("Version 2 · Deleted")


def test_hidden_missing_and_foreign_items_look_alike(open_page: Any, page: Page) -> None:
    told = []
    for ref in ("Condition/doc-other-problem", "Condition/never-was", "Nonsense/x", "Patient/doc-other"):
        open_page(f"{CHART}/items/{ref}")
        expect(page.locator(".notice")).to_contain_text("Nothing is here")
        told.append(page.locator("main").inner_text().split("As of")[0])
    assert len(set(told)) == 1


def test_an_item_of_another_patient_does_not_open_beside_the_page(server: Server) -> None:
    with Wire(server.port, server.host("north"), cookie=server.sign_in("north", "ivo")) as wire:
        event = {
            "name": "reflex___state____state.ehr_app___ui___clinic___chart____chart.open_item",
            "payload": {"patient": PID, "ref": "Condition/doc-other-problem"},
            "router_data": {"pathname": "/patients/[pid]", "query": {"pid": PID}, "asPath": CHART},
        }
        wire.send_raw("42/_event," + json.dumps(["event", event]))
        told = str(wire.changes(2))
    assert "Not shown" in told and "secret" not in told


@pytest.mark.parametrize("name", ["text", "html", "long", "apart"])
def test_words_of_documents_are_shown_in_place(open_page: Any, page: Page, name: str) -> None:
    open_page(f"{CHART}/items/DocumentReference/{name}")
    words = {"text": "Plain <b>words</b>", "html": "Kept words", "long": "A long note.", "apart": "Kept apart"}[name]
    if name == "text":
        expect(page.locator(".note-text")).to_have_text(words)
        return
    frame = page.frame_locator(".document-frame").first
    expect(frame.locator("body")).to_contain_text(words)
    assert page.locator(".document-frame").first.get_attribute("sandbox") == ""
    assert frame.locator("img, script, [onclick]").count() == 0
    if name == "apart":
        expect(page.locator(".note-text")).to_have_text("Second")


def test_an_image_is_shown_and_a_huge_one_only_offered(open_page: Any, page: Page) -> None:
    open_page(f"{CHART}/items/DocumentReference/image")
    image = page.locator(".document-image")
    image.wait_for()
    expect(image).to_have_js_property("naturalWidth", 20)
    open_page(f"{CHART}/items/DocumentReference/huge")
    expect(page.locator("main")).to_contain_text("10,000 × 10,000 pixels (100 megapixels)")
    assert page.locator(".document-image").count() == 0
    expect(page.get_by_role("link", name="Download huge")).to_be_visible()


def test_a_pdf_is_framed_and_a_broken_one_says_so(open_page: Any, page: Page) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    open_page(f"{CHART}/items/DocumentReference/pdf")
    expect(page.locator("iframe.tall")).to_have_attribute("src", f"/documents/{PID}/DocumentReference/pdf/0")
    assert not [one for one in said if "Content Security Policy" in one or "X-Frame-Options" in one]
    open_page(f"{CHART}/items/DocumentReference/broken")
    expect(page.locator("main")).to_contain_text("This PDF is damaged or incomplete.")
    expect(page.get_by_role("link", name="Download broken")).to_be_visible()


def test_the_bytes_of_documents_are_guarded(server: Server) -> None:
    base = f"/documents/{PID}/DocumentReference"
    with server.client("north") as client:
        assert client.get(f"{base}/text/0").status_code == 302
        client.headers["Cookie"] = server.sign_in("north", "ivo")
        page = client.get(f"{base}/html/0")
        assert page.status_code == 200 and "Kept words" in page.text and "script" not in page.text
        assert page.headers["cache-control"] == "private, no-store"
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["x-frame-options"] == "SAMEORIGIN"
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "sandbox" in policy and "frame-ancestors 'self'" in policy
        pdf = client.get(f"{base}/pdf/0")
        assert (pdf.headers["content-type"], pdf.content) == ("application/pdf", PDF)
        saved = client.get(f"{base}/html/0?download=1")
        assert saved.headers["content-disposition"] == 'attachment; filename="html.html"'
        assert saved.headers["content-type"] == "application/octet-stream"
        assert client.get(f"{base}/huge/0").headers["content-disposition"].startswith("attachment")
        for path in (f"{base}/text/1", f"{base}/never/0", "/documents/doc-other/DocumentReference/text/0",
                     f"/documents/{PID}/Condition/doc-other-problem/0", f"/documents/{PID}/Nonsense/x/0"):  # fmt: skip
            assert client.get(path).status_code == 404, path
    with server.client("south") as client:
        client.headers["Cookie"] = server.sign_in("south", "sana")
        assert client.get(f"{base}/text/0").status_code == 404

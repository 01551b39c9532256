"""Imports in a real browser, on the shipped build: files, rehearsal, import, report, take-back; and who is refused."""

import json
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser import SignIn
from tests.people import observation, patient
from tests.server import Server

pytestmark = pytest.mark.browser


def write(path: Path, *values: object) -> Path:
    path.write_text("\n".join(json.dumps(value, default=float) for value in values))
    return path


def test_files_are_rehearsed_imported_reported_and_taken_back(
    server: Server, page: Page, signed_in: SignIn, tmp_path: Path
) -> None:
    good = write(
        tmp_path / "screen.ndjson",
        patient("Screen", id="screen-1"),
        *(observation("screen-1", id=f"screen-o{n}") for n in range(450)),
        {"resourceType": "Organization", "id": "screen-org", "name": "Screen"},
    )
    bad = write(tmp_path / "bad.ndjson", {"resourceType": "Patient", "id": "bad", "birthDate": "2020-02-30"})
    signed_in("/patients", user="admin", slug="harbor")
    page.get_by_role("link", name="Administration").click()
    page.wait_for_url("**/admin/imports")
    page.locator("input[data-files]").set_input_files([good, bad])
    page.wait_for_url("**/admin/imports/*")

    expect(page.locator("#standing h2")).to_have_text("Rehearsed, nothing stored yet", timeout=60_000)
    figures = page.locator("#figures")
    expect(figures).to_contain_text("452 New")
    expect(figures).to_contain_text("1 Refused")
    expect(figures).to_contain_text("1 New in the directory")
    token = server.token("harbor")
    with server.client("harbor", Authorization=f"Bearer {token}") as api:
        assert api.get("/fhir/R4/Patient/screen-1").status_code == 404
    page.get_by_label("Which entries").select_option("refuse")
    row = page.locator("#rows tbody tr[data-index]")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Patient.birthDate")
    expect(row).to_contain_text("bad.ndjson")
    page.get_by_label("Which entries").select_option("all")
    page.locator("#rows .virtual").evaluate("box => box.scrollTo(0, 100000)")
    expect(page.locator("#rows .virtual table")).to_have_attribute("aria-rowcount", "401")
    assert [v["id"] for v in Axe().run(page).response["violations"]] == []

    page.get_by_role("button", name="Import now").click()
    expect(page.locator("#standing h2")).to_have_text("Imported", timeout=60_000)
    expect(figures).to_contain_text("452 New")
    with server.client("harbor", Authorization=f"Bearer {token}") as api:
        assert api.get("/fhir/R4/Patient/screen-1").status_code == 200
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the findings").click()
    told = [json.loads(line) for line in Path(download.value.path()).read_text().splitlines()]
    assert [(one["file"], one["severity"]) for one in told] == [("bad.ndjson", "error")]

    page.reload()
    page.get_by_role("button", name="Take back…").click()
    page.get_by_role("button", name="Yes, take it back").click()
    expect(page.locator("#standing h2")).to_have_text("Taken back", timeout=60_000)
    expect(figures).to_contain_text("452 Deleted")
    with server.client("harbor", Authorization=f"Bearer {token}") as api:
        assert api.get("/fhir/R4/Patient/screen-1").status_code == 410

    page.get_by_role("navigation", name="Back").get_by_role("link").click()
    page.wait_for_url("**/admin/imports")
    expect(page.locator("[data-row=batch]").first).to_contain_text("Taken back")
    assert [v["id"] for v in Axe().run(page).response["violations"]] == []


def test_others_see_no_way_there_and_are_refused_in_words(page: Page, signed_in: SignIn) -> None:
    signed_in("/patients", user="amara")
    expect(page.locator("#found-title")).to_be_visible()
    expect(page.get_by_role("link", name="Administration")).to_have_count(0)
    page.goto(page.url.split("/patients")[0] + "/admin/imports")
    expect(page.get_by_role("alert")).to_contain_text("You may not see this")
    expect(page.locator("input[data-files]")).to_have_count(0)
    page.goto(page.url + "/6a0d6bb5-0000-4000-8000-000000000000")
    expect(page.get_by_role("alert")).to_contain_text("You may not see this")


def test_an_address_that_names_no_batch_says_so(page: Page, signed_in: SignIn) -> None:
    signed_in("/admin/imports/nonsense", user="admin")
    expect(page.get_by_role("alert")).to_contain_text("Nothing is here")


def test_files_that_are_refused_are_told_beside_their_name(page: Page, signed_in: SignIn, tmp_path: Path) -> None:
    signed_in("/admin/imports", user="admin")
    expect(page.locator("#batches")).to_be_visible()
    page.route(
        "**/imports/*/files",
        lambda route: route.fulfill(
            status=507, json={"sentence": "There is not enough room on the server's disk; nothing was kept.", "detail": ""}
        ),
    )
    page.locator("input[data-files]").set_input_files([write(tmp_path / "a.ndjson", patient(id="a"))])
    expect(page.get_by_role("alert")).to_contain_text("not enough room")
    expect(page.locator(".file-row")).to_contain_text("Not brought in")
    page.unroute("**/imports/*/files")
    page.get_by_role("button", name="Try again").click()
    page.wait_for_url("**/admin/imports/*")

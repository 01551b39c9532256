"""The timeline in a real browser, on the shipped build: filters, years, search, keys, five thousand events, paper, phone."""

import json
import re
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser import SignIn
from tests.server import PASSWORD, Server

pytestmark = pytest.mark.browser

LONG = "timeline-long"
EVENTS = 5_000
HERE = f"/patients/{LONG}/timeline"


def _records() -> Iterator[dict[str, Any]]:
    """A patient of 5,000 events over twenty years: results by the hour, the oldest one named, one in error, some undated."""
    who = {"reference": f"Patient/{LONG}"}
    yield {"resourceType": "Patient", "id": LONG, "name": [{"family": "Longview", "given": ["Zoë"]}], "birthDate": "1950-01-02"}
    for n in range(EVENTS - 4):
        name = {"text": "Oldest of all" if n == 0 else f"Analyte {n}"}
        made = {"resourceType": "Observation", "id": f"long-{n}", "status": "final", "code": name, "subject": who,
                "category": [{"coding": [{"code": "laboratory"}]}],
                "effectiveDateTime": f"{2006 + n // 250}-{1 + n % 250 // 25:02}-{1 + n % 25:02}T{n % 24:02}:15:00Z",
                "valueQuantity": {"value": n, "unit": "mmol/L"}}  # fmt: skip
        if n == 2600:
            made["note"] = [{"text": "Fièvre élevée la veille"}]
        if n == EVENTS - 6:
            made["status"] = "entered-in-error"
        yield made
    visit = {"resourceType": "Encounter", "status": "finished", "class": {"code": "AMB"}, "subject": who}
    yield visit | {"id": "long-v", "period": {"start": "2026-05-01T08:00:00Z"}, "type": [{"text": "Newest visit"}]}
    for n in range(3):
        yield {"resourceType": "Condition", "id": f"long-c{n}", "code": {"text": f"Undated problem {n}"}, "subject": who}


@pytest.fixture(scope="module")
def long(server: Server) -> Server:
    """The server with a patient of 5,000 events."""
    with server.client("north", Authorization=f"Bearer {server.token('north')}") as client:
        entries = [
            {"resource": one, "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"}} for one in _records()
        ]
        for start in range(0, len(entries), 400):
            bundle = json.dumps({"resourceType": "Bundle", "type": "batch", "entry": entries[start : start + 400]})
            answer = client.post("/fhir/R4", content=bundle, headers={"Content-Type": "application/fhir+json"}, timeout=120)
            assert answer.status_code == 200, answer.text
            assert all(entry["response"]["status"].startswith("20") for entry in answer.json()["entry"]), answer.text[:2000]
    return server


@pytest.fixture
def opened(long: Server, page: Page, signed_in: SignIn) -> Page:
    """The timeline of that patient, loaded."""
    signed_in(HERE, user="ivo")
    expect(page.locator(".event .opens").first).to_be_visible()
    return page


def _titles(page: Page) -> list[str]:
    return page.locator(".event .opens").all_inner_texts()


def _total(page: Page) -> Any:
    return page.locator("main [role=status]").first


def test_everything_is_told_newest_first_with_kind_time_value_and_author_way(opened: Page) -> None:
    expect(_total(opened)).to_have_text("5,000 events")
    first = opened.get_by_role("article").first
    expect(first).to_contain_text("Newest visit")
    expect(first).to_contain_text("Visits")
    expect(first).to_contain_text("01-May-2026")
    expect(first).to_contain_text("North Clinic")
    expect(first).to_have_attribute("aria-setsize", "5000")
    expect(opened.locator(".wrong-word").first).to_have_text("Entered in error")


def test_a_filter_is_an_address_and_back_and_forward_keep_it(opened: Page) -> None:
    opened.get_by_role("link", name=re.compile("^Problems")).last.click()
    expect(_total(opened)).to_have_text("3 events")
    assert opened.url.endswith("?kind=problems")
    assert all(title.startswith("Undated problem") for title in _titles(opened))
    expect(opened.locator(".timeline-head")).to_contain_text("No date")
    opened.go_back()
    expect(_total(opened)).to_have_text("5,000 events")
    opened.go_forward()
    expect(_total(opened)).to_have_text("3 events")


def test_a_year_is_jumped_to_and_marked_and_the_rest_stays(opened: Page) -> None:
    opened.locator(".year-strip").get_by_role("link", name=re.compile("^2012")).click()
    expect(opened.locator(".timeline-head")).to_contain_text("2012")
    expect(opened.locator(".year-strip [aria-current=true]")).to_contain_text("2012")
    assert opened.url.endswith("?year=2012")
    expect(_total(opened)).to_have_text("5,000 events")
    opened.go_back()
    expect(opened.locator(".timeline-head")).to_contain_text("2026")


def test_a_deep_link_stands_at_its_year_with_its_filter(opened: Page, long: Server) -> None:
    opened.goto(long.url("north", HERE + "?kind=results&year=2010"))
    expect(opened.locator(".timeline-head")).to_contain_text("2010")
    expect(_total(opened)).to_have_text("4,996 events")
    expect(opened.locator(".kind-filter[aria-current=true]")).to_contain_text("Results")


def test_a_search_ignores_accents_marks_hits_and_keeps_filters(opened: Page) -> None:
    opened.get_by_role("link", name=re.compile("^Results")).last.click()
    expect(_total(opened)).to_have_text("4,996 events")
    opened.get_by_role("searchbox", name="Find in the timeline").fill("FIEVRE elevee")
    opened.keyboard.press("Enter")
    expect(_total(opened)).to_have_text("1 events")
    assert "kind=results" in opened.url and "find=" in opened.url
    expect(opened.locator(".event mark").first).to_have_text("Fièvre")
    opened.get_by_role("searchbox", name="Find in the timeline").fill("nothing has this")
    opened.keyboard.press("Enter")
    expect(opened.locator("main")).to_contain_text("No event has these words.")


def test_five_thousand_events_scroll_to_the_last_which_opens(opened: Page) -> None:
    scroller = opened.locator(".timeline-scroll")
    for share in (0.2, 0.5, 0.8, 1):
        scroller.evaluate("(box, share) => box.scrollTo(0, box.scrollHeight * share)", share)
        expect(opened.locator(".timeline-scroll .bone")).to_have_count(0)
    assert opened.get_by_role("article").count() < 100
    opened.locator(".event .opens").first.focus()
    opened.keyboard.press("End")
    last = opened.get_by_role("button", name="Undated problem", exact=False).last
    expect(last).to_be_focused()
    expect(opened.locator('[aria-posinset="5000"]')).to_be_visible()
    opened.keyboard.press("Enter")
    expect(opened.locator("aside.panel")).to_be_visible()


def test_keys_move_between_events_and_open_them(opened: Page) -> None:
    opened.keyboard.press("j")
    expect(opened.locator('[data-place="0"]')).to_be_focused()
    for _ in range(30):
        opened.keyboard.press("j")
    expect(opened.locator('[data-place="30"]')).to_be_focused()
    opened.keyboard.press("ArrowUp")
    opened.keyboard.press("k")
    focused = opened.locator('[data-place="28"]')
    expect(focused).to_be_focused()
    title = focused.inner_text()
    opened.keyboard.press("Enter")
    expect(opened.locator("aside.panel h2")).to_have_text(title)
    opened.keyboard.press("Escape")
    expect(focused).to_be_focused()
    opened.keyboard.press("Home")
    expect(opened.locator('[data-place="0"]')).to_be_focused()


def test_the_printed_version_holds_everything_and_names_the_patient(opened: Page) -> None:
    opened.evaluate("() => { window.print = () => { window.printedOnce = (window.printedOnce ?? 0) + 1; }; }")
    opened.get_by_role("link", name="Print").click()
    expect(opened.locator(".timeline-sheet tbody tr")).to_have_count(EVENTS, timeout=30_000)
    expect(opened.locator(".timeline-sheet")).to_contain_text("All 5,000 events")
    opened.wait_for_function("window.printedOnce === 1")
    opened.emulate_media(media="print")
    sheet = opened.locator("style[media=print]").text_content() or ""
    assert "LONGVIEW" in sheet and "born 02-Jan-1950" in sheet and "Printed by Ivo Doctor at" in sheet
    assert len(opened.pdf()) > 200_000
    expect(opened.get_by_role("link", name="Back to the timeline")).to_be_hidden()


def test_control_p_prints_the_whole_list_and_not_what_is_seen(opened: Page) -> None:
    opened.evaluate("() => { window.print = () => {}; }")
    opened.keyboard.press("Control+p")
    opened.wait_for_url("**print=1")


def test_what_is_filed_elsewhere_comes_by_itself_and_the_place_is_kept(opened: Page, long: Server) -> None:
    opened.locator(".year-strip").get_by_role("link", name=re.compile("^2012")).click()
    expect(opened.locator(".timeline-head")).to_contain_text("2012")
    expect(opened.locator(".timeline-scroll .bone")).to_have_count(0)
    top = opened.locator(".event .opens").first.inner_text()
    filed = {"resourceType": "Procedure", "id": "long-p", "status": "completed", "code": {"text": "Filed just now"},
             "subject": {"reference": f"Patient/{LONG}"}, "performedDateTime": "2026-06-01T10:00:00Z"}  # fmt: skip
    with long.client("north", Authorization=f"Bearer {long.token('north')}") as client:
        assert client.put("/fhir/R4/Procedure/long-p", json=filed).is_success
        try:
            expect(_total(opened)).to_have_text("5,001 events")
            expect(opened.locator(".timeline-head")).to_contain_text("2012")
            expect(opened.locator(".event .opens").first).to_have_text(top)
        finally:
            assert client.delete("/fhir/R4/Procedure/long-p").is_success
    expect(_total(opened)).to_have_text("5,000 events")


def test_an_absent_patient_has_no_timeline(opened: Page, long: Server) -> None:
    opened.goto(long.url("north", "/patients/nobody/timeline"))
    expect(opened.locator(".notice")).to_contain_text("Nothing is here")
    assert "Analyte" not in opened.locator("body").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=["desktop", "phone"])
def test_the_timeline_is_accessible_and_fits(
    long: Server, chromium: Browser, scheme: Literal["light", "dark"], size: tuple[int, int]
) -> None:
    width, height = size
    context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(long.url("north", "/login"))
    page.fill("#username", "ivo")
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**/patients*")
    for path, mark in {HERE: ".event .opens", HERE + "?year=2012&find=analyte": ".event mark", HERE + "?find=zzz": ".card"}.items():
        page.goto(long.url("north", path))
        page.locator(mark).first.wait_for()
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    context.close()

"""Two browsers on one chart, on the shipped build: what is filed in one place appears in the other by itself."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import asyncpg
import pytest
from playwright.sync_api import Browser, Page, expect

from ehr_app.record.announcing import CHANNEL
from ehr_app.record.ids import uid
from tests.browser import SignIn
from tests.server import PASSWORD, Server
from tests.ui.clinic.conftest import charts  # noqa: F401

pytestmark = pytest.mark.browser
PID, OTHER = "north-p0002", "north-p0008"
ACTIVE = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]}


@pytest.fixture(autouse=True)
def _charts(charts: Server) -> None:  # noqa: F811
    """Every test here needs the patients."""


@pytest.fixture
def second(server: Server, chromium: Browser) -> Iterator[Page]:
    """A page of another browser, signed in as the administrator."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(server.url("north", "/login"))
    page.fill("#username", "admin")
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**/patients*")
    yield page
    context.close()


def condition(text: str, pid: str = PID) -> dict[str, Any]:
    subject = {"reference": f"Patient/{pid}"}
    return {"resourceType": "Condition", "subject": subject, "code": {"text": text}, "clinicalStatus": ACTIVE}


def potassium(value: float, pid: str = PID) -> dict[str, Any]:
    laboratory = {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}
    return {
        "resourceType": "Observation", "status": "final", "category": [{"coding": [laboratory]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "2823-3"}], "text": "Potassium"},
        "subject": {"reference": f"Patient/{pid}"}, "effectiveDateTime": "2026-11-24T09:30:00+01:00",
        "valueQuantity": {"value": value, "unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L"},
    }  # fmt: skip


def file(server: Server, resource: dict[str, Any], user: str = "amara", slug: str = "north") -> str:
    """File over the API; return the id."""
    with server.client(slug, Authorization=f"Bearer {server.token(slug, user=user)}") as client:
        answer = client.post(f"/fhir/R4/{resource['resourceType']}", json=resource)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def change(server: Server, rtype: str, fhir_id: str, **values: Any) -> None:
    """Change some elements of a resource over the API."""
    with server.client("north", Authorization=f"Bearer {server.token('north', user='amara')}") as client:
        resource = client.get(f"/fhir/R4/{rtype}/{fhir_id}").json()
        assert client.put(f"/fhir/R4/{rtype}/{fhir_id}", json=resource | values).status_code == 200


def test_an_open_summary_shows_what_was_filed_elsewhere_and_says_who(server: Server, page: Page, signed_in: SignIn) -> None:
    signed_in(f"/patients/{PID}", user="ivo")
    expect(page.locator("#problems")).to_be_visible()
    expect(page.locator(".news")).to_have_text("")
    counted = page.locator(f"nav[aria-label=Chart] a[href='/patients/{PID}/problems']")
    before = counted.inner_text()
    file(server, condition("Sprained ankle of the left foot"))
    expect(page.locator("#problems")).to_contain_text("Sprained ankle of the left foot")
    strip = page.locator(".news")
    expect(strip).to_contain_text("Amara Nurse, nurse filed Sprained ankle of the left foot at")
    assert counted.inner_text() != before
    banner, box = page.locator("header.head").bounding_box(), strip.bounding_box()
    assert banner and box and box["y"] > banner["y"] + banner["height"]
    assert strip.get_attribute("role") == "status"
    file(server, condition("Torn ligament"))
    expect(strip).to_contain_text("2 new entries by Amara Nurse, nurse")
    strip.get_by_role("button", name="Dismiss").click()
    expect(strip).to_have_text("")
    file(server, condition("Bruised knee"))
    expect(strip).to_contain_text("filed Bruised knee at")


def test_ones_own_filing_in_another_place_says_you(server: Server, page: Page, signed_in: SignIn) -> None:
    signed_in(f"/patients/{PID}", user="ivo")
    expect(page.locator("#problems")).to_be_visible()
    file(server, condition("Tennis elbow"), user="ivo")
    expect(page.locator(".news")).to_contain_text("You filed Tennis elbow at")


def test_a_result_that_comes_in_is_shown_and_opened_from_the_strip(server: Server, page: Page, signed_in: SignIn) -> None:
    signed_in(f"/patients/{PID}/results?view=list", user="ivo")
    expect(page.locator(".virtual td").first).to_be_visible()
    file(server, potassium(4.37))
    expect(page.locator(".virtual")).to_contain_text("4.37")
    strip = page.locator(".news")
    expect(strip).to_contain_text("filed Potassium at")
    strip.get_by_role("button", name="Open").click()
    expect(page.locator("aside.panel")).to_contain_text("4.37")
    expect(strip).to_have_text("")


def test_the_reader_keeps_her_place(server: Server, page: Page, signed_in: SignIn) -> None:
    file(server, condition("The one with the focus"))
    page.set_viewport_size({"width": 1100, "height": 420})
    signed_in(f"/patients/{PID}", user="ivo")
    opener = page.locator("#results button.opens").nth(1)
    test = opener.inner_text()
    opener.click()
    panel = page.locator("aside.panel")
    expect(panel.locator("h2")).to_have_text(test)
    mark = page.locator("#results li", has_text=test).first
    mark.scroll_into_view_if_needed()
    mark.locator("button").focus()
    page.evaluate("document.activeElement.dataset.mine = 'yes'")
    page.keyboard.press("Control+k")
    page.keyboard.type("dub")
    expect(page.locator("dialog[open] [aria-labelledby=palette-patients] [role=option]")).to_have_count(1)
    page.evaluate("document.querySelector('dialog[open]').close()")
    top = mark.bounding_box()
    file(server, condition("Something new at the very top"))
    file(server, potassium(9.9))
    expect(page.locator(".news")).to_contain_text("2 new entries")
    expect(page.locator("#problems")).to_contain_text("Something new at the very top")
    assert page.evaluate("document.activeElement.dataset.mine") == "yes"
    assert page.evaluate("document.activeElement.innerText") == test
    expect(panel.locator("h2")).to_have_text(test)
    assert page.locator("#palette-find").input_value() == "dub"
    now = mark.bounding_box()
    assert top and now and abs(now["y"] - top["y"]) < 150


def test_a_list_of_patients_shows_a_changed_name(server: Server, page: Page, signed_in: SignIn) -> None:
    made = file(server, {"resourceType": "Patient", "name": [{"family": "Zwetschgenbaum"}], "birthDate": "1990-01-01"})
    signed_in("/patients", user="ivo")
    expect(page.locator("#found-title")).to_have_text("Recent")
    page.locator("#find-patient").press_sequentially("zwetsch", delay=15)
    row = page.locator("a[data-row]")
    expect(row).to_contain_text("ZWETSCHGENBAUM")
    change(server, "Patient", made, name=[{"family": "Zwetschgenkuchen"}], birthDate="1991-02-03")
    expect(row).to_contain_text("ZWETSCHGENKUCHEN")
    expect(page.locator("#find-patient")).to_have_value("zwetsch")
    expect(page.locator("#find-patient")).to_be_focused()


def test_a_chart_that_wakes_does_not_move_up_in_the_recent_patients(server: Server, second: Page) -> None:
    for pid in (PID, OTHER):
        second.goto(server.url("north", f"/patients/{pid}"))
        expect(second.locator("#problems")).to_be_visible()
    other = second.context.new_page()
    other.goto(server.url("north", f"/patients/{PID}"))
    expect(other.locator("#problems")).to_be_visible()
    second.goto(server.url("north", f"/patients/{OTHER}"))
    expect(second.locator("#problems")).to_be_visible()
    file(server, condition("Woken"), user="ivo")
    expect(other.locator("#problems")).to_contain_text("Woken")
    second.goto(server.url("north", "/patients"))
    expect(second.locator("a[data-row=patient]").first).to_have_attribute("href", f"/patients/{OTHER}")


def test_nothing_of_another_patient_or_facility_is_heard(server: Server, page: Page, second: Page, signed_in: SignIn) -> None:
    signed_in(f"/patients/{OTHER}", user="ivo")
    expect(page.locator("#problems")).to_be_visible()
    second.goto(server.url("north", f"/patients/{PID}"))
    expect(second.locator("#problems")).to_be_visible()
    file(server, {"resourceType": "Patient", "name": [{"family": "South"}]}, slug="south")
    file(server, condition("Only for the other chart"))
    expect(second.locator("#problems")).to_contain_text("Only for the other chart")
    file(server, condition("For this chart", OTHER))
    expect(page.locator(".news")).to_contain_text("filed For this chart at")
    expect(page.locator("#problems")).not_to_contain_text("Only for the other chart")


def test_a_session_that_was_withdrawn_sees_nothing_of_the_next_change(server: Server, second: Page) -> None:
    second.goto(server.url("north", f"/patients/{PID}"))
    expect(second.locator("#problems")).to_be_visible()
    cookie = next(c for c in second.context.cookies() if c["name"] == "sid")
    server.close_session(cookie["value"])
    file(server, condition("After the end"), user="ivo")
    expect(second).to_have_url(server.url("north", f"/signed-out?next={quote(f'/patients/{PID}', safe='')}"), timeout=9000)
    assert "After the end" not in second.content()


def test_t1_back_and_forward_never_mix_two_patients(server: Server, page: Page, signed_in: SignIn) -> None:
    file(server, condition("Only of the first", PID))
    file(server, condition("Only of the second", OTHER))
    signed_in(f"/patients/{PID}", user="ivo")
    expect(page.locator("#problems")).to_contain_text("Only of the first")
    page.evaluate(MIXED)
    page.keyboard.press("Control+k")
    page.keyboard.type("nguy", delay=15)
    expect(page.locator("dialog[open] [aria-labelledby=palette-patients] [role=option]").first).to_contain_text("NGUY")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/patients/{OTHER}")
    expect(page.locator("#problems")).to_contain_text("Only of the second")
    for _ in range(4):
        page.go_back()
        file(server, condition("More", PID))
        page.go_forward()
        page.go_back()
        page.go_forward()
        file(server, condition("More", OTHER))
    expect(page.locator("#problems")).to_contain_text("Only of the second")
    page.go_back()
    expect(page.locator("#problems")).to_contain_text("Only of the first")
    assert page.evaluate("window.mixed") == []


@contextmanager
def slow_reads(server: Server, notify: str = "") -> Iterator[None]:
    """No chart is read while this is open; `notify` is announced at its beginning."""
    held, release = threading.Event(), threading.Event()

    async def hold() -> None:
        connection = await asyncpg.connect(server.audit_dsn.replace("ehr_audit@", "postgres@"))
        await connection.execute("begin; lock table ehr.resource in access exclusive mode")
        if notify:
            other = await asyncpg.connect(server.audit_dsn)
            await other.execute("select pg_notify($1, $2)", CHANNEL, notify)
            await other.close()
        held.set()
        await asyncio.to_thread(release.wait)
        await connection.close()

    holder = threading.Thread(target=asyncio.run, args=(hold(),))
    holder.start()
    assert held.wait(20)
    try:
        yield
    finally:
        release.set()
        holder.join()


def test_t1_a_slow_answer_never_lands_under_another_patient(server: Server, page: Page, signed_in: SignIn) -> None:
    file(server, condition("Only of the first", PID))
    file(server, condition("Only of the second", OTHER))
    signed_in(f"/patients/{PID}", user="ivo")
    expect(page.locator("#problems")).to_contain_text("Only of the first")
    page.goto(server.url("north", f"/patients/{OTHER}"))
    expect(page.locator("#problems")).to_contain_text("Only of the second")
    page.evaluate("history.pushState({}, '', location.href)")  # so that going back is a step inside the app
    page.keyboard.press("Control+k")
    page.keyboard.type("ibarra", delay=15)
    expect(page.locator(f"dialog.palette [role=option][href='/patients/{PID}']").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#problems")).to_contain_text("Only of the first")
    page.evaluate(MIXED)
    with slow_reads(server):
        page.go_back(wait_until="commit")
        expect(page.get_by_text("Loading the chart")).to_be_attached()
        page.go_forward(wait_until="commit")
    expect(page.locator("#problems")).to_contain_text("Only of the first")
    expect(page.locator("[aria-label=Patient] h1")).to_contain_text("IBARRA")
    with slow_reads(server, f"1 {uid(1, 'Patient', PID).hex}"):
        page.go_back(wait_until="commit")
        page.wait_for_url(f"**/patients/{OTHER}")
    expect(page.locator("#problems")).to_contain_text("Only of the second")
    expect(page.locator("[aria-label=Patient] h1")).to_contain_text("NGUY")
    assert page.evaluate("window.mixed") == []


MIXED = """() => {
  window.mixed = [];
  new MutationObserver(() => {
    const banner = document.querySelector('[aria-label=Patient] h1')?.innerText ?? '';
    const text = document.querySelector('#problems')?.innerText ?? '';
    if (!banner && text) window.mixed.push('no banner');
    if (banner.includes('NGUY') && text.includes('Only of the first')) window.mixed.push('first under second');
    if (banner.includes('IBARRA') && text.includes('Only of the second')) window.mixed.push('second under first');
  }).observe(document.body, {childList: true, subtree: true, characterData: true});
}"""

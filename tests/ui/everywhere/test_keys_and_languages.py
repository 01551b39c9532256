"""The palette, single keys and their help; Spanish at once; times of the facility wherever the reader is."""

import pytest
from playwright.sync_api import Page, expect

from ehr_app.ui.clinic.domains import DOMAINS
from tests.server import Server
from tests.ui.everywhere.conftest import Enter
from tests.ui.everywhere.routes import PATIENT
from tests.ui.everywhere.test_every_page import Visit

pytestmark = pytest.mark.browser


@pytest.fixture
def chart(enter: Enter, visit: Visit) -> Page:
    """A chart on a desktop."""
    page = enter()
    visit(page, f"/patients/{PATIENT}")
    return page


def test_the_palette_names_its_active_option_and_gives_the_focus_back(chart: Page) -> None:
    link = chart.locator(".opens").first
    link.focus()
    chart.keyboard.press("Control+k")
    field = chart.get_by_role("combobox")
    expect(field).to_be_focused()
    first = chart.locator("#option-0")
    expect(field).to_have_attribute("aria-activedescendant", "option-0")
    expect(first).to_have_attribute("aria-selected", "true")
    expect(chart.locator("dialog[open] [role=group]").first).to_contain_text("Recent patients")
    chart.keyboard.press("ArrowDown")
    expect(field).to_have_attribute("aria-activedescendant", "option-1")
    chart.keyboard.press("Escape")
    expect(chart.locator("dialog[open]")).to_have_count(0)
    expect(link).to_be_focused()


def test_the_palette_finds_pages_of_the_chart_and_tells_how_many(chart: Page) -> None:
    chart.keyboard.press("Control+k")
    chart.keyboard.type("results")
    expect(chart.locator("dialog[open] > [role=status]")).to_have_text("1 found")
    chart.keyboard.press("Enter")
    chart.wait_for_url(f"**/patients/{PATIENT}/results")


def test_enter_waits_for_the_answer_to_what_was_typed(chart: Page) -> None:
    chart.keyboard.press("Control+k")
    expect(chart.locator("dialog[open] [data-asked='']")).to_be_attached()
    chart.keyboard.type("dubois")
    chart.keyboard.press("Enter")
    chart.wait_for_url("**/patients/north-p0007")


def test_single_keys_walk_between_pages_and_rows(chart: Page) -> None:
    chart.keyboard.type("gr")
    chart.wait_for_url(f"**/patients/{PATIENT}/results")
    expect(chart.locator(".panel-table .opens").first).to_be_visible()
    chart.keyboard.press("j")
    expect(chart.locator(".panel-table .opens").first).to_be_focused()
    chart.keyboard.press("Enter")
    expect(chart.locator("aside.panel")).to_be_visible()
    chart.locator("body").click(position={"x": 700, "y": 5})
    chart.keyboard.press("Escape")
    expect(chart.locator("aside.panel")).to_have_count(0)
    chart.go_back()
    chart.wait_for_url(f"**/patients/{PATIENT}")
    chart.go_forward()
    chart.wait_for_url(f"**/patients/{PATIENT}/results")


def test_single_keys_follow_the_place_of_a_key_on_other_alphabets(chart: Page) -> None:
    for key, code in (("п", "KeyG"), ("к", "KeyR")):
        chart.evaluate("([key, code]) => window.dispatchEvent(new KeyboardEvent('keydown', {key, code}))", [key, code])
    chart.wait_for_url(f"**/patients/{PATIENT}/results")


def test_the_help_lists_the_key_of_every_page_and_switches_them_off(chart: Page) -> None:
    chart.keyboard.press("?")
    told = chart.locator("dialog.help").inner_text()
    assert all(f"{one.hotkey}\n{one.label}" in told for one in DOMAINS)
    chart.get_by_label("Single keys are on").uncheck()
    chart.keyboard.press("Escape")
    chart.keyboard.press("?")
    expect(chart.locator("dialog[open]")).to_have_count(0)
    chart.reload()
    expect(chart.locator(".opens").first).to_be_visible()
    chart.keyboard.press("?")
    expect(chart.locator("dialog[open]")).to_have_count(0)


def test_typing_in_a_field_is_never_a_command(enter: Enter, visit: Visit) -> None:
    page = enter()
    visit(page, "/patients")
    page.locator("#find-patient").press_sequentially("g?/jk")
    expect(page.locator("#find-patient")).to_have_value("g?/jk")
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_the_language_changes_at_once_and_is_remembered_on_the_way_in(charts: Server, chart: Page) -> None:
    chart.evaluate("window.kept = true")
    chart.locator(".to-es").click()
    expect(chart.get_by_role("button", name="Cerrar sesión")).to_be_visible()
    expect(chart.locator("html")).to_have_attribute("lang", "es")
    expect(chart.locator("html")).to_have_attribute("dir", "ltr")
    assert chart.evaluate("window.kept") is True
    expect(chart.locator("[aria-label=Paciente]")).to_contain_text("14 de abril de 1968")
    expect(chart.locator("[aria-label=Paciente]")).to_contain_text("14-Apr-1968")
    chart.get_by_role("button", name="Cerrar sesión").click()
    expect(chart.get_by_role("heading")).to_have_text("Ha cerrado la sesión")
    chart.goto(charts.url("harbor", "/login?lang=es"))
    expect(chart.get_by_label("Contraseña")).to_be_visible()
    chart.get_by_role("link", name="English").click()
    expect(chart.get_by_label("Password")).to_be_visible()


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles"])
def test_D4_a_reader_in_another_zone_sees_the_times_of_the_facility(enter: Enter, visit: Visit, zone: str) -> None:
    own, there = enter(timezone_id="Europe/Berlin"), enter(timezone_id=zone)
    for page in (own, there):
        visit(page, f"/patients/{PATIENT}")
    assert own.locator(".row-list").all_inner_texts() == there.locator(".row-list").all_inner_texts()
    expect(own.get_by_text("Times shown in")).to_have_count(0)
    expect(there.get_by_text("Times shown in Europe/Berlin")).to_be_visible()
    expect(there.locator("[aria-label=Patient]")).to_contain_text("14-Apr-1968")

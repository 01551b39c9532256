"""The screens of the clinic in a real browser, on the shipped build."""

import json
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser import SignIn
from tests.gate.wire import Wire
from tests.server import PASSWORD, Server

pytestmark = pytest.mark.browser

PAGES = {
    "/patients": "#find-patient",
    "/patients/north-p0002": ".row-list",
    "/patients/north-p0002/results": ".panel-table",
    "/patients/north-p0002/results?view=time": ".graph svg",
    "/patients/north-p0002/results?view=list": ".virtual td",
    "/patients/north-p0009": ".banner-dead",
    "/patients/nobody": ".notice",
}


@pytest.fixture(autouse=True)
def _charts(charts: Server) -> None:
    """Every test here needs the patients."""


@pytest.fixture
def signed_in(signed_in: SignIn) -> SignIn:
    """Sign in as the physician: the charts opened here stay out of other tests' recent patients."""
    return lambda path, user="ivo", slug="north": signed_in(path, user=user, slug=slug)


def _banner(page: Page) -> str:
    return page.locator("[aria-label=Patient]").inner_text()


def test_a_patient_is_found_while_typing_and_opened_by_keys(page: Page, signed_in: SignIn) -> None:
    signed_in("/patients")
    expect(page.locator("#found-title")).to_have_text("Recent")
    page.locator("#find-patient").press_sequentially("nunez", delay=15)
    row = page.locator("a[data-row]")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("NÚÑEZ IBARRA, José Ángel")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/patients/north-p0002")
    expect(page.locator("h1")).to_contain_text("NÚÑEZ IBARRA")


def test_the_palette_opens_below_the_banner_and_finds_a_patient(page: Page, signed_in: SignIn) -> None:
    signed_in("/patients/north-p0002")
    expect(page.locator("h1")).to_contain_text("NÚÑEZ")
    page.keyboard.press("Control+k")
    banner, window = page.locator("header.head").bounding_box(), page.locator("dialog.palette[open]").bounding_box()
    assert banner and window and window["y"] >= banner["y"] + banner["height"]
    page.keyboard.type("dubois", delay=15)
    expect(page.locator("dialog [role=option][href*='/patients/north']:not([href*='p0002'])")).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url("**/patients/north-p0007")
    expect(page.locator("h1")).to_contain_text("DUBOIS, Chloé")
    assert "NÚÑEZ" not in page.locator("body").inner_text()


@pytest.mark.parametrize(
    ("pid", "words", "told"),
    [
        ("north-p0002", "Known allergies", "mild"),
        ("north-p0007", "Known allergies", "not coded, not checked by decision support"),
        ("north-p0008", "Allergies not recorded", "Only entries made in error."),
        ("north-p0009", "No known allergies", "Told by"),
    ],
)
def test_a1_the_allergy_state_is_in_the_head_of_every_chart_page(
    page: Page, signed_in: SignIn, pid: str, words: str, told: str
) -> None:
    signed_in(f"/patients/{pid}")
    for address in (f"/patients/{pid}", f"/patients/{pid}/results"):
        page.goto(page.url.split("/patients")[0] + address)
        strip = page.locator("header.head a[href$='/allergies']")
        expect(strip).to_contain_text(words)
        expect(strip).to_contain_text(told)


def test_b4_the_dead_have_another_banner_with_words(page: Page, signed_in: SignIn) -> None:
    signed_in("/patients/north-p0009")
    expect(page.locator(".banner-dead")).to_contain_text("Died")
    assert "aged 87y" in _banner(page)


def test_r1_a_critical_result_is_told_by_letters_arrows_and_words(page: Page, signed_in: SignIn) -> None:
    signed_in("/patients/north-p0002/results")
    flag = page.locator(".panel-table .flag-critical").first
    expect(flag).to_have_text("↑↑HH")
    expect(page.locator(".panel-table [title='Critically high']").first).to_be_visible()


def test_g3_every_value_of_the_graph_is_read_by_keys_and_by_mouse(page: Page, signed_in: SignIn) -> None:
    signed_in("/patients/north-p0002/results?view=time")
    graph = page.locator(".graph [role=slider]")
    expect(graph).to_have_attribute("aria-valuetext", expect_text := graph.get_attribute("aria-valuetext") or "")
    graph.focus()
    page.keyboard.press("Home")
    first = graph.get_attribute("aria-valuetext")
    assert first and first != expect_text
    box = graph.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] - 110, box["y"] + 100)
    expect(graph).to_have_attribute("aria-valuetext", expect_text)
    figure = page.locator("figure").inner_text()
    assert "MRN N100074" in figure and "Range" in figure and "Last" in figure


def test_r2_without_a_range_no_band_is_drawn(page: Page, signed_in: SignIn) -> None:
    signed_in("/patients/north-p0002/results?view=time")
    expect(page.locator(".graph rect.band").first).to_be_visible()
    page.get_by_role("link", name="Estimated Glomerular Filtration Rate", exact=True).click()
    expect(page.locator("figure h2")).to_have_text("Estimated Glomerular Filtration Rate")
    expect(page.locator("figure")).to_contain_text("No range came with the last result")
    expect(page.locator(".graph rect.band")).to_have_count(0)
    expect(page.locator(".graph .band-edge")).to_have_count(0)


def test_everything_about_a_result_opens_beside_the_page_and_closes(page: Page, signed_in: SignIn) -> None:
    signed_in("/patients/north-p0002/results")
    page.locator(".panel-table .opens").first.click()
    panel = page.locator("aside.panel")
    expect(panel).to_contain_text("Collected")
    expect(panel).to_contain_text("Reported")
    expect(panel).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(page.locator(".panel-table .opens").first).to_be_focused()


def test_t1_two_tabs_with_two_patients_stay_apart(charts: Server, page: Page, signed_in: SignIn) -> None:
    signed_in("/patients/north-p0002/results")
    other = page.context.new_page()
    other.goto(charts.url("north", "/patients/north-p0008/results"))
    for tab, name in ((page, "NÚÑEZ"), (other, "NGUYỄN"), (page, "NÚÑEZ")):
        expect(tab.locator("h1").first).to_contain_text(name)
        test = tab.locator(".panel-table .opens").first
        told = test.inner_text()
        test.click()
        expect(tab.locator("aside.panel h2")).to_have_text(told)
        assert name in _banner(tab)


def test_hidden_and_absent_patients_look_alike(page: Page, signed_in: SignIn) -> None:
    signed_in("/patients/nobody")
    expect(page.locator(".notice")).to_contain_text("Nothing is here")
    absent = page.locator(".notice").inner_text()
    signed_in("/patients/north-p0002", user="sana", slug="south")
    expect(page.locator(".notice")).to_contain_text("Nothing is here")
    assert page.locator(".notice").inner_text() == absent


def test_an_event_for_another_patient_than_the_page_is_refused_and_logged(charts: Server) -> None:
    with Wire(charts.port, charts.host("north"), cookie=charts.sign_in("north", "ivo")) as wire:
        for named in ("north-p0007", "north-p0002"):  # another patient named; the right one named, another one's item
            path = "/patients/north-p0002"
            event = {
                "name": "reflex___state____state.ehr_app___ui___clinic___chart____chart.open_item",
                "payload": {"patient": named, "ref": "Observation/north-p0007-obs-0001"},
                "router_data": {"pathname": "/patients/[pid]", "query": {"pid": "north-p0002"}, "asPath": path},
            }
            wire.send_raw("42/_event," + json.dumps(["event", event]))
            told = str(wire.changes(2))
            assert "Not shown" in told and "Collected" not in told
            assert ("another patient" in told) or named == "north-p0002"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=["desktop", "phone"])
def test_every_screen_is_accessible_and_fits(
    charts: Server, chromium: Browser, scheme: Literal["light", "dark"], size: tuple[int, int]
) -> None:
    width, height = size
    context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(charts.url("north", "/login"))
    page.fill("#username", "ivo")
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**/patients*")
    for path, mark in PAGES.items():
        page.goto(charts.url("north", path))
        page.locator(mark).first.wait_for()
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    context.close()


def test_print_repeats_the_patient_and_hides_the_controls(page: Page, signed_in: SignIn) -> None:
    signed_in("/patients/north-p0002")
    expect(page.locator(".row-list").first).to_be_visible()
    page.emulate_media(media="print")
    assert "NÚÑEZ IBARRA" in _banner(page)
    sheet = page.locator("style[media=print]").text_content() or ""
    assert "Printed by Ivo Doctor at" in sheet and "MRN N100074" in sheet
    expect(page.get_by_label("Find a patient, Control K")).to_be_hidden()


def test_light_and_dark_follow_the_system_until_somebody_chooses(charts: Server, page: Page, signed_in: SignIn) -> None:
    page.emulate_media(color_scheme="dark")
    signed_in("/patients")
    expect(page.locator("html")).to_have_class("dark")
    page.get_by_label("Switch between light and dark").click()
    expect(page.locator("html")).to_have_class("light")


def test_naughty_searches_find_nothing_and_break_nothing(page: Page, signed_in: SignIn) -> None:
    signed_in("/patients")
    field = page.locator("#find-patient")
    for text in ("<script>alert(1)</script>", "' or 1=1 --", "%%%", "\u202eabc", "𝒳𝒴", "a" * 200, "../../etc", "0" * 60):
        field.fill(text)
        expect(page.locator("section.card").last).to_contain_text("No patient matches.")
    field.fill("")
    expect(page.locator("#found-title")).to_have_text("Recent")

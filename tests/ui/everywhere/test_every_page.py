"""Every page, found from the app: accessible, without sideways scrolling, named, printable, in light and dark, small and large."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from ehr_app.ui.clinic.domains import DOMAINS
from tests.ui.everywhere.conftest import Enter
from tests.ui.everywhere.routes import PATIENT, places

pytestmark = pytest.mark.browser
Visit = Callable[[Page, str], None]
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
CLIPPED = """() => [...document.querySelectorAll('a, button, input, summary')].filter((one) => {
  const box = one.getBoundingClientRect();
  const inside = one.closest('.sr, .grid-scroll, .virtual, .skip, .table, .year-strip');
  return one.checkVisibility({ visibilityProperty: true }) && !inside
    && box.width && (box.right > innerWidth + 1 || box.left < -1);
}).map((one) => one.outerHTML.slice(0, 120))"""
SMALL = """() => [...document.querySelectorAll('a, button, input')].filter((one) => {
  const box = one.getBoundingClientRect();
  const shown = one.checkVisibility({ visibilityProperty: true }) && one.matches('.btn, .nav-item, .field');
  return shown && box.width && box.height < 44;
}).map((one) => one.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
def test_W1_every_page_is_accessible_named_and_fits(enter: Enter, visit: Visit, scheme: str, size: str) -> None:
    page = enter(*SIZES[size], color_scheme=scheme)
    trouble: list[str] = []
    broken: list[str] = []
    page.on("console", lambda message: trouble.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    for place in places():
        visit(page, place.path)
        found = Axe().run(page)
        broken += [f"{place.path}: {found.generate_report()}"] if found.violations_count else []
        broken += [f"{place.path} scrolls"] if page.evaluate("document.documentElement.scrollWidth > innerWidth") else []
        assert page.locator("main").count() == 1, place.path
        assert page.title() and "NÚÑEZ" not in page.title(), place.path
        assert page.locator("header.head [aria-label=Patient]").count() == int(place.chart), f"B1 {place.path}"
    assert broken == []
    assert trouble == []


@pytest.mark.parametrize(("width", "height"), [(720, 450), (320, 256), (844, 390), (768, 1024)])
def test_W1_zoom_and_small_screens_lose_nothing_sideways(enter: Enter, visit: Visit, width: int, height: int) -> None:
    page = enter(width, height)
    for place in places():
        visit(page, place.path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, place.path
        assert page.evaluate(CLIPPED) == [], place.path
        head = page.locator("header.head")
        if head.evaluate("(one) => getComputedStyle(one).position") == "sticky":
            assert head.evaluate("(one) => one.offsetHeight + parseFloat(getComputedStyle(one).top)") < height / 2, place.path


@pytest.mark.parametrize("look", [{"contrast": "more"}, {"forced_colors": "active"}, {"reduced_motion": "reduce"}])
def test_W1_contrast_forced_colours_and_less_motion_are_accessible(enter: Enter, visit: Visit, look: dict[str, Any]) -> None:
    page = enter(**look)
    for place in places():
        visit(page, place.path)
        found = Axe().run(page)
        assert found.violations_count == 0, f"{place.path}: {found.generate_report()}"
        if "reduced_motion" in look:
            moving = "document.getAnimations().filter((one) => one.effect.getTiming().duration > 1).length"
            assert page.evaluate(moving) == 0, place.path


def test_touch_targets_are_large_where_fingers_point(enter: Enter, visit: Visit) -> None:
    page = enter(390, 844, has_touch=True, is_mobile=True)
    for place in places():
        visit(page, place.path)
        assert page.evaluate(SMALL) == [], place.path


def test_every_page_flips_for_a_right_to_left_language(enter: Enter, visit: Visit) -> None:
    page = enter(390, 844)
    for place in places():
        visit(page, place.path)
        page.evaluate("document.documentElement.dir = 'rtl'")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, place.path
        assert page.evaluate(CLIPPED) == [], place.path


def test_every_printed_page_names_the_patient_and_who_printed(enter: Enter, visit: Visit) -> None:
    page = enter()
    for place in places():
        visit(page, place.path)
        sheet = page.locator("style[media=print]").text_content() or ""
        assert "Printed by Alex Admin at" in sheet, place.path
        assert ("MRN N100074" in sheet and "14-Apr-1968" in sheet) == place.chart, place.path
        page.emulate_media(media="print")
        assert page.locator(".top-bar").is_hidden(), place.path
        page.emulate_media(media="screen")


def test_the_menu_of_a_phone_shows_every_page_of_the_chart_at_one_tap(enter: Enter, visit: Visit) -> None:
    page = enter(390, 844)
    visit(page, f"/patients/{PATIENT}/results")
    assert page.locator("[data-domain]").first.is_hidden()
    page.locator(".chart-menu-button").click()
    links = page.locator("[data-domain]")
    assert links.count() == len(DOMAINS)
    assert all(links.nth(at).is_visible() for at in range(len(DOMAINS)))
    links.first.click()
    page.wait_for_url(f"**/patients/{PATIENT}")

"""The banner: on charts only, on top, never covered; contacts folded away."""

import pytest
from playwright.sync_api import expect

from tests.ui.everywhere.conftest import Enter
from tests.ui.everywhere.routes import PATIENT
from tests.ui.everywhere.test_every_page import Visit

pytestmark = pytest.mark.browser
ON_TOP = """(one) => { const box = one.getBoundingClientRect();
  return one.contains(document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2)); }"""


def test_B1_the_banner_stays_uncovered_while_scrolling_and_under_dialogs(enter: Enter, visit: Visit) -> None:
    page = enter()
    visit(page, f"/patients/{PATIENT}")
    banner = page.locator("[aria-label=Patient]")
    page.evaluate("scrollTo(0, 900)")
    assert banner.evaluate(ON_TOP)
    assert banner.evaluate("(one) => one.getBoundingClientRect().width === document.documentElement.clientWidth")
    page.keyboard.press("Control+k")
    top = page.locator("dialog[open]").bounding_box()
    box = banner.bounding_box()
    assert top and box and top["y"] >= box["y"] + box["height"]


def test_B5_contacts_are_in_a_second_zone_that_opens(enter: Enter, visit: Visit) -> None:
    page = enter()
    visit(page, f"/patients/{PATIENT}")
    phone = page.locator("[aria-label=Patient] dt", has_text="Phone")
    expect(phone).to_be_hidden()
    page.locator("[aria-label=Patient] summary").click()
    expect(phone).to_be_visible()

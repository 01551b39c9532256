"""The patients of the clinic's screens, and one browser page per look that is used for every address."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.server import PASSWORD, Server
from tests.ui.clinic.conftest import charts  # noqa: F401

Enter = Callable[..., Page]


@pytest.fixture
def enter(charts: Server, chromium: Browser) -> Iterator[Enter]:  # noqa: F811
    """Sign in as the administrator, whom every page serves, with a browser of a given look, language, zone or size."""
    contexts = []

    def go(width: int = 1440, height: int = 900, **look: Any) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": height}, bypass_csp=True, **look)
        contexts.append(context)
        page = context.new_page()
        page.goto(charts.url("north", "/login"))
        page.fill("#username", "admin")
        page.fill("#password", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url("**/patients*")
        return page

    yield go
    for context in contexts:
        context.close()


@pytest.fixture
def visit(charts: Server) -> Callable[[Page, str], None]:  # noqa: F811
    """Go to an address of the facility and wait until its data is there."""

    def to(page: Page, path: str) -> None:
        page.goto(charts.url("north", path))
        page.locator("main").first.wait_for()
        expect(page.locator("main .bone")).to_have_count(0)
        expect(page.locator("header.head .banner[role=status]")).to_have_count(0)
        expect(page.get_by_text("Alex Admin").first).to_be_attached()

    return to

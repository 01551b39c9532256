"""A real browser for tests marked `browser`: the installed Chromium, driven by Playwright; every context starts empty."""

import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.server import PASSWORD, Server

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SignIn = Callable[..., Page]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The installed Chromium; `tools/chromium.sh` says how to get one."""
    program = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
    if program is None:
        pytest.fail("no Chromium is installed: on Debian run apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page of a fresh profile, with what its console said in `page.said`."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    made = context.new_page()
    yield made
    context.close()


@pytest.fixture
def signed_in(server: Server, page: Page) -> SignIn:
    """Sign in by the form and go to a page."""

    def go(path: str = "/patients", user: str = "amara", slug: str = "north") -> Page:
        page.goto(server.url(slug, "/login"))
        page.fill("#username", user)
        page.fill("#password", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url("**/patients*")
        if path != "/patients":
            page.goto(server.url(slug, path))
        return page

    return go

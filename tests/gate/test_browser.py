"""The gate in a real browser, on the shipped build: sign-in, content security policy, sign-out, a connection that drops."""

import re
import socket
import threading
from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, expect

from tests.browser import SignIn
from tests.server import PASSWORD, Server, free_port

pytestmark = pytest.mark.browser
CSP = re.compile(r"Content.Security.Policy|unsafe-eval|Refused to", re.I)


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the console said against our policy, and every uncaught error."""
    found: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if CSP.search(message.text):
            found.append(message.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def test_sign_in_leads_to_the_page_that_was_asked_for(server: Server, page: Page, complaints: list[str]) -> None:
    page.goto(server.url("north", "/patients"))
    expect(page).to_have_url(server.url("north", "/login?next=%2Fpatients"))
    page.fill("#username", "amara")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(server.url("north", "/patients"))
    expect(page.locator("#find-patient")).to_be_visible()
    expect(page.get_by_text("North Clinic").first).to_be_visible()
    assert complaints == []


def test_wrong_password_says_so_and_keeps_the_name(server: Server, page: Page) -> None:
    page.goto(server.url("harbor", "/login"))
    page.fill("#username", "ivo")
    page.fill("#password", "nope")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("The username or the password is not right.")
    expect(page.locator("#username")).to_have_value("ivo")
    expect(page.locator("#password")).to_be_focused()


def test_no_page_offends_the_content_security_policy(server: Server, page: Page, signed_in: SignIn, complaints: list[str]) -> None:
    signed_in()
    for path in ("/patients", "/patients/nobody", "/patients/nobody/results", "/no-such-page"):
        answer = page.goto(server.url("north", path))
        assert answer is not None
        policy = answer.headers["content-security-policy"]
        scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
        assert "unsafe" not in scripts
        assert "sha256-" in scripts
        page.wait_for_timeout(700)
    page.keyboard.press("Control+k")
    page.wait_for_timeout(300)
    assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_entry_pages_are_accessible(server: Server, chromium: Browser, scheme: Literal["light", "dark"]) -> None:
    context = chromium.new_context(color_scheme=scheme, viewport={"width": 390, "height": 844})
    page = context.new_page()
    for slug, path in (("", "/"), ("north", "/login"), ("north", "/signed-out")):
        page.goto(server.url(slug, path))
        assert Axe().run(page).response["violations"] == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.goto(server.url("harbor", "/login"))
    page.fill("#username", "x")
    page.fill("#password", "y")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    context.close()


def test_first_load_is_small_and_the_second_moves_almost_nothing(server: Server, page: Page, signed_in: SignIn) -> None:
    signed_in()
    sizes: dict[str, int] = {}

    def weigh(response: Response) -> None:
        if response.ok and not response.url.endswith("/login"):
            sizes[response.url] = response.request.sizes()["responseBodySize"]

    fresh = page.context.browser.new_context(storage_state=page.context.storage_state())  # type: ignore[union-attr]
    tab = fresh.new_page()
    tab.on("requestfinished", lambda request: weigh(request.response()))  # type: ignore[arg-type]
    tab.goto(server.url("north", "/patients"))
    expect(tab.get_by_text("You have not opened a chart yet.")).to_be_visible()
    tab.wait_for_timeout(500)
    assert sum(sizes.values()) < 200_000, sorted(sizes.items(), key=lambda item: -item[1])
    fresh.close()


def test_the_session_cookie_is_out_of_reach_of_scripts(page: Page, signed_in: SignIn) -> None:
    signed_in()
    assert "sid" not in page.evaluate("document.cookie")


def test_sign_out_wipes_every_tab(server: Server, page: Page, signed_in: SignIn) -> None:
    signed_in()
    expect(page.locator("#find-patient")).to_be_visible()
    other = page.context.new_page()
    other.goto(server.url("north", "/patients"))
    expect(other.locator("#find-patient")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    for tab in (page, other):
        expect(tab).to_have_url(_signed_out(server))
        expect(tab.get_by_role("heading")).to_have_text("You are signed out")
    other.go_back()
    other.wait_for_timeout(800)
    expect(other.locator("#find-patient")).to_have_count(0)


def test_a_session_that_ended_elsewhere_leaves_the_screen(server: Server, page: Page, signed_in: SignIn) -> None:
    signed_in()
    expect(page.locator("#find-patient")).to_be_visible()
    cookie = next(c for c in page.context.cookies() if c["name"] == "sid")
    with server.client("north", Cookie=f"sid={cookie['value']}") as client:
        client.post("/logout")
    expect(page).to_have_url(_signed_out(server))


def test_a_session_closed_by_the_database_leaves_within_seconds(server: Server, page: Page, signed_in: SignIn) -> None:
    signed_in(user="admin")
    expect(page.locator("#find-patient")).to_be_visible()
    cookie = next(c for c in page.context.cookies() if c["name"] == "sid")
    server.close_session(cookie["value"])
    expect(page).to_have_url(_signed_out(server), timeout=9000)


def test_a_screen_without_its_socket_leaves_too(server: Server, page: Page, signed_in: SignIn) -> None:
    page.route_web_socket("**/_event/**", lambda socket: None)
    signed_in(user="admin")
    cookie = next(c for c in page.context.cookies() if c["name"] == "sid")
    server.close_session(cookie["value"])
    page.wait_for_load_state("networkidle")
    page.evaluate("window.dispatchEvent(new Event('pageshow'))")
    expect(page).to_have_url(_signed_out(server))


class Cable:
    """A TCP proxy that can go dead on the client's side without a word to the server."""

    def __init__(self, target: int) -> None:
        self.port, self.target = free_port(), target
        self.pairs: list[tuple[socket.socket, socket.socket]] = []
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.target))
            self.pairs.append((near, far))
            for one, two in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(one, two), daemon=True).start()

    def _pump(self, one: socket.socket, two: socket.socket) -> None:
        try:
            while data := one.recv(65536):
                two.sendall(data)
        except OSError:
            return

    def drop(self) -> None:
        """Close the browser's side of every connection; the server's side stays open and silent."""
        pairs, self.pairs = self.pairs, []
        for near, _ in pairs:
            near.shutdown(socket.SHUT_RDWR)
            near.close()


@pytest.fixture
def cable(server: Server) -> Iterator[Cable]:
    """A cable to the server that a test may cut."""
    made = Cable(server.port)
    yield made
    made.listener.close()


def test_state_survives_a_connection_that_died_silently(server: Server, page: Page, cable: Cable) -> None:
    base = f"http://north.localhost:{cable.port}"
    page.goto(base + "/login")
    page.fill("#username", "amara")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("You have not opened a chart yet.")).to_be_visible()
    page.locator("#find-patient").press_sequentially("zzz")
    expect(page.get_by_text("No patient matches.")).to_be_visible()
    token = page.evaluate("sessionStorage.getItem('token')")
    cable.drop()
    page.wait_for_timeout(2500)
    assert page.evaluate("sessionStorage.getItem('token')") == token
    expect(page.get_by_text("No patient matches.")).to_be_visible()
    page.locator("#find-patient").fill("")
    expect(page.get_by_text("No patient matches.")).to_have_count(0)


def _signed_out(server: Server) -> re.Pattern[str]:
    """The page of an ended session; it may offer the way back to where the reader was."""
    return re.compile(re.escape(server.url("north", "/signed-out")) + r"(\?next=%2Fpatients[^&#]*)?$")

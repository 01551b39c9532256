"""The end of a session that keeps the place: what the session's address tells, the way back, and the warning before."""

from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser import SignIn
from tests.server import PASSWORD, Server, _execute, _run


def age(server: Server, secret: str, seconds_left: int) -> None:
    """Make a session look as if nobody had touched it, until so many seconds before its end."""
    administrator = server.audit_dsn.replace("ehr_audit@", "postgres@")
    sql = f"update ehr.session set seen_at = now() - idle + interval '{seconds_left} s' where hash = sha256('{secret}'::bytea)"
    _run(_execute(administrator, sql))


def test_asking_does_not_keep_a_session_alive_and_saying_so_does(server: Server) -> None:
    cookie = server.sign_in()
    with server.client("north", Cookie=cookie) as client:
        age(server, cookie.split("=")[1], 100)
        first = client.get("/session").json()
        second = client.get("/session").json()
        assert second["ends_in_s"] <= first["ends_in_s"] <= 100
        assert first["warn_s"] == 120
        assert client.post("/session").json()["ends_in_s"] > 1000
    with server.client("north") as stranger:
        assert stranger.get("/session").status_code == 401
        assert stranger.post("/session").status_code == 401
    with server.client("north", Cookie=cookie, Origin="https://evil.example") as foreign:
        assert foreign.post("/session").status_code == 403


def test_signed_out_offers_the_way_back_to_the_same_address(server: Server) -> None:
    with server.client("north") as client:
        there = "/patients/north-p0002/results?view=time&test=x#grid"
        page = client.get("/signed-out", params={"next": there}).text
        assert f'href="/login?next={quote(there, safe="")}"' in page
        form = client.get(f"/login?next={quote(there, safe='')}").text
        assert "/patients/north-p0002/results?view=time&amp;test=x#grid" in form
        answer = client.post("/login", data={"username": "amara", "password": PASSWORD, "next": there})
        assert (answer.status_code, answer.headers["location"]) == (303, there)
        assert 'href="/login"' in client.get("/signed-out").text


@pytest.mark.parametrize(
    "hostile",
    [
        "//evil.example", "/\\evil.example", "https://evil.example/", "javascript:alert(1)", "/login", "/logout",
        "/signed-out?next=/x", "/a\r\nX: y", '/"><script>', "evil", "/" + "x" * 3000, "/\t/evil.example",
    ],
)  # fmt: skip
def test_the_way_back_leads_nowhere_else(server: Server, hostile: str) -> None:
    with server.client("north") as client:
        page = client.get("/signed-out", params={"next": hostile}).text
    assert 'href="/login"' in page or hostile == '/"><script>'
    assert "evil" not in page and "<script>" not in page and "javascript" not in page


@pytest.mark.browser
def test_a_warning_comes_before_the_end_and_the_reader_can_stay(server: Server, page: Page, signed_in: SignIn) -> None:
    signed_in("/patients", user="ivo")
    page.locator("#find-patient").fill("abc")
    secret = next(c["value"] for c in page.context.cookies() if c["name"] == "sid")
    age(server, secret, 60)
    page.evaluate("window.dispatchEvent(new Event('pageshow'))")
    warning = page.get_by_role("alertdialog", name="Are you still there?")
    expect(warning).to_contain_text("You will be signed out in")
    expect(warning.get_by_role("button", name="Stay signed in")).to_be_focused()
    page.keyboard.press("Enter")
    expect(warning).to_have_count(0)
    expect(page.locator("#find-patient")).to_have_value("abc")
    expect(page.locator("#find-patient")).to_be_focused()
    with server.client("north", Cookie=f"sid={secret}") as client:
        assert client.get("/session").json()["ends_in_s"] > 1000


@pytest.mark.browser
def test_after_the_end_the_reader_comes_back_to_the_same_place(server: Server, page: Page, signed_in: SignIn) -> None:
    signed_in("/patients/nobody/results?view=time", user="ivo")
    expect(page.get_by_text("Nothing is here")).to_be_visible()
    secret = next(c["value"] for c in page.context.cookies() if c["name"] == "sid")
    age(server, secret, -1)
    page.evaluate("window.dispatchEvent(new Event('pageshow'))")
    page.wait_for_url("**/signed-out?next=*")
    page.get_by_role("link", name="Sign in again").click()
    page.fill("#username", "ivo")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/patients/nobody/results?view=time")


@pytest.mark.browser
def test_the_server_ending_the_session_keeps_the_place_too(server: Server, page: Page, signed_in: SignIn) -> None:
    signed_in("/patients/nobody/results?view=list", user="ivo")
    expect(page.get_by_text("Nothing is here")).to_be_visible()
    server.close_session(next(c["value"] for c in page.context.cookies() if c["name"] == "sid"))
    there = quote("/patients/nobody/results?view=list", safe="")
    expect(page).to_have_url(server.url("north", f"/signed-out?next={there}"), timeout=9000)

"""The entry pages over HTTP: facility chooser, sign-in, sign-out, and who is let in without a session."""

import socket

import pytest

from tests.server import PASSWORD, SITES, Server


def fields(user: str = "amara", **other: str) -> dict[str, str]:
    return {"username": user, "password": PASSWORD} | other


def test_bare_host_lists_the_facilities(server: Server) -> None:
    with server.client() as client:
        answer = client.get("/")
    assert answer.status_code == 200
    for slug, name in SITES.items():
        assert f'href="{server.url(slug)}"' in answer.text
        assert name in answer.text
    assert "script" not in answer.text


def test_sign_in_sets_an_http_only_cookie_and_goes_on(server: Server) -> None:
    with server.client("north") as client:
        answer = client.post("/login", data=fields(next="/patients/x?y=1"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/patients/x?y=1")
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("sid=")
    assert all(part in cookie for part in ("httponly", "samesite=lax", "path=/"))


@pytest.mark.parametrize(
    "target", ["//evil.example/", "https://evil.example", "/\\evil.example", "javascript:x", "", "/login", "/a b", "/\n/x"]
)
def test_next_accepts_one_leading_slash_only(server: Server, target: str) -> None:
    with server.client("north") as client:
        answer = client.post("/login", data=fields(next=target))
    assert (answer.status_code, answer.headers["location"]) == (303, "/patients")


def test_wrong_password_and_unknown_account_answer_alike(server: Server) -> None:
    with server.client("harbor") as client:
        wrong = client.post("/login", data=fields("ivo", password="not it"))
        unknown = client.post("/login", data=fields("nix", password="not it"))
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.text.replace("ivo", "nix") == unknown.text
    assert "The username or the password is not right." in wrong.text
    assert "set-cookie" not in wrong.headers


def test_an_account_of_another_facility_cannot_sign_in(server: Server) -> None:
    with server.client("harbor") as client:
        assert client.post("/login", data=fields("sana")).status_code == 401


def test_repeated_failures_make_everybody_wait_alike(server: Server) -> None:
    texts = []
    for user in ("admin", "nobody-there"):
        with server.client("south") as client:
            answers = [client.post("/login", data=fields(user, password=f"guess {n}")) for n in range(7)]
            right = client.post("/login", data=fields(user))
        assert [a.status_code for a in answers[:5]] == [401] * 5
        assert 429 in [a.status_code for a in answers[5:]]
        texts.append(right.status_code)
    assert texts == [429, 429]
    with server.client("north") as client:
        assert client.post("/login", data=fields("admin")).status_code == 303


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '" onfocus="x', "Ω≈ç√", "a" * 5000, "%00", "‮reversed"])
def test_naughty_usernames_are_escaped_and_refused(server: Server, name: str) -> None:
    with server.client("harbor") as client:
        answer = client.post("/login", data=fields(name, password=name))
    assert answer.status_code in (401, 413, 429)
    assert "<script>" not in answer.text
    assert '" onfocus' not in answer.text


def test_entry_pages_run_no_script(server: Server) -> None:
    with server.client("north") as client:
        for path in ("/login", "/signed-out"):
            answer = client.get(path)
            assert answer.status_code == 200
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["x-content-type-options"] == "nosniff"


def test_without_a_session_there_is_no_page(server: Server) -> None:
    with server.client("north") as client:
        for path in ("/patients", "/patients/1", "/index.html", "/__spa-fallback.html", "/leaving", "/nowhere", "/_health"):
            answer = client.get(path)
            assert (answer.status_code, answer.headers["location"].split("?")[0]) == (302, "/login"), path
            assert answer.text == ""


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../index.html",
        "/assets/%2e%2e/index.html",
        "/assets/..%2findex.html",
        "/assets/%2e%2e%2fpatients/index.html",
        "/assets/..\\index.html",
        "//index.html",
        "/./patients",
        "/login/../patients",
        "/theme.css/../index.html",
        "/fhir/../patients",
        "/fhir/%2e%2e/patients",
        "/patients%00",
        "/PATIENTS",
        "/_event/../patients",
    ],
)
def test_crooked_paths_open_nothing(server: Server, path: str) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as tcp:
        tcp.sendall(f"GET {path} HTTP/1.1\r\nHost: {server.host('north')}\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: tcp.recv(65536), b""))
    assert answer.split(b" ", 2)[1] in (b"302", b"400", b"401", b"404"), answer[:200]
    assert b"<html" not in answer


def test_a_session_of_another_facility_opens_nothing(server: Server) -> None:
    with server.client("south", Cookie=server.sign_in("north")) as client:
        assert client.get("/patients").status_code == 302
    with server.client("", Cookie=server.sign_in("north")) as client:
        assert client.get("/patients").headers["location"] == "/"


def test_a_session_gets_the_page(server: Server) -> None:
    with server.client("north", Cookie=server.sign_in()) as client:
        answer = client.get("/leaving")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")


def test_sign_out_ends_the_session_at_once(server: Server) -> None:
    cookie = server.sign_in()
    with server.client("north", Cookie=cookie) as client:
        answer = client.post("/logout")
        assert (answer.status_code, answer.headers["location"]) == (303, "/signed-out")
        assert client.get("/leaving").status_code == 302


def test_changes_come_from_our_own_pages_only(server: Server) -> None:
    cookie = server.sign_in()
    for origin in ("https://evil.example", "null", server.url("south", ""), f"https://{server.host('north')}.evil.example"):
        with server.client("north", Cookie=cookie, Origin=origin) as client:
            assert client.post("/logout").status_code == 403, origin
            assert client.post("/login", data=fields()).status_code == 403, origin
    with server.client("north", Cookie=cookie) as client:
        assert client.get("/leaving").status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "north.evil.example", "a.b.localhost", "north.localhost.evil", "", "x_y.localhost"]
)
def test_unknown_hosts_are_refused(server: Server, host: str) -> None:
    with server.client("north", Host=host) as client:
        for path in ("/login", "/fhir/R4/metadata", "/ping"):
            assert client.get(path).status_code in (400, 421), path


def test_liveness_and_readiness(server: Server) -> None:
    with server.client() as client:
        assert client.get("/ping").status_code == 200
        assert client.get("/ready").text == "ready"

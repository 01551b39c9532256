"""Attacks on the event socket and its neighbours, on the shipped build: S1 to S12 of the threat list.

What each number means is told by the name of its test.
"""

import json
import re
import time

import psutil
import pytest
from reflex_base.registry import RegistrationContext

from ehr_app.ehr_app import app
from ehr_app.ui.gate.authz import INTERNAL_OK
from tests.gate.emptiness import says_nothing
from tests.gate.wire import NAMESPACE, Refused, Wire
from tests.server import Server

HYDRATE = "reflex___state____state.hydrate"
NOTIFY = "reflex___state____state.ehr_app___ui___gate___authz____ui_state.notify"
TOASTS = NOTIFY.removesuffix("notify") + "toasts"


@pytest.fixture
def cookie(server: Server) -> str:
    """A live session of a nurse at north."""
    return server.sign_in()


def wire(server: Server, cookie: str, slug: str = "north", **other: object) -> Wire:
    return Wire(server.port, server.host(slug), cookie=cookie, **other)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", None, "http://south.localhost", "http://north.localhost", "http://[", "//"],
)
def test_s1_socket_refuses_every_other_origin(server: Server, cookie: str, origin: str | None) -> None:
    with pytest.raises(Refused):
        wire(server, cookie, origin=origin)


def test_s1_socket_needs_a_live_session_of_this_host(server: Server, cookie: str) -> None:
    for other in ("", "sid=" + "a" * 43, cookie + "x", "__Host-sid=" + "b" * 43, "sid=%00; sid=\x7f"):
        with pytest.raises(Refused):
            wire(server, other)
    for slug in ("south", ""):
        with pytest.raises(Refused):
            wire(server, cookie, slug)
    with wire(server, cookie) as mine:
        assert mine.joined


def test_s2_foreign_origins_get_no_cors_on_the_screens(server: Server, cookie: str) -> None:
    with server.client("north", Cookie=cookie, Origin="https://evil.example") as client:
        page = client.get("/leaving")
        preflight = client.options("/login", headers={"Access-Control-Request-Method": "PUT"})
    assert "access-control-allow-origin" not in page.headers
    assert preflight.status_code in (400, 401)
    assert "access-control-allow-origin" not in preflight.headers


def test_s2_the_api_never_allows_credentials_and_ignores_cookies(server: Server, cookie: str) -> None:
    with server.client("north", Cookie=cookie, Origin="https://evil.example") as client:
        answer = client.get("/fhir/R4/Patient")
        preflight = client.options("/fhir/R4/Patient", headers={"Access-Control-Request-Method": "PUT"})
    assert answer.status_code == 401
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (200, "*")
    assert "access-control-allow-credentials" not in answer.headers
    assert "access-control-allow-credentials" not in preflight.headers


def internal_names() -> list[str]:
    """Return every event of Reflex itself that the filter lets through to the authorisation."""
    assert app is not None
    known = RegistrationContext.get().event_handlers
    return [n for n, r in known.items() if r.states and r.states[0].__module__.startswith("reflex")]


def test_s3_s12_internal_events_pass_by_the_list_only(server: Server, cookie: str) -> None:
    with wire(server, cookie) as mine:
        mine.send(HYDRATE)
        assert mine.changes()
        for name in internal_names():
            if name.rsplit(".", 1)[1] in INTERNAL_OK:
                continue
            mine.send(name, var_name="user", value="someone else", key="user")
            assert mine.changes(0.15) == {}, name


HOSTILE = [{"$ne": 1}, ["a"], 10**400, float("nan"), None, True, 1.5, {"__reflex_form_data__": 1}, "a\0b", "\ud800", "x" * 200_000]


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value)[:20])
def test_s4_arguments_of_the_wrong_kind_never_arrive(server: Server, cookie: str, value: object) -> None:
    with wire(server, cookie, token=f"s4-{time.monotonic_ns()}") as mine:
        mine.send(HYDRATE)
        mine.changes(0.3)
        mine.send(NOTIFY, text=value)
        shown = mine.changes(0.4).get(TOASTS, [])
    assert all("not understood" in toast["text"] for toast in shown), shown


def test_s4_unknown_and_missing_arguments_are_refused_and_not_logged(server: Server, cookie: str) -> None:
    canary = "canary-7f3d9"
    with wire(server, cookie, token="s4-extra") as mine:
        mine.send(HYDRATE)
        mine.changes(0.3)
        mine.send(NOTIFY, text="x", admin=canary)
        assert "not understood" in mine.changes(0.4)[TOASTS][-1]["text"]
        mine.send(NOTIFY, text={"value": canary})
        mine.send(NOTIFY)
        mine.changes(0.4)
    assert canary not in server.log.read_text(errors="replace")


def test_s6_a_stolen_client_token_gives_an_empty_state(server: Server, cookie: str) -> None:
    token = "stolen-token-1"
    with wire(server, cookie, token=token) as mine:
        mine.send(HYDRATE)
        mine.send(NOTIFY, text="only mine")
        assert any("only mine" in str(value) for value in mine.changes(0.6).values())
        with wire(server, server.sign_in(user="ivo"), token=token) as thief:
            thief.send(HYDRATE)
            assert "only mine" not in str(thief.changes(0.6))
    time.sleep(0.2)
    with wire(server, server.sign_in(user="ivo"), token=token) as thief:
        thief.send(HYDRATE)
        assert "only mine" not in str(thief.changes(0.6))


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH"])
def test_s7_s8_there_is_no_upload_route(server: Server, cookie: str, method: str) -> None:
    for path in ("/_upload", "/_upload/", "/_upload/chart.pdf"):
        with server.client("north", Cookie=cookie) as client:
            assert client.request(method, path).status_code == 404
        with server.client("north") as client:
            assert client.request(method, path).status_code in (404, 403)


def test_s9_a_fresh_state_holds_no_data(server: Server, cookie: str) -> None:
    with wire(server, cookie, token="s9-fresh") as mine:
        mine.send(HYDRATE)
        changes = mine.changes(0.6)
    ours = {name: value for name, value in changes.items() if ".ehr_app___" in name and value}
    allowed = {"user", "facility"}
    assert {name for name in ours if name.rsplit(".", 1)[1] not in allowed and not says_nothing(ours[name])} == set(), ours


def test_s10_unknown_events_cost_nothing_and_leave_no_trace(server: Server, cookie: str) -> None:
    process = psutil.Process(server.process.pid)
    everyone = [process, *process.children(recursive=True)]
    before, logged = sum(p.memory_info().rss for p in everyone), server.log.stat().st_size
    with wire(server, cookie, token="s10") as mine:
        for n in range(20_000):
            mine.send_raw(f"42{NAMESPACE}," + json.dumps(["event", {"name": f"no.such.{n}", "payload": {"a": "secret-s10"}}]))
        mine.send(HYDRATE)
        mine.wait(lambda: any(update.get("delta") for update in mine.events), 30.0)
        assert mine.events
    grown = sum(p.memory_info().rss for p in everyone) - before
    text = server.log.read_text(errors="replace")
    assert grown < 12_000_000, grown
    assert server.log.stat().st_size - logged < 20_000
    assert "secret-s10" not in text
    assert cookie.split("=")[1] not in text


def test_s10_malformed_frames_are_dropped(server: Server, cookie: str) -> None:
    frames = ["[]", '"x"', "null", '["event"]', '["event", null]', '["event", "x"]', '["event", [1]]', '["nope", {}]']
    frames += ['["event", {"name": 1}]', f'["event", {{"name": "{HYDRATE}", "payload": [1]}}]']
    frames += [f'["event", {{"name": "{HYDRATE}", "payload": {{}}, "router_data": "x"}}]']
    for frame in frames:
        with wire(server, cookie, token="s10-frames") as mine:
            mine.send_raw(f"42{NAMESPACE}," + frame)
            mine.send(HYDRATE)
            mine.changes(0.1)
    with wire(server, cookie, token="s10-after") as mine:
        mine.send(HYDRATE)
        assert mine.changes(0.5)


def test_events_beyond_the_rate_are_dropped(server: Server, cookie: str) -> None:
    with wire(server, cookie, token="rate") as mine:
        mine.send(HYDRATE)
        mine.changes(0.5)
        for n in range(300):
            mine.send(NOTIFY, text=f"n{n}")
        shown = mine.changes(1.5)[TOASTS]
    assert 55 <= shown[-1]["id"] <= 110, shown[-1]


def test_s11_client_storage_is_no_authority(server: Server, cookie: str) -> None:
    with wire(server, cookie, token="s11") as mine:
        mine.send(HYDRATE)
        mine.changes(0.4)
        update = next(n for n in internal_names() if n.endswith("update_vars_internal"))
        state = NOTIFY.removesuffix(".notify").replace("ui_state", "auth_state")
        mine.send(update, vars={f"{state}.user": "root", f"{state}._bound_sid": "x", "nothing.there": 1})
        assert "root" not in str(mine.changes(0.4))


def test_the_event_after_sign_out_leads_away(server: Server, cookie: str) -> None:
    with wire(server, cookie, token="after") as mine:
        mine.send(HYDRATE)
        mine.send(NOTIFY, text="on my screen")
        mine.changes(0.4)
        with server.client("north", Cookie=cookie) as client:
            assert client.post("/logout").status_code == 303
        mine.wait(lambda: mine.closed, 3)
        assert mine.closed
        names = [event["name"] for update in mine.events for event in update.get("events") or []]
        assert names == ["_redirect"]
    with pytest.raises(Refused):
        wire(server, cookie)


def test_the_log_names_no_secret(server: Server, cookie: str) -> None:
    text = server.log.read_text(errors="replace")
    assert cookie.split("=")[1] not in text
    assert not re.search(r"[Cc]ookie[\"']?:", text)

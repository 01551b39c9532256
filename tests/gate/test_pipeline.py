"""Deny by default, without a socket: the authorisation of one event at a time, with handlers that the product does not have."""

from typing import Any

import pytest
import reflex as rx
from reflex.state import State, StateUpdate
from reflex_base.event import Event

from ehr_app.ehr_app import app
from ehr_app.ui.gate import internals
from ehr_app.ui.gate.authz import Authz, requires
from tests.identity.people import session


class Probe(rx.State):
    """Handlers of every wrong kind."""

    _ran: str = ""

    async def bare(self) -> None:
        """Undecorated: a public method is an endpoint all the same."""

    @rx.event
    async def unmarked(self) -> None:
        """Decorated, not marked."""

    @rx.event
    @requires("physician")
    async def for_physicians(self) -> None:
        """One role."""

    @rx.event
    @requires()
    async def for_all(self, pid: int, name: str = "") -> None:
        """Any signed-in person."""

    @rx.event
    @requires()
    async def save(self, form: dict[str, Any]) -> None:
        """A form."""


@pytest.fixture
async def root() -> State:
    """A state tree as the middleware meets it."""
    return State(_reflex_internal_init=True)


async def decide(root: State, handler: str, **payload: Any) -> StateUpdate | None:
    """Return what the middleware says about an event."""
    state = await root.get_state(Probe)
    name = f"{Probe.get_full_name()}.{handler}"
    return await Authz().preprocess(app, state, Event(name=name, payload=payload, router_data={}))


@pytest.fixture
def nurse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every request comes from a nurse's live session."""

    async def live(cookie: str, host: str) -> object:
        return session("nurse")

    monkeypatch.setattr("ehr_app.identity.sessions.live", live)


@pytest.mark.usefixtures("nurse")
@pytest.mark.parametrize("handler", ["bare", "unmarked", "for_physicians"])
async def test_unmarked_and_other_roles_are_refused(root: State, handler: str) -> None:
    assert f"{Probe.get_full_name()}.{handler}" in internals.known_events()
    assert await decide(root, handler) is not None


@pytest.mark.usefixtures("nurse")
async def test_marked_handler_runs_with_converted_arguments(root: State) -> None:
    assert await decide(root, "for_all", pid="7", name="x") is None


@pytest.mark.usefixtures("nurse")
@pytest.mark.parametrize(
    "payload",
    [
        {"pid": {"$ne": 1}},
        {"pid": "seven"},
        {"pid": 2**64},
        {"pid": [1]},
        {"pid": None},
        {"pid": 1, "extra": 1},
        {"pid": 1, "name": "a\0"},
        {"pid": 1, "name": "\ud800"},
        {"pid": float("inf")},
        {"pid": {"__reflex_form_data__": []}},
    ],
)
async def test_wrong_arguments_are_refused(root: State, payload: dict[str, Any]) -> None:
    assert await decide(root, "for_all", **payload) is not None


@pytest.mark.usefixtures("nurse")
async def test_forms_pass_and_broken_forms_do_not(root: State) -> None:
    assert await decide(root, "save", form={"__reflex_form_data__": [["drug", "aspirin"]]}) is None
    assert await decide(root, "save", form={"__reflex_form_data__": 1}) is not None
    assert await decide(root, "save", form={"__reflex_form_data__": [["a", {"b": 1}]]}) is not None


async def test_without_a_session_the_state_is_wiped_and_the_tab_leaves(root: State, monkeypatch: pytest.MonkeyPatch) -> None:
    async def live(cookie: str, host: str) -> None:
        return None

    monkeypatch.setattr("ehr_app.identity.sessions.live", live)
    probe = await root.get_state(Probe)
    probe._ran = "something"
    update = await decide(root, "for_all", pid=1)
    assert update is not None
    assert [event.name for event in update.events] == ["_redirect"]
    assert (await root.get_state(Probe))._ran == ""


async def test_another_session_finds_an_empty_state(root: State, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [session("nurse")]

    async def live(cookie: str, host: str) -> object:
        return now[0]

    monkeypatch.setattr("ehr_app.identity.sessions.live", live)
    assert await decide(root, "for_all", pid=1) is None
    (await root.get_state(Probe))._ran = "the first one's"
    now[0] = session("physician")
    assert await decide(root, "for_all", pid=1) is None
    assert (await root.get_state(Probe))._ran == ""

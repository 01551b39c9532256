"""The parts of Reflex 0.10.1 that are not its public interface and that the gate needs; look here first on an upgrade."""

from typing import Any

import reflex as rx
from reflex.event import EventSpec
from reflex.state import BaseState, StateUpdate
from reflex_base.event import Event
from reflex_base.registry import RegistrationContext


def namespace(app: rx.App) -> Any:
    """Return the event namespace: its handlers, its token manager, `_static_router_data` by socket."""
    if app.event_namespace is None:
        raise RuntimeError("the app has no state")
    return app.event_namespace


def socket_server(app: rx.App) -> Any:
    """Return the socket.io server."""
    if app.sio is None:
        raise RuntimeError("the app has no state")
    return app.sio


def root_of(state: BaseState) -> Any:
    """Return the root of a state tree."""
    return state._get_root_state()


def wipe(root: Any) -> None:
    """Empty a state tree without sending what was in it."""
    root.reset()
    root._clean()


def registered(name: str) -> Any:
    """Return what is known of an event by its name: `handler` and `states`."""
    return RegistrationContext.get().event_handlers[name]


def known_events() -> Any:
    """Return every event by its name."""
    return RegistrationContext.get().event_handlers


def update_with(event: EventSpec) -> StateUpdate:
    """Return an update that only sends an event to the browser."""
    return StateUpdate(events=Event.from_event_type(event))

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


def browser_of(app: rx.App, token: str) -> tuple[str, str] | None:
    """Return cookie and host header of the socket that a client token is linked to; None without one."""
    found = namespace(app)
    socket = found._token_manager.token_to_socket.get(token)
    data = found._static_router_data.get(socket.sid) if socket is not None else None
    return (data["headers"].get("cookie", ""), data["headers"].get("host", "")) if data else None


def values(state: BaseState) -> dict[str, Any]:
    """Return the values of a state's own variables as they are now."""
    return {name: value for name, value in vars(state).items() if name in state.base_vars}


def keep_changed(state: BaseState, before: dict[str, Any]) -> None:
    """Send only variables that differ from `before`; one that was changed in place is sent."""
    for name in list(state.dirty_vars):
        if name in before and (now := vars(state).get(name)) is not before[name] and now == before[name]:
            state.dirty_vars.discard(name)

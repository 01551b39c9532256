"""Deny by default: every event needs a live session, a handler marked `@requires(...)` and arguments of the right type.

The middleware runs for each event (hydrate, on_load, chained, background) under the lock of the user's state. A state belongs
to one session; met with another one it is wiped. It deliberately does not check patients: that is the door's.
"""

import functools
import logging
import math
from collections.abc import Callable
from typing import Any, TypeVar

import pydantic
import reflex as rx
from reflex.event import EventSpec
from reflex.state import BaseState, StateUpdate
from reflex_base.event import Event
from reflex_base.utils.form import FORM_DATA_ENTRIES_KEY

from ehr_app.errors import EhrError
from ehr_app.identity import sessions
from ehr_app.ui.gate import internals

log = logging.getLogger("ehr.authz")
INTERNAL_OK = {
    "hydrate",
    "hydrate_and_load",
    "set_is_hydrated",
    "on_load_internal",
    "update_vars_internal",
    "handle_frontend_exception",
}
LEAVING = "/leaving"
LONGEST_TEXT, LONGEST_LIST, DEEPEST = 100_000, 1_000, 8
FORM = pydantic.TypeAdapter(list[tuple[str, str]])
Handler = TypeVar("Handler", bound=Callable[..., Any])


def requires(*roles: str) -> Callable[[Handler], Handler]:
    """Mark an event handler: one of these roles may send it; without roles every signed-in person may."""

    def mark(handler: Handler) -> Handler:
        handler.__ehr_roles__ = frozenset(roles)  # type: ignore[attr-defined]
        return handler

    return mark


class AuthState(rx.State):
    """Whose screen this is. Display only: nothing is ever decided by it."""

    user: str = ""
    facility: str = ""
    _bound_sid: str = ""


class UiState(rx.State):
    """What the whole window shows: short messages."""

    toasts: list[dict[str, Any]] = []

    @rx.event
    @requires()
    async def notify(self, text: str, level: str = "info") -> None:
        """Show a short message; level is info, success, warning or error."""
        last = self.toasts[-1]["id"] if self.toasts else 0
        self.toasts = [*self.toasts[-4:], {"id": last + 1, "text": text, "level": level}]


def tell(text: str, level: str = "info") -> EventSpec:
    """Return the event that shows a short message; level is info, success, warning or error."""
    notify: Any = UiState.notify
    event: EventSpec = notify(text, level)
    return event


class Authz(rx.Middleware):
    """Decides about every event before its handler runs."""

    async def preprocess(self, app: rx.App, state: BaseState, event: Event) -> StateUpdate | None:
        """Return None to let the event run, an update to refuse it."""
        root = internals.root_of(state)
        try:
            session = await sessions.live(root.router.headers.cookie, root.router.headers.host)
        except EhrError as error:
            return _refusal(error.sentence)
        if session is None:
            internals.wipe(root)
            return leave()
        auth = await root.get_state(AuthState)
        if auth._bound_sid != session.sid:
            if auth._bound_sid:
                root.reset()
            auth._bound_sid, auth.user, auth.facility = session.sid, session.display, session.facility
        known = internals.registered(event.name)
        if known.states[0].__module__.startswith("reflex."):
            return None if event.name.rsplit(".", 1)[1] in INTERNAL_OK else StateUpdate()
        roles = getattr(known.handler.fn, "__ehr_roles__", None)
        if roles is None or (roles and not roles & session.roles):
            log.warning("event %s refused to account %s", event.name, session.account)
            return _refusal("You are not allowed to do this.")
        if not valid_payload(event):
            log.warning("event %s with arguments of the wrong kind from account %s", event.name, session.account)
            return _refusal("That input was not understood; nothing was changed.")
        return None


def leave() -> StateUpdate:
    """Return the update that takes a tab off the chart."""
    return internals.update_with(rx.redirect(LEAVING, replace=True))


def valid_payload(event: Event) -> bool:
    """Check and convert the arguments of an event; an unknown or unannotated argument is refused."""
    adapters = argument_types(event.name)
    if set(event.payload) - set(adapters):
        return False
    for name, value in event.payload.items():
        if not _plain(value):
            return False
        try:
            if isinstance(value, dict) and FORM_DATA_ENTRIES_KEY in value:
                FORM.validate_python(value[FORM_DATA_ENTRIES_KEY])
                adapters[name].validate_python({})  # its handler takes a form and checks the fields
            else:
                event.payload[name] = adapters[name].validate_python(value)
        except (pydantic.ValidationError, ValueError, OverflowError):
            return False
    return True


@functools.cache
def argument_types(name: str) -> dict[str, pydantic.TypeAdapter[Any]]:
    """Return what each argument of a handler must be; an argument without annotation is absent."""
    handler = internals.registered(name).handler
    arguments = list(handler._parameters)[1:]
    return {p: pydantic.TypeAdapter(kind) for p, kind in handler._get_type_hints().items() if p in arguments}


def _plain(value: Any, depth: int = 0) -> bool:
    match value:
        case bool() | None:
            return True
        case int():
            return -(2**63) <= value < 2**63
        case float():
            return math.isfinite(value)
        case str():
            return len(value) <= LONGEST_TEXT and "\0" not in value and (value.isascii() or _encodes(value))
        case list():
            return depth < DEEPEST and len(value) <= LONGEST_LIST and all(_plain(item, depth + 1) for item in value)
        case dict():
            pairs = [part for pair in value.items() for part in pair]
            return depth < DEEPEST and len(value) <= LONGEST_LIST and all(_plain(part, depth + 1) for part in pairs)
    return False


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return False
    return True


def _refusal(text: str) -> StateUpdate:
    return internals.update_with(tell(text, "error"))

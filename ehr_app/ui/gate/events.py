"""The event filter of the socket: unknown names and malformed frames are dropped unseen, and nobody sends without limit.

Reflex logs an unknown event with its cookie and keeps a future for it for ever; here it never gets that far.
"""

import asyncio
import logging
import time
import traceback
from typing import Any

import reflex as rx
from reflex.event import EventSpec

from ehr_app.errors import EhrError
from ehr_app.ui.gate import internals
from ehr_app.ui.gate.authz import tell

log = logging.getLogger("ehr.events")
RATE_PER_S, BURST = 30.0, 60.0


def install_event_filter(app: rx.App) -> None:
    """Put the filter before the event namespace of an app."""
    namespace, known = internals.namespace(app), internals.known_events()
    buckets: dict[str, tuple[float, float]] = {}
    on_event, on_disconnect = namespace.on_event, namespace.on_disconnect

    async def filtered(sid: str, data: Any) -> None:
        name, payload = (data.get("name"), data.get("payload", {})) if isinstance(data, dict) else (None, None)
        if not isinstance(name, str) or name not in known or not isinstance(payload, dict):
            return
        if not isinstance(data.get("router_data", {}), dict):
            return
        now = time.monotonic()
        seen, left = buckets.get(sid, (now, BURST))
        left = min(BURST, left + (now - seen) * RATE_PER_S)
        buckets[sid] = (now, left - 1 if left >= 1 else left)
        if left >= 1:
            await on_event(sid, data)

    def forget(sid: str, *reason: str) -> asyncio.Task[None] | None:
        buckets.pop(sid, None)
        task: asyncio.Task[None] | None = on_disconnect(sid)
        return task

    namespace.on_event, namespace.on_disconnect = filtered, forget


def on_frontend_error(exception: Exception) -> None:
    """Count an error of a browser; its text may hold what was on the screen and is not logged."""
    log.warning("a browser reported an error (%s)", type(exception).__name__)


def on_backend_error(exception: Exception) -> EventSpec:
    """Log the kind and place of a handler's failure and tell the user; an expected failure says its own sentence.

    The message of an exception may quote what was asked or stored, so it is not logged.
    """
    if isinstance(exception, EhrError):
        return tell(exception.sentence, "error")
    frames = traceback.extract_tb(exception.__traceback__)
    where = " < ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(frames))
    log.error("handler failed: %s at %s", type(exception).__name__, where)
    return tell("Something went wrong; nothing was saved.", "error")

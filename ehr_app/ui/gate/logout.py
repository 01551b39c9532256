"""The end of a session on the screen: revoke it, wipe the server's state, move every tab off the chart, cut the sockets."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable

import reflex as rx

from ehr_app.errors import EhrError
from ehr_app.identity import sessions
from ehr_app.ui.gate import internals
from ehr_app.ui.gate.authz import AuthState, leave

log = logging.getLogger("ehr.logout")
LOOK_EVERY_S = 5.0


async def end_session(app: rx.App, secret: str) -> None:
    """Sign out: the session is over everywhere and no tab keeps showing what it showed."""
    await sessions.revoke(secret)
    await clear_screens(app, lambda browser: sessions.secret_of(*browser) == secret)


async def clear_screens(app: rx.App, of: Callable[[tuple[str, str]], bool]) -> None:
    """Wipe and move away every tab whose cookie and host header match."""
    namespace, sockets = internals.namespace(app), internals.socket_server(app)
    for socket, data in list(namespace._static_router_data.items()):
        if not of(_shown_to(data)):
            continue
        if token := namespace.sid_to_token.get(socket):
            async with app.modify_state(rx.BaseStateToken(ident=token, cls=AuthState)) as state:
                internals.wipe(internals.root_of(state))
            await namespace.emit_update(leave(), token=token)
        transport = sockets.manager.eio_sid_from_sid(socket, namespace.namespace)
        await sockets.disconnect(socket, namespace=namespace.namespace)
        await sockets.eio.disconnect(transport)


@contextlib.asynccontextmanager
async def ended_sessions_leave(app: rx.App) -> AsyncIterator[None]:
    """While the server runs, clear the screens of sessions that ended idle or were closed elsewhere."""
    task = asyncio.create_task(_watch(app))
    try:
        yield
    finally:
        task.cancel()


async def _watch(app: rx.App) -> None:
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        try:
            shown = {_shown_to(data) for data in internals.namespace(app)._static_router_data.values()}
            if over := await sessions.ended(shown):
                await clear_screens(app, over.__contains__)
        except EhrError as error:
            log.warning("sessions cannot be checked: %s", error.diagnostics)


def _shown_to(data: dict[str, dict[str, str]]) -> tuple[str, str]:
    return data["headers"].get("cookie", ""), data["headers"].get("host", "")

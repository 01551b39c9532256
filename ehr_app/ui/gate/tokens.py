"""Hands a tab's state over to its new socket when the old network path died without saying so.

Reflex gives such a reconnect a new token and an empty state; here the old socket is probed first. A real second tab still
gets its own token, and another session never gets this one's.
"""

import asyncio
import time

import reflex as rx
from engineio import packet  # type: ignore[import-untyped]
from reflex.utils.token_manager import LocalTokenManager

from ehr_app.identity import sessions
from ehr_app.ui.gate import internals

PATIENCE_S, STEP_S = 0.7, 0.05


class ProbingTokenManager(LocalTokenManager):
    """Links client tokens to sockets, in one process."""

    def __init__(self, app: rx.App) -> None:
        """Shape: the app whose sockets are probed."""
        super().__init__()  # type: ignore[no-untyped-call]
        self.sio, self.namespace = internals.socket_server(app), internals.namespace(app).namespace
        self._farewells: set[asyncio.Task[None]] = set()

    async def link_token_to_sid(self, token: str, sid: str) -> str | None:
        """Link; return a new token when the old one is in use by a living tab or another session."""
        old = self.token_to_socket.get(token)
        if old is not None and old.sid != sid and self._same_session(old.sid, sid) and not await self._alive(old.sid):
            self.token_to_socket.pop(token, None)
            self.sid_to_token.pop(old.sid, None)
            farewell = asyncio.create_task(self.sio.disconnect(old.sid, namespace=self.namespace))
            self._farewells.add(farewell)
            farewell.add_done_callback(self._farewells.discard)
        answer: str | None = await super().link_token_to_sid(token, sid)
        return answer

    def _same_session(self, one: str, two: str) -> bool:
        first, second = self._session(one), self._session(two)
        return first is not None and first == second

    def _session(self, sid: str) -> str | None:
        environ = self.sio.get_environ(sid, self.namespace) or {}
        return sessions.sid_of(environ.get("HTTP_COOKIE", ""), environ.get("HTTP_HOST", ""))

    async def _alive(self, sid: str) -> bool:
        socket = self.sio.eio.sockets.get(self.sio.manager.eio_sid_from_sid(sid, self.namespace))
        if socket is None:
            return False
        socket.last_ping = time.time()
        await socket.send(packet.Packet(packet.PING))  # the PONG sets last_ping back to None
        for _ in range(int(PATIENCE_S / STEP_S)):
            await asyncio.sleep(STEP_S)
            if socket.last_ping is None:
                return True
        return False

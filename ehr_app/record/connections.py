"""Connections to PostgreSQL, handed out last used first.

asyncpg's own pool resets a connection and makes a task at every return. All our context is transaction-local, so nothing needs
resetting. A connection that was closed, or on which a query was cancelled, is replaced.
"""

import asyncio
from collections import deque
from typing import Any

import asyncpg

SETTINGS = {"statement_timeout": "120s"}  # a timer of the driver's would cost every query
PLANNED_ONCE = {"plan_cache_mode": "force_generic_plan"}


class Connections:
    """At most `most` connections of one role; who finds none free waits for its turn."""

    def __init__(self, dsn: str, most: int, *, planned_once: bool = False) -> None:
        """Shape: a postgresql:// address; nothing is connected yet.

        `planned_once` keeps one plan per statement, which spares a small read its planning; a loader, whose tables grow under it,
        must not ask for it.
        """
        self._dsn = dsn
        self._settings = SETTINGS | PLANNED_ONCE if planned_once else SETTINGS
        self._most = most
        self._made = 0
        self._idle: list[asyncpg.Connection] = []
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._lent: set[asyncpg.Connection] = set()

    async def acquire(self) -> asyncpg.Connection:
        """Borrow a connection; give it back with `release`. Raises OSError or PostgresError when none can be made."""
        while True:
            while self._idle:
                connection = self._idle.pop()
                if not connection.is_closed():
                    self._lent.add(connection)
                    return connection
                self._made -= 1
            if self._made < self._most:
                return await self._connect()
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._next()
                raise

    def release(self, connection: asyncpg.Connection) -> None:
        """Give a connection back."""
        self._lent.discard(connection)
        if connection.is_closed() or connection._protocol._is_cancelling() or connection.is_in_transaction():
            connection.terminate()
            self._made -= 1
        else:
            self._idle.append(connection)
        self._next()

    async def fetch(self, sql: str, *arguments: Any) -> list[asyncpg.Record]:
        """Run one statement by itself and return its rows."""
        connection = await self.acquire()
        try:
            found: list[asyncpg.Record] = await connection.fetch(sql, *arguments)
            return found
        finally:
            self.release(connection)

    async def fetchrow(self, sql: str, *arguments: Any) -> asyncpg.Record | None:
        """Run one statement by itself and return its first row."""
        connection = await self.acquire()
        try:
            return await connection.fetchrow(sql, *arguments)
        finally:
            self.release(connection)

    async def fetchval(self, sql: str, *arguments: Any) -> Any:
        """Run one statement by itself and return the first value of its first row."""
        row = await self.fetchrow(sql, *arguments)
        return None if row is None else row[0]

    async def close(self) -> None:
        """End all connections, those that are still lent by force."""
        for connection in list(self._lent):
            connection.terminate()
        idle, self._idle = self._idle, []
        for connection in idle:
            await connection.close()

    async def _connect(self) -> asyncpg.Connection:
        self._made += 1
        try:
            connection = await asyncpg.connect(self._dsn, server_settings=self._settings)
        except BaseException:
            self._made -= 1
            self._next()
            raise
        self._lent.add(connection)
        return connection

    def _next(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return

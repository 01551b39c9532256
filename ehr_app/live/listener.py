"""Hears which patients were touched, in every web process, and wakes who watches them.

PostgreSQL delivers each `NOTIFY` to every connection that listens, so with several web processes each hears everything. What is
missed while the connection is away is made good: after a reconnect everybody reads again, and while somebody watches, the outbox is
swept every 15 seconds for what was committed but never announced. https://www.postgresql.org/docs/current/sql-listen.html
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg

from ehr_app.live.watchers import Watchers
from ehr_app.record.announcing import CHANNEL, Topic, topics

SWEEP = "select seq, facility, patient from ehr.touched_since($1, $2)"
NEWEST = "select ehr.newest_change()"
SWEEP_S = 15.0
RETRY_S = 1.0
SWEPT_AT_MOST = 5_000
log = logging.getLogger("ehr.live")


class Listener:
    """One connection that listens. `floor`: every change up to this number of the outbox was told to who watches now."""

    def __init__(self, dsn: Callable[[], str], watchers: Watchers, alive: Callable[[str], bool]) -> None:
        """Shape: `alive` tells whether the window of a key is still connected."""
        self._dsn = dsn
        self._watchers = watchers
        self._alive = alive
        self.floor = 0
        self._next_floor = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen for the time of a server."""
        task = asyncio.create_task(self._listen())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _listen(self) -> None:
        while True:
            try:
                await self._hear(await asyncpg.connect(self._dsn(), command_timeout=30))
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
                log.warning("the listening connection was lost (%s)", type(error).__name__)
            await asyncio.sleep(RETRY_S)

    async def _hear(self, connection: asyncpg.Connection) -> None:
        gone = asyncio.Event()
        connection.add_termination_listener(lambda _: gone.set())
        try:
            await connection.add_listener(CHANNEL, self._heard)
            self.floor = self._next_floor = await connection.fetchval(NEWEST)
            self._watchers.call_all()
            while not gone.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(SWEEP_S):
                        await gone.wait()
                if not gone.is_set():
                    await self.sweep(connection)
        finally:
            connection.terminate()

    def _heard(self, _connection: Any, _pid: int, _channel: str, payload: str) -> None:
        self._watchers.call(topics(payload))

    async def sweep(self, connection: asyncpg.Connection) -> None:
        """Wake who watches what the last two sweeps' time brought: a change may commit after one with a higher number."""
        self._watchers.keep(self._alive)
        newest = await connection.fetchval(NEWEST)
        if len(self._watchers) and newest > self.floor:
            rows = await connection.fetch(SWEEP, self.floor, SWEPT_AT_MOST)
            if len(rows) == SWEPT_AT_MOST:
                self._watchers.call_all()
            else:
                self._watchers.call(Topic(row["facility"], row["patient"]) for row in rows)
        self.floor, self._next_floor = self._next_floor, newest

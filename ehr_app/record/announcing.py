"""Tells open screens which patients a commit touched: `NOTIFY` on a connection of its own, after the commit, ids only.

A `NOTIFY` inside the writing transaction would make commits wait for each other (PostgreSQL takes a global lock at the commit of a
notifying transaction: https://www.postgresql.org/docs/current/sql-notify.html). An announcement that is lost (the process ends
between the two) is not made again here: who listens sweeps the outbox. It deliberately tells nothing about what was changed.
"""

import asyncio
import logging
import re
from collections.abc import Collection, Iterable
from contextlib import suppress
from typing import NamedTuple
from uuid import UUID

import asyncpg

from ehr_app.record.connections import Connections

CHANNEL = "ehr_patients"
# A lost announcement is made good by the sweep, so this commit need not wait for the disk.
NOTIFY = """with quick as materialized (select set_config('synchronous_commit', 'off', true))
 select pg_notify($1, told) from quick, unnest($2::text[]) told"""
GATHER_S = 0.01
MOST = 200
"""Patients in one payload; 200 of them are 6.6 kB, the limit of PostgreSQL is 8 kB."""

PAYLOAD = re.compile(r"([0-9]{1,5})((?: [0-9a-f]{32}){1,200})")
LARGEST_FACILITY = 32767
log = logging.getLogger("ehr.live")


class Topic(NamedTuple):
    """A patient of a facility, by the store's key."""

    facility: int
    patient: UUID


class Announcer:
    """Gathers what was touched and announces it: the first at once, then no more often than every ten milliseconds."""

    def __init__(self, pool: Connections) -> None:
        """Shape: `pool` connects as the role ehr_app; nothing is connected before the first announcement."""
        self._pool = pool
        self._sending = asyncio.Lock()
        self._touched: set[Topic] = set()
        self._task: asyncio.Task[None] | None = None

    def announce(self, facility: int, patients: Iterable[UUID]) -> None:
        """Announce patients whose change is committed; returns at once."""
        self._touched.update(Topic(facility, patient) for patient in patients)
        if self._touched and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(self._tell())

    async def stop(self) -> None:
        """Announce what is left and let the connection go."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self.flush()
        await self._pool.close()

    async def flush(self) -> None:
        """Return when all that was touched until now is announced, for a process whose event loop will stand still."""
        await self._notify()

    async def _tell(self) -> None:
        while self._touched:
            await self._notify()
            await asyncio.sleep(GATHER_S)

    async def _notify(self) -> None:
        async with self._sending:
            touched, self._touched = self._touched, set()
            if not touched:
                return
            try:
                await self._pool.fetch(NOTIFY, CHANNEL, payloads(touched))
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
                log.warning("changes were not announced (%s); screens catch up by the sweep", type(error).__name__)
            except asyncio.CancelledError:
                self._touched |= touched
                raise


def payloads(touched: Collection[Topic]) -> list[str]:
    """Return what is sent: the facility's number and its patients' keys, `1 0f9c... 77ab...`, at most 200 of them each."""
    by_facility: dict[int, list[str]] = {}
    for topic in touched:
        by_facility.setdefault(topic.facility, []).append(topic.patient.hex)
    return [
        f"{facility} {' '.join(patients[start : start + MOST])}"
        for facility, patients in by_facility.items()
        for start in range(0, len(patients), MOST)
    ]


def topics(payload: str) -> list[Topic]:
    """Return what a payload names; nothing when it is not one of ours (every role of the database may send)."""
    found = PAYLOAD.fullmatch(payload)
    if found is None or int(found[1]) > LARGEST_FACILITY:
        return []
    return [Topic(int(found[1]), UUID(hex=one)) for one in found[2].split()]

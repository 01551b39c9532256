"""The commits of a batch: which access wrote them, when, which types; and the versions they wrote, found by that."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg

from ehr_app.record.door import Record
from ehr_app.record.writing import Draft

Kind = Literal["import", "provenance", "back"]
NOTED = """insert into ehr.import_part(access, batch, facility, kind, first, last, rtypes, created, updated, deleted)
 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"""
LISTED = """select access, kind, first, last, rtypes, created, updated, deleted from ehr.import_part
 where batch = $1 order by first desc, access"""
COLUMNS = "facility, rtype, id, ver, updated, patient, access, content"
WITHIN = "facility = $1 and rtype = any($2) and updated between $3 and $4 and access = $5"
CURRENT = f"select {COLUMNS} from ehr.resource where {WITHIN} order by id"
SUPERSEDED = f"select {COLUMNS}, verb from ehr.resource_history where {WITHIN} order by id, ver"


@dataclass(frozen=True, slots=True)
class Part:
    """One commit of a batch."""

    access: UUID
    kind: Kind
    first: datetime
    last: datetime
    rtypes: list[int]
    created: int
    updated: int
    deleted: int


async def note_part(
    record: Record, batch: UUID, kind: Kind, drafts: Iterable[Draft], *, created: int = 0, updated: int = 0
) -> None:
    """Note, in the commit that writes them, that these versions belong to a batch."""
    written = list(drafts)
    times, rtypes = [draft.updated for draft in written], {draft.row.number for draft in written}
    await note(record, batch, kind, times, rtypes, (created, updated, 0))


async def note(
    record: Record, batch: UUID, kind: Kind, times: list[datetime], rtypes: set[int], counts: tuple[int, int, int]
) -> None:
    """Note a commit by the times and types of what it wrote; `counts` are created, updated, deleted."""
    connection = await record.connection()
    own = (record.access.id, batch, record.facility_number, kind)
    await connection.execute(NOTED, *own, min(times), max(times), sorted(rtypes), *counts)


async def parts(record: Record, batch: UUID) -> list[Part]:
    """Return the commits of a batch, newest first."""
    return [Part(*row) for row in await record.rows(LISTED, batch)]


async def current(record: Record, part: Part) -> list[asyncpg.Record]:
    """Return the versions of a commit that are current still."""
    return await record.rows(CURRENT, record.facility_number, part.rtypes, part.first, part.last, part.access)


async def superseded(record: Record, part: Part) -> list[asyncpg.Record]:
    """Return the versions of a commit that are history."""
    return await record.rows(SUPERSEDED, record.facility_number, part.rtypes, part.first, part.last, part.access)

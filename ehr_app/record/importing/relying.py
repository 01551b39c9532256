"""What a batch brought and others rely on by now: a take-back that removed it would leave their entries about nobody and nothing.

A patient stays when anything of hers was filed or changed by others since; with her stays what those entries refer to, and what
that refers to in turn. An organization, practitioner or other entry of the directory stays when an entry of somebody else names it.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from uuid import UUID

import asyncpg

from ehr_app.record import references
from ehr_app.record.door import Record
from ehr_app.record.ids import uid
from ehr_app.record.importing import parts
from ehr_app.record.importing.parts import Part
from ehr_app.standards.r4 import RTYPES
from ehr_app.standards.search_parameters import parameters

LATER = """select r.facility, r.rtype, r.id, r.ver, r.updated, r.patient, r.content from ehr.resource r
 where r.facility = $1 and r.patient = any($2) and r.updated >= $4
 and not exists (select 1 from ehr.import_part p where p.access = r.access and p.batch = $3)"""
OTHERS = """select distinct u.rtype, u.id from unnest($2::smallint[], $3::uuid[], $4::bigint[]) u(rtype, id, h)
 cross join lateral (select e.rtype, e.id from ehr.eq e where e.h = u.h and e.facility = $1 offset 0) e
 cross join lateral (select r.access from ehr.resource r
   where r.facility = $1 and r.rtype = e.rtype and r.id = e.id and r.updated >= $6 offset 0) r
 where not exists (select 1 from ehr.import_part p where p.access = r.access and p.batch = $5)"""
"""Lateral, so that a fresh table's statistics cannot talk the planner out of one index probe per hash."""
OURS = """select r.facility, r.rtype, r.id, r.ver, r.updated, r.patient, r.content
 from unnest($2::smallint[], $3::uuid[]) u(rtype, id)
 join ehr.resource r on r.facility = $1 and r.rtype = u.rtype and r.id = u.id
 join ehr.import_part p on p.access = r.access and p.batch = $4 and p.kind = 'import'"""
AT_ONCE = 200
TYPE_NAMES = {number: name for name, number in RTYPES.items()}
Key = tuple[int, UUID]


async def relied_on(record: Record, batch: UUID, written: list[Part]) -> set[Key]:
    """Return (type number, key) of what must stay."""
    staying: set[Key] = set()
    began = min((part.first for part in written), default=None)
    for part in written:
        rows = await parts.current(record, part)
        patients = list({row["patient"] for row in rows if row["patient"] is not None})
        if patients:
            later = await record.rows(LATER, record.facility_number, patients, batch, began)
            staying |= {(RTYPES["Patient"], row["patient"]) for row in later}
            for row in later:
                staying |= _cited(record, (await record.stored(row)).resource())
        staying |= await _cited_by_others(record, batch, began, [row for row in rows if row["patient"] is None])
    return await _with_what_they_cite(record, batch, staying)


async def _cited_by_others(record: Record, batch: UUID, began: datetime | None, rows: list[asyncpg.Record]) -> set[Key]:
    found: set[Key] = set()
    for start in range(0, len(rows), AT_ONCE):
        asked: list[tuple[int, UUID, int]] = []
        for row in rows[start : start + AT_ONCE]:
            place = f"{TYPE_NAMES[row['rtype']]}/{(await record.stored(row)).id}"
            asked += [(row["rtype"], row["id"], record.h("r", *citing, place)) for citing in _citing(TYPE_NAMES[row["rtype"]])]
        columns = [[one[at] for one in asked] for at in range(3)]
        others = await record.rows(OTHERS, record.facility_number, *columns, batch, began)
        found |= {(row["rtype"], row["id"]) for row in others}
    return found


async def _with_what_they_cite(record: Record, batch: UUID, staying: set[Key]) -> set[Key]:
    """Return those of the batch among `staying`, and what of the batch they refer to, to the end."""
    kept: set[Key] = set()
    waiting = staying
    while waiting:
        columns = [key[0] for key in waiting], [key[1] for key in waiting]
        rows = await record.rows(OURS, record.facility_number, *columns, batch)
        kept |= {(row["rtype"], row["id"]) for row in rows}
        cited: set[Key] = set()
        for row in rows:
            cited |= _cited(record, (await record.stored(row)).resource())
        waiting = cited - kept
        if not rows:
            break
    return kept


def _cited(record: Record, resource: dict[str, object]) -> set[Key]:
    places: Iterable[tuple[str, str] | None] = (references.target(literal) for _, literal in references.literals(resource))
    return {(RTYPES[place[0]], uid(record.facility_number, *place)) for place in places if place is not None}


@cache
def _citing(target: str) -> list[tuple[str, str]]:
    """Every (type, parameter) that may refer to a type."""
    return [
        (rtype, parameter.code)
        for rtype in RTYPES
        for parameter in parameters(rtype).values()
        if parameter.type == "reference" and target in parameter.targets
    ]

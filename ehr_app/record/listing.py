"""What a chart holds of some kinds, newest first, in pages; and single resources by their references.

One statement for all the kinds that a page shows: each type is walked in the patient's index, so a page costs what it shows. Rows
without a date come last. It deliberately does not search: `ehr_app.record.search` does.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ehr_app.record.contents import Kind
from ehr_app.record.ids import uid
from ehr_app.record.search import cursor as cursors
from ehr_app.record.search.branches import COLUMNS
from ehr_app.record.search.cursor import Position
from ehr_app.record.store import Stored
from ehr_app.standards.r4 import RTYPES

if TYPE_CHECKING:
    from ehr_app.record.door import Record

WHOLE = "unnest($2::smallint[], $3::text[]) k(rtype, category)"
SAME_KIND = """(k.category = '' or r.class = any(array(select c.id from ehr.class c
 where c.rtype = k.rtype and c.category = k.category)))"""
DATED = f"""select x.* from {WHOLE} cross join lateral (select {COLUMNS}, r.date_lo as at from ehr.resource r
 where r.patient = $1 and r.rtype = k.rtype and {SAME_KIND} and r.date_lo is not null {{after}}
 order by r.date_lo desc, r.id limit $4) x"""
UNDATED = f"""select x.* from {WHOLE} cross join lateral (select {COLUMNS}, r.date_lo as at from ehr.resource r
 where r.patient = $1 and r.rtype = k.rtype and {SAME_KIND} and r.date_lo is null {{after}}
 order by r.id limit $4) x"""
NAMED = f"""select {COLUMNS} from ehr.resource r
 join unnest($1::smallint[], $2::smallint[], $3::uuid[]) n(facility, rtype, id)
 on r.facility = n.facility and r.rtype = n.rtype and r.id = n.id"""
RECORDED_IN = f"""select {COLUMNS} from ehr.resource r where r.encounter = $1 order by r.rtype, r.date_lo desc nulls last, r.id
 limit $2"""
MOST = 1000


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a chart's resources, and where the next page starts."""

    found: list[Stored]
    next_cursor: str | None


async def listed(record: "Record", patient_id: str, kinds: Sequence[Kind], *, count: int, cursor: str | None = None) -> Listing:
    """Return one page of the chart's resources of some kinds; a kind without a category is the whole type.

    Shape: at most 1,000. Raises BadRequest for a cursor that is not ours or for other kinds.
    """
    count = max(1, min(count, MOST))
    about = f"listed/{patient_id}/{sorted(kinds)}"
    patient = uid(record.facility_number, "Patient", patient_id)
    arguments: list[Any] = [patient, [RTYPES[kind.type] for kind in kinds], [kind.category for kind in kinds], count + 1]
    after = cursors.open_position(record, about, cursor) if cursor is not None else None
    dated, undated = "", ""
    parts = [DATED, UNDATED]
    if after is not None and after.at is not None:
        arguments += [after.at, after.id]
        dated = "and r.date_lo <= $5 and (r.date_lo < $5 or r.id > $6)"
    elif after is not None:
        arguments.append(after.id)
        parts, undated = [UNDATED], "and r.id > $5"
    sql = " union all ".join(f"({part.format(after=dated if part is DATED else undated)})" for part in parts)
    rows = await record.rows(f"select * from ({sql}) y order by at desc nulls last, id limit $4", *arguments)
    shown = rows[:count]
    following = cursors.seal_position(record, about, Position.of(shown[-1])) if len(rows) > count else None
    return Listing(await record.stored_many(shown), following)


async def named(record: "Record", places: Iterable[tuple[str, str]]) -> list[Stored]:
    """Return those of the named resources (type, id) that there are and that may be seen, in no order; at most 1,000."""
    asked = [(rtype, fhir_id) for rtype, fhir_id in dict.fromkeys(places) if rtype in RTYPES][:MOST]
    keys = [
        (facility, RTYPES[rtype], uid(facility, rtype, fhir_id))
        for rtype, fhir_id in asked
        for facility in {record.facility_number, 0}
    ]
    if not keys:
        return []
    rows = await record.rows(NAMED, [one[0] for one in keys], [one[1] for one in keys], [one[2] for one in keys])
    return await record.stored_many(rows)


async def recorded_in(record: "Record", encounter_id: str, count: int) -> list[Stored]:
    """Return what was recorded in a visit, by type, newest first."""
    key = uid(record.facility_number, "Encounter", encounter_id)
    return await record.stored_many(await record.rows(RECORDED_IN, key, max(1, min(count, MOST))))

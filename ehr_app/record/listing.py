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

OF_TYPES = "unnest($2::smallint[]) k(rtype)"
OF_PARTS = """(select p.rtype, array(select c.id from ehr.class c where c.rtype = p.rtype and c.category = any($4)) as classes
 from unnest($3::smallint[]) p(rtype)) k"""
ROWS = f"""select {COLUMNS}, r.date_lo as at from ehr.resource r where r.patient = $1 and r.rtype = k.rtype"""
# Which days of a part come first is found in the index alone: its class is there, so no row of the other parts is fetched.
DAYS = """r.date_lo = any(array(select distinct i.date_lo from ehr.resource i where i.patient = $1 and i.rtype = k.rtype
 and i.class = any(k.classes) and i.date_lo is not null {within} order by i.date_lo desc limit $5 + 1))"""
DATED = (
    f"select x.* from {OF_TYPES} cross join lateral ({ROWS} and r.date_lo is not null {{after}}"
    " order by r.date_lo desc, r.id limit $5) x",
    f"select x.* from {OF_PARTS} cross join lateral ({ROWS} and r.class = any(k.classes) and {DAYS} {{after}}"
    " order by r.date_lo desc, r.id limit $5) x",
)
UNDATED = (
    f"select x.* from {OF_TYPES} cross join lateral ({ROWS} and r.date_lo is null {{after}} order by r.id limit $5) x",
    f"select x.* from {OF_PARTS} cross join lateral ({ROWS} and r.class = any(k.classes) and r.date_lo is null {{after}}"
    " order by r.id limit $5) x",
)
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
    whole = [RTYPES[kind.type] for kind in kinds if not kind.category]
    parts = sorted({RTYPES[kind.type] for kind in kinds if kind.category})
    categories = [kind.category for kind in kinds if kind.category]
    arguments: list[Any] = [patient, whole, parts, categories, count + 1]
    after = cursors.open_position(record, about, cursor) if cursor is not None else None
    dated, within, undated = "", "", ""
    if after is not None and after.at is not None:
        arguments += [after.at, after.id]
        dated, within = "and r.date_lo <= $6 and (r.date_lo < $6 or r.id > $7)", "and i.date_lo <= $6"
    elif after is not None:
        arguments.append(after.id)
        undated = "and r.id > $6"
    selects = [
        text.format(after=condition, within=within)
        for texts, condition in ((DATED, dated), (UNDATED, undated))
        for text in texts
        if not (texts is DATED and after is not None and after.at is None)
    ]
    sql = " union all ".join(f"({select})" for select in selects)
    rows = await record.rows(f"select * from ({sql}) y order by at desc nulls last, id limit $5", *arguments)
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

"""Every version that ever was: one version, and the history of a resource, a type or a facility, newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ehr_app.errors import BadRequest, Gone, NotFound
from ehr_app.record.ids import uid
from ehr_app.record.search import cursor as cursors
from ehr_app.record.store import Stored
from ehr_app.standards.r4 import RTYPES

if TYPE_CHECKING:
    from ehr_app.record.door import Record

CREATED, UPDATED, DELETED = 1, 2, 3
COLUMNS = "facility, rtype, id, ver, updated, patient, content"
VERSIONS = f"""select {COLUMNS}, case ver when 1 then 1 else 2 end as verb from ehr.resource where {{where}}
union all select {COLUMNS}, verb from ehr.resource_history where {{where}}
order by updated desc, id desc, ver desc limit {{limit}}"""
MOST = 1000


@dataclass(frozen=True, slots=True)
class Version:
    """One entry of a history: how it came to be and what it says (a deletion's body is empty)."""

    verb: int
    stored: Stored


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """One page of versions, newest first."""

    versions: list[Version]
    next_cursor: str | None


async def vread(record: "Record", rtype: str, fhir_id: str, version: int) -> Stored:
    """Return one version of a resource of this facility or of the network."""
    for facility in {record.facility_number, 0}:
        where = "facility = $1 and rtype = $2 and id = $3 and ver = $4"
        rows = await record.rows(
            VERSIONS.format(where=where, limit=1), facility, RTYPES[rtype], uid(facility, rtype, fhir_id), version
        )
        if rows and rows[0]["verb"] == DELETED:
            raise Gone()
        if rows:
            return await record.stored(rows[0])
    raise NotFound()


async def history(
    record: "Record", rtype: str | None, fhir_id: str | None, *, since: datetime | None, count: int, cursor: str | None
) -> HistoryPage:
    """Return a page of versions. Raises NotFound for a resource without any visible version, BadRequest for a foreign cursor."""
    count = max(1, min(count, MOST))
    arguments: list[Any] = [record.facility_number]
    where = ["facility = $1"]
    if rtype is not None:
        arguments.append(RTYPES[rtype])
        where.append(f"rtype = ${len(arguments)}")
    if rtype is not None and fhir_id is not None:
        arguments.append(uid(record.facility_number, rtype, fhir_id))
        where.append(f"id = ${len(arguments)}")
    if since is not None:
        arguments.append(since)
        where.append(f"updated >= ${len(arguments)}")
    about = f"history/{rtype}/{fhir_id}/{since}"
    if cursor is not None:
        updated, key, version = cursors.open_sealed(record, about, cursor)
        arguments += [_instant(updated), UUID(key), int(version)]
        n = len(arguments)
        where.append(f"(updated, id, ver) < (${n - 2}, ${n - 1}, ${n})")
    rows = await record.rows(VERSIONS.format(where=" and ".join(where), limit=count + 1), *arguments)
    if not rows and fhir_id is not None and cursor is None and since is None:
        raise NotFound()
    versions = [Version(row["verb"], await _stored(record, row)) for row in rows[:count]]
    last = rows[count - 1] if len(rows) > count else None
    following = cursors.seal(record, about, [last["updated"].isoformat(), str(last["id"]), str(last["ver"])]) if last else None
    return HistoryPage(versions, following)


async def _stored(record: "Record", row: Any) -> Stored:
    found = await record.stored(row)
    if row["verb"] != DELETED:
        return found
    return Stored(found.facility, found.type, found.id, found.version, found.updated, b"", deleted=True)


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise BadRequest("the page address is not one of ours") from None

"""Who filed each version of a resource, when, and how it arrived: on screen, over the API, or by the local administrator.

It is told from the access row that the version was written under, so nobody can claim it. Provenance resources, which anybody who
may write can claim, are a search of their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ehr_app.errors import NotFound
from ehr_app.record.ids import uid
from ehr_app.standards.r4 import RTYPES

if TYPE_CHECKING:
    from ehr_app.record.door import Record

VERSIONS = """select facility, ver, updated, patient, access, case ver when 1 then 1 else 2 end as verb from ehr.resource
 where facility = any($1) and rtype = $2 and id = any($3)
union all select facility, ver, updated, patient, access, verb from ehr.resource_history
 where facility = any($1) and rtype = $2 and id = any($3) order by updated desc, ver desc limit $4"""
NEWEST = """select n.at, r.facility, r.ver, r.updated, r.patient, r.access, case r.ver when 1 then 1 else 2 end as verb
 from unnest($1::int[], $2::smallint[], $3::smallint[], $4::uuid[]) n(at, facility, rtype, id)
 join ehr.resource r on r.facility = n.facility and r.rtype = n.rtype and r.id = n.id"""
FILED_BY = "select * from ehr.filed_by($1, $2)"
MOST = 200


@dataclass(frozen=True, slots=True)
class Filing:
    """One version and who wrote it. `verb` is 1 created, 2 changed, 3 deleted.

    `kind` is session (on screen), token (over the API), local (by the local administrator) or "" when it is not told here.
    """

    version: int
    verb: int
    at: datetime
    facility: int
    kind: str
    action: str
    purpose: str
    display: str
    roles: tuple[str, ...]


async def filings(record: "Record", rtype: str, fhir_id: str) -> list[Filing]:
    """Return who wrote each version, newest first, at most 200. Raises NotFound (missing or not yours)."""
    places = [record.facility_number, 0]
    keys = [uid(place, rtype, fhir_id) for place in places]
    rows = await record.rows(VERSIONS, places, RTYPES[rtype], keys, MOST)
    if not rows:
        raise NotFound()
    record.saw(rows[0]["patient"])
    told = await record.rows(FILED_BY, [row["access"] for row in rows], [row["updated"] for row in rows])
    by_access = {row["access"]: row for row in told}
    return [_filing(row, by_access.get(row["access"])) for row in rows]


async def filed(record: "Record", places: Sequence[tuple[str, str]]) -> list[Filing | None]:
    """Return who wrote the newest version of each resource (type, id), in their order; None for what there is not."""
    asked = [
        (at, facility, RTYPES[rtype], uid(facility, rtype, fhir_id))
        for at, (rtype, fhir_id) in enumerate(places)
        if rtype in RTYPES
        for facility in {record.facility_number, 0}
    ]
    found: list[Filing | None] = [None] * len(places)
    if not asked:
        return found
    rows = await record.rows(NEWEST, *(list(column) for column in zip(*asked, strict=True)))
    told = await record.rows(FILED_BY, [row["access"] for row in rows], [row["updated"] for row in rows])
    by_access = {row["access"]: row for row in told}
    for row in rows:
        found[row["at"]] = _filing(row, by_access.get(row["access"]))
    return found


def _filing(row: Any, by: Any) -> Filing:
    who = by or {"kind": "", "action": "", "purpose": "", "display": "", "roles": ()}
    told = (who["kind"], who["action"], who["purpose"], who["display"] or "", tuple(who["roles"] or ()))
    return Filing(row["ver"], row["verb"], row["updated"], row["facility"], *told)

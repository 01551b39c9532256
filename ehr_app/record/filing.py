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
from ehr_app.record.store import Stored
from ehr_app.standards.r4 import RTYPES

if TYPE_CHECKING:
    from ehr_app.record.door import Record

VERSIONS = """select facility, ver, updated, patient, access, case ver when 1 then 1 else 2 end as verb from ehr.resource
 where facility = any($1) and rtype = $2 and id = any($3)
union all select facility, ver, updated, patient, access, verb from ehr.resource_history
 where facility = any($1) and rtype = $2 and id = any($3) order by updated desc, ver desc limit $4"""
NEWEST = """select facility, ver, updated, patient, access, case ver when 1 then 1 else 2 end as verb from ehr.resource
 where facility = $1 and rtype = $2 and id = $3"""
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


async def last_filed(record: "Record", found: Sequence[Stored]) -> Filing | None:
    """Return who filed the newest version among resources that were read; None when there are none."""
    newest = max(found, key=lambda one: one.updated, default=None)
    if newest is None:
        return None
    rows = await record.rows(NEWEST, newest.facility, RTYPES[newest.type], uid(newest.facility, newest.type, newest.id))
    told = await record.rows(FILED_BY, [row["access"] for row in rows], [row["updated"] for row in rows])
    return _filing(rows[0], told[0] if told else None) if rows else None


def _filing(row: Any, by: Any) -> Filing:
    who = by or {"kind": "", "action": "", "purpose": "", "display": "", "roles": ()}
    told = (who["kind"], who["action"], who["purpose"], who["display"] or "", tuple(who["roles"] or ()))
    return Filing(row["ver"], row["verb"], row["updated"], row["facility"], *told)

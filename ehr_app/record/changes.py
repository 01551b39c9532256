"""What was filed in a chart lately, and by whom: for a screen that is open while others write.

It reads the outbox under the policies of the open record, so nobody is told of what may not be seen.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ehr_app.record.contents import NAMES, Kind
from ehr_app.record.filing import FILED_BY
from ehr_app.record.store import Stored

if TYPE_CHECKING:
    from ehr_app.record.door import Record

LATELY = """select o.seq, o.verb, o.rtype, o.id, o.ver, c.category, r.facility, r.updated, r.patient, r.content,
   coalesce(r.access, h.access) as access, coalesce(r.updated, h.updated) as written
 from ehr.outbox o join ehr.class c on c.id = o.class
 left join ehr.resource r on r.facility = o.facility and r.rtype = o.rtype and r.id = o.id and r.ver = o.ver
 left join ehr.resource_history h on h.facility = o.facility and h.rtype = o.rtype and h.id = o.id and h.ver = o.ver
 where o.patient = $1 and o.seq > $2 and o.at > $3 and not o.seq = any($4::bigint[]) order by o.seq desc limit $5"""
MOST = 200
OPENED = 3
"""So many of the newest are read whole, so that they can be named."""


@dataclass(frozen=True, slots=True)
class Change:
    """One version that was filed: `verb` is 1 created, 2 changed, 3 deleted; `stored` where it was read and is the current one."""

    seq: int
    verb: int
    kind: Kind
    at: datetime
    account: UUID | None
    display: str
    roles: tuple[str, ...]
    stored: Stored | None


async def changes(record: "Record", patient: UUID, seq: int, since: datetime, told: Collection[int]) -> list[Change]:
    """Return what was filed for a patient after number `seq` and `since`, without what is `told`; newest first, at most 200."""
    rows = await record.rows(LATELY, patient, seq, since, list(told), MOST)
    if not rows:
        return []
    signed = [row for row in rows if row["access"] is not None]
    by = await record.rows(FILED_BY, [row["access"] for row in signed], [row["written"] for row in signed])
    people = {row["access"]: row for row in by}
    found = []
    for n, row in enumerate(rows):
        stored = await record.stored(row) if n < OPENED and row["content"] is not None else None
        found.append(_change(row, people.get(row["access"]), stored))
    return found


def _change(row: Any, who: Any, stored: Stored | None) -> Change:
    kind = Kind(NAMES[row["rtype"]], row["category"])
    account, display, roles = (who["account"], who["display"], who["roles"]) if who else (None, None, None)
    return Change(row["seq"], row["verb"], kind, row["written"], account, display or "", tuple(roles or ()), stored)

"""How much a chart holds of each kind: counted in an index, without opening a body.

What was entered in error does not count; it is found by its status in the equality index.
"""

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from ehr_app.record.ids import uid
from ehr_app.standards.r4 import RTYPES
from ehr_app.standards.search_parameters import parameters

if TYPE_CHECKING:
    from ehr_app.record.door import Record

COUNTED = """select c.rtype, c.category, sum(g.n)::int as n from
 (select r.class, count(*) as n from ehr.resource r where r.patient = any($1) group by r.class offset 0) g
 join ehr.class c on c.id = g.class group by c.rtype, c.category"""
IN_ERROR = """select e.rtype, c.category, count(*)::int as n from ehr.eq e join ehr.class c on c.id = e.class
 where e.h = any($1) and e.patient = any($2) group by e.rtype, c.category"""
STATUSES = ("status", "verification-status", "lifecycle-status")
WRONG = "entered-in-error"
NAMES = {number: name for name, number in RTYPES.items()}


class Kind(NamedTuple):
    """A resource type and the category that is kept of it ("" for none)."""

    type: str
    category: str


async def contents(record: "Record", patient_id: str) -> Counter[Kind]:
    """Return how many resources of each kind the chart holds; kinds without any are absent."""
    patients = [uid(record.facility_number, "Patient", patient_id)]
    found = Counter({_kind(row): row["n"] for row in await record.rows(COUNTED, patients)})
    wrong = [
        record.h("t", rtype, status, WRONG)
        for rtype in {kind.type for kind in found}
        for status in STATUSES
        if status in parameters(rtype)
    ]
    found.subtract({_kind(row): row["n"] for row in await record.rows(IN_ERROR, wrong, patients)})
    return +found


def _kind(row: tuple[int, str, int]) -> Kind:
    return Kind(NAMES[row[0]], row[1])

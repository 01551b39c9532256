"""What counts now, however old it is: a problem of 1980 that is still active stands on the first page of a long list.

Read by status when a domain holds more than one page; a short list has everything anyway.
"""

from collections.abc import Mapping
from typing import Any

from ehr_app.record.door import Record

CURRENT: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "problems": (("Condition", "clinical-status", "active,recurrence,relapse"),),
    "medications": (
        ("MedicationRequest", "status", "active,on-hold"),
        ("MedicationStatement", "status", "active,intended,on-hold"),
    ),
    "allergies": (("AllergyIntolerance", "clinical-status", "active"),),
    "plans": (("CarePlan", "status", "active,on-hold"), ("Goal", "lifecycle-status", "active,accepted,on-hold")),
    "devices": (("Device", "status", "active"),),
}
"""Key of a domain -> type, parameter and values that make an entry current."""
MOST = "200"


async def current(record: Record, pid: str, key: str) -> list[dict[str, Any]]:
    """Return the current entries of a domain, at most 200 of a type."""
    found: list[dict[str, Any]] = []
    for rtype, name, values in CURRENT.get(key, ()):
        page = await record.search(rtype, [("patient", pid), (name, values), ("_count", MOST)])
        found += [one.resource() for one in page.matches]
    return found


def together(page: list[dict[str, Any]], more: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return both, each resource once."""
    known = {(one.get("resourceType"), one.get("id")) for one in page}
    return page + [one for one in more if (one.get("resourceType"), one.get("id")) not in known]

"""Patients who would be new and look like one who is here: the same identifier, or the same name and birth date, under another id.

It deliberately decides nothing: two charts of one person are found by people, and linked by them.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ehr_app.record.door import Record
from ehr_app.record.importing.incoming import Incoming
from ehr_app.record.importing.outcome import Finding
from ehr_app.standards.extract import fold
from ehr_app.standards.intervals import interval
from ehr_app.standards.r4 import RTYPES

MAY_BE_HERE = "may already be here"
SAME_IDENTIFIER = f"{MAY_BE_HERE}: a patient with the same identifier has another id"
SAME_PERSON = f"{MAY_BE_HERE}: a patient with the same name and birth date has another id"
MOST_EACH = 3
CANDIDATES = """select u.n::int, r.facility, r.rtype, r.id, r.ver, r.updated, r.patient, r.content
 from unnest($1::bigint[], $2::timestamptz[]) with ordinality u(h, born, n)
 cross join lateral (select e.id from ehr.eq e where e.h = u.h and e.facility = $3 and e.rtype = $4
   and (u.born is null or e.date = u.born) limit 8) found
 join ehr.resource r on r.facility = $3 and r.rtype = $4 and r.id = found.id"""


async def find(record: Record, patients: list[Incoming]) -> list[Finding]:
    """Return one finding per new patient and patient here who look like one person, at most three for each."""
    asked: list[tuple[Incoming, int, datetime | None]] = []
    for one in patients:
        asked += [(one, record.h("t", "Patient", "identifier", value), None) for _, value in _identifiers(one.resource)]
        born = _born(one.resource)
        if born is not None:
            asked += [(one, record.h("s=", "Patient", "family", family), born) for family, _ in _names(one.resource)]
    if not asked:
        return []
    hashes, births = [h for _, h, _ in asked], [born for _, _, born in asked]
    rows = await record.rows(CANDIDATES, hashes, births, record.facility_number, RTYPES["Patient"])
    found: dict[tuple[int, int, str], Finding] = {}
    for row in rows:
        one = asked[row["n"] - 1][0]
        other = await record.stored(row)
        reason = _likeness(one.resource, other.resource())
        key = (one.item.file, one.item.n, other.id)
        if reason and key not in found and sum(key[:2] == known[:2] for known in found) < MOST_EACH:
            place = f"Patient/{other.id}"
            found[key] = Finding(one.item.file, one.item.n, "warning", reason, one.place, reference=place, position=one.item.start)
    return list(found.values())


def _likeness(one: dict[str, Any], other: dict[str, Any]) -> str | None:
    if set(_identifiers(one)) & set(_identifiers(other)):
        return SAME_IDENTIFIER
    if one.get("birthDate") == other.get("birthDate") and set(_names(one)) & set(_names(other)):
        return SAME_PERSON
    return None


def _identifiers(patient: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for found in patient.get("identifier", []):
        if found.get("system") and found.get("value"):
            yield found["system"], found["value"]


def _names(patient: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Folded (family, first given) of each name that has both."""
    for name in patient.get("name", []):
        given = [part for part in name.get("given", []) if part]
        if name.get("family") and given:
            yield fold(name["family"]), fold(given[0])


def _born(patient: dict[str, Any]) -> datetime | None:
    text = patient.get("birthDate")
    return interval(text)[0] if text else None

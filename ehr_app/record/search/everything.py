"""`Patient/$everything`: the patient, every resource of the patient's own, and the directory entries those name.

Spec: https://hl7.org/fhir/R4/operation-patient-everything.html (4.0.1). References are read from the text of the bodies without
parsing them. Not here: `start`, `end`, `_mdm`.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ehr_app.errors import BadRequest, NotFound
from ehr_app.record.ids import uid
from ehr_app.record.search import cursor as cursors
from ehr_app.record.search.branches import COLUMNS, RESOURCE, Branch
from ehr_app.record.search.cursor import Position
from ehr_app.record.search.including import Key, named
from ehr_app.record.search.plan import Plan
from ehr_app.record.search.query import MOST
from ehr_app.record.store import SearchPage, Stored
from ehr_app.standards.r4 import PATIENT_COMPARTMENT, RTYPES

if TYPE_CHECKING:
    from ehr_app.record.door import Record

WHOLE = 100_000
STEPS = 3
"""A request names a role, the role a practitioner and an organisation: so many steps are followed."""

PATIENT = f"select {COLUMNS} from {RESOURCE} where r.facility = any($1) and r.rtype = {RTYPES['Patient']} and r.id = any($2)"
REFERENCE = re.compile(rb"([A-Z][A-Za-z]{2,40}/[A-Za-z0-9.-]{1,64})(?:/_history/[A-Za-z0-9.-]{1,64})?$")
DIRECTORY = frozenset(name.encode() for name in RTYPES if name not in PATIENT_COMPARTMENT and name != "Patient")
OUTSIDE = frozenset(RTYPES[name.decode()] for name in DIRECTORY)
"""The types that are in no patient's compartment, by name and by number."""


async def everything(
    record: "Record",
    patient_id: str,
    *,
    types: Sequence[str] | None = None,
    since: datetime | None = None,
    count: int | None = None,
    cursor: str | None = None,
) -> SearchPage:
    """Return a patient's record, the Patient first; the whole of it, or a page of `count`.

    Shape: `types` and `since` narrow the patient's own resources. Raises NotFound, and BadRequest for an unknown type.
    """
    for name in types or ():
        if name not in RTYPES:
            raise BadRequest("'_type' names something that is not an R4 resource type")
    about = f"everything/{patient_id}/{sorted(types) if types else ''}/{since}/{count}"
    after = cursors.open_position(record, about, cursor) if cursor is not None else None
    limit = min(max(count, 1), MOST) if count is not None else WHOLE
    patients = await record.rows(
        PATIENT, [record.facility_number, 0], [uid(f, "Patient", patient_id) for f in (record.facility_number, 0)]
    )
    if not patients:
        raise NotFound()
    made = _plan(patients[0]["id"], types, since)
    sql, arguments = made.page(after, limit + 1)
    rows = await record.rows(sql, *arguments)
    shown, more = rows[:limit], len(rows) > limit
    wanted = (not types or "Patient" in types) and (since is None or patients[0]["updated"] >= since)
    first = [patients[0]] if after is None and wanted else []
    found = await record.stored_many((*first, *shown))
    included = [] if types else await _directory(record, found, rows)
    following = cursors.seal_position(record, about, Position.of(shown[-1])) if more else None
    return SearchPage(found, included, None, following, [])


def _plan(patient: Any, types: Sequence[str] | None, since: datetime | None) -> Plan:
    arguments: list[Any] = [patient, RTYPES["Patient"]]
    conditions = ["r.rtype <> $2"]
    if types:
        arguments.append([RTYPES[name] for name in types])
        conditions.append(f"r.rtype = any(${len(arguments)})")
    if since is not None:
        arguments.append(since)
        conditions.append(f"r.updated >= ${len(arguments)}")
    return Plan("date", True, [Branch(RESOURCE, ("r.patient = $1",))], conditions, arguments)


async def _directory(record: "Record", found: Iterable[Stored], rows: Iterable[Any]) -> list[Stored]:
    """What the resources name outside any patient's compartment, and what that names in turn."""
    seen: set[Key] = {(row["facility"], row["rtype"], row["id"]) for row in rows if row["rtype"] in OUTSIDE}
    asked: set[tuple[int, str]] = set()
    more: list[Stored] = []
    todo: Sequence[Stored] = list(found)
    for _ in range(STEPS):
        literals = {pair: None for pair in _names(todo) if pair not in asked}
        asked.update(literals)
        todo = await record.stored_many(await named(record, literals, seen))
        more += todo
        if not todo:
            break
    return more


def _names(found: Iterable[Stored]) -> Iterable[tuple[int, str]]:
    """The directory entries that bodies name: (facility of the body, Type/id), each once; all bodies are searched as one text."""
    texts: dict[int, list[bytes]] = {}
    for stored in found:
        texts.setdefault(stored.facility, []).append(stored.body)
    for facility, bodies in texts.items():
        pieces = b"".join(bodies).split(b'"reference":"')
        for literal in {piece[: piece.find(b'"')] for piece in pieces[1:]}:
            if literal.partition(b"/")[0] in DIRECTORY and (named := REFERENCE.match(literal)):
                yield facility, named[1].decode()

"""`_include` and `_revinclude` of one step: what the matches of a page name, and what names them.

Spec: https://hl7.org/fhir/R4/search.html#include (4.0.1). Not here: `:iterate`, targets of canonical references.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ehr_app.errors import TooCostly
from ehr_app.record.ids import uid
from ehr_app.record.search.branches import COLUMNS, EQ, RESOURCE
from ehr_app.record.search.query import Include, Query
from ehr_app.record.store import Stored
from ehr_app.standards.extract import extract
from ehr_app.standards.r4 import RTYPES
from ehr_app.standards.search_parameters import SearchParameter, parameters

if TYPE_CHECKING:
    from ehr_app.record.door import Record

MOST_INCLUDED = 1000
NAMED = f"""select {COLUMNS} from unnest($1::smallint[], $2::smallint[], $3::uuid[]) with ordinality u(facility, rtype, id, n)
 join ehr.resource r on r.facility = u.facility and r.rtype = u.rtype and r.id = u.id order by u.n limit {MOST_INCLUDED + 1}"""
NAMING = f"""select {COLUMNS} from {EQ} where e.h = any($1) and r.tokens && $1
 union all select {COLUMNS} from {RESOURCE} where r.patient = any($2) and r.rtype = $4 and r.tokens && $1
 union all select {COLUMNS} from {RESOURCE} where r.encounter = any($3) and r.rtype = $4 and r.tokens && $1
 limit {MOST_INCLUDED + 1}"""

Key = tuple[int, int, UUID]


async def included(record: "Record", query: Query, found: Sequence[Stored], rows: Sequence[Any]) -> list[Stored]:
    """Return the resources that a page includes, each once and none that is a match.

    Shape: `rows` are the matches' rows. Raises TooCostly beyond MOST_INCLUDED resources.
    """
    seen: set[Key] = {(row["facility"], row["rtype"], row["id"]) for row in rows}
    more: list[Any] = []
    if query.includes:
        more += await named(record, _targets(query.includes, found), seen)
    for include in query.revincludes:
        more += await _naming(record, include, found, rows, seen)
        _refuse_too_many(more)
    return await record.stored_many(more)


async def named(record: "Record", literals: dict[tuple[int, str], None], seen: set[Key]) -> list[Any]:
    """Return the visible rows that (facility, `Type/id`) pairs name, there or in the network; `seen` grows by them."""
    keys: dict[Key, None] = {}
    for facility, literal in literals:
        rtype, _, fhir_id = literal.partition("/")
        for place in dict.fromkeys((facility, 0)):
            keys[place, RTYPES[rtype], uid(place, rtype, fhir_id)] = None
    wanted = [key for key in keys if key not in seen]
    if not wanted:
        return []
    rows = await record.rows(NAMED, *(list(column) for column in zip(*wanted, strict=True)))
    _refuse_too_many(rows)
    return _fresh(rows, seen)


def _targets(includes: Sequence[Include], found: Sequence[Stored]) -> dict[tuple[int, str], None]:
    literals: dict[tuple[int, str], None] = {}
    for stored in found:
        index = extract(stored.resource())
        for include in includes:
            wanted = _stored_codes(include)
            for param, literal in index.references:
                rtype = literal.partition("/")[0]
                if rtype not in RTYPES or (param, rtype) not in wanted or include.target not in (None, rtype):
                    continue
                literals[stored.facility, literal] = None
    return literals


def _stored_codes(include: Include) -> set[tuple[str, str]]:
    """The (stored code, target type) pairs of an include; `*` is every reference parameter."""
    every = parameters(include.source).values()
    chosen: Sequence[SearchParameter] = [include.parameter] if include.parameter else [p for p in every if p.type == "reference"]
    return {(stored, target) for p in chosen for stored in p.stored for target in p.targets}


async def _naming(record: "Record", include: Include, found: Sequence[Stored], rows: Sequence[Any], seen: set[Key]) -> list[Any]:
    if include.parameter is None:
        return []
    pairs = [
        (stored, row["id"])
        for stored, row in zip(found, rows, strict=True)
        if stored.type in include.parameter.targets and include.target in (None, stored.type)
    ]
    if not pairs:
        return []
    hashes = [
        record.h("r", include.source, code, f"{stored.type}/{stored.id}")
        for stored, _ in pairs
        for code in include.parameter.stored
    ]
    patients = [key for stored, key in pairs if stored.type == "Patient"]
    encounters = [key for stored, key in pairs if stored.type == "Encounter"]
    naming = await record.rows(NAMING, hashes, patients, encounters, RTYPES[include.source])
    _refuse_too_many(naming)
    return _fresh(naming, seen)


def _fresh(rows: Sequence[Any], seen: set[Key]) -> list[Any]:
    fresh = []
    for row in rows:
        key = (row["facility"], row["rtype"], row["id"])
        if key not in seen:
            seen.add(key)
            fresh.append(row)
    return fresh


def _refuse_too_many(rows: Sequence[Any]) -> None:
    if len(rows) > MOST_INCLUDED:
        raise TooCostly(f"more than {MOST_INCLUDED} resources would be included; ask for smaller pages by _count")

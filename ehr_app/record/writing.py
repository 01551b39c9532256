"""Create, update, delete, and many of them in one commit: check, stamp, index, seal, put.

Spec: https://hl7.org/fhir/R4/http.html#create, #update, #delete. Every version is kept; the outbox row commits with the change.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl

import asyncpg

from ehr_app.errors import (
    BadRequest,
    Conflict,
    EhrError,
    Forbidden,
    Gone,
    InvalidResource,
    Issue,
    MultipleMatches,
    NotFound,
    StaleVersion,
)
from ehr_app.record import adding, references
from ehr_app.record.body import INLINE, WITH_OBJECTS
from ehr_app.record.codec import encode
from ehr_app.record.ids import fresh_id, uid
from ehr_app.record.objects import SMALLEST_CHARACTERS, move_out
from ehr_app.record.rows import Row, index_row
from ehr_app.record.store import Stored, Written
from ehr_app.standards.r4 import RTYPES
from ehr_app.standards.validation import check, is_valid

if TYPE_CHECKING:
    from ehr_app.record.door import Record

PUT = """select ehr.put($1, $2, $3, $4::smallint, $5::smallint, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
 $18::smallint[], $19, $20, $21, $22, $23)"""
REMOVE = "select ehr.remove($1, $2, $3, $4::smallint, $5::smallint, $6, $7, $8)"
DELETED = 3
TRIES = 5
SLICE = 50


@dataclass(frozen=True, slots=True)
class Change:
    """One change of many: what to do, and the version it must meet. `id` is set for a delete, else it is in the resource."""

    verb: Literal["create", "update", "delete"]
    type: str
    resource: dict[str, Any] | None = None
    id: str | None = None
    if_match: int | None = None


@dataclass(slots=True)
class Draft:
    """A version that is ready to be put."""

    row: Row
    fhir_id: str
    version: int
    updated: datetime
    number: int  # of the class
    text: bytes
    content: bytes


async def create(record: "Record", resource: dict[str, Any], *, if_none_exist: str | None = None) -> Written:
    """Store a new resource under a fresh id; with `if_none_exist`, only when no visible resource matches."""
    refuse_invalid(resource)
    rtype = resource["resourceType"]
    if if_none_exist is not None:
        found = await match_exclusively(record, rtype, if_none_exist)
        if found is not None:
            return Written(found, created=False, unchanged=True)
    await references.refuse_dangling(record, [resource])
    draft = await make_draft(record, resource, fresh_id(), 1)
    if not await put_draft(record, draft, 0):
        raise Conflict()
    record.saw(draft.row.patient)
    record.touched(draft.row.patient)
    return Written(_stored(record, rtype, draft), created=True)


async def update(record: "Record", resource: dict[str, Any], *, if_match: int | None = None) -> Written:
    """Store the next version, or the first one under the id the resource carries."""
    refuse_invalid(resource)
    await references.refuse_dangling(record, [resource])
    return await _update_checked(record, resource, if_match)


async def _update_checked(record: "Record", resource: dict[str, Any], if_match: int | None) -> Written:
    rtype, fhir_id = resource["resourceType"], resource.get("id")
    if not fhir_id:
        raise BadRequest("an update needs the id in the resource")
    for _ in range(TRIES):
        row = await record.current(rtype, fhir_id)
        if row is not None and row["facility"] != record.facility_number:
            raise Forbidden("network resources are changed by the network")
        expected = 0 if row is None or row["verb"] == DELETED else row["ver"]
        if if_match is not None and if_match != expected:
            raise StaleVersion()
        if expected and (same := await _unchanged(record, row, resource)):
            return Written(same, created=False, unchanged=True)
        if row is None and not record.access.unrestricted:
            raise NotFound()
        draft = await make_draft(record, resource, fhir_id, row["ver"] + 1 if row is not None else 1)
        if await put_draft(record, draft, expected):
            record.saw(draft.row.patient)
            record.touched(draft.row.patient, row["patient"] if row is not None else None)
            return Written(_stored(record, rtype, draft), created=expected == 0)
        if if_match is not None:
            raise StaleVersion()
    raise Conflict()


async def delete(record: "Record", rtype: str, fhir_id: str, *, if_match: int | None = None) -> Written:
    """Make a deletion the newest version; what was there stays in the history."""
    for _ in range(TRIES):
        row = await record.current(rtype, fhir_id)
        if row is None:
            raise NotFound()
        if row["verb"] == DELETED:
            raise Gone()
        if row["facility"] != record.facility_number:
            raise Forbidden("network resources are changed by the network")
        if if_match is not None and if_match != row["ver"]:
            raise StaleVersion()
        was = await record.stored(row)
        updated = stamp_now()
        content = record.store.vault.seal(row["facility"], RTYPES[rtype], row["id"], row["ver"] + 1, was.body)
        arguments = (row["ver"], row["facility"], RTYPES[rtype], row["id"], updated, content)
        if await _call(record, REMOVE, *arguments):
            record.touched(row["patient"])
            gone = Stored(row["facility"], rtype, fhir_id, row["ver"] + 1, updated, b"", deleted=True)
            return Written(gone, created=False)
        if if_match is not None:
            raise StaleVersion()
    raise Conflict()


async def write_many(record: "Record", changes: Sequence[Change]) -> list[Written]:
    """Apply changes in order in this record's one transaction; fresh resources go in by one statement."""
    await record.connection()
    for position, change in enumerate(changes):
        if change.resource is not None:
            refuse_invalid(change.resource, at=f"Bundle.entry[{position}].resource")
        if position % SLICE == SLICE - 1:
            await asyncio.sleep(0)
    written = [(position, c.resource) for position, c in enumerate(changes) if c.resource is not None]
    places = [f"Bundle.entry[{position}].resource" for position, _ in written]
    await references.refuse_dangling(record, [resource for _, resource in written], places)
    results: list[Written | None] = [None] * len(changes)
    fresh: list[tuple[int, Draft]] = []
    for position, change in enumerate(changes):
        if change.verb == "create" and change.resource is not None:
            fhir_id = change.id or fresh_id()
            fresh.append((position, await make_draft(record, change.resource, fhir_id, 1)))
            if len(fresh) % SLICE == 0:
                await asyncio.sleep(0)
    if fresh:
        skipped = await adding.add(record, [draft for _, draft in fresh])
        if skipped:
            at = f"Bundle.entry[{fresh[skipped[0]][0]}]"
            raise Conflict("", [Issue(at, "conflict", "this collides with another change")])
        for position, draft in fresh:
            record.saw(draft.row.patient)
            record.touched(draft.row.patient)
            results[position] = Written(_stored(record, draft.row.rtype, draft), created=True)
    for position, change in enumerate(changes):
        try:
            if change.verb == "delete" and change.id is not None:
                results[position] = await delete(record, change.type, change.id, if_match=change.if_match)
            elif change.verb == "update" and change.resource is not None:
                results[position] = await _update_checked(record, change.resource, change.if_match)
        except EhrError as error:
            error.issues = error.issues or [Issue(f"Bundle.entry[{position}]", error.code, error.diagnostics)]
            raise
    return [result for result in results if result is not None]


async def match_exclusively(record: "Record", rtype: str, criteria: str) -> Stored | None:
    """Return the one match of conditional criteria, holding a lock so that two writers cannot both find none.

    Raises MultipleMatches.
    """
    lock = record.h("lock", str(record.facility_number), rtype, criteria)
    await (await record.connection()).execute("select pg_advisory_xact_lock($1)", lock)
    page = await record.search(rtype, [*parse_qsl(criteria, keep_blank_values=True), ("_count", "2")])
    if len(page.matches) > 1:
        raise MultipleMatches()
    return page.matches[0] if page.matches else None


def refuse_invalid(resource: dict[str, Any], at: str = "", *, keep_unknown: bool = False) -> list[Issue]:
    """Raise InvalidResource with one issue per element that breaks a rule of R4.

    With `keep_unknown`, elements that R4 does not have break none; they are returned.
    """
    rtype = resource.get("resourceType")
    if not isinstance(rtype, str) or rtype not in RTYPES:
        expression = f"{at}.resourceType" if at else "resourceType"
        raise InvalidResource("the resource has no known type", [Issue(expression, "structure", "this is not an R4 resource type")])
    if is_valid(resource):
        return []
    issues = check(resource)
    if keep_unknown and all(issue.unknown for issue in issues):
        return issues
    if at:
        issues = [replace(issue, expression=at + issue.expression.removeprefix(rtype)) for issue in issues]
    raise InvalidResource("", issues)


async def make_draft(record: "Record", resource: dict[str, Any], fhir_id: str, version: int) -> Draft:
    """Stamp, index and seal a checked resource as one version."""
    store, facility = record.store, record.facility_number
    rtype, updated = resource["resourceType"], stamp_now()
    text = encode(stamp(resource, fhir_id, version, updated))
    key = uid(facility, rtype, fhir_id)
    row = index_row(store.h, facility, rtype, key, resource if resource.get("id") == fhir_id else {**resource, "id": fhir_id})
    number = await store.class_of(row.number, row.category)
    inner, form = text, INLINE
    if len(text) >= SMALLEST_CHARACTERS:
        smaller, moved = await move_out(store.objects, stamp(resource, fhir_id, version, updated))
        if moved:
            inner, form = encode(smaller), WITH_OBJECTS
    content = store.vault.seal(facility, row.number, key, version, inner, form)
    return Draft(row, fhir_id, version, updated, number, text, content)


def stamp(resource: dict[str, Any], fhir_id: str, version: int, updated: datetime) -> dict[str, Any]:
    """Return the resource as it is stored: type, id and meta first, versionId and lastUpdated ours, the rest untouched."""
    meta = {**resource.get("meta", {}), "versionId": str(version), "lastUpdated": instant(updated)}
    rest = {name: value for name, value in resource.items() if name not in ("resourceType", "id", "meta")}
    return {"resourceType": resource["resourceType"], "id": fhir_id, "meta": meta, **rest}


def instant(at: datetime) -> str:
    """Return a FHIR instant with milliseconds."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def id_in(text: bytes) -> str:
    """Return the id of a stored body without parsing it; `stamp` puts it second."""
    start = text.index(b'"id":"') + 6
    return text[start : text.index(b'"', start)].decode()


async def _unchanged(record: "Record", row: asyncpg.Record, resource: dict[str, Any]) -> Stored | None:
    was = await record.stored(row)
    before = was.resource()
    now = stamp(resource, before["id"], was.version, was.updated)
    now["meta"]["lastUpdated"] = before["meta"]["lastUpdated"]
    return was if encode(now) == was.body else None


async def put_draft(record: "Record", draft: Draft, expected: int) -> bool:
    """Store a draft over version `expected` (0: none); False when that is not the newest one."""
    row = draft.row
    arguments = (
        expected,
        record.facility_number,
        row.number,
        row.key,
        draft.version,
        draft.updated,
        row.patient,
        row.encounter,
    )
    arguments += (draft.number, row.date_lo, row.date_hi, row.code, row.tokens, draft.content)  # type: ignore[assignment]
    arguments += (row.eq_h, row.eq_sys, row.qty_h, row.qty_val, row.dat_h, row.dat_lo, row.dat_hi)  # type: ignore[assignment]
    return await _call(record, PUT, *arguments)


async def _call(record: "Record", sql: str, *arguments: Any) -> bool:
    """Run one writing function: by itself in one round trip, or inside the transaction that is open."""
    connection = await record.connection() if record.in_transaction else record.store.pool
    try:
        return bool(await connection.fetchval(sql, record.access.at, record.access.id, *arguments))
    except asyncpg.InsufficientPrivilegeError:
        raise Forbidden() from None
    except (asyncpg.UniqueViolationError, asyncpg.SerializationError, asyncpg.DeadlockDetectedError):
        raise Conflict() from None


def _stored(record: "Record", rtype: str, draft: Draft) -> Stored:
    return Stored(record.facility_number, rtype, draft.fhir_id, draft.version, draft.updated, draft.text)


def stamp_now() -> datetime:
    """Return the present moment as versions carry it: to the millisecond."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)

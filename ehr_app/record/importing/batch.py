"""One batch of an import in one open record: link, parse, check, compare with what is there, store; one commit.

An import never undoes: content that the record knows as an older version is not written again, and what was deleted here stays
deleted. So repeating an import changes nothing, whatever happened in between.
"""

import asyncio
import random
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from ehr_app.errors import BadRequest, Conflict, EhrError, InvalidResource, Malformed, TooLarge, Unavailable
from ehr_app.record import adding, references
from ehr_app.record.access import Credential, Purpose
from ehr_app.record.codec import decode_object, encode
from ehr_app.record.door import Door, Record
from ehr_app.record.ids import uid
from ehr_app.record.importing.outcome import Finding, Item, Outcome, Result
from ehr_app.record.importing.resolving import Resolver
from ehr_app.record.writing import Draft, make_draft, put_draft, refuse_invalid, stamp
from ehr_app.standards.r4 import RTYPES

NEWEST = """select u.n::int, r.facility, r.rtype, r.id, r.ver, r.updated, r.patient, r.content
 from unnest($2::smallint[], $3::uuid[]) with ordinality u(rtype, id, n)
 join ehr.resource r on r.facility = $1 and r.rtype = u.rtype and r.id = u.id"""
OLDER = """select facility, rtype, id, ver, verb, updated, patient, content from ehr.resource_history
 where facility = $1 and rtype = $2 and id = $3 order by ver desc"""
DELETED = 3
TRIES = 6
FAULTS = (asyncpg.DataError, asyncpg.ProgramLimitExceededError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What one entry that the index cannot hold may cause; it must not stop the others."""
METHODS = (None, "POST", "PUT")


@dataclass(slots=True)
class Incoming:
    """A checked resource that is not stored yet."""

    item: Item
    resource: dict[str, Any]
    key: UUID
    citations: set[str]

    @property
    def place(self) -> str:
        return f"{self.resource['resourceType']}/{self.item.fhir_id}"


class Loader:
    """Stores batches in one facility."""

    def __init__(self, door: Door, credential: Credential, facility: str, asked: str, resolver: Resolver) -> None:
        """Shape: `facility` is a slug; `asked` goes into the access log."""
        self._door = door
        self._credential = credential
        self._facility = facility
        self._asked = asked
        self._resolver = resolver

    async def store(self, items: list[Item]) -> Outcome:
        """Store a batch; what is refused is in the outcome. Raises Unavailable, Forbidden and Unauthenticated only."""
        for turn in range(TRIES):
            try:
                return await self._attempt(items)
            except (Conflict, asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
                await asyncio.sleep(random.uniform(0, 0.05 * 2**turn))
            except (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError) as error:
                raise Unavailable(f"the database went away ({type(error).__name__})") from error
            except FAULTS as error:
                return await self._halves(items, error)
        raise Unavailable("the same records are being changed by others again and again")

    async def _attempt(self, items: list[Item]) -> Outcome:
        opening = self._door.open(
            self._credential, action="import", purpose=Purpose.OPERATIONS, facility=self._facility, asked=self._asked
        )
        async with opening as record:
            return await _store(record, items, self._resolver)

    async def _halves(self, items: list[Item], error: Exception) -> Outcome:
        """Find the entry that the database cannot hold, storing the others."""
        outcome = Outcome()
        if len(items) == 1:
            outcome.refuse(items[0], InvalidResource(f"a value cannot be indexed ({type(error).__name__})"))
            return outcome
        middle = len(items) // 2
        for half in (items[:middle], items[middle:]):
            outcome.add(await self.store(half))
        return outcome


async def _store(record: Record, items: list[Item], resolver: Resolver) -> Outcome:
    outcome = Outcome()
    incoming: dict[UUID, list[Incoming]] = {}
    for item in items:
        one = await _incoming(record, item, resolver, outcome)
        if one is not None:
            incoming.setdefault(one.key, []).append(one)
    firsts = sorted((same[0] for same in incoming.values()), key=lambda one: one.key.int)  # one lock order for all
    there = await _newest(record, firsts)
    drafts: list[tuple[Incoming, Draft]] = []
    for one in firsts:
        row = there.get(one.key)
        if row is None:
            drafts.append((one, await make_draft(record, one.resource, one.item.fhir_id, 1)))
        else:
            await _meet(record, one, row, outcome)
    if drafts:
        met = {drafts[position][0].key for position in await adding.add(record, [draft for _, draft in drafts])}
        for one, draft in drafts:
            if one.key in met:
                await _settle(record, one, outcome)
            else:
                outcome.created += 1
                record.saw(draft.row.patient)
                _done(record, one, draft.row.patient, outcome, changed=True)
    for same in incoming.values():
        for one in same[1:]:
            await _settle(record, one, outcome)
    return outcome


async def _incoming(record: Record, item: Item, resolver: Resolver, outcome: Outcome) -> Incoming | None:
    named = None
    try:
        if item.raw is None:
            raise TooLarge("the entry has more bytes than are read at once")
        raw, citations = await resolver.link(record, item)
        value = decode_object(raw)
        resource = _held(value) if item.held else value
        if resource is None:
            outcome.skipped += 1
            return None
        if isinstance(resource.get("resourceType"), str):
            named = f"{resource['resourceType'][:64]}/{item.fhir_id[:64]}"
        resource.setdefault("id", item.fhir_id)
        for issue in refuse_invalid(resource, keep_unknown=True):
            outcome.doubt(item, issue, named)
    except EhrError as error:
        if error.status >= Unavailable.status:
            raise
        outcome.refuse(item, error, named)
        return None
    key = uid(record.facility_number, resource["resourceType"], item.fhir_id)
    return Incoming(item, resource, key, citations)


def _held(entry: dict[str, Any]) -> dict[str, Any] | None:
    """The resource of a Bundle's entry; None where the entry is a remark of the server that made the Bundle."""
    request, search, resource = entry.get("request"), entry.get("search"), entry.get("resource")
    method = request.get("method") if isinstance(request, dict) else None
    if method not in METHODS:
        raise BadRequest("an import adds and changes resources; this entry asks for something else and was not carried out")
    if isinstance(search, dict) and search.get("mode") == "outcome":
        return None
    if not isinstance(resource, dict):
        raise Malformed("the entry holds no resource")
    return resource


async def _newest(record: Record, incoming: list[Incoming]) -> dict[UUID, asyncpg.Record]:
    rtypes = [RTYPES[one.resource["resourceType"]] for one in incoming]
    rows = await record.rows(NEWEST, record.facility_number, rtypes, [one.key for one in incoming])
    return {row["id"]: row for row in rows}


async def _settle(record: Record, one: Incoming, outcome: Outcome) -> None:
    """Store a resource that may have come to be in the meantime, or was here and was deleted."""
    row = (await _newest(record, [one])).get(one.key)
    if row is not None:
        await _meet(record, one, row, outcome)
        return
    older = await record.rows(OLDER, record.facility_number, RTYPES[one.resource["resourceType"]], one.key)
    if not older:
        raise Conflict()
    reason = "the resource was deleted here; an import does not bring it back"
    outcome.findings.append(Finding(one.item.file, one.item.n, "warning", reason, one.place))
    outcome.skipped += 1


async def _meet(record: Record, one: Incoming, row: Any, outcome: Outcome) -> None:
    """Store the next version of a resource unless the record knows this content already."""
    if await _says_the_same(record, one, row) or await _was_before(record, one, row["ver"]):
        outcome.unchanged += 1
        _done(record, one, row["patient"], outcome, changed=False)
        return
    draft = await make_draft(record, one.resource, one.item.fhir_id, row["ver"] + 1)
    if not await put_draft(record, draft, row["ver"]):
        raise Conflict()
    record.saw(draft.row.patient)
    outcome.updated += 1
    _done(record, one, draft.row.patient, outcome, changed=True)


async def _says_the_same(record: Record, one: Incoming, row: Any) -> bool:
    was = await record.stored(row)
    return encode(stamp(one.resource, one.item.fhir_id, row["ver"], row["updated"])) == was.body


async def _was_before(record: Record, one: Incoming, newest: int) -> bool:
    if newest == 1:
        return False
    older = await record.rows(OLDER, record.facility_number, RTYPES[one.resource["resourceType"]], one.key)
    for row in older:
        if row["verb"] != DELETED and await _says_the_same(record, one, row):
            return True
    return False


def _done(record: Record, one: Incoming, patient: UUID | None, outcome: Outcome, *, changed: bool) -> None:
    for literal in one.citations:
        outcome.cite(one.item, literal)
    outcome.results.append(Result(one.item.file, _patient_id(record, one, patient), one.place, changed))


def _patient_id(record: Record, one: Incoming, patient: UUID | None) -> str | None:
    if patient is None:
        return None
    if patient == one.key:
        return one.item.fhir_id
    for literal in one.citations:
        place = references.target(literal)
        if place is not None and place[0] == "Patient" and uid(record.facility_number, *place) == patient:
            return place[1]
    return None

"""One commit of an import in one open record: link, parse, check, compare with what is there, store, and note whose commit it was.

An import never undoes: content that the record knows as an older version is not written again, and what was deleted here stays
deleted. So repeating an import changes nothing, whatever happened in between. What a take-back undid may come again.
"""

import asyncio
import random
from uuid import UUID

import asyncpg

from ehr_app.errors import Conflict, InvalidResource, Unavailable
from ehr_app.record import adding
from ehr_app.record.access import Credential, Purpose
from ehr_app.record.door import Door, Record
from ehr_app.record.importing import incoming as entries
from ehr_app.record.importing.incoming import DELETED_HERE, Incoming, done
from ehr_app.record.importing.outcome import Item, Outcome
from ehr_app.record.importing.parts import Kind, note_part
from ehr_app.record.importing.resolving import Resolver
from ehr_app.record.writing import Draft, make_draft, put_draft

TRIES = 6
FAULTS = (asyncpg.DataError, asyncpg.ProgramLimitExceededError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What one entry that the index cannot hold may cause; it must not stop the others."""
OWN = -1
"""The number of an entry that is no entry of a file: the Provenance of the import itself."""


class Loader:
    """Stores entries in one facility, commit by commit; a subclass may decide only."""

    def __init__(self, door: Door, credential: Credential, facility: str, asked: str, resolver: Resolver) -> None:
        """Shape: `facility` is a slug; `asked` goes into the access log."""
        self._door = door
        self._credential = credential
        self._facility = facility
        self._asked = asked
        self._resolver = resolver

    async def store(self, items: list[Item], batch: UUID) -> Outcome:
        """Store some entries; what is refused is in the outcome. Raises Unavailable, Forbidden and Unauthenticated only."""
        for turn in range(TRIES):
            try:
                return await self._attempt(items, batch)
            except (Conflict, asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
                await asyncio.sleep(random.uniform(0, 0.05 * 2**turn))
            except (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError) as error:
                raise Unavailable(f"the database went away ({type(error).__name__})") from error
            except FAULTS as error:
                return await self._halves(items, batch, error)
        raise Unavailable("the same records are being changed by others again and again")

    async def _attempt(self, items: list[Item], batch: UUID) -> Outcome:
        opening = self._door.open(
            self._credential, action="import", purpose=Purpose.ADMINISTRATION, facility=self._facility, asked=self._asked
        )
        async with opening as record:
            return await self._carry_out(record, items, batch)

    async def _carry_out(self, record: Record, items: list[Item], batch: UUID) -> Outcome:
        outcome = Outcome()
        drafts = await _store(record, items, self._resolver, outcome)
        if drafts:
            kind: Kind = "provenance" if items[0].n == OWN else "import"
            await note_part(record, batch, kind, drafts, created=outcome.created, updated=outcome.updated)
        return outcome

    async def _halves(self, items: list[Item], batch: UUID, error: Exception) -> Outcome:
        """Find the entry that the database cannot hold, storing the others."""
        outcome = Outcome()
        if len(items) == 1:
            outcome.refuse(items[0], InvalidResource(f"a value cannot be indexed ({type(error).__name__})"))
            return outcome
        middle = len(items) // 2
        for half in (items[:middle], items[middle:]):
            outcome.add(await self.store(half, batch))
        return outcome


async def grouped(record: Record, items: list[Item], resolver: Resolver, outcome: Outcome) -> list[list[Incoming]]:
    """Return the accepted entries, those of one resource together, in one order for all."""
    found: dict[UUID, list[Incoming]] = {}
    for item in items:
        one = await entries.take(record, item, resolver, outcome)
        if one is not None:
            found.setdefault(one.key, []).append(one)
    return sorted(found.values(), key=lambda same: same[0].key.int)  # rows are locked in this order


async def _store(record: Record, items: list[Item], resolver: Resolver, outcome: Outcome) -> list[Draft]:
    """Store what is new; return the versions that were written."""
    groups = await grouped(record, items, resolver, outcome)
    there = await entries.newest(record, [same[0] for same in groups])
    drafts: list[tuple[Incoming, Draft]] = []
    written: list[Draft] = []
    for one, *_ in groups:
        row = there.get(one.key)
        if row is None:
            drafts.append((one, await make_draft(record, one.resource, one.item.fhir_id, 1)))
        else:
            await _meet(record, one, row, outcome, written)
    if drafts:
        met = {drafts[position][0].key for position in await adding.add(record, [draft for _, draft in drafts])}
        for one, draft in drafts:
            if one.key in met:
                await _settle(record, one, outcome, written)
            else:
                written.append(draft)
                record.saw(draft.row.patient)
                record.touched(draft.row.patient)
                done(record, one, draft.row.patient, outcome, "create")
    for same in groups:
        for one in same[1:]:
            await _settle(record, one, outcome, written)
    return written


async def _settle(record: Record, one: Incoming, outcome: Outcome, written: list[Draft]) -> None:
    """Store a resource that may have come to be in the meantime, or was here and was deleted."""
    row = (await entries.newest(record, [one])).get(one.key)
    if row is not None:
        await _meet(record, one, row, outcome, written)
        return
    older = await entries.older(record, one)
    if not older:
        raise Conflict()
    if not older[0]["back"]:
        outcome.skip(one.item, DELETED_HERE, one.place)
        return
    await _put(record, one, older[0]["ver"] + 1, 0, outcome, written)


async def _meet(record: Record, one: Incoming, row: asyncpg.Record, outcome: Outcome, written: list[Draft]) -> None:
    """Store the next version of a resource unless the record knows this content already."""
    if await entries.is_known(record, one, row):
        done(record, one, row["patient"], outcome, "match")
    else:
        await _put(record, one, row["ver"] + 1, row["ver"], outcome, written)
        record.touched(row["patient"])


async def _put(record: Record, one: Incoming, version: int, over: int, outcome: Outcome, written: list[Draft]) -> None:
    draft = await make_draft(record, one.resource, one.item.fhir_id, version)
    if not await put_draft(record, draft, over):
        raise Conflict()
    written.append(draft)
    record.saw(draft.row.patient)
    record.touched(draft.row.patient)
    done(record, one, draft.row.patient, outcome, "update" if over else "create")

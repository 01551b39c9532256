"""A batch is taken back: each version it wrote that is current still makes way for what was there before, or for a deletion.

Nothing is erased: what the batch wrote stays in the history, and a Provenance says that it was taken back. What somebody changed
since is not touched, and neither is what others rely on by now (see `ehr_app.record.importing.relying`); both are listed. Every
commit notes itself, so that a run that was cut off is finished by doing it again.
"""

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from ehr_app.errors import Conflict, Forbidden, Unavailable
from ehr_app.record import references
from ehr_app.record.codec import encode
from ehr_app.record.door import Record
from ehr_app.record.ids import uid
from ehr_app.record.importing import parts, relying
from ehr_app.record.importing.batch import OWN, TRIES
from ehr_app.record.importing.leading import expect_whole
from ehr_app.record.importing.outcome import Finding, Item, Result
from ehr_app.record.importing.parts import Part
from ehr_app.record.importing.provenance import batch_entity, provenances
from ehr_app.record.importing.scratch import Scratch
from ehr_app.record.importing.workers import Worker
from ehr_app.record.writing import instant, make_draft, put_draft, stamp_now
from ehr_app.standards.r4 import RTYPES

BEFORE = """select distinct on (h.rtype, h.id) h.facility, h.rtype, h.id, h.ver, h.verb, h.updated, h.patient, h.content
 from unnest($2::smallint[], $3::uuid[]) u(rtype, id)
 join ehr.resource_history h on h.facility = $1 and h.rtype = u.rtype and h.id = u.id
 where not exists (select 1 from ehr.import_part p where p.access = h.access and p.batch = $4)
 order by h.rtype, h.id, h.ver desc"""
REMOVE = """select u.n::int, ehr.remove($1, $2, u.ver, $3::smallint, u.rtype, u.id, $4, u.content) as gone
 from unnest($5::int[], $6::smallint[], $7::uuid[], $8::bytea[]) with ordinality u(ver, rtype, id, content, n)"""
NOW = """select r.rtype, r.id, r.access from unnest($2::smallint[], $3::uuid[]) u(rtype, id)
 join ehr.resource r on r.facility = $1 and r.rtype = u.rtype and r.id = u.id"""
LAST = """select distinct on (h.rtype, h.id) h.rtype, h.id, h.access from unnest($2::smallint[], $3::uuid[]) u(rtype, id)
 join ehr.resource_history h on h.facility = $1 and h.rtype = u.rtype and h.id = u.id order by h.rtype, h.id, h.ver desc"""
DELETED = 3
AT_ONCE = 500
CHANGED_SINCE = "it was changed or deleted since the import and is as it is now"
RELIED_ON = "what was filed since refers to it, so it stays"
TYPE_NAMES = {number: name for name, number in RTYPES.items()}
Key = tuple[int, UUID]


@dataclass(slots=True)
class Taken:
    """What a take-back came to: resources deleted, restored, and left as they are."""

    deleted: int = 0
    restored: int = 0
    changed_since: int = 0
    relied_on: int = 0


@dataclass(slots=True)
class TakeBack:
    """One run. `notes` gets what stays; `pace` is told how many of how many are done."""

    worker: Worker
    batch: UUID
    notes: Any
    pace: Any
    total: Taken = field(default_factory=Taken)

    def run(self, folder: Path, at: datetime, who: str) -> Taken:
        """Take the batch back and return the sum. Raises Unavailable, Forbidden, Stopped."""
        scratch = Scratch(folder)
        try:
            every = self.worker.run(self._parts())
            written = [part for part in every if part.kind == "import"]
            staying = self.worker.run(self._relied_on(written))
            size = sum(part.created + part.updated for part in written)
            done = 0
            for part in written:
                self.pace.step("entries", done, size)
                self._retry(lambda part=part: self._undo(part, staying))  # type: ignore[misc]
                done += part.created + part.updated
            self.pace.step("entries", size, max(size, 1))
            self.worker.run(self._look(written, scratch, staying))
            self._write_provenance(scratch, at, who)
        finally:
            scratch.close()
            self.pace.clear()
        return self.total

    async def _parts(self) -> list[Part]:
        async with self.worker.open("import-take-back", f"batch {self.batch}") as record:
            return await parts.parts(record, self.batch)

    async def _relied_on(self, written: list[Part]) -> set[Key]:
        async with self.worker.open("import-take-back", f"batch {self.batch}") as record:
            return await relying.relied_on(record, self.batch, written)

    def _retry(self, work: Callable[[], Any]) -> None:
        for turn in range(TRIES):
            try:
                self.worker.run(work())
                return
            except (Conflict, asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
                self.worker.run(asyncio.sleep(random.uniform(0, 0.05 * 2**turn)))
            except (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError) as error:
                raise Unavailable(f"the database went away ({type(error).__name__})") from error
        raise Unavailable("the same records are being changed by others again and again")

    async def _undo(self, part: Part, staying: set[Key]) -> None:
        """Undo one commit of the batch by one commit."""
        async with self.worker.open("import-take-back", f"batch {self.batch}") as record:
            rows = [row for row in await parts.current(record, part) if (row["rtype"], row["id"]) not in staying]
            if not rows:
                return
            keys = [row["rtype"] for row in rows], [row["id"] for row in rows]
            was = {(row["rtype"], row["id"]): row for row in await record.rows(BEFORE, record.facility_number, *keys, self.batch)}
            back = [row for row in rows if (old := was.get((row["rtype"], row["id"]))) is not None and old["verb"] != DELETED]
            restored = {(row["rtype"], row["id"]) for row in back}
            gone = [row for row in rows if (row["rtype"], row["id"]) not in restored]
            await record.connection()
            times = [await _remove(record, gone)] if gone else []
            for row in back:
                times.append(await _restore(record, row, was[row["rtype"], row["id"]]))
            counts = (0, len(back), len(gone))
            await parts.note(record, self.batch, "back", times, {row["rtype"] for row in rows}, counts)

    async def _look(self, written: list[Part], scratch: Scratch, staying: set[Key]) -> None:
        """Say what became of everything the batch wrote; note what was undone for its Provenance."""
        for part in written:
            async with self.worker.open("import-take-back", f"batch {self.batch}") as record:
                own = {part.access: part.kind for part in await parts.parts(record, self.batch)}
                rows = {(row["rtype"], row["id"]): row for row in await parts.superseded(record, part)}
                for row in await parts.current(record, part):
                    rows[row["rtype"], row["id"]] = row
                holders = await _holders(record, list(rows))
                results = []
                for key, row in rows.items():
                    place, patient = await _named(record, row)
                    kind = own.get(holders[key])
                    if kind == "back":
                        results.append(Result(0, 0, patient, place, "update"))
                    elif key in staying and kind == "import":
                        self._keep(place, RELIED_ON)
                    elif kind is None:
                        self._keep(place, CHANGED_SINCE)
                scratch.note_results(results)
        async with self.worker.open("import-take-back", f"batch {self.batch}") as record:
            undone = [part for part in await parts.parts(record, self.batch) if part.kind == "back"]
        self.total.deleted = sum(part.deleted for part in undone)
        self.total.restored = sum(part.updated for part in undone)

    def _keep(self, place: str, reason: str) -> None:
        self.total.relied_on += reason == RELIED_ON
        self.total.changed_since += reason == CHANGED_SINCE
        self.notes.note(Finding(0, self.total.relied_on + self.total.changed_since, "warning", reason, place, left_out=True))

    def _write_provenance(self, scratch: Scratch, at: datetime, who: str) -> None:
        told = provenances(
            scratch.brought(0, unchanged_too=False), run=self.batch, part="take-back", recorded=instant(at),
            activity="take-back of an import", entities=[batch_entity(self.batch)], who=who,
        )  # fmt: skip
        self.worker.know(scratch.addresses)
        for items in _several(Item(0, OWN, 0, encode(one), one["id"], held=False) for one in told):
            expect_whole(self.worker.store(items, self.batch))


def _several(items: Iterator[Item]) -> Iterator[list[Item]]:
    group: list[Item] = []
    for item in items:
        group.append(item)
        if len(group) == 20:
            yield group
            group = []
    if group:
        yield group


async def _remove(record: Record, rows: list[asyncpg.Record]) -> datetime:
    """Make a deletion the newest version of each, in one statement."""
    vault, at = record.store.vault, stamp_now()
    frames = []
    for row in rows:
        body = (await record.stored(row)).body
        frames.append(vault.seal(row["facility"], row["rtype"], row["id"], row["ver"] + 1, body))
    connection = await record.connection()
    columns = [[row[name] for row in rows] for name in ("ver", "rtype", "id")]
    try:
        found = await connection.fetch(REMOVE, record.access.at, record.access.id, record.facility_number, at, *columns, frames)
    except asyncpg.InsufficientPrivilegeError:
        raise Forbidden() from None
    if not all(row["gone"] for row in found):
        raise Conflict()
    record.touched(*(row["patient"] for row in rows))
    return at


async def _restore(record: Record, row: asyncpg.Record, was: asyncpg.Record) -> datetime:
    """Make the content of an older version the newest one."""
    older = await record.stored(was)
    draft = await make_draft(record, older.resource(), older.id, row["ver"] + 1)
    if not await put_draft(record, draft, row["ver"]):
        raise Conflict()
    record.saw(draft.row.patient)
    record.touched(draft.row.patient, row["patient"])
    return draft.updated


async def _holders(record: Record, keys: list[Key]) -> dict[Key, UUID]:
    """Return which access wrote the newest version, or deletion, of each."""
    columns = [key[0] for key in keys], [key[1] for key in keys]
    last = {(row["rtype"], row["id"]): row["access"] for row in await record.rows(LAST, record.facility_number, *columns)}
    now = {(row["rtype"], row["id"]): row["access"] for row in await record.rows(NOW, record.facility_number, *columns)}
    return last | now


async def _named(record: Record, row: asyncpg.Record) -> tuple[str, str | None]:
    """Return Type/id and the FHIR id of the patient of a version."""
    stored = await record.stored(row)
    place = f"{TYPE_NAMES[row['rtype']]}/{stored.id}"
    if row["patient"] is None or row["patient"] == row["id"]:
        return place, stored.id if row["patient"] is not None else None
    for _, literal in references.literals(stored.resource()):
        found = references.target(literal)
        if found is not None and found[0] == "Patient" and uid(record.facility_number, *found) == row["patient"]:
            return place, found[1]
    return place, None

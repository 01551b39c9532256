"""The batches of a facility: opened, carried on from state to state, listed. Only its administrators see them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec

from ehr_app.errors import Forbidden, NotFound
from ehr_app.record.codec import decode_object, encode
from ehr_app.record.door import Record

State = Literal[
    "receiving", "rehearsing", "rehearsed", "importing", "stopped", "imported", "taking-back", "taken-back", "discarded"
]
COLUMNS = "id, account, who, began_at, ended_at, about, counts::text, state"
OPENED = """insert into ehr.import_batch(id, facility, account, who, about, state)
 values ($1, $2, ehr.context_account(), $3, $4, $5)"""
ONE = f"select {COLUMNS} from ehr.import_batch where id = $1"
LISTED = f"select {COLUMNS} from ehr.import_batch where state <> 'discarded' order by began_at desc limit $1 offset $2"
MOVED = "update ehr.import_batch set state = $2, ended_at = $3 where id = $1 and state = any($4)"
COUNTED = "update ehr.import_batch set counts = counts || $2::text::jsonb where id = $1"
NAMED = "update ehr.import_batch set about = $2 where id = $1"
MOST_NAMED = 200


class File(msgspec.Struct, frozen=True):
    """One file of a batch as it was brought: its name, its bytes."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Batch:
    """One import. `counts` has a member per step that ended: rehearsal, import, back."""

    id: UUID
    account: UUID | None
    who: str
    began_at: datetime
    ended_at: datetime | None
    files: list[File]
    counts: dict[str, Any] = field(default_factory=dict)
    state: State = "receiving"


_files = msgspec.json.Decoder(list[File])


async def open_batch(record: Record, state: State, files: list[File], batch: UUID) -> None:
    """Begin a batch of the person of this record. Raises Forbidden when she is no administrator."""
    connection = await record.connection()
    own = (batch, record.facility_number, record.access.display, _sealed(record, files), state)
    try:
        await connection.execute(OPENED, *own)
    except asyncpg.InsufficientPrivilegeError:
        raise Forbidden() from None


async def one(record: Record, batch: UUID) -> Batch:
    """Return a batch. Raises NotFound (missing or not yours)."""
    rows = await record.rows(ONE, batch)
    if not rows:
        raise NotFound()
    return _batch(record, rows[0])


async def listed(record: Record, limit: int, offset: int = 0) -> list[Batch]:
    """Return batches, newest first."""
    return [_batch(record, row) for row in await record.rows(LISTED, limit, offset)]


async def move(record: Record, batch: UUID, state: State, *, among: tuple[State, ...], at: datetime | None = None) -> bool:
    """Set the state if the present one is `among` those; False when it is not."""
    connection = await record.connection()
    return bool((await connection.execute(MOVED, batch, state, at, list(among))).endswith(" 1"))


async def count(record: Record, batch: UUID, step: str, counts: dict[str, Any]) -> None:
    """Keep what a step came to."""
    await (await record.connection()).execute(COUNTED, batch, encode({step: counts}).decode())


async def name_files(record: Record, batch: UUID, files: list[File]) -> None:
    """Keep what the files of a batch are called."""
    await (await record.connection()).execute(NAMED, batch, _sealed(record, files))


def _sealed(record: Record, files: list[File]) -> bytes:
    """Names may tell of patients: they are kept sealed, and the first ones of very many only."""
    text = msgspec.json.encode(files[:MOST_NAMED]).decode()
    return record.store.vault.seal_note(record.facility_number, text)


def _batch(record: Record, row: Any) -> Batch:
    files = _files.decode(record.store.vault.open_note(row["about"]))
    return Batch(
        row["id"], row["account"], row["who"], row["began_at"], row["ended_at"], files,
        decode_object(row["counts"].encode()), row["state"],
    )  # fmt: skip

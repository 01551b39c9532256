"""What every open record shares: connections, keys, dictionaries, interned classes; and the shapes that leave the store."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ehr_app.errors import Unavailable
from ehr_app.record import dictionary
from ehr_app.record.access import AuditWriter
from ehr_app.record.announcing import Announcer
from ehr_app.record.body import Vault
from ehr_app.record.codec import decode_object
from ehr_app.record.connections import Connections
from ehr_app.record.keys import DataKey, KeyFile, blinder
from ehr_app.record.objects import ObjectStore

QUICK_CONNECTIONS = 2  # over ten the same reads cost PostgreSQL a quarter more: its processes keep cold caches


class Stored(NamedTuple):
    """One version of a resource as the client will see it: `body` is JSON text with id and meta set."""

    facility: int
    type: str
    id: str
    version: int
    updated: datetime
    body: bytes
    deleted: bool = False

    def resource(self) -> dict[str, Any]:
        """Parse the body; decimals are Decimal."""
        return decode_object(self.body)


@dataclass(frozen=True, slots=True)
class Written:
    """The outcome of a write: `unchanged` when the content was already this, so no version was made."""

    stored: Stored
    created: bool
    unchanged: bool = False


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page: matches in order, what was included, and where the next page starts."""

    matches: list[Stored]
    included: list[Stored]
    total: int | None
    next_cursor: str | None
    applied: list[tuple[str, str]]


class Store:
    """Connections as the application role, the audit writer's, and what is needed to seal, open and index bodies."""

    def __init__(
        self,
        pool: Connections,
        quick: Connections,
        audit: AuditWriter,
        announcer: Announcer,
        keyfile: KeyFile,
        objects: ObjectStore,
    ) -> None:
        """Use `connect` to make one. `quick` is for reads by key alone, which never wait behind a long search."""
        self.pool = pool
        self.quick = quick
        self.audit = audit
        self.announcer = announcer
        self.keyfile = keyfile
        self.objects = objects
        self.h: Callable[..., int] = blinder(keyfile)
        self.vault = Vault({}, dictionary.shipped())
        self._classes: dict[tuple[int, str, tuple[str, ...], int], int] = {}
        self._keys_lock = asyncio.Lock()

    async def load(self) -> None:
        """Read data keys and classes; the first start makes the network's key."""
        await self._load_keys()
        await self.ready_to_seal(0)
        for row in await self.pool.fetch("select id, rtype, category, labels, department from ehr.class"):
            self._classes[row[1], row[2], tuple(row[3]), row[4]] = row[0]

    async def _load_keys(self) -> None:
        for row in await self.pool.fetch("select id, facility, wrapped, retired_at from ehr.data_key"):
            cipher = AESGCM(self.keyfile.unwrap(row["facility"], row["wrapped"]))
            self.vault.add_key(row["facility"], DataKey(row["id"], cipher), seals=row["retired_at"] is None)

    async def _make_key(self, facility: int) -> None:
        wrapped = self.keyfile.wrap(facility, AESGCM.generate_key(256))
        await self.pool.fetch(
            "insert into ehr.data_key(facility, wrapped) values ($1, $2) on conflict do nothing", facility, wrapped
        )
        await self._load_keys()

    async def ready_to_seal(self, facility: int) -> None:
        """Make sure the facility has a data key."""
        if not self.vault.knows(facility):
            async with self._keys_lock:
                if not self.vault.knows(facility):
                    await self._load_keys()
                if not self.vault.knows(facility):
                    await self._make_key(facility)

    async def open_frame(self, rtype: int, key: UUID, version: int, frame: bytes) -> bytes:
        """Open a frame, learning keys that were made since this process started."""
        try:
            return self.vault.open(rtype, key, version, frame)
        except Unavailable:
            await self._load_keys()
            return self.vault.open(rtype, key, version, frame)

    async def class_of(self, rtype: int, category: str, labels: tuple[str, ...] = (), department: int = 0) -> int:
        """Return the number of what policies need to know about a resource, making it when it is new."""
        known = self._classes.get((rtype, category, labels, department))
        if known is None:
            known = await self.pool.fetchval(
                "select ehr.intern_class($1::smallint, $2, $3, $4)", rtype, category, list(labels), department
            )
            self._classes[rtype, category, labels, department] = known
        return known

    async def close(self) -> None:
        """Finish the log and the announcements, then let go of all connections."""
        await self.announcer.stop()
        await self.audit.stop()
        await self.pool.close()
        await self.quick.close()


async def connect(
    app_dsn: str, audit_dsn: str, keyfile: KeyFile, objects: ObjectStore, *, connections: int = 16, planned_once: bool = False
) -> Store:
    """Open the store. Shape: postgresql:// addresses of the roles ehr_app and ehr_audit.

    Raises Unavailable when the database does not answer.
    """
    pool = Connections(app_dsn, connections, planned_once=planned_once)
    quick = Connections(app_dsn, QUICK_CONNECTIONS, planned_once=planned_once)
    audit_pool = Connections(audit_dsn, 3)
    audit = AuditWriter(audit_pool)
    announcer = Announcer(Connections(app_dsn, 1))
    store = Store(pool, quick, audit, announcer, keyfile, objects)
    try:
        await audit.start()
        await store.load()
    except (OSError, asyncpg.PostgresError) as error:
        raise Unavailable(f"the database does not answer ({type(error).__name__}: {error})") from error
    return store

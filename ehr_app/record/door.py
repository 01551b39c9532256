"""The door: the only way to patient data. A credential, a purpose and, on screens, a patient open a record; leaving it commits.

Every opening makes a durable access row first, and before it is left it is durable which patients were answered. What may be seen
is decided by row-level security from that row; nothing in this module filters.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from types import TracebackType
from typing import Any
from uuid import UUID

import asyncpg

from ehr_app.errors import Conflict, EhrError, Gone, NotFound, Unavailable
from ehr_app.record import contents as contents_verbs
from ehr_app.record import filing, listing, objects, writing
from ehr_app.record import history as history_verbs
from ehr_app.record.access import Access, Answer, Asked, Credential, Purpose
from ehr_app.record.body import WITH_OBJECTS
from ehr_app.record.contents import Kind
from ehr_app.record.embedded import EmbeddedPostgres
from ehr_app.record.filing import Filing
from ehr_app.record.history import HistoryPage
from ehr_app.record.ids import uid
from ehr_app.record.keys import load_or_create
from ehr_app.record.listing import Listing
from ehr_app.record.objects import ObjectStore
from ehr_app.record.search import everything, people, run
from ehr_app.record.store import SearchPage, Store, Stored, Written, connect
from ehr_app.record.writing import Change, id_in
from ehr_app.settings import Settings
from ehr_app.standards.r4 import RTYPES

FETCH = "select * from ehr.fetch($1, $2, $3::smallint, $4::smallint, $5, $6)"
DELETED = 3
LOST = (
    ConnectionError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
COLLIDED = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
TYPE_NAMES = {number: name for name, number in RTYPES.items()}


class Record:
    """What one open door shows and accepts; one task uses it at a time."""

    def __init__(self, store: Store, access: Access) -> None:
        """Made by `Door.open` only."""
        self.store = store
        self.access = access
        self.facility_number = access.facility.number
        self.h = store.h
        self._connection: asyncpg.Connection | None = None
        self._answered: Counter[UUID | None] = Counter()
        self._touched: set[UUID] = set()
        self.status = 200

    async def read(self, rtype: str, fhir_id: str) -> Stored:
        """Return the current version. Raises NotFound (missing or not yours) and Gone (yours, deleted)."""
        row = await self.current(rtype, fhir_id)
        if row is None:
            raise NotFound()
        if row["verb"] == DELETED:
            raise Gone()
        return await self.stored(row)

    async def vread(self, rtype: str, fhir_id: str, version: int) -> Stored:
        """Return one version. Raises NotFound, and Gone for the version that is the deletion."""
        return await history_verbs.vread(self, rtype, fhir_id, version)

    async def history(
        self,
        rtype: str | None,
        fhir_id: str | None,
        *,
        since: datetime | None = None,
        count: int = 50,
        cursor: str | None = None,
    ) -> HistoryPage:
        """Return versions, newest first, of a resource, a type or the facility. Raises NotFound for an unknown resource."""
        return await history_verbs.history(self, rtype, fhir_id, since=since, count=count, cursor=cursor)

    async def search(
        self, rtype: str, params: list[tuple[str, str]], *, lenient: bool = False, cursor: str | None = None
    ) -> SearchPage:
        """Return one page of matches. Raises UnknownParameter, BadRequest, TooCostly."""
        return await run.search(self, rtype, params, lenient=lenient, cursor=cursor)

    async def everything(
        self,
        patient_id: str,
        *,
        types: list[str] | None = None,
        since: datetime | None = None,
        count: int | None = None,
        cursor: str | None = None,
    ) -> SearchPage:
        """Return a patient's whole record with the directory entries it names. Raises NotFound."""
        return await everything.everything(self, patient_id, types=types, since=since, count=count, cursor=cursor)

    async def contents(self, patient_id: str) -> "Counter[Kind]":
        """Return how many resources of each kind a chart holds."""
        return await contents_verbs.contents(self, patient_id)

    async def listed(self, patient_id: str, kinds: Sequence[Kind], *, count: int, cursor: str | None = None) -> Listing:
        """Return one page of a chart's resources of some kinds, newest first."""
        return await listing.listed(self, patient_id, kinds, count=count, cursor=cursor)

    async def named(self, places: Iterable[tuple[str, str]]) -> list[Stored]:
        """Return those of the named resources (type, id) that there are and that may be seen."""
        return await listing.named(self, places)

    async def recorded_in(self, encounter_id: str, *, count: int) -> list[Stored]:
        """Return what was recorded in a visit."""
        return await listing.recorded_in(self, encounter_id, count)

    async def filed(self, places: Sequence[tuple[str, str]]) -> list[Filing | None]:
        """Return who wrote the newest version of each resource (type, id), in their order."""
        return await filing.filed(self, places)

    async def filings(self, rtype: str, fhir_id: str) -> list[Filing]:
        """Return who wrote each version of a resource, newest first, and how it arrived. Raises NotFound."""
        return await filing.filings(self, rtype, fhir_id)

    async def find_patients(self, text: str, limit: int = 50) -> list[Stored]:
        """Return patients by parts of a name, birth date, record number or phone, best match first."""
        return await people.find_patients(self, text, limit)

    async def recent_patients(self, limit: int = 12) -> list[Stored]:
        """Return the patients this person opened last, newest first."""
        return await people.recent_patients(self, limit)

    async def create(self, resource: dict[str, Any], *, if_none_exist: str | None = None) -> Written:
        """Store a new resource under a fresh id. Raises InvalidResource, MultipleMatches, DanglingReference, Forbidden."""
        return await writing.create(self, resource, if_none_exist=if_none_exist)

    async def update(self, resource: dict[str, Any], *, if_match: int | None = None) -> Written:
        """Store the next version of a resource, or the first one under the id it carries. Raises StaleVersion and as `create`."""
        return await writing.update(self, resource, if_match=if_match)

    async def delete(self, rtype: str, fhir_id: str, *, if_match: int | None = None) -> Written:
        """Make a deletion the newest version. Raises NotFound, Gone, StaleVersion."""
        return await writing.delete(self, rtype, fhir_id, if_match=if_match)

    async def write_many(self, changes: list[Change]) -> list[Written]:
        """Apply all changes in one commit, or none; results in the order of the changes."""
        return await writing.write_many(self, changes)

    async def current(self, rtype: str, fhir_id: str) -> asyncpg.Record | None:
        """Return the newest visible row (verb 3: a deletion), or None."""
        key, network = uid(self.facility_number, rtype, fhir_id), uid(0, rtype, fhir_id)
        arguments = (self.access.at, self.access.id, self.facility_number, RTYPES[rtype], key, network)
        row = await (self._connection or self.store.quick).fetchrow(FETCH, *arguments)
        return None if row is None else _Typed(row, RTYPES[rtype])

    async def rows(self, sql: str, *arguments: Any) -> list[asyncpg.Record]:
        """Run one query under this record's access row: inside the transaction when one is open, else alone in one round trip."""
        if self._connection is not None:
            found: list[asyncpg.Record] = await self._connection.fetch(sql, *arguments)
        else:
            found = await self.store.pool.fetch(_alone(sql, len(arguments)), *arguments, self.access.at, self.access.id)
        return found

    async def connection(self) -> asyncpg.Connection:
        """Return the connection of this record's transaction, starting it when there is none yet."""
        if self._connection is None:
            self._connection = await self.store.pool.acquire()
            await self._connection.execute(
                f"begin; set local ehr.access_at = '{self.access.at.isoformat()}'; set local ehr.access = '{self.access.id}'; "
                "set local plan_cache_mode = auto"  # what adds many rows at once must be planned for as many
            )
        return self._connection

    @property
    def in_transaction(self) -> bool:
        """Tell whether a transaction is open already."""
        return self._connection is not None

    async def stored(self, row: Any) -> Stored:
        """Open one row's body and count its patient as answered; shape as `stored_many`."""
        return (await self.stored_many((row,)))[0]

    async def stored_many(self, rows: Iterable[Any]) -> list[Stored]:
        """Open rows' bodies and count their patients as answered.

        Shape: each row has facility, rtype, id, ver, updated, patient, content; the answer keeps their order.
        """
        unseal, found, patients = self.store.vault.open, [], []
        for row in rows:
            rtype, version, content = row["rtype"], row["ver"], row["content"]
            try:
                text = unseal(rtype, row["id"], version, content)
            except Unavailable:
                text = await self.store.open_frame(rtype, row["id"], version, content)
            if content[0] == WITH_OBJECTS:
                text = await objects.bring_in(self.store.objects, text)
            patients.append(row["patient"])
            found.append(Stored(row["facility"], TYPE_NAMES[rtype], id_in(text), version, row["updated"], text))
        self._answered.update(patients)
        return found

    def saw(self, patient: UUID | None, resources: int = 1) -> None:
        """Count resources as answered."""
        self._answered[patient] += resources

    def touched(self, *patients: UUID | None) -> None:
        """Note whose record was changed; it is announced when the change is committed."""
        self._touched.update(patient for patient in patients if patient is not None)

    async def finish(self, error: BaseException | None) -> None:
        """Commit or roll back, and make the answer durable."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                await connection.execute("rollback" if error else "commit")
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as trouble:
                error = error or trouble
                connection.terminate()
                raise Unavailable("the database went away before the change was confirmed") from trouble
            finally:
                self.store.pool.release(connection)
        if self._touched and (error is None or connection is None):  # without a transaction each change is committed by itself
            self.store.announcer.announce(self.facility_number, self._touched)
        if error is not None:
            self.status = error.status if isinstance(error, EhrError) else 500
        await self.store.audit.answered(Answer(self.access.id, self.facility_number, self._answered, self.status))


@lru_cache(maxsize=4096)
def _alone(sql: str, count: int) -> str:
    """Return a query that first names the access row: the lateral side is not read before `entered` has given its row."""
    return (
        f"with entered as materialized (select ehr.enter(${count + 1}, ${count + 2}) as done) "
        f"select alone.* from entered cross join lateral (select * from ({sql}) asked where entered.done offset 0) alone"
    )


class _Typed(dict[str, Any]):
    """A fetched row with the type that the function was asked for."""

    def __init__(self, row: asyncpg.Record, rtype: int) -> None:
        super().__init__(row, rtype=rtype)


class Opening:
    """The asynchronous context of one open record."""

    def __init__(self, store: Store, asked: Asked) -> None:
        self._store = store
        self._asked = asked
        self._record: Record | None = None

    async def __aenter__(self) -> Record:
        access = await self._store.audit.begin(self._asked)
        await self._store.ready_to_seal(access.facility.number)
        self._record = Record(self._store, access)
        return self._record

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._record is not None:
            await self._record.finish(error)
        if isinstance(error, LOST):
            raise Unavailable("the database went away") from error
        if isinstance(error, COLLIDED):
            raise Conflict() from error


class Door:
    """Opens records for credentials."""

    def __init__(self, store: Store) -> None:
        """Shape: a connected store."""
        self.store = store

    def open(
        self,
        credential: Credential,
        *,
        action: str,
        purpose: Purpose = Purpose.TREATMENT,
        facility: str | None = None,
        patient: str | None = None,
        asked: str = "",
    ) -> Opening:
        """Open a record: `async with door().open(...) as record`.

        `facility` is the slug that the host named (None: the credential names it); `patient` the one on the page.
        Raises Unauthenticated, Forbidden, WrongPatient on entering; the refusal is logged.
        """
        number = self.facility_number(facility)
        key = uid(number, "Patient", patient) if patient is not None else None
        note = self.store.vault.seal_note(number, asked) if asked else None
        return Opening(self.store, Asked(credential, facility, key, patient, purpose, action, note))

    def facility_number(self, slug: str | None) -> int:
        """Return the number of a facility known to this process; 0 for the network and for what is not known."""
        if slug is not None:
            for facility in self.store.audit.facilities.values():
                if facility.slug == slug:
                    return facility.number
        return 0


class _Runtime:
    door: Door | None = None


async def start(settings: Settings) -> Door:
    """Connect to the database that the settings name and open for business. Raises Unavailable with one clear sentence."""
    keyfile = load_or_create(settings.keys, settings.kms_key_id)
    files = ObjectStore(settings.data / "files", keyfile.derive("objects"))
    store = await connect(*addresses(settings), keyfile, files, connections=settings.pool_size, planned_once=True)
    _Runtime.door = Door(store)
    return _Runtime.door


def addresses(settings: Settings) -> tuple[str, str]:
    """Return where the application role and the audit writer connect: the external database, or the one under the data folder."""
    if settings.database_url is not None:
        if settings.audit_database_url is None:
            raise Unavailable("EHR_AUDIT_DATABASE_URL is missing: the access log is written by a role of its own")
        return settings.database_url, settings.audit_database_url
    embedded = EmbeddedPostgres(settings.data, settings)
    return embedded.dsn("ehr_app"), embedded.dsn("ehr_audit")


async def stop() -> None:
    """Finish the access log and close all connections."""
    opened, _Runtime.door = _Runtime.door, None
    if opened is not None:
        await opened.store.close()


def door() -> Door:
    """Return the door of this process. Raises Unavailable before `start`."""
    if _Runtime.door is None:
        raise Unavailable("the record is not open yet")
    return _Runtime.door


__all__ = [
    "Access",
    "Change",
    "Credential",
    "Door",
    "HistoryPage",
    "Purpose",
    "Record",
    "SearchPage",
    "Stored",
    "Written",
    "door",
    "start",
    "stop",
]

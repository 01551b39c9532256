"""The audit writer: proves who asks, writes the access row, and hands its id to the transaction that will read.

Many requests share one commit; each waits until its own row is durable. It has its own connections, as the role `ehr_audit`,
whose only right is to call the functions of migration 0001 and 0002.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

import asyncpg

from ehr_app.errors import Forbidden, Unauthenticated, Unavailable, WrongPatient
from ehr_app.record.codec import decode_object
from ehr_app.record.connections import Connections

BEGIN = """select * from ehr.begin_access($1::text[], $2::bytea[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[],
 $8::bytea[], $9::uuid[], $10::smallint[], $11::uuid[], $12::int[], $13::smallint[])"""

PATIENCE_S = 3.0
COMPANY = 4
GATHER_S = 0.001


class Purpose(StrEnum):
    """Why the record is opened. Codes: https://terminology.hl7.org/CodeSystem/v3-ActReason."""

    TREATMENT = "TREAT"
    PATIENT_REQUEST = "PATRQT"
    OPERATIONS = "HOPERAT"
    PAYMENT = "HPAYMT"
    EMERGENCY = "ETREAT"
    ADMINISTRATION = "SYSADMN"


@dataclass(frozen=True, slots=True)
class Credential:
    """What is shown at the door: the secret itself, never who one claims to be."""

    kind: Literal["session", "token", "local"]
    secret: str | bytes = field(repr=False)

    def secret_bytes(self) -> bytes:
        """Return the secret as the database hashes it."""
        return self.secret.encode("utf-8", "surrogatepass") if isinstance(self.secret, str) else self.secret


@dataclass(frozen=True, slots=True)
class Facility:
    """A tenant; number 0 is the network."""

    number: int
    slug: str
    name: str
    time_zone: str
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request to look, before it is granted. `patient` is the store's key of `patient_id`."""

    credential: Credential
    facility: str | None
    patient: UUID | None
    patient_id: str | None
    purpose: Purpose
    action: str
    note: bytes | None


@dataclass(frozen=True, slots=True)
class Access:
    """A granted access: its row is durable. `unrestricted` is false when the token is bound to one patient."""

    at: datetime
    id: UUID
    facility: Facility
    user_id: UUID | None
    user: str
    display: str
    roles: tuple[str, ...]
    scopes: tuple[str, ...]
    patient: UUID | None
    patient_id: str | None
    authority: int
    unrestricted: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What an access was answered with: resources per patient (None: no patient) and the HTTP status."""

    access: UUID
    facility: int
    resources: Mapping[UUID | None, int]
    status: int


class AuditWriter:
    """Writes access rows and answers in group commits over a few connections of its own."""

    def __init__(self, pool: Connections) -> None:
        """Shape: `pool` connects as the role ehr_audit."""
        self._pool = pool
        self._asked: list[tuple[Asked, asyncio.Future[asyncpg.Record]]] = []
        self._answers: list[tuple[Answer, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()
        self._workers: list[asyncio.Task[None]] = []
        self.facilities: dict[int, Facility] = {}

    async def start(self, writers: int = 1) -> None:
        """Make sure this month's partitions exist and begin to write."""
        await self._pool.fetch("select ehr.ensure_partitions()")
        await self.reload_facilities()
        self._workers = [asyncio.create_task(self._write()) for _ in range(writers)]

    async def stop(self) -> None:
        """Finish what is queued, for a few seconds at most, then stop and let the connections go."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                while self._asked or self._answers:
                    await asyncio.sleep(0.01)
        for worker in self._workers:
            worker.cancel()
        for worker in self._workers:
            with suppress(asyncio.CancelledError):
                await worker
        await self._pool.close()

    async def reload_facilities(self) -> None:
        """Read the list of facilities again."""
        rows = await self._pool.fetch("select number, slug, name, time_zone, settings::text from ehr.facility")
        self.facilities = {row[0]: Facility(row[0], row[1], row[2], row[3], _settings(row[4])) for row in rows}

    async def begin(self, asked: Asked) -> Access:
        """Return a durable access. Raises Unauthenticated, Forbidden or WrongPatient; the refusal is logged all the same."""
        future: asyncio.Future[asyncpg.Record] = asyncio.get_running_loop().create_future()
        self._asked.append((asked, future))
        self._wake.set()
        row = await future
        if row["refused"] is not None:
            raise _refusal(row["refused"])
        if row["facility"] not in self.facilities:
            await self.reload_facilities()
        return Access(
            row["at"],
            row["id"],
            self.facilities[row["facility"]],
            row["account"],
            row["username"] or "local-administrator",
            row["display"] or "Local administrator",
            tuple(row["roles"]),
            tuple((row["scopes"] or "").split()),
            row["patient"],
            row["patient_id"],
            row["authority"],
            row["unrestricted"],
        )

    async def answered(self, answer: Answer) -> None:
        """Return when it is durable which patients were in the answer."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._answers.append((answer, future))
        self._wake.set()
        await future

    async def _write(self) -> None:
        company = 0
        while True:
            await self._wake.wait()
            if company >= COMPANY:  # others are likely on their way: one commit for all of them costs all of them less
                await asyncio.sleep(GATHER_S)
            asked, self._asked = self._asked, []
            answers, self._answers = self._answers, []
            self._wake.clear()
            company = len(asked) + len(answers)
            if not company:
                continue
            try:
                rows = await self._pool.fetch(BEGIN, *_columns([a for a, _ in asked], [a for a, _ in answers]))
            except Exception as error:  # whatever it is: nobody may wait for ever, and the writer must live on
                trouble = Unavailable(f"the access log cannot be written ({type(error).__name__})")
                for future in [f for _, f in asked] + [f for _, f in answers]:
                    if not future.done():
                        future.set_exception(trouble)
                continue
            for (_, waiting), row in zip(asked, rows, strict=True):
                if not waiting.done():
                    waiting.set_result(row)
            for _, done in answers:
                if not done.done():
                    done.set_result(None)


def _columns(asked: list[Asked], answers: list[Answer]) -> list[list[Any]]:
    told = [(a.access, a.facility, patient, n, a.status) for a in answers for patient, n in (a.resources or {None: 0}).items()]
    return [
        [a.credential.kind for a in asked],
        [a.credential.secret_bytes() for a in asked],
        [a.facility for a in asked],
        [a.patient for a in asked],
        [a.patient_id for a in asked],
        [a.purpose.value for a in asked],
        [a.action for a in asked],
        [a.note for a in asked],
        *([list(column) for column in zip(*told, strict=True)] if told else [[], [], [], [], []]),
    ]


def _settings(text: str) -> Mapping[str, Any]:
    return decode_object(text.encode())


def _refusal(reason: str) -> Exception:
    if reason == "patient":
        return WrongPatient()
    if reason in ("credential", "account"):
        return Unauthenticated()
    if reason == "facility":
        return Unauthenticated("this credential belongs to another facility")
    return Forbidden()

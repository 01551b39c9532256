"""The cast: facilities, staff and tokens that tests of the record share, planted the way an administrator would."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from ehr_app.record.access import Credential
from ehr_app.record.door import Door, Record
from ehr_app.record.ids import uid
from ehr_app.record.keys import KeyFile
from ehr_app.record.migrate import register_keys
from ehr_app.record.objects import ObjectStore
from ehr_app.record.store import connect
from tests.databases import Database

EVERYTHING = [{"types": ["*"], "verbs": "rw"}]


@dataclass
class World:
    """One database with facilities north (1) and south (2), an administrator, and ways to open their records."""

    door: Door
    database: Database
    keys: KeyFile
    administrators: dict[str, Credential] = field(default_factory=dict)

    @asynccontextmanager
    async def at(self, facility: str, credential: Credential | None = None, **options: Any) -> AsyncIterator[Record]:
        """Open a record at a facility as its administrator, or with the credential given."""
        shown = credential or self.administrators[facility]
        async with self.door.open(shown, action="test", facility=facility, **options) as record:
            yield record

    async def token(
        self,
        facility: str,
        rules: list[dict[str, Any]] = EVERYTHING,
        patient: str | None = None,
        life: str = "1 hour",
        username: str = "admin",
    ) -> Credential:
        """Issue a token by the same function as `ehr token`; `rules` name types by number, `patient` binds it to one."""
        secret = secrets.token_urlsafe(24)
        key: UUID | None = uid(self.door.facility_number(facility), "Patient", patient) if patient else None
        connection = await asyncpg.connect(self.database.audit)
        try:
            issued = await connection.fetchval(
                "select ehr.issue_token($1, $2, $3, $4, $5, $6, $7, $8, $9::text::interval)",
                self.keys.local_proof(),
                sha256(secret.encode()).digest(),
                username,
                facility,
                f"test {json.dumps(rules)}",
                json.dumps(rules),
                key,
                patient,
                life,
            )
        finally:
            await connection.close()
        assert issued
        return Credential("token", secret)

    async def as_owner(self, sql: str, *values: Any) -> list[asyncpg.Record]:
        """Run SQL as the superuser of the test cluster, to plant or to look behind the policies."""
        connection = await asyncpg.connect(self.database.administrator)
        try:
            return list(await connection.fetch(sql, *values))
        finally:
            await connection.close()

    async def as_app(self, *statements: str) -> list[asyncpg.Record]:
        """Run statements as the application role, with no door in between; return the rows of the last."""
        connection = await asyncpg.connect(self.database.app)
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return list(await connection.fetch(statements[-1]))
        finally:
            await connection.close()


@asynccontextmanager
async def world(database: Database, folder: Path, settings: dict[str, str] | None = None) -> AsyncIterator[World]:
    """Make the cast's world in a fresh database; `settings` are a facility's settings as JSON text, by slug."""
    keys = KeyFile(secrets.token_bytes(32))
    await asyncio.to_thread(register_keys, database.owner, keys)
    audit = await asyncpg.connect(database.audit)
    for slug in ("north", "south"):
        zone = "America/New_York" if slug == "north" else "America/Denver"
        facts = (slug, slug.title(), zone, (settings or {}).get(slug, "{}"))
        await audit.fetchval("select ehr.add_facility($1, $2, $3, $4, $5)", keys.local_proof(), *facts)
        account = ("admin", "Ada Admin", None, None, slug, "facility administrator", None)
        await audit.fetchval("select ehr.add_account($1, $2, $3, $4, $5, $6, $7, $8)", keys.local_proof(), *account)
    await audit.close()
    store = await connect(database.app, database.audit, keys, ObjectStore(folder / "files", keys.derive("objects")))
    made = World(Door(store), database, keys)
    for slug in ("north", "south"):
        made.administrators[slug] = await made.token(slug)
    try:
        yield made
    finally:
        await store.close()


def patient(family: str = "Ng", **more: Any) -> dict[str, Any]:
    """A Patient with a family name."""
    return {"resourceType": "Patient", "name": [{"family": family}], **more}


def observation(patient_id: str, value: str = "5.4", **more: Any) -> dict[str, Any]:
    """A final potassium Observation of a patient; `value` keeps its digits."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "2823-3"}]},
        "subject": {"reference": f"Patient/{patient_id}"},
        "effectiveDateTime": "2026-03-04T09:30:00+01:00",
        "valueQuantity": {"value": Decimal(value), "unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L"},
        **more,
    }

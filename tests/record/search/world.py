"""A store of its own for search tests: two facilities, an account, and resources put in as they are."""

import json
import secrets
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import asyncpg

from ehr_app.record.access import Credential
from ehr_app.record.door import Door, Opening
from ehr_app.record.ids import uid
from ehr_app.record.keys import load_or_create
from ehr_app.record.objects import ObjectStore
from ehr_app.record.store import connect
from ehr_app.record.writing import Change
from ehr_app.standards.validation import is_valid
from tests.databases import Database

DATA = Path(__file__).resolve().parents[3].parent / "shared" / "data"
RULES = json.dumps([{"types": ["*"], "verbs": "rw"}])


@dataclass
class World:
    """An open store and the means to look into it as somebody."""

    door: Door
    database: Database
    proof: bytes

    def open(self, facility: str = "north", credential: Credential | None = None, patient: str | None = None) -> Opening:
        """Open a record, as the local administrator unless a credential is given."""
        return self.door.open(credential or Credential("local", self.proof), action="test", facility=facility, patient=patient)

    async def put(self, resources: Iterable[dict[str, Any]], facility: str = "north") -> list[dict[str, Any]]:
        """Store resources under their own ids, a few hundred in one commit; return them."""
        every = list(resources)
        for start in range(0, len(every), 200):
            async with self.open(facility) as record:
                await record.write_many([Change("create", r["resourceType"], r, r.get("id")) for r in every[start : start + 200]])
        return every

    async def token(self, facility: str = "north", patient: str | None = None) -> Credential:
        """Return a bearer token of the account, bound to a patient when one is named."""
        secret = secrets.token_urlsafe(16)
        connection = await asyncpg.connect(self.database.audit)
        try:
            numbers = {f.slug: f.number for f in self.door.store.audit.facilities.values()}
            key = uid(numbers[facility], "Patient", patient) if patient else None
            await connection.fetchval(
                "select ehr.issue_token($1, $2, 'tess', $3, $4, $5::jsonb, $6, $7, interval '1 hour')",
                self.proof, sha256(secret.encode()).digest(), facility, f"test {patient}", RULES, key, patient,
            )  # fmt: skip
        finally:
            await connection.close()
        return Credential("token", secret)

    async def session(self, facility: str = "north") -> Credential:
        """Return a session of the account."""
        secret = secrets.token_urlsafe(16)
        connection = await asyncpg.connect(self.database.audit)
        try:
            row = await connection.fetchrow("select account, facility from ehr.sign_in_account($1, 'tess')", facility)
            await connection.execute(
                "select ehr.open_session($1, $2, $3, interval '1 hour', interval '1 hour')",
                row["account"], row["facility"], sha256(secret.encode()).digest(),
            )  # fmt: skip
        finally:
            await connection.close()
        return Credential("session", secret)


@asynccontextmanager
async def world(database: Database, folder: Path) -> AsyncIterator[World]:
    """Open a fresh store with the facilities north and south, where the account `tess` works."""
    keyfile = load_or_create(folder / "key")
    await _execute(database.owner, f"select ehr.add_local_secret('\\x{keyfile.local_proof_hash().hex()}', 'test')")
    proof = keyfile.local_proof()
    connection = await asyncpg.connect(database.audit)
    for slug in ("north", "south"):
        await connection.execute("select ehr.add_facility($1, $2, $2, 'UTC', '{}')", proof, slug)
        await connection.execute("select ehr.add_account($1, 'tess', 'Tess', null, null, $2, 'nurse', null)", proof, slug)
    await connection.close()
    store = await connect(database.app, database.audit, keyfile, ObjectStore(folder / "files", keyfile.derive("objects")))
    try:
        yield World(Door(store), database, proof)
    finally:
        await store.close()


async def _execute(dsn: str, sql: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(sql)
    await connection.close()


def read(path: Path) -> dict[str, Any]:
    """Read a JSON file as the product does: decimals stay decimals."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    return found


def examples() -> Iterator[dict[str, Any]]:
    """The published R4 examples that are valid, each type and id once."""
    seen = set()
    for path in sorted((DATA / "fhir-r4-examples").glob("*.json")):
        resource = read(path)
        key = (resource.get("resourceType"), resource.get("id"))
        if None not in key and key not in seen and is_valid(resource):
            seen.add(key)
            yield resource


def synthea(name: str) -> list[dict[str, Any]]:
    """The resources of a Synthea patient, their urn:uuid references rewritten to type and id."""
    bundle = read(next((DATA / "synthea-r4").glob(f"{name}*.json")))
    places = {e["fullUrl"]: f"{e['resource']['resourceType']}/{e['resource']['id']}" for e in bundle["entry"]}
    return [_rewritten(e["resource"], places) for e in bundle["entry"]]


def _rewritten(value: Any, places: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _rewritten(member, places) for name, member in value.items()}
    if isinstance(value, list):
        return [_rewritten(member, places) for member in value]
    return places.get(value, value) if isinstance(value, str) else value

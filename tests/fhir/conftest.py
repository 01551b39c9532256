"""A real server for the FHIR tests: granian on a loopback port, a fresh PostgreSQL database, two facilities and their tokens."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from ehr_app.identity import ledger, tokens, users
from ehr_app.record.embedded import EmbeddedPostgres
from ehr_app.record.keys import KeyFile, load_or_create
from ehr_app.record.migrate import register_keys

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data"
FACILITY = "select ehr.add_facility($1, $2, $3, 'America/New_York', $4::jsonb)"
NAME = "ehr_fhir_tests"
ROLES = ("ehr_app", "ehr_audit", "ehr_owner", "postgres")


@dataclass(frozen=True, slots=True)
class Site:
    """The running server, its database and ways in."""

    port: int
    pid: int
    owner_dsn: str
    administrator_dsn: str
    audit_dsn: str
    keys: KeyFile
    log: Path

    def token(self, facility: str, scopes: str = "system/*.cruds", *, user: str = "admin", patient: str | None = None,
              life: timedelta = tokens.LIFE) -> str:  # fmt: skip
        """Issue a bearer token."""

        async def issue() -> str:
            async with ledger.opened(self.audit_dsn, 1):
                return await tokens.issue(self.keys.local_proof(), facility, user, scopes, patient=patient, life=life)

        return asyncio.run(issue())

    def client(self, facility: str | None = "north", token: str | None = None, **headers: str) -> httpx.Client:
        """Return a client of one facility's host (None: the bare host) with a token."""
        host = f"{facility}.localhost" if facility else "localhost"
        sent = {"host": f"{host}:{self.port}", **headers}
        if token is not None:
            sent["authorization"] = f"Bearer {token}"
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}/fhir/R4/", headers=sent, timeout=120)

    def count(self, sql: str, *values: Any) -> Any:
        """Ask the database as its administrator, past every policy."""

        async def ask() -> Any:
            connection = await asyncpg.connect(self.administrator_dsn)
            try:
                return await connection.fetchval(sql, *values)
            finally:
                await connection.close()

        return asyncio.run(ask())


@pytest.fixture(scope="session")
def site(cluster: EmbeddedPostgres, migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The server of the whole run."""
    folder = tmp_path_factory.mktemp("site")
    app, audit, owner, administrator = (cluster.dsn(role, NAME) for role in ROLES)
    asyncio.run(_make_database(cluster.dsn("postgres", "postgres"), migrated_template))
    keys = load_or_create(folder / "keys" / "master.key")
    register_keys(owner, keys)
    asyncio.run(_people(audit, keys))
    port = _free_port()
    environment = {
        **os.environ, "EHR_DATA": str(folder), "EHR_DATABASE_URL": app, "EHR_AUDIT_DATABASE_URL": audit,
        "EHR_KEY_FILE": str(folder / "keys" / "master.key"),
    }  # fmt: skip
    log = folder / "server.log"
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--workers", "1", "--host", "127.0.0.1",
               "--port", str(port), "tests.fhir.served:create"]  # fmt: skip
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out)
    try:
        _wait(port, process, log)
        yield Site(port, process.pid, owner, administrator, audit, keys, log)
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="session")
def north_token(site: Site) -> str:
    """A token that may do everything at north."""
    return site.token("north")


@pytest.fixture(scope="session")
def south_token(site: Site) -> str:
    """A token that may do everything at south."""
    return site.token("south")


@pytest.fixture
def north(site: Site, north_token: str) -> Iterator[httpx.Client]:
    """A client of north."""
    with site.client("north", north_token) as client:
        yield client


@pytest.fixture
def south(site: Site, south_token: str) -> Iterator[httpx.Client]:
    """A client of south."""
    with site.client("south", south_token) as client:
        yield client


def example(name: str) -> Any:
    """Return an R4 example of the shared data, or skip."""
    path = SHARED / "fhir-r4-examples" / name
    if not path.exists():
        pytest.skip(f"{path} is not there")
    return json.loads(path.read_text("utf-8"))


async def _make_database(administrator: str, template: str) -> None:
    connection = await asyncpg.connect(administrator)
    try:
        await connection.execute(f"create database {NAME} template {template} strategy file_copy owner ehr_owner")
        await connection.execute(f"grant connect on database {NAME} to ehr_app, ehr_audit")
    finally:
        await connection.close()


async def _people(audit: str, keys: KeyFile) -> None:
    proof = keys.local_proof()
    async with ledger.opened(audit, 1):
        for slug, settings in (("north", "{}"), ("south", "{}"), ("strict", '{"integrity": true}')):
            await ledger.rows(FACILITY, proof, slug, slug.title(), settings)
            await users.add(proof, "admin", "Ada Admin", slug, "administrator")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(200):
        if process.poll() is not None:
            break
        try:
            if httpx.get(f"http://127.0.0.1:{port}/constant").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError(log.read_text())

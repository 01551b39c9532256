"""One shipped server per test run: the built front end, granian, a database of its own, three facilities and their people."""

import asyncio
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import httpx
import pytest

from ehr_app.identity import facilities, ledger, passwords, tokens, users
from ehr_app.record import keys
from ehr_app.record.embedded import EmbeddedPostgres
from ehr_app.settings import PROJECT
from ehr_app.ui import build

PASSWORD = "a test of passwords"
SITES = {"north": "North Clinic", "south": "South Hospital", "harbor": "Harbor Practice"}
PEOPLE = (("amara", "Amara Nurse", "nurse"), ("ivo", "Ivo Doctor", "physician"), ("admin", "Alex Admin", "admin"))


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, its addresses and the means to prepare it from outside."""

    port: int
    data: Path
    audit_dsn: str
    process: subprocess.Popen[bytes]
    log: Path

    def url(self, slug: str = "", path: str = "/") -> str:
        """Return the address of a page of a facility, or of the bare host."""
        return f"http://{self.host(slug)}{path}"

    def host(self, slug: str = "") -> str:
        """Return the Host header of a facility, or of the bare host."""
        return f"{slug + '.' if slug else ''}localhost:{self.port}"

    def client(self, slug: str = "", **headers: str) -> httpx.Client:
        """Return a browser-like client of a facility: it sends Host and Origin and follows no redirect."""
        own = {"Host": self.host(slug), "Origin": self.url(slug, "")} | headers
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}", headers=own, timeout=20)

    def sign_in(self, slug: str = "north", user: str = "amara") -> str:
        """Sign in and return the Cookie header of the session."""
        with self.client(slug) as client:
            answer = client.post("/login", data={"username": user, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        return answer.headers["set-cookie"].split(";")[0]

    def token(self, slug: str = "north", user: str = "admin", scopes: str = "system/*.cruds") -> str:
        """Return a fresh bearer token."""
        return _run(self._issue(slug, user, scopes))

    def close_session(self, secret: str) -> None:
        """End a session in the database, unseen by the server."""
        _run(_execute(self.audit_dsn, f"select ehr.close_session('{secret}')"))

    async def _issue(self, slug: str, user: str, scopes: str) -> str:
        async with ledger.opened(self.audit_dsn):
            return await tokens.issue(_proof(self.data), slug, user, scopes)


@pytest.fixture(scope="session")
def front_end() -> None:
    """The front end, built when its sources changed."""
    build.build()


@pytest.fixture(scope="session")
def server(
    front_end: None, cluster: EmbeddedPostgres, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """The server of this run; everybody's password is PASSWORD."""
    data, name = tmp_path_factory.mktemp("web data"), "ehr_web"
    administrator = cluster.dsn("postgres", "postgres")
    create = f"create database {name} template {migrated_template} strategy file_copy owner ehr_owner"
    _run(_execute(administrator, create, f"grant connect on database {name} to ehr_app, ehr_audit"))
    audit = cluster.dsn("ehr_audit", name)
    _run(_people(data, cluster.dsn("ehr_owner", name), audit))
    port = free_port()
    environment = os.environ | {
        "EHR_DATA": str(data),
        "EHR_DATABASE_URL": cluster.dsn("ehr_app", name),
        "EHR_AUDIT_DATABASE_URL": audit,
    }
    log = data / "server.log"
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--workers", "1"]
    command += ["--host", "127.0.0.1", "--port", str(port), "ehr_app.asgi:create"]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=out, stderr=subprocess.STDOUT)
    try:
        _wait(f"http://127.0.0.1:{port}/ready", process, log)
        yield Server(port, data, audit, process, log)
    finally:
        process.terminate()
        process.wait(10)
        _run(_execute(administrator, f"drop database {name} with (force)"))


def free_port() -> int:
    """Return a port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run in a thread of its own: a browser test keeps an event loop in the main one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


async def _execute(dsn: str, *statements: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def _proof(data: Path) -> bytes:
    return keys.load_or_create(data / "keys" / "master.key").local_proof()


async def _people(data: Path, owner: str, audit: str) -> None:
    keyfile = keys.load_or_create(data / "keys" / "master.key")
    await _execute(owner, f"select ehr.add_local_secret('\\x{keyfile.local_proof_hash().hex()}', 'test')")
    hashed, proof = await passwords.hashed(PASSWORD), keyfile.local_proof()
    async with ledger.opened(audit):
        for slug, name in SITES.items():
            await facilities.add(proof, slug, name, "Europe/Berlin")
            for username, display, role in PEOPLE:
                await users.add(proof, username, display, slug, role, password_hash=hashed)
        await users.add(proof, "sana", "Sana South", "south", "nurse", password_hash=hashed)


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except urllib.error.HTTPError as error:
            trouble = f"{error.code}"
        except OSError as error:
            trouble = str(error)
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"the server does not answer ({trouble}):\n{log.read_text(errors='replace')[-4000:]}")

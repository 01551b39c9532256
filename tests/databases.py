"""Fixtures of real PostgreSQL: one cluster per test run, and fresh migrated databases copied from a template."""

import asyncio
import itertools
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from ehr_app.record.embedded import EmbeddedPostgres
from ehr_app.record.migrate import migrate
from ehr_app.settings import Settings


@dataclass(frozen=True, slots=True)
class Database:
    """Addresses of one fresh database, by role."""

    app: str
    audit: str
    owner: str
    administrator: str


async def _execute(dsn: str, *statements: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def cluster() -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL of this test run, with durability off for speed."""
    with tempfile.TemporaryDirectory(prefix="ehr-test-") as folder:
        Path(folder).chmod(0o755)
        with EmbeddedPostgres(Path(folder) / "data", Settings()) as postgres:
            fast = [f"alter system set {name} = off" for name in ("fsync", "synchronous_commit", "full_page_writes")]
            asyncio.run(_execute(postgres.dsn("postgres", "postgres"), *fast, "select pg_reload_conf()"))
            yield postgres


@pytest.fixture(scope="session")
def migrated_template(cluster: EmbeddedPostgres) -> str:
    """The name of a migrated database that nobody connects to."""
    migrate(cluster.dsn("ehr_owner"))
    return "ehr"


@pytest.fixture(scope="session")
def database_numbers() -> Iterator[int]:
    """Numbers for the names of fresh databases."""
    return itertools.count(1)


@pytest.fixture
def database(cluster: EmbeddedPostgres, migrated_template: str, database_numbers: Iterator[int]) -> Iterator[Database]:
    """A fresh migrated database, gone after the test."""
    name, administrator = f"ehr_{next(database_numbers)}", cluster.dsn("postgres", "postgres")
    create = f"create database {name} template {migrated_template} strategy file_copy owner ehr_owner"
    grants = (f"revoke all on database {name} from public", f"grant connect on database {name} to ehr_app, ehr_audit")
    asyncio.run(_execute(administrator, create, *grants))
    roles = ("ehr_app", "ehr_audit", "ehr_owner", "postgres")
    yield Database(*(cluster.dsn(role, name) for role in roles))
    asyncio.run(_execute(administrator, f"drop database {name} with (force)"))

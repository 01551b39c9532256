"""Bring a database to the shape this version needs: Alembic's migrations, run as the owner role.

https://alembic.sqlalchemy.org/en/latest/cookbook.html#programmatic-api-use-connection-sharing-with-asyncio
All pending migrations commit together or not at all; two commands that migrate at once wait for each other.
"""

import asyncio

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from ehr_app.errors import Unavailable
from ehr_app.record.keys import KeyFile
from ehr_app.settings import PROJECT

SCHEMA = "ehr"
LOCK = 4_711_001
ROLES_NEEDED = ("ehr_app", "ehr_audit")


def migrate(owner_dsn: str) -> tuple[str | None, str | None]:
    """Apply what is pending; returns the revision before and after.

    Raises: Unavailable when the roles the policies name do not exist.
    """
    return asyncio.run(_migrated(owner_dsn))


def revisions(owner_dsn: str) -> tuple[str | None, str | None]:
    """The revision the database is at, and the one this version needs."""
    return asyncio.run(_compared(owner_dsn)), head()


def head() -> str | None:
    """The newest revision of this version."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def script(connection: Connection, sql: str) -> None:
    """Run a text of several statements in the migration's transaction, which a prepared statement could not."""
    driver_connection = connection.connection.dbapi_connection
    assert driver_connection is not None
    driver_connection.run_async(lambda driver: driver.execute(sql))


def _config() -> Config:
    return Config(str(PROJECT / "alembic.ini"))


def _engine(owner_dsn: str) -> AsyncEngine:
    dialect = owner_dsn.replace("postgresql://", "postgresql+asyncpg://", 1)
    return create_async_engine(dialect, poolclass=NullPool)


async def _migrated(owner_dsn: str) -> tuple[str | None, str | None]:
    engine = _engine(owner_dsn)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            found = await connection.scalars(
                text("select rolname from pg_roles where rolname = any(:names)"), {"names": list(ROLES_NEEDED)}
            )
            if missing := sorted(set(ROLES_NEEDED) - set(found)):
                wanted = " ".join(f"create role {role} login password '...';" for role in missing)
                raise Unavailable(f"The database lacks roles this product needs; run as its administrator: {wanted}")
            await connection.execute(text(f"create schema if not exists {SCHEMA}"))
            return await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()


def _upgrade(connection: Connection) -> tuple[str | None, str | None]:
    before = _current(connection)
    if before != head():
        configuration = _config()
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "head")
    return before, _current(connection)


async def _compared(owner_dsn: str) -> str | None:
    engine = _engine(owner_dsn)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_current)
    finally:
        await engine.dispose()


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection, opts={"version_table_schema": SCHEMA}).get_current_revision()


def register_keys(owner_dsn: str, keys: KeyFile) -> None:
    """Let the database know this installation's key file, so that its holder may act as the local administrator."""
    asyncio.run(_registered(owner_dsn, keys))


async def _registered(owner_dsn: str, keys: KeyFile) -> None:
    engine = _engine(owner_dsn)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("select ehr.add_local_secret(:hash, 'key file')"), {"hash": keys.local_proof_hash()})
    finally:
        await engine.dispose()

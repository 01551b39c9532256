"""The database of a command: an external one by its address, else the embedded one, joined or started for this command."""

import argparse
import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
from pydantic import ValidationError

from ehr_app import settings as configuration
from ehr_app.errors import BadRequest, Unavailable
from ehr_app.record import keys
from ehr_app.record.embedded import EmbeddedPostgres
from ehr_app.settings import Settings


def chosen(arguments: argparse.Namespace) -> Settings:
    """The settings of the environment, overruled by the command line.

    Raises: BadRequest naming the setting that makes no sense.
    """
    named = {name: getattr(arguments, name, None) for name in ("data", "host", "port")}
    try:
        found = Settings(**{name: value for name, value in named.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        raise BadRequest(f"EHR_{str(first['loc'][0]).upper()}: {first['msg']}") from None
    return found.model_copy(update={"data": Path(found.data).expanduser().resolve()})


@contextmanager
def opened(settings: Settings) -> Iterator[tuple[Settings, EmbeddedPostgres | None]]:
    """A database of the right shape, its addresses in the settings of this process and its children.

    Raises: Unavailable in one sentence.
    """
    if settings.external:
        _require_audit(settings)
        configuration.adopt(settings)
        yield settings, None
        return
    postgres = EmbeddedPostgres(settings.data, settings)
    with postgres:
        complete = addressed(settings, postgres)
        shape(complete)
        configuration.adopt(complete)
        yield complete, postgres


def addressed(settings: Settings, postgres: EmbeddedPostgres) -> Settings:
    """The settings with the embedded database's addresses in them."""
    return settings.model_copy(
        update={
            "database_url": postgres.dsn("ehr_app"),
            "audit_database_url": postgres.dsn("ehr_audit"),
            "owner_database_url": postgres.dsn("ehr_owner"),
        }
    )


def shape(settings: Settings) -> tuple[str | None, str | None]:
    """Migrate as the owner and let the database know this installation's key; returns the revision before and after."""
    from ehr_app.record import migrate as migrations  # SQLAlchemy: half a second that an external database does not cost

    if settings.owner_database_url is None:
        raise Unavailable("EHR_OWNER_DATABASE_URL is not set: migrations run as the role that owns the tables.")
    try:
        before, after = migrations.migrate(settings.owner_database_url)
        migrations.register_keys(settings.owner_database_url, keys.load_or_create(settings.keys))
    except (OSError, asyncpg.PostgresConnectionError) as error:
        raise Unavailable(f"The database does not answer ({error}): check EHR_OWNER_DATABASE_URL.") from error
    return before, after


def migrate(arguments: argparse.Namespace) -> int:
    """`ehr migrate`: external as the owner's address says, embedded as part of opening."""
    settings = chosen(arguments)
    if settings.external or settings.owner_database_url:
        before, after = shape(settings)
    else:
        with EmbeddedPostgres(settings.data, settings) as postgres:
            before, after = shape(addressed(settings, postgres))
    print(f"the database is at {after}" if before == after else f"migrated from {before or 'nothing'} to {after}")
    return 0


def fetch(dsn: str, sql: str, *values: Any) -> list[asyncpg.Record]:
    """Rows of one query on a connection of its own."""

    async def run() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(dsn, timeout=10)
        try:
            rows: list[asyncpg.Record] = await connection.fetch(sql, *values)
            return rows
        finally:
            await connection.close()

    return asyncio.run(run())


def _require_audit(settings: Settings) -> None:
    if settings.audit_database_url is None:
        raise Unavailable("EHR_AUDIT_DATABASE_URL is not set: the access log is written as the role ehr_audit.")

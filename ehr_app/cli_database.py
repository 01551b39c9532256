"""The database of a command: an external one by its address, else the embedded one, joined or started for this command."""

import argparse
import asyncio
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
from pydantic import ValidationError

from ehr_app import settings as configuration
from ehr_app.errors import BadRequest, Unavailable
from ehr_app.record.embedded import EmbeddedPostgres
from ehr_app.settings import PROJECT, Settings

SHAPED = "ehr.shape"


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
        mark = settings.data / "pg" / SHAPED  # in the cluster's own folder: it is restored or lost together with it
        if mark.exists() and not any(path.exists() for path in (settings.keys, settings.keys.with_name("master.key"))):
            raise Unavailable(f"The key file {settings.keys} is missing, and this database cannot be read without it: restore it.")
        if not mark.exists() or mark.read_text() != _wanted_shape(settings):
            shape(complete)
            mark.write_text(_wanted_shape(settings))
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
    from sqlalchemy.exc import DBAPIError

    from ehr_app.record import keys
    from ehr_app.record import migrate as migrations  # SQLAlchemy: half a second that most commands need not wait

    if settings.owner_database_url is None:
        raise Unavailable("EHR_OWNER_DATABASE_URL is not set: migrations run as the role that owns the tables.")
    try:
        before, after = migrations.migrate(settings.owner_database_url)
        migrations.register_keys(settings.owner_database_url, keys.load_or_create(settings.keys, settings.kms_key_id))
    except (OSError, asyncpg.PostgresConnectionError) as error:
        raise Unavailable(f"The database does not answer ({error}): check EHR_OWNER_DATABASE_URL.") from error
    except DBAPIError as error:
        raise Unavailable(f"The database refused a migration and is as it was before ({error.orig}).") from error
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


def _wanted_shape(settings: Settings) -> str:
    """A fingerprint of the migrations and the key file: the same one means that there is nothing to do."""
    seen = hashlib.sha256()
    for path in [*sorted((PROJECT / "alembic" / "versions").glob("*.py")), settings.keys]:
        seen.update(hashlib.sha256(path.read_bytes()).digest() if path.exists() else b"none")
    return seen.hexdigest()


def _require_audit(settings: Settings) -> None:
    if settings.audit_database_url is None:
        raise Unavailable("EHR_AUDIT_DATABASE_URL is not set: the access log is written as the role ehr_audit.")

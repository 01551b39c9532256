"""`ehr doctor`: checks the installation from the disk to the policies; each line is `ok` or `WRONG` with the mend.

It changes nothing: it does not migrate, and it starts the embedded database only where there is one.
"""

import argparse
import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import asyncpg

from ehr_app import cli_database
from ehr_app.cli_serve import free_port
from ehr_app.errors import EhrError
from ehr_app.record import keys, migrate
from ehr_app.record.embedded import EmbeddedPostgres
from ehr_app.settings import Settings
from ehr_app.ui import build

LEAST_FREE_BYTES = 1_000_000_000
VERSION = "select current_setting('server_version'), current_user::text"
ROLE = "select rolname from pg_roles where rolname = current_user and (rolsuper or rolbypassrls or rolcreaterole)"
OWNED = "select count(*) from pg_class c where c.relowner = (select oid from pg_roles where rolname = current_user)"
UNFORCED = """
select c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'ehr' and c.relkind in ('r', 'p') and not (c.relrowsecurity and c.relforcerowsecurity)
  and exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'patient' and not a.attisdropped)
  and has_table_privilege('ehr_app', c.oid, 'select, insert, update, delete')
order by 1"""
KNOWN_KEY = "select 1 from ehr.local_secret where hash = $1"
DRIVER_ERRORS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, what was found, and the mend when it is wrong."""

    subject: str
    text: str
    mend: str = ""


def doctor(arguments: argparse.Namespace) -> int:
    """Print every finding; 1 when one of them is wrong."""
    settings = cli_database.chosen(arguments)
    wrong = 0
    for finding in _findings(settings):
        wrong += bool(finding.mend)
        print(f"{'WRONG' if finding.mend else 'ok':<6} {finding.subject:<11} {finding.text}", flush=True)
        if finding.mend:
            print(f"{'':<6} {'':<11} mend: {finding.mend}", flush=True)
    return 1 if wrong else 0


def _findings(settings: Settings) -> Iterator[Finding]:
    yield _disk(settings)
    yield _keys(settings)
    yield _front_end()
    yield _port(settings)
    try:
        with _database(settings) as complete:
            if complete is None:
                yield Finding("database", f"there is none in {settings.data}", "run `ehr serve` once, it makes one")
                return
            for check in (_server, _roles, _policies, _migrations, _registered):
                yield _asked(check, complete)
    except EhrError as error:
        yield Finding("database", error.diagnostics, "do what the line above says, then run `ehr doctor` again")


@contextmanager
def _database(settings: Settings) -> Iterator[Settings | None]:
    if settings.external:
        yield settings
    elif not (settings.data / "pg" / "PG_VERSION").exists():
        yield None
    else:
        with EmbeddedPostgres(settings.data, settings) as postgres:
            yield cli_database.addressed(settings, postgres)


def _asked(check: Callable[[Settings], Finding], settings: Settings) -> Finding:
    try:
        return check(settings)
    except DRIVER_ERRORS as error:
        subject = check.__name__.strip("_")
        return Finding(subject, f"the database refused ({error})", "check the EHR_..._DATABASE_URL settings and its log")


def _server(settings: Settings) -> Finding:
    version, user = cli_database.fetch(settings.app_dsn, VERSION)[0]
    return Finding("database", f"PostgreSQL {version} answers as {user}")


def _roles(settings: Settings) -> Finding:
    for address in (settings.app_dsn, settings.audit_dsn):
        if strong := cli_database.fetch(address, ROLE):
            name = strong[0][0]
            mend = f"alter role {name} nosuperuser nobypassrls nocreaterole;"
            return Finding("roles", f"{name} may go round the policies", mend)
        owned = cli_database.fetch(address, OWNED)[0][0]
        if owned:
            mend = "use the roles ehr_app and ehr_audit in the addresses; tables belong to the migrating role only"
            return Finding("roles", f"the role of an address owns {owned} tables", mend)
    return Finding("roles", "neither ehr_app nor ehr_audit owns a table or may go round the policies")


def _policies(settings: Settings) -> Finding:
    unforced = [row[0] for row in cli_database.fetch(settings.app_dsn, UNFORCED)]
    if unforced:
        mend = "; ".join(f"alter table ehr.{name} enable row level security, force row level security" for name in unforced)
        return Finding("policies", f"not forced on {', '.join(unforced)}", mend)
    return Finding("policies", "row-level security is forced on every table with patient data")


def _migrations(settings: Settings) -> Finding:
    if settings.owner_database_url is None:
        return Finding("migrations", "not looked at: EHR_OWNER_DATABASE_URL is not set")
    found, wanted = migrate.revisions(settings.owner_database_url)
    if found != wanted:
        return Finding("migrations", f"at {found or 'nothing'}, this version needs {wanted}", "run `ehr migrate`")
    return Finding("migrations", f"at {found}, the newest")


def _registered(settings: Settings) -> Finding:
    if settings.owner_database_url is None:
        return Finding("key", "not compared: EHR_OWNER_DATABASE_URL is not set")
    try:
        hashed = keys.load(settings.keys).local_proof_hash()
    except EhrError as error:
        return Finding("key", error.diagnostics, "put the key file back; without it every record stays unreadable")
    if cli_database.fetch(settings.owner_database_url, KNOWN_KEY, hashed):
        return Finding("key", "the database knows this key file")
    return Finding("key", "the database was made with another key file", "put back the key file it was made with")


def _keys(settings: Settings) -> Finding:
    if not settings.keys.exists() and not settings.external and not (settings.data / "pg").exists():
        return Finding("key file", f"{settings.keys} will be made on the first start")
    try:
        keys.load(settings.keys)
    except EhrError as error:
        return Finding("key file", error.diagnostics, "as the line says; keep a copy of this file apart from the backups")
    left = settings.data / "keys" / "master.key"
    if settings.kms_key_id and left.exists():
        mend = "keep a copy of it off this machine, where you trust, then delete it here"
        return Finding("key file", f"KMS opens {settings.keys}, but the key still lies open in {left}", mend)
    how = "opened by KMS" if settings.kms_key_id else "whole"
    return Finding("key file", f"{settings.keys} is {how} and closed to others")


def _disk(settings: Settings) -> Finding:
    place = settings.data
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if free < LEAST_FREE_BYTES:
        return Finding("disk", f"{free // 1_000_000} MB are free for {settings.data}", "free some space, at least 1 GB")
    if not os.access(place, os.W_OK):
        return Finding("disk", f"{place} cannot be written", "start as its owner, or choose another --data")
    return Finding("disk", f"{free // 1_000_000_000} GB are free for {settings.data}")


def _front_end() -> Finding:
    if not (build.WEB / "build" / "client" / "index.html").exists():
        return Finding("front end", "it was never built", "run `make setup`")
    if not build.is_current():
        return Finding("front end", "it is older than its sources", "run `make setup`")
    return Finding("front end", "built from the present sources")


def _port(settings: Settings) -> Finding:
    if _server_runs(settings):
        running = json.loads((settings.data / "server.json").read_text())
        return Finding("port", f"a server runs at {running['url']} (process {running['pid']})")
    try:
        free_port(settings)
    except EhrError as error:
        return Finding("port", error.diagnostics, "as the line says")
    return Finding("port", f"{settings.port} is free")


def _server_runs(settings: Settings) -> bool:
    try:
        lock = os.open(settings.data / "server.lock", os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return (settings.data / "server.json").exists()
    finally:
        os.close(lock)
    return False

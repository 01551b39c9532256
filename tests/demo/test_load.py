"""Loading through the door: finished when it was cut off, repeated without effect, and never against what people did since."""

import asyncio
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from ehr_app.demo import facilities, load, note
from ehr_app.demo.progress import Progress
from ehr_app.record import keys
from ehr_app.record.access import Purpose
from ehr_app.record.importing.workers import Setup, Worker
from ehr_app.record.migrate import register_keys
from ehr_app.settings import Settings
from tests.databases import Database

COUNTED = "select facility, rtype, count(*), max(ver) from ehr.resource group by 1, 2 order by 1, 2"
FIRST = "north-p0001"


class Cut(Progress):
    """Ends the load after the first portion, as a lost connection or an impatient person does."""

    def step(self, patients: int, of: int, resources: int) -> None:
        raise ConnectionAbortedError


@pytest.fixture
def settings(database: Database, tmp_path: Path) -> Iterator[Settings]:
    chosen = Settings(data=tmp_path, database_url=database.app, audit_database_url=database.audit)
    register_keys(database.owner, keys.load_or_create(chosen.keys))
    yield chosen


def _load(settings: Settings, count: int, out: StringIO | None = None) -> int:
    return load.run(settings, count, Progress(out or StringIO(), bar=False), lambda: None)


def _rows(database: Database, sql: str = COUNTED) -> list[tuple[Any, ...]]:
    async def ask() -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(database.administrator)
        try:
            return [tuple(row) for row in await connection.fetch(sql)]
        finally:
            await connection.close()

    return asyncio.run(ask())


def test_a_second_load_adds_nothing_and_a_larger_one_only_who_is_missing(settings: Settings, database: Database) -> None:
    out = StringIO()
    written = _load(settings, 3, out)
    before = _rows(database)
    assert written == sum(row[2] for row in before) and "3 of 3 patients" in out.getvalue()
    assert _load(settings, 3) == 0 and _rows(database) == before
    assert _load(settings, 4) > 100
    found = note.read(settings.data)
    assert found is not None and found.patients == 4


def test_a_load_that_was_cut_off_is_finished_by_the_next(settings: Settings, database: Database) -> None:
    with pytest.raises(ConnectionAbortedError):
        load.run(settings, 3, Cut(StringIO(), bar=False), lambda: None)
    found = note.read(settings.data)
    assert found is not None and found.patients == 0
    _load(settings, 3)
    charts = _rows(database, "select facility, count(*) from ehr.resource where facility > 0 group by 1 order by 1")
    assert len(charts) == 3
    assert _load(settings, 3) == 0


def test_what_people_changed_stays_as_they_left_it(settings: Settings, database: Database) -> None:
    _load(settings, 1)
    setup = Setup(settings.app_dsn, settings.audit_dsn, settings.keys, settings.data / "files", "north", "test")
    worker = Worker(setup)

    async def change() -> None:
        opening = worker.door.open(worker.credential, action="test", purpose=Purpose.ADMINISTRATION, facility="north")
        async with opening as record:
            patient = (await record.read("Patient", FIRST)).resource()
            await record.update({**patient, "active": False})

    worker.run(change())
    before = _rows(database)
    assert _load(settings, 1) == 0 and _rows(database) == before
    worker.close()


def test_a_corrected_result_has_two_versions(settings: Settings, database: Database) -> None:
    _load(settings, 18)  # south-p0006 is the last one of the six in the south
    versions = dict(_rows(database, "select ver, count(*) from ehr.resource where facility = 2 group by 1"))
    assert versions[2] == 2  # the result and its report


def test_everybody_of_the_staff_has_an_account_and_the_interface_no_password(settings: Settings, database: Database) -> None:
    _load(settings, 1)
    accounts = _rows(database, "select username, password_hash is not null from ehr.account")
    without = sorted(name for name, password in accounts if not password)
    assert without == sorted(f"interface.{facility.slug}" for facility in facilities.FACILITIES)
    assert 40 <= len(accounts) <= 50


def test_a_bar_is_for_terminals_and_lines_are_for_logs() -> None:
    bar, lines = StringIO(), StringIO()
    Progress(bar, bar=True).step(5, 5, 1234)
    Progress(lines, bar=False).step(5, 5, 1234)
    assert "########################" in bar.getvalue() and "\r" in bar.getvalue()
    assert lines.getvalue() == "demo: 5 of 5 patients, 1,234 resources\n"

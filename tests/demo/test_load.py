"""Loading through the door: finished when it was cut off, repeated without effect, and never against what people did since."""

import asyncio
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from ehr_app.demo import facilities, load, note
from ehr_app.demo.progress import Progress
from ehr_app.record import keys
from ehr_app.record.access import Credential, Purpose
from ehr_app.record.door import start, stop
from ehr_app.record.migrate import register_keys
from ehr_app.settings import Settings
from tests.databases import Database

COUNTED = "select facility, rtype, count(*), max(ver) from ehr.resource group by 1, 2 order by 1, 2"


class Cut(Progress):
    """Ends the load after the first portion, as a lost connection or an impatient person does."""

    def step(self, patients: int, of: int, resources: int) -> None:
        raise ConnectionAbortedError


@pytest.fixture
def settings(database: Database, tmp_path: Path) -> Settings:
    chosen = Settings(data=tmp_path, database_url=database.app, audit_database_url=database.audit)
    register_keys(database.owner, keys.load_or_create(chosen.keys))
    return chosen


def _rows(database: Database, sql: str) -> list[tuple[Any, ...]]:
    async def ask() -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(database.administrator)
        try:
            return [tuple(row) for row in await connection.fetch(sql)]
        finally:
            await connection.close()

    return asyncio.run(ask())


def test_a_load_that_was_cut_off_is_finished_and_then_repeated_without_effect(settings: Settings, database: Database) -> None:
    with pytest.raises(ConnectionAbortedError):
        load.run(settings, 3, Cut(StringIO(), bar=False), lambda: None)
    assert note.read(settings.data) == note.Note(datetime.now(UTC).date().isoformat(), 0)
    out = StringIO()
    load.run(settings, 3, Progress(out, bar=False), lambda: None)
    before = _rows(database, COUNTED)
    assert len({facility for facility, *_ in before}) == 4 and "3 of 3 patients" in out.getvalue()
    assert load.run(settings, 3, Progress(out, bar=False), lambda: None) == 0
    assert _rows(database, COUNTED) == before


def test_a_larger_load_adds_who_is_missing_and_leaves_what_people_changed(settings: Settings, database: Database) -> None:
    load.run(settings, 1, Progress(StringIO(), bar=False), lambda: None)
    asyncio.run(_deactivate(settings))
    load.run(settings, 18, Progress(StringIO(), bar=False), lambda: None)
    versions = _rows(database, "select ver, count(*) from ehr.resource where facility = 3 group by 1 order by 1")
    assert versions[-1] == (2, 1)  # the person whom somebody changed
    corrected = dict(_rows(database, "select ver, count(*) from ehr.resource where facility = 2 group by 1"))
    assert corrected[2] == 2  # a result and its report: the sixth patient of the south has both
    accounts = _rows(database, "select username, password_hash is not null from ehr.account")
    assert 40 <= len(accounts) <= 50
    without = sorted(name for name, password in accounts if not password)
    assert without == sorted(f"interface.{facility.slug}" for facility in facilities.FACILITIES)


async def _deactivate(settings: Settings) -> None:
    door = await start(settings)
    credential = Credential("local", keys.load(settings.keys).local_proof())
    try:
        async with door.open(credential, action="test", purpose=Purpose.ADMINISTRATION, facility="harbor") as record:
            patient = (await record.read("Patient", "harbor-p0001")).resource()
            await record.update({**patient, "active": False})
    finally:
        await stop()


def test_a_bar_is_for_terminals_and_lines_are_for_logs() -> None:
    bar, lines = StringIO(), StringIO()
    Progress(bar, bar=True).step(5, 5, 1234)
    Progress(lines, bar=False).step(5, 5, 1234)
    assert "########################" in bar.getvalue() and "\r" in bar.getvalue()
    assert lines.getvalue() == "demo: 5 of 5 patients, 1,234 resources\n"

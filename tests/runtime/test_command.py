"""The command line's contract: its words, its exit codes, and one sentence when something is wrong."""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from ehr_app.cli import parser
from ehr_app.record.embedded import EmbeddedPostgres
from ehr_app.record.migrate import head
from tests.databases import Database
from tests.runtime.commands import ehr

CONTRACT = [
    "serve --host 0.0.0.0 --port 3001 --data D --demo",
    "serve --no-demo",
    "import a.json b.ndjson.gz --facility north --data D",
    "export --facility north --patient 123 -o out.json",
    "export --facility north --all -o folder",
    "token --facility north --user admin --scopes system/*.cruds --data D",
    "migrate",
    "demo --data D",
    "demo --patients 10000",
    "user add kim --display Kim --facility north --role nurse",
    "user disable kim",
    "user reset kim",
    "doctor",
]


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """A folder with a space in its name."""
    with tempfile.TemporaryDirectory(prefix="ehr command ") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "data"


@pytest.mark.parametrize("line", CONTRACT)
def test_the_words_of_the_contract_are_understood(line: str) -> None:
    module, verb = parser().parse_args(line.split()).verb
    assert module.startswith("ehr_app.cli_")
    assert verb


@pytest.mark.parametrize(
    "line",
    ["", "sing", "serve --port 70000", "export --facility north -o x", "import --facility north", "user", "token"],
)
def test_a_line_that_is_not_understood_ends_with_2(line: str) -> None:
    with pytest.raises(SystemExit) as end:
        parser().parse_args(line.split())
    assert end.value.code == 2


def test_doctor_finds_nothing_made_yet_and_makes_nothing(data: Path) -> None:
    done = ehr("doctor", "--data", data)
    assert done.returncode == 1
    assert "WRONG  database" in done.stdout
    assert not data.exists()


def test_migrate_says_what_it_did(data: Path) -> None:
    assert ehr("migrate", "--data", data).stdout == f"migrated from nothing to {head()}\n"
    assert ehr("migrate", "--data", data).stdout == f"the database is at {head()}\n"


def test_doctor_is_content_with_a_fresh_installation(front_end: None, data: Path) -> None:
    done = ehr("doctor", "--data", data, EHR_PORT="0")
    assert [line for line in done.stdout.splitlines() if not line.startswith("ok ")] == []
    assert done.returncode == 0


def test_doctor_names_a_key_file_that_others_can_read(data: Path) -> None:
    key = data / "keys" / "master.key"
    key.chmod(0o644)
    try:
        done = ehr("doctor", "--data", data)
    finally:
        key.chmod(0o600)
    assert done.returncode == 1
    assert re.search(r"WRONG  key file .*chmod 600", done.stdout)


def test_doctor_names_a_key_file_of_another_installation(data: Path) -> None:
    key = data / "keys" / "master.key"
    own = key.read_bytes()
    key.unlink()
    ehr("migrate", "--data", data / ".." / "other")
    key.write_bytes((data.parent / "other" / "keys" / "master.key").read_bytes())
    key.chmod(0o600)
    try:
        done = ehr("doctor", "--data", data)
    finally:
        key.write_bytes(own)
    assert done.returncode == 1
    assert "the database was made with another key file" in done.stdout


async def test_doctor_names_a_table_whose_policies_are_not_forced(database: Database, data: Path) -> None:
    owner = await asyncpg.connect(database.owner)
    try:
        await owner.execute("alter table ehr.resource no force row level security")
    finally:
        await owner.close()
    done = ehr("doctor", "--data", data, **external(database))
    assert done.returncode == 1
    assert "WRONG  policies    not forced on resource" in done.stdout


def test_doctor_names_an_application_role_that_owns_the_tables(database: Database, data: Path) -> None:
    done = ehr("doctor", "--data", data, **external(database) | {"EHR_DATABASE_URL": database.owner})
    assert done.returncode == 1
    assert re.search(r"WRONG  roles +the role of an address owns \d+ tables", done.stdout)


def test_an_external_database_is_used_and_not_started(database: Database, data: Path, cluster: EmbeddedPostgres) -> None:
    elsewhere = data.parent / "external"
    done = ehr("token", "--facility", "north", "--user", "x", "--scopes", "system/*.rs", "--data", elsewhere,
               **external(database))  # fmt: skip
    assert done.returncode == 1
    assert not (elsewhere / "pg").exists()


def test_an_external_database_that_does_not_answer_is_told_in_one_sentence(data: Path) -> None:
    nowhere = "postgresql://ehr_owner@127.0.0.1:1/ehr"
    done = ehr("migrate", "--data", data, EHR_OWNER_DATABASE_URL=nowhere)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "does not answer" in done.stderr


def test_an_external_database_without_an_audit_writer_is_refused(data: Path) -> None:
    done = ehr("token", "--facility", "n", "--user", "x", "--scopes", "system/*.rs", EHR_DATABASE_URL="postgresql://x@/y")
    assert done.returncode == 1
    assert "EHR_AUDIT_DATABASE_URL" in done.stderr


def external(database: Database) -> dict[str, str]:
    """The settings of an external database."""
    return {
        "EHR_DATABASE_URL": database.app,
        "EHR_AUDIT_DATABASE_URL": database.audit,
        "EHR_OWNER_DATABASE_URL": database.owner,
    }

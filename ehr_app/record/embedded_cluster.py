"""The files and the process of the embedded PostgreSQL: made once, started, recovered after any kind of death.

https://www.postgresql.org/docs/18/app-initdb.html and https://www.postgresql.org/docs/18/auth-peer.html.
Peer authentication over a socket in a closed folder, no TCP, no passwords. How long it runs is `embedded_keeper`'s.
"""

import contextlib
import ctypes
import hashlib
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ehr_app.errors import Unavailable
from ehr_app.record import embedded_programs

DATABASE = "ehr"
ROLES = ("ehr_owner", "ehr_app", "ehr_audit")
LONGEST_SOCKET_FOLDER = 90
LOG_LIMIT_BYTES = 10_000_000
PATIENCE_S = 20.0
FULL_BYTES = 100_000

CONFIGURATION = {
    "jit": "off",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "max_wal_size": "4GB",
    "shared_buffers": "256MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "log_error_verbosity": "terse",  # DETAIL lines quote keys, and statements quote values: neither belongs in a log
    "log_min_error_statement": "panic",
}
REASONS = (  # what PostgreSQL says when it does not start, the most telling first
    "invalid value for parameter.*|unrecognized configuration parameter.*|syntax error in file.*",
    "(?:FATAL|PANIC|ERROR): .*",
    ".*error.*",
)
BOOTSTRAP = (
    *(f"create role {role} login nosuperuser nobypassrls nocreatedb nocreaterole noreplication;" for role in ROLES),
    f"create database {DATABASE} owner ehr_owner;",
    f"revoke all on database {DATABASE} from public;",
    f"grant connect on database {DATABASE} to ehr_app, ehr_audit;",
)


def socket_folder(data: Path) -> Path:
    """Where the socket lies: DIR/run, or a short folder of ours when the path is too long for a socket."""
    folder = data / "run"
    if len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER:
        return folder
    mark = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"ehr-{os.geteuid()}-{mark}"


class Cluster:
    """One database folder. `start` makes what is missing and returns when PostgreSQL answers."""

    def __init__(self, data: Path, pg_bin: Path | None) -> None:
        self.data = data
        self.folder = data / "pg"
        self.log = data / "log" / "postgresql.log"
        self.owner = embedded_programs.account()
        version = self.folder / "PG_VERSION"
        major = int(version.read_text()) if version.exists() else None
        self.programs = embedded_programs.find(pg_bin, major, self.owner)

    def start(self) -> subprocess.Popen[bytes]:
        """Start PostgreSQL, waiting as long as crash recovery takes.

        Raises: Unavailable with one sentence an operator can act on.
        """
        try:
            self._prepare()
            return self._started()
        except PermissionError as error:
            raise Unavailable(
                f"{error.filename} may not be opened by this account: give it back, or choose another --data."
            ) from error
        except OSError as error:
            raise Unavailable(self._sentence(str(error))) from error

    def _prepare(self) -> None:
        if self.folder.exists() and self.folder.stat().st_uid not in (self.owner.uid, os.geteuid()):
            name = _account_name(self.folder.stat().st_uid)
            raise Unavailable(f"{self.folder} belongs to the account {name}: start as {name}, or choose another --data.")
        if not self.owner.reaches(self.data):
            status = self.data.stat()
            if status.st_uid == os.geteuid() and not status.st_mode & 0o077:  # as we made it: nobody else's folder
                os.chown(self.data, -1, self.owner.gid)
                self.data.chmod(0o710)
            if not self.owner.reaches(self.data):
                raise Unavailable(
                    f"The database runs as the account {embedded_programs.ACCOUNT}, which may not enter {self.data}: "
                    "choose an open place (for example --data /var/lib/ehr), or start as another account than root."
                )
        self.log.parent.mkdir(mode=0o700, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        for half in self.data.glob("pg.half-*"):
            shutil.rmtree(half)
        if not (self.folder / "PG_VERSION").exists():
            self._make()
        self._open_socket_folder()
        self._write("pg_hba.conf", "local all all peer map=ehr\n")
        us = _account_name(os.geteuid())
        self._write("pg_ident.conf", "".join(f'ehr "{us}" {role}\n' for role in ("postgres", *ROLES)))

    def _make(self) -> None:
        """A new cluster with its roles and database, under another name until it is whole."""
        if self.folder.exists():
            if any(self.folder.iterdir()):
                raise Unavailable(f"{self.folder} is not a database of ours: move it away, or choose another --data.")
            self.folder.rmdir()
        half = Path(tempfile.mkdtemp(prefix="pg.half-", dir=self.data))
        os.chown(half, self.owner.uid, self.owner.gid)
        settings = [part for pair in CONFIGURATION.items() for part in ("-c", "=".join(pair))]
        locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if self._major() < 17:
            locale = ["--locale=C.UTF-8"]
        command = ["initdb", "-D", str(half), "-U", "postgres", "-A", "peer", "--encoding=UTF8", "--data-checksums"]
        self._run([*command, *locale, *settings])
        single = ["postgres", "--single", "-D", str(half), "-c", "log_min_messages=error", "template1"]
        self._run(single, "".join(f"{line}\n" for line in BOOTSTRAP))
        half.rename(self.folder)

    def _major(self) -> int:
        answer = subprocess.run([self.programs / "postgres", "--version"], capture_output=True, text=True, check=True)
        match = re.search(r"\) (\d+)", answer.stdout)
        return int(match[1]) if match else 0

    def _run(self, command: list[str], script: str = "") -> None:
        done = subprocess.run(
            [self.programs / command[0], *command[1:]],
            input=script,
            capture_output=True,
            text=True,
            cwd="/",
            env=embedded_programs.ENVIRONMENT,
            preexec_fn=self._become_owner,
        )
        if done.returncode or re.search(r"^\S* ?(ERROR|FATAL|PANIC):|(ERROR|FATAL|PANIC): ", done.stderr):
            raise Unavailable(self._sentence(done.stderr + done.stdout))

    def _open_socket_folder(self) -> None:
        folder = socket_folder(self.data)
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.is_symlink() or folder.stat().st_uid not in (os.geteuid(), self.owner.uid):
            raise Unavailable(f"{folder} belongs to somebody else: remove it, or choose a shorter --data.")
        os.chown(folder, self.owner.uid, self.owner.gid)
        folder.chmod(0o700)

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        if path.read_text() != text:
            path.write_text(text)

    def _started(self) -> subprocess.Popen[bytes]:
        command: list[str | Path] = [
            self.programs / "postgres",
            "-D",
            self.folder,
            "-k",
            socket_folder(self.data),
            "-c",
            "listen_addresses=",
        ]
        until = time.monotonic() + PATIENCE_S
        while True:
            self._clear_stale_pid(until)
            with self.log.open("ab") as log:
                begin = log.tell()
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd="/",
                    env=embedded_programs.ENVIRONMENT,
                    preexec_fn=self._become_owner,
                )
            while process.poll() is None:
                if self._ready(process.pid):
                    return process
                time.sleep(0.005)
            with self.log.open("rb") as log:
                log.seek(begin)
                said = log.read().decode(errors="replace")
            lingering = "shared memory block" in said or "lock file" in said  # a killed server's children still end
            if not lingering or time.monotonic() > until:
                raise Unavailable(self._sentence(said))
            time.sleep(0.1)

    def _ready(self, pid: int) -> bool:
        with contextlib.suppress(FileNotFoundError):
            lines = (self.folder / "postmaster.pid").read_text().split()
            return bool(lines) and lines[0] == str(pid) and lines[-1] == "ready"  # a dead server's file says it too
        return False

    def _clear_stale_pid(self, until: float) -> None:
        """Wait for an orphaned server of this folder to end; forget pids that now belong to nobody or something else."""
        path = self.folder / "postmaster.pid"
        while path.exists():
            first = path.read_text().split("\n", 1)[0].strip()
            if not first.isdigit() or not self._serves_this_folder(int(first)):
                path.unlink(missing_ok=True)
                break
            if time.monotonic() > until:
                raise Unavailable(f"A server (process {first}) still uses {self.folder}: end it and start again.")
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(first), signal.SIGINT)
            time.sleep(0.1)
        for left in socket_folder(self.data).glob(".s.PGSQL.*"):
            left.unlink()

    def _serves_this_folder(self, pid: int) -> bool:
        if sys.platform == "linux":
            try:
                return Path(f"/proc/{pid}/cwd").resolve() == self.folder.resolve() and _alive(pid)
            except OSError:
                return False
        listed = subprocess.run(["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True)
        return str(self.folder) in listed.stdout

    def _become_owner(self) -> None:
        if not self.owner.ours:
            os.setgroups([])
            os.setgid(self.owner.gid)
            os.setuid(self.owner.uid)
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(1, signal.SIGINT)  # PR_SET_PDEATHSIG: a fast shutdown when the keeper is killed

    def _sentence(self, said: str) -> str:
        full = shutil.disk_usage(self.data).free < FULL_BYTES  # then the log could not be written either
        if full or "No space left on device" in said or "Disk quota exceeded" in said:
            return f"The disk that holds {self.data} is full: free some space and start again."
        if "Cannot allocate memory" in said or "could not map anonymous shared memory" in said:
            return "There is not enough free memory to start the database: close something and start again."
        reason = next((found[0] for pattern in REASONS if (found := re.search(pattern, said))), "it gave no reason")
        return f"PostgreSQL did not start ({reason}); its log is {self.log}."


def _account_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError as error:
        raise Unavailable(f"The account number {uid} has no name on this machine, and PostgreSQL needs one.") from error


def _alive(pid: int) -> bool:
    """False for a zombie: it holds nothing any more."""
    return " Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1][:3]

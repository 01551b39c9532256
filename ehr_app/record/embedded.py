"""PostgreSQL for one machine, shared by every command on the same DIR: the first user starts it, the last one stops it.

What is on disk is `embedded_cluster`'s, how long it runs is `embedded_keeper`'s; here is the side of a user.
Linux and macOS. Not for Windows, and not when EHR_DATABASE_URL names a server.
"""

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from ehr_app.errors import Unavailable
from ehr_app.record.embedded_cluster import DATABASE, socket_folder
from ehr_app.record.embedded_keeper import read_state
from ehr_app.settings import PROJECT, Settings

POLL_S = 0.01
JOIN_S = 60.0


class EmbeddedPostgres:
    """One user's hold on the database under `data`; a context manager, or `start` and `stop`."""

    def __init__(self, data: Path, settings: Settings) -> None:
        self.data = data.expanduser().resolve()
        self._pg_bin = settings.pg_bin
        self._users: int | None = None
        self._keeper: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Join the running database or start it; returns when it answers.

        Raises: Unavailable with one sentence an operator can act on; starting again later is always safe.
        """
        with self._in_one_sentence():
            self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._users = os.open(self.data / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
            self._join()
        try:
            self.ensure()
        except BaseException:
            self._leave()
            raise

    def ensure(self) -> None:
        """Start the database again if somebody killed it together with its keeper."""
        with self._in_one_sentence():
            while True:
                keeper = self._lock_keeper()
                if keeper is not None:
                    self._start_keeper(keeper)
                    return
                if read_state(self.data)[0] == "ready" and self._listens():
                    return
                time.sleep(POLL_S)

    def dsn(self, role: str, database: str = DATABASE) -> str:
        """The address of the database for `ehr_app`, `ehr_audit`, `ehr_owner` or `postgres`; it holds no secret."""
        return f"postgresql://{role}@/{database}?host={quote(str(socket_folder(self.data)), safe='')}"

    def stop(self) -> None:
        """Let go; the last user waits until the database has stopped."""
        if self._users is None:
            return
        fcntl.flock(self._users, fcntl.LOCK_UN)
        last = False
        for _ in range(5):  # the keeper looks from time to time whether it is unused; both may try at once
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                last = True
                break
            except BlockingIOError:
                time.sleep(POLL_S)
        state, pid = read_state(self.data)
        if last or state == "stopping":
            self._await_end(pid if last else 0)
        self._leave()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def _join(self) -> None:
        assert self._users is not None
        until = time.monotonic() + JOIN_S
        while True:
            try:
                return fcntl.flock(self._users, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:  # it is being stopped just now
                if time.monotonic() > until:
                    raise Unavailable(f"The database in {self.data} does not finish stopping; see its log.") from None
                time.sleep(POLL_S)

    def _listens(self) -> bool:
        """Whether the socket has a listener: a keeper that was killed a moment ago still says `ready`."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            try:
                probe.connect(str(socket_folder(self.data) / ".s.PGSQL.5432"))
            except (ConnectionRefusedError, FileNotFoundError):
                return False
        return True

    def _lock_keeper(self) -> int | None:
        lock = os.open(self.data / "keeper.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        return lock

    def _start_keeper(self, lock: int) -> None:
        """A keeper inherits the lock, so nobody else can start one in between."""
        if self._keeper is not None:
            self._keeper.wait()  # the one we started was killed
        (self.data / "keeper.json").unlink(missing_ok=True)
        listen, announce = os.pipe()
        module = ["-m", "ehr_app.record.embedded_keeper"]
        try:
            process = subprocess.Popen(
                [sys.executable, *module, str(self.data), str(lock), str(announce), str(self._pg_bin or "")],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(lock, announce),
                start_new_session=True,
                cwd="/",
                env={**os.environ, "PYTHONPATH": os.pathsep.join([str(PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])])},
            )
        finally:
            os.close(announce)
            os.close(lock)
        self._keeper = process
        with open(listen, "rb") as pipe:
            said = pipe.read().decode()
        if said != "ready":
            process.wait()
            raise Unavailable(said or f"The database's keeper ended at once; see the logs in {self.data / 'log'}.")

    def _await_end(self, pid: int) -> None:
        if pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        while (lock := self._lock_keeper()) is None:
            time.sleep(POLL_S)
        os.close(lock)
        if self._keeper is not None:
            self._keeper.wait()

    def _leave(self) -> None:
        if self._keeper is not None and self._keeper.poll() is None:
            self._keeper.returncode = 0  # it outlives us on purpose: others use it
        if self._users is not None:
            os.close(self._users)
            self._users = None

    @contextlib.contextmanager
    def _in_one_sentence(self) -> Iterator[None]:
        try:
            yield
        except PermissionError as error:
            raise Unavailable(
                f"{error.filename} may not be opened by this account: start as its owner, or choose another --data."
            ) from error
        except OSError as error:
            raise Unavailable(f"{self.data} cannot be used: {error.strerror}.") from error

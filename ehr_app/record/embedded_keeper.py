"""The process that owns the embedded PostgreSQL while anybody uses it: `python -m ehr_app.record.embedded_keeper`.

Every user of DIR holds a shared lock on DIR/users.lock; the kernel lets go of it even when a user is killed. Once
nobody holds it, the keeper stops PostgreSQL and ends. It holds DIR/keeper.lock (inherited, so there is never a gap)
all its life.
Killed itself, it takes PostgreSQL along (parent-death signal) and the next user starts another keeper.
"""

import contextlib
import fcntl
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from ehr_app.errors import EhrError
from ehr_app.record.embedded_cluster import Cluster

POLL_S = 0.25
CRASHES_PER_MINUTE = 5


def write_state(data: Path, state: str) -> None:
    """Tell the users of `data` how the keeper is: `ready` or `stopping`."""
    half = data / f"keeper.json.{os.getpid()}"
    half.write_text(json.dumps({"state": state, "pid": os.getpid()}))
    half.replace(data / "keeper.json")


def read_state(data: Path) -> tuple[str, int]:
    """State and process id as the keeper last wrote them; empty when it has not yet."""
    try:
        found = json.loads((data / "keeper.json").read_text())
    except FileNotFoundError:
        return "", 0
    return found["state"], found["pid"]


class Keeper:
    """Start, watch, restart after a crash, stop when unused."""

    def __init__(self, data: Path, pg_bin: Path | None) -> None:
        self.data = data
        self.users = os.open(data / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
        self.cluster = Cluster(data, pg_bin)
        self.crashes: list[float] = []
        self.asked_to_stop = False
        self.awake, waker = socket.socketpair()
        for end in (self.awake, waker):
            end.setblocking(False)
        self.waker = waker
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, self._on_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def _on_stop(self, *_: object) -> None:
        self.asked_to_stop = True

    def run(self, announce: int) -> None:
        """Keep PostgreSQL running until nobody uses it; `announce` is the pipe of whoever started us."""
        server = self.cluster.start()
        write_state(self.data, "ready")
        with contextlib.suppress(BrokenPipeError):
            os.write(announce, b"ready")
        os.close(announce)
        while not self.asked_to_stop and not self._unused():
            select.select([self.awake], [], [], POLL_S)
            with contextlib.suppress(BlockingIOError):
                self.awake.recv(4096)
            if server.poll() is not None and not self.asked_to_stop:
                server = self._restarted()
        write_state(self.data, "stopping")
        self._stop(server)

    def _unused(self) -> bool:
        try:
            fcntl.flock(self.users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _restarted(self) -> subprocess.Popen[bytes]:
        now = time.monotonic()
        self.crashes = [at for at in self.crashes if at > now - 60] + [now]
        if len(self.crashes) > CRASHES_PER_MINUTE:
            raise SystemExit(1)
        (self.data / "keeper.json").unlink(missing_ok=True)
        server = self.cluster.start()
        write_state(self.data, "ready")
        return server

    def _stop(self, server: subprocess.Popen[bytes]) -> None:
        if server.poll() is None:
            server.send_signal(signal.SIGINT)
            try:
                server.wait(60)
            except subprocess.TimeoutExpired:
                server.send_signal(signal.SIGQUIT)
                server.wait()
        (self.data / "keeper.json").unlink(missing_ok=True)


def main(arguments: list[str]) -> int:
    """DIR, the inherited keeper lock, the pipe to announce readiness on, and EHR_PG_BIN or nothing."""
    data, announce, pg_bin = Path(arguments[0]), int(arguments[2]), arguments[3]
    try:
        Keeper(data, Path(pg_bin) if pg_bin else None).run(announce)
    except EhrError as error:
        with contextlib.suppress(OSError):
            os.write(announce, error.diagnostics.encode())
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""A command that uses the embedded database, as a process of its own that tests may kill."""

import os
import select
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ehr_app.settings import PROJECT

HOLD = """
import sys
from pathlib import Path
from ehr_app.errors import EhrError
from ehr_app.record.embedded import EmbeddedPostgres
from ehr_app.settings import Settings
try:
    with EmbeddedPostgres(Path(sys.argv[1]), Settings()):
        print("ready", flush=True)
        sys.stdin.read()
except EhrError as error:
    print("refused:", error.diagnostics, flush=True)
"""
PATIENCE_S = 30


class User:
    """A process that holds the database until its input ends, it is told to leave, or it is killed."""

    def __init__(self, data: Path, *, prefix: tuple[str, ...] = (), python: str = sys.executable) -> None:
        packages = os.pathsep.join([str(PROJECT), sysconfig.get_path("purelib")])
        self.process = subprocess.Popen(
            [*prefix, python, "-c", HOLD, str(data)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd="/",
            env={**os.environ, "PYTHONPATH": packages, "PYTHONDONTWRITEBYTECODE": "1"},
        )

    def said(self) -> str:
        """The next line the process prints."""
        assert self.process.stdout is not None
        readable, _, _ = select.select([self.process.stdout], [], [], PATIENCE_S)
        return self.process.stdout.readline().strip() if readable else "nothing"

    def leave(self) -> None:
        """End the clean way and wait for it."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(PATIENCE_S)

    def kill(self) -> None:
        """End the hard way."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE_S)


@contextmanager
def using(data: Path, *, prefix: tuple[str, ...] = (), python: str = sys.executable) -> Iterator[User]:
    """A user who is ready, and gone afterwards whatever the test did."""
    user = User(data, prefix=prefix, python=python)
    try:
        yield user
    finally:
        if user.process.poll() is None:
            user.leave()
        for pipe in (user.process.stdin, user.process.stdout):
            if pipe is not None:
                pipe.close()

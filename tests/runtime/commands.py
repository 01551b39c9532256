"""Run `ehr` as people do: a process of its own, its output and exit code."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ehr_app.settings import PROJECT

PATIENCE_S = 180


def environment(**more: str) -> dict[str, str]:
    """Ours without any setting of the product."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EHR_")}
    return {**kept, "PYTHONPATH": str(PROJECT), **more}


def ehr(*arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    """One finished command, started from a folder that is not the project's."""
    command = [sys.executable, "-m", "ehr_app.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd="/", env=environment(**more), timeout=PATIENCE_S)


class Serving:
    """A running `ehr serve` and what it has printed so far."""

    def __init__(self, *arguments: str | Path, **more: str) -> None:
        command = [sys.executable, "-m", "ehr_app.cli", "serve", *map(str, arguments)]
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd="/", env=environment(**more)
        )
        self.lines: list[str] = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def ready(self) -> tuple[str, float]:
        """The address it says it is ready at, and the seconds since it was started."""
        while time.monotonic() < self.began + PATIENCE_S:
            for line in list(self.lines):
                if found := re.fullmatch(r"ready (http://localhost:\d+)", line):
                    return found[1], time.monotonic() - self.began
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        raise AssertionError("not ready:\n" + "\n".join(self.lines[-40:]))

    def end(self, how: signal.Signals = signal.SIGTERM) -> float:
        """Send a signal and wait; returns the seconds it took."""
        begin = time.monotonic()
        self.process.send_signal(how)
        self.process.wait(PATIENCE_S)
        self.reader.join(5)
        return time.monotonic() - begin


@contextmanager
def serving(*arguments: str | Path, **more: str) -> Iterator[Serving]:
    """A server that is gone afterwards whatever the test did."""
    server = Serving(*arguments, **more)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.end()
        if server.process.stdout is not None:
            server.process.stdout.close()

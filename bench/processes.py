"""The server under test and its processor time: everything that works for it, PostgreSQL included."""

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil

EHR = [sys.executable, "-m", "ehr_app.cli"]


def ehr(data: Path, *arguments: str) -> str:
    """Run one `ehr` command on a data folder and return what it printed."""
    run = subprocess.run([*EHR, *arguments, "--data", str(data)], capture_output=True, text=True, check=False)
    if run.returncode:
        raise SystemExit(f"ehr {' '.join(arguments)} failed:\n{run.stdout}{run.stderr}")
    return run.stdout


class Server:
    """`ehr serve` on a data folder, with shipped settings."""

    def __init__(self, data: Path, port: int) -> None:
        """Start it and wait for `ready`."""
        self.data, self.port = data, port
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        started = time.perf_counter()
        command = [*EHR, "serve", "--no-demo", "--port", str(port), "--data", str(data)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("ready"):
                break
        else:
            raise SystemExit("the server did not start")
        self.start_s = time.perf_counter() - started

    def processes(self) -> list[psutil.Process]:
        """Every process that serves: ours, and PostgreSQL's."""
        mine = psutil.Process(self.process.pid)
        found = [mine, *mine.children(recursive=True)]
        folder = str(self.data)
        for process in psutil.process_iter(["cmdline"]):
            line = " ".join(process.info["cmdline"] or [])
            if folder in line and process not in found and re.search(r"postgres|embedded_keeper", line):
                found += [p for p in (process, *process.children(recursive=True)) if p not in found]
        return found

    def cpu_s(self) -> dict[str, float]:
        """Seconds of processor time used so far, split into `postgres` and `python`."""
        used = {"python": 0.0, "postgres": 0.0}
        for process in self.processes():
            try:
                times = process.cpu_times()
                kind = "postgres" if "postgres" in process.name() else "python"
            except psutil.NoSuchProcess:
                continue
            used[kind] += times.user + times.system + times.children_user + times.children_system
        return used

    def memory_mb(self) -> float:
        """Resident memory of the web process in MB."""
        mine = psutil.Process(self.process.pid)
        return max(p.memory_info().rss for p in (mine, *mine.children(recursive=True))) / 1e6

    def stop(self) -> None:
        """End it as an operator would."""
        self.process.terminate()
        self.process.wait(30)


def free_port() -> int:
    """Return a port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

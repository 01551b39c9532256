"""`ehr serve` starts quickly, says where it is, shares its database, and ends cleanly however it is ended."""

import http.client
import json
import os
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runtime.commands import ehr, serving
from tests.runtime.test_embedded import eventually, stopped

SCOPES = ("--scopes", "system/*.cruds")
ADMIN = ("--facility", "north", "--user", "admin")


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """A folder with a space in its name and an account in it; loading the whole demo is for other tests."""
    with tempfile.TemporaryDirectory(prefix="ehr serve ") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "data"


def answer(url: str, path: str, token: str = "", host: str = "") -> tuple[int, bytes]:
    """Status and body of one request."""
    port = int(url.rsplit(":", 1)[1])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        headers = {"Host": f"{host}localhost:{port}"} | ({"Authorization": f"Bearer {token}"} if token else {})
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def worker_of(process: int) -> list[int]:
    """The children of a process that are alive."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == process and fields[0] != "Z":
            found.append(int(status.parent.name))
    return found


def test_serve_from_nothing_until_sigterm(front_end: None, data: Path) -> None:
    with serving("--data", data, "--port", "0") as server:
        url, _ = server.ready()
        assert answer(url, "/fhir/R4/metadata")[0] == 200
        assert answer(url, "/ready")[0] == 200
        running = json.loads((data / "server.json").read_text())
        assert (running["url"], running["pid"]) == (url, server.process.pid)
        assert (data / "server.json").stat().st_mode & 0o777 == 0o600
        assert server.end() < 5
        assert server.process.returncode == 0
    assert stopped(data)
    assert not (data / "server.json").exists()


def test_a_second_start_is_ready_in_three_seconds(front_end: None, data: Path) -> None:
    took = []
    for _ in range(3):
        with serving("--data", data, "--port", "0") as server:
            took.append(server.ready()[1])
            assert server.end(signal.SIGINT) < 5
        if min(took) < 3:
            return
    raise AssertionError(f"ready after {took} s")


def test_commands_join_the_server_and_do_not_stop_its_database(front_end: None, data: Path) -> None:
    with serving("--data", data, "--port", "0") as server:
        url, _ = server.ready()
        assert ehr("migrate", "--data", data).returncode == 0
        assert "a server runs at" in ehr("doctor", "--data", data).stdout
        refused = ehr("token", *ADMIN, *SCOPES, "--data", data)
        assert (refused.returncode, refused.stderr) == (1, "ehr: there is no facility north\n")
        assert answer(url, "/ready")[0] == 200


def test_a_second_server_on_the_same_folder_is_told_where_the_first_one_is(front_end: None, data: Path) -> None:
    with serving("--data", data, "--port", "0") as server:
        url, _ = server.ready()
        second = ehr("serve", "--data", data, "--port", "0")
        assert second.returncode == 1
        assert second.stderr.startswith(f"ehr: A server already runs on {data} at {url} (process {server.process.pid})")


def test_a_busy_port_is_named(front_end: None, data: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = ehr("serve", "--data", data, "--port", str(port))
    assert done.returncode == 1
    assert done.stderr == f"ehr: Port {port} is in use by another program: stop it, or choose another --port.\n"
    assert stopped(data)


def test_a_killed_server_leaves_nothing_behind_and_starts_again(front_end: None, data: Path) -> None:
    with serving("--data", data, "--port", "0") as server:
        server.ready()
        workers = worker_of(server.process.pid)
        assert workers
        server.end(signal.SIGKILL)
    assert eventually(lambda: stopped(data))
    assert eventually(lambda: not any(Path(f"/proc/{worker}/fd").exists() and _alive(worker) for worker in workers))
    with serving("--data", data, "--port", "0") as again:
        again.ready()


def test_the_server_outlives_a_database_that_was_killed_with_its_keeper(front_end: None, data: Path) -> None:
    with serving("--data", data, "--port", "0") as server:
        url, _ = server.ready()
        os.kill(json.loads((data / "keeper.json").read_text())["pid"], signal.SIGKILL)
        time.sleep(0.5)
        assert eventually(lambda: answer(url, "/login", host="north.")[0] < 500)
        assert eventually(lambda: ehr("migrate", "--data", data).returncode == 0)


def _alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False

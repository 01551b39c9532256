"""`ehr serve`: the server in the foreground, with its database and, when asked, the demo.

Granian supervises one worker (https://github.com/emmett-framework/granian); this process watches the database beside it.
"""

import argparse
import ctypes
import errno
import fcntl
import http.client
import json
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Any

from granian import Granian
from granian.constants import Interfaces, Loops
from granian.log import LogLevels

from ehr_app import cli_database, cli_demo
from ehr_app import settings as configuration
from ehr_app.errors import Conflict, Unavailable
from ehr_app.record import keys
from ehr_app.record.embedded import EmbeddedPostgres
from ehr_app.settings import Settings
from ehr_app.ui import build

FACILITIES = "select slug, name from ehr.facility where number > 0 order by number"
WATCH_S = 1.0
STOP_S = 3


def serve(arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT; then stop the worker and, when nobody else uses it, the database."""
    settings = cli_database.chosen(arguments)
    if not (build.WEB / "build" / "client" / "index.html").exists():
        raise Unavailable("The front end is not built: run `make setup` first.")
    _make_folder(settings.data)
    with _only_server(settings.data):
        settings = settings.model_copy(update={"port": free_port(settings)})
        with cli_database.opened(settings) as (complete, postgres):
            keys.load_or_create(settings.keys, settings.kms_key_id)  # what is wrong is said here, not by worker after worker
            if arguments.demo:
                cli_demo.load_first(complete)
            with cli_demo.rest_beside(complete) if arguments.demo else nullcontext():
                return _served(complete, postgres, with_demo=cli_demo.is_there(complete))


def load_worker(settings: Settings, target: str) -> Any:
    """In the worker: end with the parent, then make the application."""
    configuration.adopt(settings)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
    from ehr_app.asgi import create  # only the worker pays for it

    return create()


def _make_folder(data: Path) -> None:
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"{data} cannot be made ({error.strerror}): choose another --data.") from error


def _served(settings: Settings, postgres: EmbeddedPostgres | None, *, with_demo: bool) -> int:
    multiprocessing.set_start_method("spawn", force=True)  # a fork beside the threads below could stop for ever on a lock
    server = Granian(
        "ehr_app.asgi:create",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,
        websockets=True,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_S,
    )
    ended = threading.Event()
    threads = [threading.Thread(target=_announce, args=(settings, ended, with_demo), daemon=True)]
    if postgres is not None:
        threads.append(threading.Thread(target=_watch, args=(postgres, ended), daemon=True))
    for thread in threads:
        thread.start()
    try:
        server.serve(target_loader=partial(load_worker, settings))
    except SystemExit as end:
        return int(end.code or 0)
    finally:
        ended.set()
        for thread in threads:
            thread.join()
        (settings.data / "server.json").unlink(missing_ok=True)
    return 0


def _announce(settings: Settings, ended: threading.Event, with_demo: bool) -> None:
    """Say `ready` when the server really answers, then where and how to sign in."""
    while not _answers(settings):
        if ended.wait(0.02):
            return
    url = f"http://localhost:{settings.port}"
    _note(settings.data, url)
    print(f"ready {url}", flush=True)
    rows = cli_database.fetch(settings.app_dsn, FACILITIES)
    for slug, name in rows:
        print(f"  {name}: http://{slug}.{settings.base_domain}:{settings.port}", flush=True)
    if not rows:
        print("  there is no facility yet: `ehr demo` loads three to try", flush=True)
    if with_demo:
        print(f"  {cli_demo.sign_in_line()}", flush=True)


def _answers(settings: Settings) -> bool:
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host
    connection = http.client.HTTPConnection(host, settings.port, timeout=5)
    try:
        connection.request("GET", "/ready", headers={"Host": f"localhost:{settings.port}"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _watch(postgres: EmbeddedPostgres, ended: threading.Event) -> None:
    """Bring the database back when somebody killed it together with its keeper."""
    while not ended.wait(WATCH_S):
        try:
            postgres.ensure()
        except Unavailable as error:
            print(f"ehr: {error.diagnostics}", file=sys.stderr, flush=True)


@contextmanager
def _only_server(data: Path) -> Iterator[None]:
    lock = os.open(data / "server.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            running = {}
            with suppress(OSError, ValueError):
                running = json.loads((data / "server.json").read_text())
            where = f" at {running['url']} (process {running['pid']})" if running else ""
            raise Conflict(f"A server already runs on {data}{where}: stop it, or choose another --data.") from None
        yield
    finally:
        os.close(lock)


def _note(data: Path, url: str) -> None:
    half = data / "server.json.half"
    with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        json.dump({"url": url, "pid": os.getpid(), "started_at": int(time.time())}, out)
    half.replace(data / "server.json")


def free_port(settings: Settings) -> int:
    """The port to serve on, proved to be free. Raises Unavailable in one sentence otherwise."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            known = {
                errno.EADDRINUSE: f"Port {settings.port} is in use by another program: stop it, or choose another --port.",
                errno.EACCES: f"Port {settings.port} needs more rights: choose one above 1023 with --port.",
            }
            said = known.get(error.errno or 0, f"Cannot listen on {settings.host} port {settings.port}: {error.strerror}.")
            raise Unavailable(said) from error
        return int(probe.getsockname()[1])

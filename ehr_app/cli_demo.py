"""`ehr demo`, and the demo's part of `ehr serve --demo`: the first patients before `ready`, the others beside the server.

A load that was cut off is taken up where it ended, by the next `ehr demo` or the next start of the server.
"""

import argparse
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from ehr_app import cli_database
from ehr_app.demo import note
from ehr_app.demo.portions import FIRST_PATIENTS, PATIENTS
from ehr_app.demo.staff import ADMIN_USERNAME, DEMO_PASSWORD
from ehr_app.errors import BadRequest, EhrError, Unavailable
from ehr_app.settings import PROJECT, Settings

POLITENESS = 10


def demo(arguments: argparse.Namespace) -> int:
    """Load the demo, or the patients that are not there yet."""
    from ehr_app.demo import load  # the generator and the door: `ehr serve` needs neither
    from ehr_app.demo.progress import Progress

    count = PATIENTS if arguments.patients is None else arguments.patients
    if count < 1:
        raise BadRequest("--patients takes a number from 1 on")
    with cli_database.opened(cli_database.chosen(arguments)) as (settings, _):
        began = time.monotonic()
        written = load.run(settings, count, Progress(sys.stderr, bar=sys.stderr.isatty()), _say_waiting)
        took = time.monotonic() - began
    print(f"{count:,} patients are there; {written:,} resources were written in {took:.1f} s, {written / took:,.0f}/s")
    print(sign_in_line())
    return 0


def load_first(settings: Settings) -> None:
    """Load the first patients unless they are there; in a process of its own, whose memory the server does not keep."""
    if _loaded(settings) >= FIRST_PATIENTS:
        return
    print(f"loading the first {FIRST_PATIENTS} patients of the demo (first start only)", flush=True)
    command = [sys.executable, "-m", "ehr_app.cli", "demo", "--data", str(settings.data), "--patients", str(FIRST_PATIENTS)]
    path = os.pathsep.join([str(PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(command, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": path})
    if done.returncode:
        raise Unavailable("The demo could not be loaded; the lines above say why.")


@contextmanager
def rest_beside(settings: Settings) -> Iterator[None]:
    """Load the patients that are missing while the server runs; what is not done at its end is done after its next start."""
    if _loaded(settings) >= PATIENTS:
        yield
        return
    loader = multiprocessing.get_context("spawn").Process(target=_load_rest, args=(settings,))
    loader.start()
    try:
        yield
    finally:
        loader.terminate()
        loader.join()


def is_there(settings: Settings) -> bool:
    """Whether this folder has the first patients of the demo."""
    return _loaded(settings) > 0


def sign_in_line() -> str:
    """How to sign in to the demo."""
    return f"sign in as {ADMIN_USERNAME}, or as anybody of the demo's staff; the password is {DEMO_PASSWORD}"


def _loaded(settings: Settings) -> int:
    found = note.read(settings.data)
    return found.patients if found else 0


def _load_rest(settings: Settings) -> None:
    """In the process beside the server: give way to it, and end with it."""
    from ehr_app.demo import load
    from ehr_app.demo.progress import Progress

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server decides when to stop
    signal.signal(signal.SIGTERM, _leave)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.nice(POLITENESS)
    print(f"demo: loading up to {PATIENTS} patients beside the server", flush=True)
    try:
        load.run(settings, PATIENTS, Progress(sys.stdout, bar=False), _say_waiting)
    except EhrError as error:
        print(f"demo: {error.diagnostics or error.sentence} The next start loads the rest.", file=sys.stderr, flush=True)


def _leave(*_: object) -> NoReturn:
    raise SystemExit(0)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _say_waiting() -> None:
    print("demo: waiting for another load to end", file=sys.stderr, flush=True)

"""`ehr demo`, and the demo's part of `ehr serve --demo`: loaded once, finished when it was interrupted."""

import argparse
import asyncio
import os
import subprocess
import sys

from ehr_app import cli_database
from ehr_app.demo.staff import ADMIN_USERNAME, DEMO_PASSWORD
from ehr_app.errors import Unavailable
from ehr_app.settings import PROJECT, Settings

LOADED = "demo.loaded"


def demo(arguments: argparse.Namespace) -> int:
    """Load the demo, or finish a load that was interrupted."""
    from ehr_app.demo import load  # the generator and the door: `ehr serve` needs neither

    with cli_database.opened(cli_database.chosen(arguments)) as (settings, _):
        count = asyncio.run(load.run(settings))
        (settings.data / LOADED).touch(mode=0o600)
        print(f"{count} resources are loaded")
    print(sign_in_line())
    return 0


def load_once(settings: Settings) -> None:
    """Load the demo unless this folder has it; in a process of its own, whose memory the server does not keep."""
    if is_loaded(settings):
        return
    print("loading the demo (first start only)", flush=True)
    command = [sys.executable, "-m", "ehr_app.cli", "demo", "--data", str(settings.data)]
    path = os.pathsep.join([str(PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(command, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": path})
    if done.returncode:
        raise Unavailable("The demo could not be loaded; the lines above say why.")


def is_loaded(settings: Settings) -> bool:
    """Whether a load of the demo has finished on this folder."""
    return (settings.data / LOADED).exists()


def sign_in_line() -> str:
    """How to sign in to the demo."""
    return f"sign in as {ADMIN_USERNAME}, or as anybody of the demo's staff; the password is {DEMO_PASSWORD}"

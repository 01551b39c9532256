"""`ehr demo`, and the demo's part of `ehr serve --demo`: loaded once, finished when it was interrupted."""

import argparse
import asyncio

from ehr_app import cli_database
from ehr_app.demo.staff import ADMIN_USERNAME, DEMO_PASSWORD
from ehr_app.settings import Settings

LOADED = "demo.loaded"


def demo(arguments: argparse.Namespace) -> int:
    """Load the demo, or finish a load that was interrupted."""
    with cli_database.opened(cli_database.chosen(arguments)) as (settings, _):
        print(f"{_load(settings)} resources are loaded")
    print(sign_in_line())
    return 0


def load_once(settings: Settings) -> None:
    """Load the demo unless this folder has it."""
    if not is_loaded(settings):
        print("loading the demo (first start only)", flush=True)
        _load(settings)


def is_loaded(settings: Settings) -> bool:
    """Whether a load of the demo has finished on this folder."""
    return (settings.data / LOADED).exists()


def sign_in_line() -> str:
    """How to sign in to the demo."""
    return f"sign in as {ADMIN_USERNAME}, or as anybody of the demo's staff; the password is {DEMO_PASSWORD}"


def _load(settings: Settings) -> int:
    from ehr_app.demo import load  # the generator and the door: not for the starts after the first

    count = asyncio.run(load.run(settings))
    (settings.data / LOADED).touch(mode=0o600)
    return count

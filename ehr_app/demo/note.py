"""What a load of the demo leaves beside the data: the day on which its histories end, and how many patients are loaded to the end.

With the same day a later load makes the same charts; without the note it begins anew and finds what is there.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Note:
    """`as_of` is an ISO date."""

    as_of: str
    patients: int


def read(data: Path) -> Note | None:
    """Return the note in a data folder, None when there is none or it cannot be read."""
    try:
        return Note(**json.loads((data / "demo.json").read_text("ascii")))
    except (OSError, ValueError, TypeError):
        return None


def write(data: Path, note: Note) -> None:
    """Leave a note, whole or not at all."""
    draft = data / "demo.json.draft"
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as out:
        json.dump(asdict(note), out)
    draft.replace(data / "demo.json")


@contextmanager
def alone(data: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the turn to load; `waiting` is called while another process has it."""
    lock = os.open(data / "demo.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)

"""One step of one batch in a process of its own: `python -m ehr_app.record.importing.job STEP FACILITY BATCH`.

The server starts it and holds its standard input: when the server is gone, so is the step, and the batch waits to be continued. How
far it is stands in the batch's folder, as counts only.
"""

import json
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from ehr_app.errors import EhrError
from ehr_app.record.importing import batches, receiving, steps
from ehr_app.record.importing.batches import Batch
from ehr_app.record.importing.journal import Journal
from ehr_app.record.importing.leading import Stopped
from ehr_app.record.importing.listing import Listing, Reader
from ehr_app.record.importing.workers import Setup, Worker
from ehr_app.settings import Settings

Step = Literal["rehearse", "import", "take-back"]
EVERY_S = 0.2
REHEARSAL, REPORT, KEPT = "rehearsal.db", "import.db", "kept.db"
PROGRESS, STOP = "progress.json", "stop"


class Pace:
    """Writes how far a step is, and ends it when somebody asks for that."""

    def __init__(self, folder: Path) -> None:
        """Begin a step."""
        self._path = folder / PROGRESS
        self._stop = folder / STOP
        self._stop.unlink(missing_ok=True)
        self._began = time.time()
        self._written = 0.0
        self._tell("starting", 0, 0)

    def step(self, what: str, done: int, total: int) -> None:
        """Say how far a step is. Raises Stopped."""
        if time.monotonic() - self._written >= EVERY_S:
            self._tell("reading" if what.startswith("reading") else what, done, total)
            if self._stop.exists():
                raise Stopped()

    def clear(self) -> None:
        """The entries are through."""
        self._tell("finishing", 0, 0)

    def end(self, trouble: str = "") -> None:
        """The step is over; `trouble` is one sentence."""
        self._tell("ended", 0, 0, trouble)

    def _tell(self, what: str, done: int, total: int, trouble: str = "") -> None:
        self._written = time.monotonic()
        draft = self._path.with_suffix(".draft")
        told = {"what": what, "done": done, "total": total, "seconds": time.time() - self._began, "trouble": trouble}
        draft.write_text(json.dumps(told))
        draft.rename(self._path)


def progress(data: Path, batch: UUID) -> dict[str, Any]:
    """Return how far the latest step of a batch is; empty when none began."""
    try:
        told: dict[str, Any] = json.loads((steps.folder_of(data, batch) / PROGRESS).read_text())
    except (OSError, ValueError):
        return {}
    return told


def ask_to_stop(data: Path, batch: UUID) -> None:
    """Ask the step of a batch to end soon; what is stored stays."""
    (steps.folder_of(data, batch) / STOP).touch(mode=0o600)


def run(step: Step, facility: str, batch: UUID, settings: Settings) -> int:
    """Do a step and return the exit code; trouble is told in the batch's progress."""
    setup = steps.setup_of(settings, facility, f"batch {batch}")
    with steps.held(settings.data, batch) as folder:
        pace = Pace(folder)
        try:
            worker = Worker(setup)
            try:
                STEPS[step](settings, setup, worker, folder, worker.run(_found(worker, batch)), pace)
            finally:
                worker.close()
        except Stopped:
            pace.end()
        except EhrError as error:
            pace.end(error.sentence)
            return 1
        except (OSError, sqlite3.Error):
            pace.end(receiving.DiskFull.sentence)
            return 1
        pace.end()
    return 0


def _rehearse(settings: Settings, setup: Setup, worker: Worker, folder: Path, batch: Batch, pace: Pace) -> None:
    with _listed(folder / REHEARSAL) as listing:
        _, entries = steps.rehearse(steps.brought(settings, batch), worker, setup, folder, listing, pace)
    with Reader(folder / REHEARSAL) as reader:
        views = {name: reader.count(name) for name in ("doubt", "alike", "directory")}
        counts = {**reader.kinds(), **views, "patients": reader.patient_count(), "entries": entries}
    worker.run(_rehearsed(worker, batch.id, counts))


def _import(settings: Settings, setup: Setup, worker: Worker, folder: Path, batch: Batch, pace: Pace) -> None:
    journal = Journal(settings.data / "imports", setup.facility)
    importing = steps.Importing(settings, worker, setup, batch.id)
    with _listed(folder / REPORT) as listing, journal.alone(lambda: pace.step("waiting", 0, 0)) as scratch:
        importing.run(steps.brought(settings, batch), journal, scratch, listing, pace, f"{batch.who}, by import")
    with Reader(folder / REPORT) as reader:
        views = {name: reader.count(name) for name in ("doubt", "refuse", "directory")}
        counts = {**importing.counts, **views, "patients": reader.patient_count()}
    worker.run(_counted(worker, batch.id, "import", counts))
    receiving.forget(settings.data, batch.id)


def _take_back(settings: Settings, setup: Setup, worker: Worker, folder: Path, batch: Batch, pace: Pace) -> None:
    with _listed(folder / KEPT) as listing:
        steps.take_back(worker, batch.id, folder, listing, pace, f"{batch.who}, by import")
    receiving.forget(settings.data, batch.id)


STEPS: dict[Step, Callable[[Settings, Setup, Worker, Path, Batch, Pace], None]] = {
    "rehearse": _rehearse,
    "import": _import,
    "take-back": _take_back,
}


@contextmanager
def _listed(path: Path) -> Iterator[Listing]:
    """A list that has its name when it is whole."""
    draft = path.with_suffix(".draft")
    listing = Listing(draft)
    try:
        yield listing
    finally:
        listing.close()
    draft.rename(path)


async def _found(worker: Worker, batch: UUID) -> Batch:
    async with worker.open("import", f"batch {batch}") as record:
        return await batches.one(record, batch)


async def _rehearsed(worker: Worker, batch: UUID, counts: dict[str, Any]) -> None:
    async with worker.open("import", f"batch {batch}") as record:
        await batches.count(record, batch, "rehearsal", counts)
        await batches.move(record, batch, "rehearsed", among=("receiving", "rehearsing", "rehearsed"))


async def _counted(worker: Worker, batch: UUID, step: str, counts: dict[str, Any]) -> None:
    async with worker.open("import", f"batch {batch}") as record:
        await batches.count(record, batch, step, counts)


def _end_with_server() -> None:
    while os.read(0, 1024):  # not by sys.stdin: its lock would be held when this process ends
        continue
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_end_with_server, daemon=True).start()
    sys.exit(run(sys.argv[1], sys.argv[2], UUID(sys.argv[3]), Settings()))  # type: ignore[arg-type]

"""The three steps of a batch, each to be done again when it was cut off: rehearse, import, take back.

The command line and the process that works for the screens call the same steps.
"""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from ehr_app.errors import Conflict, NotFound
from ehr_app.record import keys
from ehr_app.record.importing import batches, parts, sealed
from ehr_app.record.importing.batches import Batch, File, State
from ehr_app.record.importing.journal import Journal
from ehr_app.record.importing.leading import Lead, Notes, Pace
from ehr_app.record.importing.outcome import Outcome
from ehr_app.record.importing.sources import Source
from ehr_app.record.importing.taking_back import TakeBack, Taken
from ehr_app.record.importing.workers import Setup, Worker
from ehr_app.settings import Settings

OPEN_TO_MORE: tuple[State, ...] = ("receiving", "rehearsing", "rehearsed", "importing", "stopped")
TAKEN_BACK_FROM: tuple[State, ...] = ("importing", "stopped", "imported", "taking-back")


def folder_of(data: Path, batch: UUID) -> Path:
    """Return the private folder of a batch, which may not exist yet."""
    return data / "imports" / str(batch)


def setup_of(settings: Settings, facility: str, asked: str) -> Setup:
    """Return what a process needs to work in a facility."""
    return Setup(settings.app_dsn, settings.audit_dsn, settings.keys, settings.data / "files", facility, asked)


def brought(settings: Settings, batch: Batch) -> list[Source]:
    """Return the files that were brought by the browser, which lie sealed in the batch's folder."""
    key = keys.load(settings.keys).derive(sealed.PURPOSE)
    folder = folder_of(settings.data, batch.id)
    return [Source(n, folder / f"{n}.sealed", file.name, key) for n, file in enumerate(batch.files)]


@contextmanager
def held(data: Path, batch: UUID) -> Iterator[Path]:
    """Hold a batch for one step at a time; yields its folder. Raises Conflict while another process works on it."""
    folder = folder_of(data, batch)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict("another process works on this batch") from None
        yield folder
    finally:
        os.close(lock)


def is_held(data: Path, batch: UUID) -> bool:
    """Tell whether a process works on a batch now."""
    try:
        lock = os.open(folder_of(data, batch) / "lock", os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def rehearse(sources: list[Source], worker: Worker, setup: Setup, folder: Path, notes: Notes, pace: Pace) -> tuple[Outcome, int]:
    """Return what an import of these files would come to, and how many entries they have; nothing is stored."""
    working = folder / "rehearsal"
    shutil.rmtree(working, ignore_errors=True)
    working.mkdir(parents=True, mode=0o700)
    try:
        lead = Lead(sources, worker, setup, notes, pace)
        return lead.rehearse(working), lead.entries
    finally:
        shutil.rmtree(working, ignore_errors=True)


class Importing:
    """One import: its batch is known once it began."""

    def __init__(self, settings: Settings, worker: Worker, setup: Setup, batch: UUID | None = None) -> None:
        """Shape: without `batch` a new one is opened, or the one is taken up in which the same files were cut off."""
        self._settings = settings
        self._worker = worker
        self._setup = setup
        self.batch = batch
        self.counts: dict[str, Any] = {}

    def run(self, sources: list[Source], journal: Journal, folder: Path, notes: Notes, pace: Pace, who: str) -> Outcome:
        """Import and return the sum; `folder` is an empty one to work in."""
        files = [File(source.display, source.size) for source in sources]
        began = time.monotonic()

        holding = ExitStack()
        holds = self.batch is None  # else its caller does

        def begin(batch: UUID) -> bool:
            self.batch = batch
            if holds:
                holding.enter_context(held(self._settings.data, batch))
            return self._worker.run(_begun(self._worker, batch, files))

        lead = Lead(sources, self._worker, self._setup, notes, pace)
        try:
            with holding:
                total = lead.run(folder, journal, self.batch or uuid4(), begin, who)
        except BaseException:
            if self.batch is not None:
                self._worker.run(_stopped(self._worker, self.batch))
            raise
        seconds = time.monotonic() - began
        if self.batch is not None:
            facts = {"entries": lead.entries, "skipped": total.skipped, "seconds": round(seconds, 1)}
            self.counts = self._worker.run(_ended(self._worker, self.batch, total, facts))
        return total


def take_back(worker: Worker, batch: UUID, folder: Path, notes: Notes, pace: Pace, who: str) -> Taken:
    """Take a batch back; done twice it changes nothing more. Raises NotFound, Conflict."""
    at = worker.run(_taking_back(worker, batch))
    working = folder / "take-back"
    shutil.rmtree(working, ignore_errors=True)
    working.mkdir(parents=True, mode=0o700)
    try:
        taken = TakeBack(worker, batch, notes, pace).run(working, at, who)
    finally:
        shutil.rmtree(working, ignore_errors=True)
    worker.run(_taken_back(worker, batch, taken, at))
    return taken


async def _begun(worker: Worker, batch: UUID, files: list[File]) -> bool:
    async with worker.open("import", f"batch {batch}") as record:
        try:
            await batches.one(record, batch)
        except NotFound:
            await batches.open_batch(record, "importing", files, batch)
            return True
        return await batches.move(record, batch, "importing", among=OPEN_TO_MORE)


async def _stopped(worker: Worker, batch: UUID) -> None:
    async with worker.open("import", f"batch {batch}") as record:
        await batches.move(record, batch, "stopped", among=("importing",))


async def _ended(worker: Worker, batch: UUID, total: Outcome, facts: dict[str, Any]) -> dict[str, Any]:
    """Close a batch; what earlier tries stored counts too."""
    async with worker.open("import", f"batch {batch}") as record:
        every = [part for part in await parts.parts(record, batch) if part.kind == "import"]
        created, updated = (sum(getattr(part, name) for part in every) for name in ("created", "updated"))
        stored = total.created + total.updated + total.unchanged
        counts = {"created": created, "updated": updated, "unchanged": max(0, stored - created - updated), **facts}
        await batches.count(record, batch, "import", counts)
        await batches.move(record, batch, "imported", among=OPEN_TO_MORE, at=datetime.now(UTC))
        return counts


async def _taking_back(worker: Worker, batch: UUID) -> datetime:
    async with worker.open("import-take-back", f"batch {batch}") as record:
        was = await batches.one(record, batch)
        if was.state == "taken-back":
            raise Conflict("this batch was taken back already")
        if not await batches.move(record, batch, "taking-back", among=TAKEN_BACK_FROM):
            raise Conflict("there is nothing to take back: this batch was never imported")
        if "taking_back_at" not in was.counts:
            at = datetime.now(UTC)
            await batches.count(record, batch, "taking_back_at", {"at": at.isoformat()})
            return at
        return datetime.fromisoformat(was.counts["taking_back_at"]["at"])


async def _taken_back(worker: Worker, batch: UUID, taken: Taken, at: datetime) -> None:
    async with worker.open("import-take-back", f"batch {batch}") as record:
        await batches.count(record, batch, "back", {**asdict(taken), "at": at.isoformat()})
        await batches.move(record, batch, "taken-back", among=("taking-back",))

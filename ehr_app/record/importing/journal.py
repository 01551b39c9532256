"""Runs that have begun and not ended: a note on disk per file, so that a run that was cut off is finished by the next one."""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4


@dataclass(frozen=True, slots=True)
class Run:
    """The identity of a file's import; `resumed` when an earlier try did not reach its end."""

    id: UUID
    recorded: str
    resumed: bool
    batch: UUID


class Journal:
    """Notes below one folder, for one facility."""

    def __init__(self, folder: Path, facility: str) -> None:
        """Make the folder when there is none."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._facility = facility

    @contextmanager
    def alone(self, waiting: Callable[[], None]) -> Iterator[Path]:
        """Hold the facility's turn to import and give an empty folder to work in; `waiting` is called while another has it."""
        working = self._folder / f"{self._facility}.scratch"
        descriptor = os.open(self._folder / f"{self._facility}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                waiting()
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            shutil.rmtree(working, ignore_errors=True)  # what a killed run left
            working.mkdir(mode=0o700)
            yield working
            shutil.rmtree(working, ignore_errors=True)
        finally:
            os.close(descriptor)

    def begin(self, sha256: str, recorded: str, batch: UUID) -> Run:
        """Note that a file's import begins, or take up the one that was cut off."""
        path = self._path(sha256)
        if path.exists():
            try:
                was = json.loads(path.read_text("ascii"))
                return Run(UUID(was["run"]), str(was["recorded"]), True, UUID(was["batch"]))
            except (ValueError, KeyError, TypeError):
                path.unlink()
        run = Run(uuid4(), recorded, False, batch)
        draft = path.with_suffix(".draft")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as out:
            json.dump({"run": str(run.id), "recorded": run.recorded, "batch": str(batch)}, out)
            out.flush()
            os.fsync(out.fileno())
        draft.rename(path)
        return run

    def end(self, sha256: str) -> None:
        """Note that all of a file is stored."""
        self._path(sha256).unlink(missing_ok=True)

    def _path(self, sha256: str) -> Path:
        return self._folder / f"{self._facility}-{sha256}.json"

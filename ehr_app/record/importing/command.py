"""`ehr import`: files and folders of FHIR R4 JSON into one facility; rehearsed (`--rehearse`) or taken back (`--take-back`).

Bundles (transaction, batch, collection, searchset), single resources and NDJSON, plain or gzip. Exit codes: 0 all is in the record
(would be; was taken back), 1 something was rejected or the run could not end, 2 the call makes no sense.
"""

import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from ehr_app.errors import BadRequest, Conflict, EhrError, NotFound, Unauthenticated
from ehr_app.record.importing import steps
from ehr_app.record.importing.journal import Journal
from ehr_app.record.importing.leading import WHO
from ehr_app.record.importing.listing import Listing, Reader
from ehr_app.record.importing.report import Progress, Rejects, rehearsed, summary, taken_back, tell
from ehr_app.record.importing.sources import Source, find
from ehr_app.record.importing.workers import Worker
from ehr_app.settings import Settings

OK, REJECTED, USAGE = 0, 1, 2


def run(paths: list[Path], facility: str, settings: Settings) -> int:
    """Import and return the exit code; progress and summary go to standard error and output."""
    return _over(paths, facility, settings, _import)


def rehearse(paths: list[Path], facility: str, settings: Settings) -> int:
    """Say what an import would come to, entry by entry in a file; return the exit code it would have."""
    return _over(paths, facility, settings, _rehearse)


def take_back(batch: str, facility: str, settings: Settings) -> int:
    """Take a batch back and say what stays; return the exit code."""
    try:
        number = UUID(batch)
    except ValueError:
        tell(f"ehr import: {batch[:80]} is not the number of a batch")
        return USAGE
    return _guarded(facility, lambda: _take_back(number, facility, settings))


def _over(paths: list[Path], facility: str, settings: Settings, step: Callable[[list[Source], str, Settings], int]) -> int:
    try:
        sources = find(paths)
    except BadRequest as error:
        tell(f"ehr import: {error.diagnostics}")
        return USAGE
    if not sources:
        tell("ehr import: no .json, .ndjson or .jsonl file was found")
        return USAGE
    return _guarded(facility, lambda: step(sources, facility, settings))


def _guarded(facility: str, work: Callable[[], int]) -> int:
    try:
        return work()
    except Unauthenticated:
        tell(f"ehr import: there is no facility {facility}, or the key file is not the one this database knows")
        return USAGE
    except NotFound:
        tell(f"ehr import: the facility {facility} has no such batch")
        return USAGE
    except (Conflict, EhrError) as error:
        tell(f"ehr import: {error.diagnostics or error.sentence}")
    except (OSError, sqlite3.Error) as error:
        tell(f"ehr import: the disk does not do what is needed ({error})")
    except KeyboardInterrupt:
        tell("\nehr import: stopped; what was stored stays, the same command finishes the rest")
    return REJECTED


def _import(sources: list[Source], facility: str, settings: Settings) -> int:
    began = time.monotonic()
    setup = steps.setup_of(settings, facility, f"{sources[0].display} ({len(sources)} files)")
    rejects = Rejects(settings.data / "rejects", sources)
    worker = Worker(setup)
    try:
        worker.prove()
        journal = Journal(settings.data / "imports", facility)
        importing = steps.Importing(settings, worker, setup)
        with journal.alone(lambda: tell("waiting for another import into this facility to end")) as scratch:
            total = importing.run(sources, journal, scratch, rejects, Progress(sys.stderr), WHO)
    finally:
        worker.close()
        rejects.close()
    print(summary(total, len(sources), rejects, time.monotonic() - began, importing.batch))
    return REJECTED if rejects.errors else OK


def _rehearse(sources: list[Source], facility: str, settings: Settings) -> int:
    began = time.monotonic()
    setup = steps.setup_of(settings, facility, f"rehearsal of {sources[0].display} ({len(sources)} files)")
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = Path(tempfile.mkdtemp(prefix="rehearsal-", dir=settings.data))
    worker = Worker(setup)
    try:
        worker.prove()
        listing = Listing(folder / "rows.db")
        try:
            steps.rehearse(sources, worker, setup, folder, listing, Progress(sys.stderr))
        finally:
            listing.close()
        with Reader(folder / "rows.db") as reader:
            print(rehearsed(reader, sources, settings.data / "rejects", time.monotonic() - began))
    finally:
        worker.close()
        shutil.rmtree(folder, ignore_errors=True)
    return REJECTED if listing.errors else OK


def _take_back(batch: UUID, facility: str, settings: Settings) -> int:
    setup = steps.setup_of(settings, facility, f"batch {batch}")
    worker = Worker(setup)
    try:
        worker.prove()
        with steps.held(settings.data, batch) as folder:
            listing = Listing(folder / "kept.db")
            try:
                taken = steps.take_back(worker, batch, folder, listing, Progress(sys.stderr), WHO)
            finally:
                listing.close()
            with Reader(folder / "kept.db") as reader:
                print(taken_back(taken, reader, batch))
    finally:
        worker.close()
    return OK

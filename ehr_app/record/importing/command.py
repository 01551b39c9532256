"""`ehr import`: files and folders of FHIR R4 JSON into one facility.

Bundles (transaction, batch, collection, searchset), single resources and NDJSON, plain or gzip. Exit codes: 0 all is in the record,
1 something was rejected or the run could not end, 2 the call makes no sense.
"""

import sqlite3
import sys
import time
from pathlib import Path

from ehr_app.errors import BadRequest, EhrError, Unauthenticated
from ehr_app.record.importing.journal import Journal
from ehr_app.record.importing.leading import Lead
from ehr_app.record.importing.report import Progress, Rejects, summary, tell
from ehr_app.record.importing.sources import Source, find
from ehr_app.record.importing.workers import Setup, Worker
from ehr_app.settings import Settings

OK, REJECTED, USAGE = 0, 1, 2


def run(paths: list[Path], facility: str, settings: Settings) -> int:
    """Import and return the exit code; progress and summary go to standard error and output."""
    try:
        sources = find(paths)
    except BadRequest as error:
        tell(f"ehr import: {error.diagnostics}")
        return USAGE
    if not sources:
        tell("ehr import: no .json, .ndjson or .jsonl file was found")
        return USAGE
    asked = f"{sources[0].display} ({len(sources)} files)"
    setup = Setup(settings.app_dsn, settings.audit_dsn, settings.keys, settings.data / "files", facility, asked)
    try:
        return _import(sources, setup, settings)
    except Unauthenticated:
        tell(f"ehr import: there is no facility {facility}, or the key file is not the one this database knows")
        return USAGE
    except EhrError as error:
        tell(f"ehr import: {error.diagnostics or error.sentence}")
    except (OSError, sqlite3.Error) as error:
        tell(f"ehr import: the disk does not do what is needed ({error})")
    except KeyboardInterrupt:
        tell("\nehr import: stopped; what was stored stays, the same command finishes the rest")
    return REJECTED


def _import(sources: list[Source], setup: Setup, settings: Settings) -> int:
    began = time.monotonic()
    rejects = Rejects(settings.data / "rejects", sources)
    worker = Worker(setup)
    try:
        worker.prove()
        journal = Journal(settings.data / "imports", setup.facility)
        with journal.alone(lambda: tell("waiting for another import into this facility to end")) as scratch:
            total = Lead(sources, worker, setup, rejects, Progress(sys.stderr)).run(scratch, journal)
    finally:
        worker.close()
        rejects.close()
    print(summary(total, len(sources), rejects, time.monotonic() - began))
    return REJECTED if rejects.errors else OK

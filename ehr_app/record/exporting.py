"""`ehr export`: one patient or everything of a facility, as NDJSON or as one Bundle (type collection), plain or gzip.

Bodies leave as they are stored, so nothing is lost and an import elsewhere gives the same content. The file has its name only when
it is complete and it is durable whose records are in it; it is readable by its owner only. History is not exported.
"""

import asyncio
import contextlib
import gzip
import os
import secrets
import sys
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast
from uuid import UUID

from ehr_app.errors import EhrError, NotFound, Unauthenticated
from ehr_app.record import keys
from ehr_app.record.access import Credential, Purpose
from ehr_app.record.door import Door
from ehr_app.record.objects import ObjectStore
from ehr_app.record.store import Stored, connect
from ehr_app.record.writing import instant
from ehr_app.settings import Settings

OK, FAILED, USAGE = 0, 1, 2
PAGE_ROWS = 2000
PATIENT_COUNT = 1000
PAGE = """select facility, rtype, id, ver, updated, patient, content from ehr.resource
 where facility = $1 and (rtype, id) > ($2::smallint, $3::uuid) order by rtype, id limit $4"""
FIRST = (-1, UUID(int=0))
GZIP_LEVEL = 5


def run(facility: str, patient: str | None, path: Path, settings: Settings) -> int:
    """Write a file and return the exit code: 0 written, 1 not written, 2 the call makes no sense.

    Shape: `patient` is a FHIR id, None for everything; `path` ends in .ndjson or .json, or either with .gz.
    """
    name = path.name.removesuffix(".gz")
    if not name.endswith((".ndjson", ".json")) or not path.parent.is_dir() or path.is_dir():
        return _fail("name a file that ends in .ndjson or .json (or .gz after it) in a folder that exists", USAGE)
    try:
        count = asyncio.run(_export(facility, patient, path, settings))
    except Unauthenticated:
        return _fail(f"there is no facility {facility}, or the key file is not the one this database knows", USAGE)
    except NotFound:
        return _fail(f"there is no Patient/{patient} in facility {facility}", FAILED)
    except EhrError as error:
        return _fail(error.diagnostics or error.sentence, FAILED)
    except OSError as error:
        return _fail(f"the file cannot be written ({error.strerror})", FAILED)
    print(f"{count:,} resources in {path}")
    return OK


def _fail(reason: str, code: int) -> int:
    print(f"ehr export: {reason}", file=sys.stderr)
    return code


async def _export(facility: str, patient: str | None, path: Path, settings: Settings) -> int:
    keyfile = keys.load(settings.keys)
    objects = ObjectStore(settings.data / "files", keyfile.derive("objects"))
    store = await connect(settings.app_dsn, settings.audit_dsn, keyfile, objects, connections=2)
    credential = Credential("local", keyfile.local_proof())
    try:
        door = Door(store)
        pages = _everything(door, credential, facility) if patient is None else _one(door, credential, facility, patient)
        base = f"{'https' if settings.https else 'http'}://{facility}.{settings.base_domain}/fhir/R4"
        return await _write(pages, path, base)
    finally:
        await store.close()


async def _everything(door: Door, credential: Credential, facility: str) -> AsyncGenerator[list[Stored], None]:
    """Yield the facility's resources page by page, each under an access of its own; a page comes when its answer is durable."""
    rtype, key = FIRST
    while True:
        opening = door.open(credential, action="export", purpose=Purpose.OPERATIONS, facility=facility, asked="all")
        async with opening as record:
            rows = await record.rows(PAGE, record.facility_number, rtype, key, PAGE_ROWS)
            page = [await record.stored(row) for row in rows]
        yield page
        if len(rows) < PAGE_ROWS:
            return
        rtype, key = rows[-1]["rtype"], rows[-1]["id"]


async def _one(door: Door, credential: Credential, facility: str, patient: str) -> AsyncGenerator[list[Stored], None]:
    """Yield a patient's record, then the directory entries it names, each once."""
    cursor: str | None = None
    seen: set[tuple[str, str]] = set()
    while True:
        opening = door.open(
            credential,
            action="export",
            purpose=Purpose.OPERATIONS,
            facility=facility,
            patient=patient,
            asked=f"Patient/{patient}/$everything",
        )
        async with opening as record:
            page = await record.everything(patient, count=PATIENT_COUNT, cursor=cursor)
        fresh = [one for one in (*page.matches, *page.included) if (one.type, one.id) not in seen]
        seen.update((one.type, one.id) for one in fresh)
        yield fresh
        cursor = page.next_cursor
        if cursor is None:
            return


async def _write(pages: AsyncGenerator[list[Stored], None], path: Path, base: str) -> int:
    count = 0
    bundled = path.name.removesuffix(".gz").endswith(".json")
    async with contextlib.aclosing(pages):
        with _complete(path) as out:
            if bundled:
                made_at = instant(datetime.now(UTC))
                out.write(f'{{"resourceType":"Bundle","type":"collection","timestamp":"{made_at}"'.encode())
            async for page in pages:
                for one in page:
                    if bundled:
                        address = f'{{"fullUrl":"{base}/{one.type}/{one.id}","resource":'.encode()
                        out.write((b"," if count else b',"entry":[') + address + one.body + b"}")
                    else:
                        out.write(one.body + b"\n")
                    count += 1
            if bundled:
                out.write(b"]}\n" if count else b"}\n")
    return count


@contextmanager
def _complete(path: Path) -> Iterator[BinaryIO]:
    """A file that gets its name when the block ends well, and leaves nothing when it does not."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as raw:
            if path.name.endswith(".gz"):
                with gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=GZIP_LEVEL) as packed:
                    yield cast(BinaryIO, packed)
            else:
                yield raw
            raw.flush()
            os.fsync(raw.fileno())
        draft.rename(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise

"""The files of an import over HTTP: `POST /imports` opens a batch, `POST /imports/<batch>/files` adds one file as the raw body.

`GET /imports/<batch>/findings` gives back what was found. The gate has asked for a live session and our own origin before; here the
role is asked for, and row-level security has the last word. A file goes straight to its sealed place and is never in memory whole.
"""

import json
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import unquote
from uuid import UUID, uuid4

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ehr_app.errors import BadRequest, Conflict, EhrError, Malformed, NotFound, Unauthenticated
from ehr_app.identity import sessions
from ehr_app.identity.hosts import facility_slug
from ehr_app.record import keys
from ehr_app.record.access import Credential
from ehr_app.record.door import Record
from ehr_app.record.importing import batches, receiving, sealed, steps
from ehr_app.record.importing.batches import Batch, File
from ehr_app.record.importing.job import REHEARSAL, REPORT
from ehr_app.record.importing.listing import Reader
from ehr_app.settings import settings
from ehr_app.ui.admin.opening import administration

PRIVATE = {"Cache-Control": "private, no-store"}


async def opened(request: Request) -> Response:
    """Open an empty batch; answers its id."""
    return await _answered(_open(request))


async def added(request: Request) -> Response:
    """Add one file to a batch that is still being put together."""
    return await _answered(_add(request))


async def findings(request: Request) -> Response:
    """Give the findings of a batch as NDJSON."""
    batch = await _batch(request, "findings")
    folder = steps.folder_of(settings().data, batch.id)
    path = next((folder / name for name in (REPORT, REHEARSAL) if (folder / name).exists()), None)
    if path is None:
        raise NotFound()
    told = {"Content-Disposition": f'attachment; filename="findings-{batch.id}.ndjson"', **PRIVATE}
    return StreamingResponse(_lines(path, batch), headers=told, media_type="application/x-ndjson")


ROUTES = [
    Route("/imports", opened, methods=["POST"]),
    Route("/imports/{batch:uuid}/files", added, methods=["POST"]),
    Route("/imports/{batch:uuid}/findings", findings, methods=["GET"]),
]


async def _open(request: Request) -> JSONResponse:
    batch = uuid4()
    async with _administration(request, "new import") as record:
        await batches.open_batch(record, "receiving", [], batch)
    receiving.sweep(settings().data)
    return JSONResponse({"batch": str(batch)}, 201, PRIVATE)


async def _add(request: Request) -> JSONResponse:
    batch = await _batch(request, "add a file")
    if batch.state not in ("receiving", "rehearsed"):
        raise Conflict("this batch takes no more files")
    name = receiving.shown_name(unquote(request.headers.get("x-filename", "")))
    data = settings().data
    try:
        with steps.held(data, batch.id):  # one file after the other, and no step meanwhile
            batch = await _batch(request, "add a file")
            number = len(batch.files)
            if number >= receiving.MOST_FILES:
                raise BadRequest(f"one batch takes {receiving.MOST_FILES} files at most; bring the others in another one")
            key = keys.load(settings().keys).derive(sealed.PURPOSE)
            size = await receiving.receive(data, batch.id, number, key, request.stream(), _announced(request))
            async with _administration(request, f"batch {batch.id}") as record:
                await batches.name_files(record, batch.id, [*batch.files, File(name, size)])
                await batches.move(record, batch.id, "receiving", among=("receiving", "rehearsed"))
    except ClientDisconnect:
        raise Malformed("the file arrived cut off; nothing of it was kept") from None
    return JSONResponse({"file": number, "name": name, "size": size}, 201, PRIVATE)


async def _batch(request: Request, asked: str) -> Batch:
    batch: UUID = request.path_params["batch"]
    async with _administration(request, f"batch {batch}: {asked}") as record:
        return await batches.one(record, batch)


@asynccontextmanager
async def _administration(request: Request, asked: str) -> AsyncIterator[Record]:
    host = request.headers.get("host", "")
    secret = sessions.secret_of(request.headers.get("cookie", ""), host)
    if secret is None:
        raise Unauthenticated()
    async with administration(Credential("session", secret), facility_slug(host), asked) as record:
        yield record


def _announced(request: Request) -> int | None:
    text = request.headers.get("content-length")
    if text is None:
        return None
    if not text.isascii() or not text.isdigit():
        raise HTTPException(400)
    return int(text)


def _lines(path: Path, batch: Batch) -> Iterator[bytes]:
    names = [file.name for file in batch.files]
    try:
        with Reader(path) as reader:
            for file, n, place, told in reader.findings():
                entry = {} if n < 0 else {"entry": n}
                name = names[file] if file < len(names) else str(file)
                yield json.dumps({"file": name, **entry, "resource": place, **told}, ensure_ascii=False).encode() + b"\n"
    except sqlite3.Error:
        yield b'{"reason": "the list of findings cannot be read"}\n'


async def _answered(work: Awaitable[Response]) -> Response:
    """What a script reads: JSON, also when it is refused."""
    try:
        return await work
    except EhrError as error:
        told = {"sentence": error.sentence, "detail": error.diagnostics}
        return JSONResponse(told, error.status, PRIVATE)

"""The REST edge as one ASGI application, mounted at `/fhir`: addresses to interactions, answers to bytes.

https://hl7.org/fhir/R4/http.html. Bearer tokens only. Every failure is an OperationOutcome; what is not expected becomes a 500 that
names the request and nothing else. It deliberately is not a Starlette router: the hot path is one dictionary look-up.
"""

import asyncio
import gzip
import logging
from collections.abc import Awaitable, Callable, Mapping

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

from ehr_app.errors import EhrError, NotFound
from ehr_app.fhir import batch, capability, interactions, negotiate, outcome, validate
from ehr_app.fhir.request import Answer, ClientGone, Request
from ehr_app.standards.r4 import RTYPES

log = logging.getLogger(__name__)

Handler = Callable[[Request], Awaitable[Answer]]

SMALLEST_GZIP_BYTES = 1024
GZIP_ASIDE_BYTES = 256 * 1024
GZIP_LEVEL = 1
PROBLEM_TYPE = b"application/fhir+json; charset=utf-8"


async def _bundle(request: Request) -> Answer:
    return await batch.process(request, dispatch)


INTERACTIONS: Mapping[tuple[str, ...], Mapping[str, Handler]] = {
    (): {"GET": interactions.system_search, "POST": _bundle},
    ("metadata",): {"GET": capability.metadata},
    ("_search",): {"POST": interactions.system_search},
    ("_history",): {"GET": interactions.history},
    ("Type",): {
        "GET": interactions.search,
        "POST": interactions.create,
        "PUT": interactions.update_matching,
        "DELETE": interactions.delete_matching,
    },
    ("Type", "$validate"): {"POST": validate.validate},
    ("Type", "_search"): {"POST": interactions.search_by_form},
    ("Type", "_history"): {"GET": interactions.history},
    ("Type", "id"): {"GET": interactions.read, "PUT": interactions.update, "DELETE": interactions.delete},
    ("Type", "id", "_history"): {"GET": interactions.history},
    ("Type", "id", "_history", "version"): {"GET": interactions.vread},
    ("Patient", "id", "$everything"): {"GET": interactions.everything, "POST": interactions.everything},
}
"""Shape of an address -> verb -> interaction; HEAD is GET without the body, OPTIONS lists the verbs."""


def application() -> ASGIApp:
    """Return the edge; it serves addresses below `/fhir/R4`, mounted or not."""
    return serve


async def serve(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one HTTP request; a websocket is closed."""
    if scope["type"] != "http":
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        return
    path: str = scope["path"].removeprefix(scope.get("root_path", "")).removeprefix("/fhir")
    parts = path.split("/")
    below = parts[1:2] == ["R4"]
    parts = parts[2:]
    if parts and not parts[-1]:
        parts.pop()
    request = Request.over_http(scope, receive, parts)
    content_type, pretty = PROBLEM_TYPE, False
    try:
        if not below:
            raise NotFound("the FHIR R4 server is at /fhir/R4")
        content_type = negotiate.reply_type(request.header(b"accept"), request.control("_format"))
        pretty = request.control("_pretty") == "true"
        answer = await dispatch(request)
    except ClientGone:
        return
    except EhrError as error:
        answer = outcome.of_error(error, request.number, presented=b"authorization" in request.headers)
    except Exception as error:
        answer = outcome.unexpected(error, request.number, f"{request.method} {request.action or 'unrouted'}")
    if pretty and answer.body:
        answer.body = msgspec.json.format(answer.body, indent=2)
    await _send(request, answer, content_type, send)


async def dispatch(request: Request) -> Answer:
    """Find the interaction that an address and verb name and perform it. Raises NotFound and WrongVerb."""
    verbs = INTERACTIONS.get(shape(request.parts))
    if verbs is None:
        raise NotFound(_unknown(request.parts))
    handler = verbs.get("GET" if request.method == "HEAD" else request.method)
    if handler is not None:
        return await handler(request)
    allowed = ", ".join([*verbs, *(["HEAD"] if "GET" in verbs else []), "OPTIONS"])
    if request.method == "OPTIONS":
        return Answer(204, b"", [(b"allow", allowed.encode())])
    error = outcome.WrongVerb("this address does not take this verb")
    error.allowed = allowed
    raise error


def shape(parts: list[str]) -> tuple[str, ...]:
    """Return what kind of address this is, types and ids replaced by their names."""
    made = []
    for position, part in enumerate(parts[:5]):
        if position == 0 and part in RTYPES:
            made.append("Patient" if part == "Patient" and parts[2:3] == ["$everything"] else "Type")
        elif position == 1 and part[:1] not in ("_", "$"):
            made.append("id")
        elif position == 3 and parts[2] == "_history":
            made.append("version")
        else:
            made.append(part)
    return tuple(made)


def _unknown(parts: list[str]) -> str:
    first = parts[0]
    if first.isidentifier() and not first.startswith("_") and first not in RTYPES:
        return "this is not an R4 resource type"
    if any(part.startswith("$") for part in parts):
        return "this operation is not supported here"
    return "there is no such address here"


async def _send(request: Request, answer: Answer, content_type: bytes, send: Send) -> None:
    body = answer.body
    headers = [
        (b"x-request-id", request.number.encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        *answer.headers,
    ]
    if body:
        headers.append((b"content-type", content_type))
        if len(body) > SMALLEST_GZIP_BYTES:
            headers.append((b"vary", b"accept, accept-encoding"))
            if negotiate.takes_gzip(request.header(b"accept-encoding")):
                body = await _compressed(body)
                headers.append((b"content-encoding", b"gzip"))
    if answer.status not in (204, 304):
        headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else body})


async def _compressed(body: bytes) -> bytes:
    if len(body) > GZIP_ASIDE_BYTES:
        return await asyncio.to_thread(gzip.compress, body, GZIP_LEVEL, mtime=0)
    return gzip.compress(body, GZIP_LEVEL, mtime=0)

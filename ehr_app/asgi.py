"""The production server: `granian --interface asgi --factory --workers 1 ehr_app.asgi:create`, with the front end built before.

One port: `/fhir` goes straight to the API, everything else to the browser side behind its gate. It compiles nothing.
"""

import gc
import importlib
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from granian.utils.proxies import wrap_asgi_with_proxy_headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ehr_app.identity import ledger
from ehr_app.identity.hosts import UnknownHost, facility_slug
from ehr_app.record import door
from ehr_app.settings import PROJECT, settings

REFLEX = {
    "REFLEX_ENV_MODE": "prod",
    "__REFLEX_SKIP_COMPILE": "true",
    "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
    "REFLEX_TELEMETRY_ENABLED": "false",
    "REFLEX_SOCKET_INTERVAL": "10s",
    "REFLEX_SOCKET_TIMEOUT": "15s",
    "REFLEX_WEB_WORKDIR": str(PROJECT / ".web"),
}
EXPOSED = ["ETag", "Location", "Content-Location", "Last-Modified"]


class Front:
    """Answers known hosts only and parts the API from the browser side."""

    def __init__(self, browser: ASGIApp, api: ASGIApp) -> None:
        """Shape: the lifespan is the browser side's; the API gets requests only, from any origin, without cookies."""
        self.browser = browser
        self.same_origin = api
        self.api = CORSMiddleware(api, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"], expose_headers=EXPOSED)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand over to one of the two."""
        if scope["type"] == "lifespan":
            return await self.browser(scope, receive, send)
        try:
            facility_slug(_host(scope))
        except UnknownHost as error:
            if scope["type"] == "websocket":
                await receive()
                return await send({"type": "websocket.close", "code": 4404})
            return await PlainTextResponse(error.sentence, 421)(scope, receive, send)
        path = scope["path"]
        api = scope["type"] == "http" and (path.startswith("/fhir/") or path == "/fhir")
        if not api:
            return await self.browser(scope, receive, send)
        shared = any(name == b"origin" for name, _ in scope["headers"])
        await (self.api if shared else self.same_origin)(scope, receive, send)


def create() -> ASGIApp:
    """Return the whole server."""
    os.chdir(PROJECT)  # Reflex looks for rxconfig.py and its build here
    os.environ.update(REFLEX)
    if str(PROJECT) not in sys.path:
        sys.path.insert(0, str(PROJECT))
    app = importlib.import_module("ehr_app.ehr_app").app
    app.register_lifespan_task(_running)
    front: ASGIApp = Front(app(), importlib.import_module("ehr_app.fhir.app").application())
    if settings().proxy_hops:
        front = wrap_asgi_with_proxy_headers(front, trusted_hosts=settings().proxies.split(","))
    return front


@asynccontextmanager
async def _running() -> AsyncIterator[None]:
    await door.start(settings())
    gc.freeze()  # what start-up made stays: the cyclic collector would walk all of it again and again
    gc.set_threshold(20_000, 20, 50)
    try:
        async with ledger.opened(door.addresses(settings())[1]):
            yield
    finally:
        await door.stop()


def _host(scope: Scope) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")

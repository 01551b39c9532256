"""The ASGI gate: without a live session no page, no socket and no upload; changes by cookie come from our own pages only.

It deliberately does not decide who may see which patient: that is the door's.
"""

import re
from urllib.parse import urlencode, urlsplit

from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ehr_app.errors import EhrError
from ehr_app.identity import sessions
from ehr_app.identity.hosts import facility_slug
from ehr_app.ui.build import ROOT

OPEN = {"/", "/login", "/logout", "/signed-out", "/ping", "/ready", "/session", "/favicon.ico"}
SAFE = {"GET", "HEAD", "OPTIONS"}
REFUSED = 4401
CROOKED = re.compile(r"//|\\|/\.{1,2}(/|$)|[\x00-\x1f\x7f]")  # would name another file than it seems to


def same_origin(headers: dict[str, str]) -> bool:
    """Tell whether the request comes from a page of the very host it is sent to."""
    host = headers.get("host", "")
    try:
        return bool(host) and urlsplit(headers.get("origin", "")).netloc == host
    except ValueError:
        return False


def socket_origin_allowed(origin: str | None, environ: dict[str, str]) -> bool:
    """Answer socket.io's own question about the origin of a connection."""
    return same_origin({"origin": origin or "", "host": environ.get("HTTP_HOST", "")})


class Gate:
    """Wraps the whole browser side; the API has its own credentials and is not behind it."""

    def __init__(self, app: ASGIApp) -> None:
        """Public are the entry pages, the bundle and the files of `assets/`, and nothing else."""
        self.app = app
        folder = ROOT / "assets"
        self.open = OPEN | {"/" + path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through, or answer with the refusal."""
        if scope["type"] not in ("http", "websocket"):
            return await self.app(scope, receive, send)
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        if scope["type"] == "websocket":
            return await self._socket(headers, scope, receive, send)
        try:
            refusal = await self._refusal(headers, scope)
        except EhrError as error:
            refusal = PlainTextResponse(error.sentence, error.status)
        await (refusal or self.app)(scope, receive, send)

    async def _socket(self, headers: dict[str, str], scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if (path == "/_event" or path.startswith("/_event/")) and same_origin(headers) and await _lives(headers):
            return await self.app(scope, receive, send)
        await receive()
        closed: Message = {"type": "websocket.close", "code": REFUSED}
        await send(closed)

    async def _refusal(self, headers: dict[str, str], scope: Scope) -> Response | None:
        path, method = scope["path"], scope["method"]
        if path.startswith("/_upload") or CROOKED.search(path):
            return PlainTextResponse("not found", 404)
        if method not in SAFE and not same_origin(headers):
            return PlainTextResponse("cross-origin request refused", 403)
        if path in self.open or path.startswith("/assets/") or await sessions.live(_cookie(headers), _host(headers)):
            return None
        if method != "GET":
            return PlainTextResponse("sign in", 401)
        if facility_slug(_host(headers)) is None:
            return RedirectResponse("/", 302)
        query = scope["query_string"].decode("latin-1")
        return RedirectResponse(f"/login?{urlencode({'next': path + ('?' + query if query else '')})}", 302)


async def _lives(headers: dict[str, str]) -> bool:
    try:
        return await sessions.live(_cookie(headers), _host(headers)) is not None
    except EhrError:
        return False


def _cookie(headers: dict[str, str]) -> str:
    return headers.get("cookie", "")


def _host(headers: dict[str, str]) -> str:
    return headers.get("host", "")

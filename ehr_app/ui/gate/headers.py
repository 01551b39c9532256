"""Security headers of every browser answer; the inline scripts of each prerendered page are hashed once at start.

CSP Level 3: https://www.w3.org/TR/CSP3/ . `style-src` needs 'unsafe-inline' (emotion writes style elements); scripts need
neither 'unsafe-inline' nor 'unsafe-eval'.
"""

import base64
import hashlib
import re
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ehr_app.ui.build import WEB

INLINE = re.compile(rb"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.S)
CSP = (
    "default-src 'self'; script-src 'self' {js}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self' ws://{host} wss://{host}; frame-src 'self'; object-src 'none'; base-uri 'self'; "
    "frame-ancestors 'none'; form-action 'self'"
)
YEAR_S = 31_536_000


class Pages:
    """Serves `/patients` from `patients/index.html` itself; the file server would redirect to `/patients/` first."""

    def __init__(self, app: ASGIApp, root: Path = WEB / "build" / "client") -> None:
        """Look once which pages were prerendered."""
        self.app = app
        self.paths = {"/" + page.parent.relative_to(root).as_posix() for page in root.rglob("*/index.html")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with the slash that the file server wants."""
        if scope["type"] == "http" and scope["path"] in self.paths:
            path = scope["path"] + "/"
            scope = {**scope, "path": path, "raw_path": path.encode()}
        await self.app(scope, receive, send)


class SecurityHeaders:
    """Stamps what passes; an answer that brought its own policy or caching keeps it."""

    def __init__(self, app: ASGIApp, root: Path = WEB / "build" / "client") -> None:
        """Hash the inline scripts of every built page."""
        self.app = app
        self.scripts = {page.relative_to(root).as_posix(): _hashes(page.read_bytes()) for page in root.rglob("*.html")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on with the headers added."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        path, secure = scope["path"].strip("/"), scope.get("scheme") == "https"
        host = re.sub(rb"[^\w.:\[\]-]", b"", dict(scope["headers"]).get(b"host", b"")).decode()

        async def stamped(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._stamp(MutableHeaders(scope=message), path, host, message["status"], secure)
            await send(message)

        await self.app(scope, receive, stamped)

    def _stamp(self, headers: MutableHeaders, path: str, host: str, status: int, secure: bool) -> None:
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers.setdefault("X-Frame-Options", "DENY")
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), payment=()"
        if secure:
            headers["Strict-Transport-Security"] = f"max-age={YEAR_S}; includeSubDomains"
        if path.startswith("assets/") and status in (200, 304):
            headers["Cache-Control"] = f"public, max-age={YEAR_S}, immutable"
            return
        if headers.get("content-type", "").startswith("text/html"):
            headers.setdefault("Content-Security-Policy", CSP.format(js=self._of(path), host=host))
        public = status in (200, 304) and headers.get("content-type", "").startswith(("text/css", "image/", "font/"))
        headers.setdefault("Cache-Control", "no-cache" if public else "no-store")

    def _of(self, path: str) -> str:
        for page in (f"{path}/index.html" if path else "index.html", f"{path}.html", "404.html"):
            if page in self.scripts:
                return self.scripts[page]
        return ""


def _hashes(page: bytes) -> str:
    found = {base64.b64encode(hashlib.sha256(script).digest()).decode() for script in INLINE.findall(page)}
    return " ".join(f"'sha256-{digest}'" for digest in sorted(found))

"""One request to the REST edge and its answer, whether it came alone over HTTP or as an entry of a batch.

Everything about the transport that the interactions need: address parts, parameters, headers, the body within its limits, the
bearer credential and the door opened with it. Cookies are never looked at.
"""

import asyncio
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope

from ehr_app.errors import BadRequest, EhrError, Malformed, TooLarge, Unauthenticated
from ehr_app.fhir import negotiate
from ehr_app.identity.hosts import facility_slug
from ehr_app.record.access import Credential, Purpose
from ehr_app.record.codec import decode
from ehr_app.record.door import Opening, door
from ehr_app.settings import settings

LARGEST_BODY_BYTES = 50 * 1024 * 1024
LARGEST_FORM_BYTES = 1024 * 1024
SLOWEST_BODY_S = 300
DECODED_ASIDE_BYTES = 256 * 1024
MOST_PARAMETERS = 1000
CONTROLS = frozenset(("_format", "_pretty"))

_BEARER = re.compile(r"[Bb]earer +([A-Za-z0-9._~+/=-]{1,4096}) *")
_NAMED = re.compile(r"[A-Za-z0-9.-]{8,64}")

Pairs = list[tuple[str, str]]


class ClientGone(EhrError):
    """The client went away before its request was complete; nobody is left to answer."""

    status = 400
    code = "incomplete"
    sentence = "The request ended before it was complete; nothing was saved."


@dataclass(slots=True)
class Answer:
    """What goes back: status, body (JSON text or empty), headers beyond those of every answer, and the version's instant."""

    status: int
    body: bytes = b""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    updated: str = ""


class Request:
    """One interaction as asked for. `rtype`, `id` and `version` are what the address names."""

    __slots__ = ("_body", "_pairs", "_query", "_receive", "_scheme", "action", "headers", "id", "method", "number", "parts",
                 "rtype", "version")  # fmt: skip

    def __init__(self, method: str, parts: list[str], query: bytes, headers: Mapping[bytes, bytes]) -> None:
        """Shape: `parts` are the address segments after `/fhir/R4`, `query` the raw query string, header names lower case."""
        self.method = method
        self.parts = parts
        self.headers = headers
        self.rtype = parts[0] if parts else ""
        self.id = parts[1] if len(parts) > 1 else ""
        self.version = parts[3] if len(parts) > 3 else ""
        self.action = ""
        self.number = _request_number(headers.get(b"x-request-id"))
        self._query = query
        self._pairs: Pairs | None = None
        self._scheme = "http"
        self._receive: Receive | None = None
        self._body: Any = None

    @classmethod
    def over_http(cls, scope: Scope, receive: Receive, parts: list[str]) -> "Request":
        """Make a request of an ASGI scope."""
        request = cls(scope["method"], parts, scope["query_string"], dict(scope["headers"]))
        request._receive = receive
        request._scheme = "https" if settings().https else scope.get("scheme", "http")
        return request

    def inner(self, method: str, parts: list[str], query: bytes, headers: Mapping[bytes, bytes], body: Any) -> "Request":
        """Make the request that a batch entry stands for: the same client and host, its own verb, address and body."""
        kept = {name: self.headers[name] for name in (b"host", b"authorization") if name in self.headers}
        entry = Request(method, parts, query, {**kept, **headers, b"x-request-id": self.number.encode()})
        entry._scheme = self._scheme
        entry._body = body
        return entry

    def header(self, name: bytes) -> str:
        """Return a header's text, empty when it was not sent."""
        return self.headers.get(name, b"").decode("utf-8", "replace")

    @property
    def facility(self) -> str | None:
        """The facility that the host names; None on the bare host. Raises BadRequest for a host that is not ours."""
        return facility_slug(self.header(b"host") or settings().base_domain)

    @property
    def base(self) -> str:
        """The address of this server as the client called it. Raises BadRequest for a host that is not ours."""
        return _base(self._scheme, self.header(b"host") or settings().base_domain)

    @property
    def prefer(self) -> negotiate.Prefer:
        """What the Prefer header asks for."""
        return negotiate.prefer(self.header(b"prefer"))

    @property
    def has_parameters(self) -> bool:
        """Whether any parameter was sent."""
        return bool(self._query)

    def pairs(self) -> Pairs:
        """Return the parameters in the order sent. Raises BadRequest when they are not UTF-8 or too many."""
        if self._pairs is None:
            self._pairs = parameters(self._query) if self._query else []
        return self._pairs

    def parameters(self) -> Pairs:
        """Return the parameters without those that only shape the answer's format."""
        return [pair for pair in self.pairs() if pair[0] not in CONTROLS]

    def control(self, name: str) -> str:
        """Return a parameter that shapes the answer, empty when it was not sent."""
        return next((value for key, value in self.pairs() if key == name), "")

    def credential(self) -> Credential:
        """Return the bearer token. Raises Unauthenticated when there is none."""
        found = _BEARER.fullmatch(self.header(b"authorization"))
        if found is None:
            raise Unauthenticated("send an access token: Authorization: Bearer ...")
        return Credential("token", found[1])

    def open(self, action: str) -> Opening:
        """Open the record for this request under the bearer token; what is asked goes into the access log, sealed."""
        self.action = action
        asked = "/".join(self.parts)
        if self._query:
            asked += "?" + self._query[:4096].decode("latin-1")
        return door().open(self.credential(), action=action, purpose=Purpose.TREATMENT, facility=self.facility, asked=asked)

    async def add_form(self) -> None:
        """Add the parameters of a POST `_search` body to those of the address. Raises TooLarge, UnsupportedMedia."""
        raw = await self._read(LARGEST_FORM_BYTES)
        if raw:
            negotiate.check_content(self.header(b"content-type"), self.header(b"content-encoding"), negotiate.FORM)
            self._query = self._query + b"&" + raw if self._query else raw
            self._pairs = None

    async def content(self, *allowed: str) -> Any:
        """Return the decoded JSON body. Raises TooLarge, UnsupportedMedia, Malformed, ClientGone."""
        if self._receive is None:
            if self._body is None:
                raise Malformed("there is no content")
            return self._body
        media = allowed or (negotiate.FHIR_JSON, negotiate.JSON)
        negotiate.check_content(self.header(b"content-type"), self.header(b"content-encoding"), *media)
        raw = await self._read(LARGEST_BODY_BYTES)
        if not raw:
            raise Malformed("there is no content")
        if len(raw) > DECODED_ASIDE_BYTES:
            return await asyncio.to_thread(decode, raw)
        return decode(raw)

    async def _read(self, most: int) -> bytes:
        if self._receive is None:
            return b""
        announced = self.headers.get(b"content-length", b"0")
        if announced.isdigit() and int(announced) > most:
            raise TooLarge(f"the content is larger than {most} bytes")
        chunks: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(SLOWEST_BODY_S):
                while True:
                    message = await self._receive()
                    if message["type"] == "http.disconnect":
                        raise ClientGone()
                    chunk = message.get("body", b"")
                    size += len(chunk)
                    if size > most:
                        raise TooLarge(f"the content is larger than {most} bytes")
                    chunks.append(chunk)
                    if not message.get("more_body", False):
                        break
        except TimeoutError:
            raise ClientGone() from None
        if announced.isdigit() and size < int(announced):
            raise ClientGone()
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def parameters(query: bytes) -> Pairs:
    """Return the pairs of a query string. Raises BadRequest when they are not UTF-8 or too many."""
    try:
        pairs = parse_qsl(query.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS)
    except UnicodeDecodeError:
        raise BadRequest("the parameters are not percent-encoded UTF-8") from None
    except ValueError:
        raise BadRequest(f"there are more than {MOST_PARAMETERS} parameters") from None
    if any("\0" in name or "\0" in value for name, value in pairs):
        raise BadRequest("a parameter holds a NUL character")
    return pairs


@lru_cache(maxsize=1024)
def _base(scheme: str, host: str) -> str:
    facility_slug(host)
    return f"{scheme}://{host.lower()}/fhir/R4"


def _request_number(sent: bytes | None) -> str:
    if sent is not None and _NAMED.fullmatch(text := sent.decode("latin-1")):
        return text
    return secrets.token_hex(8)

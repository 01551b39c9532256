"""Bundles of the answers, by joining stored texts: nothing is parsed on the way out.

https://hl7.org/fhir/R4/bundle.html: searchset, history, and the responses of batch and transaction.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

from ehr_app.fhir.request import Answer, Pairs
from ehr_app.record.history import CREATED, DELETED, HistoryPage, Version
from ehr_app.record.ids import fresh_id
from ehr_app.record.store import SearchPage, Stored

_PLAIN = re.compile(r"[A-Za-z0-9_.~:/,$*-]*", re.ASCII)

REASONS = {
    200: "200 OK", 201: "201 Created", 204: "204 No Content", 304: "304 Not Modified", 400: "400 Bad Request",
    401: "401 Unauthorized", 403: "403 Forbidden", 404: "404 Not Found", 405: "405 Method Not Allowed", 409: "409 Conflict",
    410: "410 Gone", 412: "412 Precondition Failed", 413: "413 Content Too Large", 415: "415 Unsupported Media Type",
    422: "422 Unprocessable Content", 429: "429 Too Many Requests", 500: "500 Internal Server Error",
    503: "503 Service Unavailable",
}  # fmt: skip


def instant(moment: datetime) -> str:
    """Return an instant in UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def address(base: str, path: str, pairs: Iterable[tuple[str, str]]) -> str:
    """Return an address with its parameters; the result needs no further escaping in JSON."""
    query = "&".join(f"{_part(name)}={_part(value)}" for name, value in pairs)
    return f"{base}/{path}?{query}" if query else f"{base}/{path}"


def searchset(base: str, path: str, page: SearchPage) -> bytes:
    """Return a page of a search; `self` names exactly what was applied, `next` carries the cursor."""
    place = base.encode()
    entries = [_found(place, stored, b"match") for stored in page.matches]
    entries += [_found(place, stored, b"include") for stored in page.included]
    return _bundle("searchset", page.total, _links(base, path, page.applied, page.next_cursor), entries)


def counted(base: str, path: str, page: SearchPage) -> bytes:
    """Return the answer to `_summary=count`: a total and no entries."""
    return _bundle("searchset", page.total or 0, _links(base, path, page.applied, None), [])


def history(base: str, path: str, page: HistoryPage, applied: Pairs) -> bytes:
    """Return a page of versions, newest first."""
    entries = [_version(base, version) for version in page.versions]
    return _bundle("history", None, _links(base, path, applied, page.next_cursor), entries)


def responses(kind: str, entries: Sequence[bytes]) -> bytes:
    """Return a batch-response or transaction-response of entries made by `response`."""
    return b'{"resourceType":"Bundle","id":"%b","type":"%b","entry":[%b]}' % (
        fresh_id().encode(), kind.encode(), b",".join(entries),
    )  # fmt: skip


def response(answer: Answer, *, failed: bool = False) -> bytes:
    """Return the entry that tells how one request of a batch or transaction went."""
    headers = dict(answer.headers)
    made = [b'"status":"%b"' % REASONS.get(answer.status, str(answer.status)).encode()]
    for member, name in ((b"location", b"location"), (b"etag", b"etag")):
        if name in headers:
            made.append(b'"%b":"%b"' % (member, headers[name].replace(b'"', b'\\"')))
    if answer.updated:
        made.append(b'"lastModified":"%b"' % answer.updated.encode())
    if failed and answer.body:
        return b'{"response":{%b,"outcome":%b}}' % (b",".join(made), answer.body)
    told = b'"response":{%b}' % b",".join(made)
    return b'{"resource":%b,%b}' % (answer.body, told) if answer.body else b"{%b}" % told


def _found(base: bytes, stored: Stored, mode: bytes) -> bytes:
    own = f"{stored.type}/{stored.id}".encode()
    return b'{"fullUrl":"%b/%b","resource":%b,"search":{"mode":"%b"}}' % (base, own, stored.body, mode)


def _version(base: str, version: Version) -> bytes:
    stored = version.stored
    own = f"{stored.type}/{stored.id}"
    verb, url, status = ("PUT", own, "200 OK")
    if version.verb == CREATED:
        verb, url, status = ("POST", stored.type, "201 Created")
    elif version.verb == DELETED:
        verb, status = "DELETE", "204 No Content"
    body = b"" if stored.deleted else b'"resource":%b,' % stored.body
    return (
        f'{{"fullUrl":"{base}/{own}",'.encode()
        + body
        + f'"request":{{"method":"{verb}","url":"{url}"}},"response":{{"status":"{status}",'.encode()
        + f'"etag":"W/\\"{stored.version}\\"","lastModified":"{instant(stored.updated)}"}}}}'.encode()
    )


def _links(base: str, path: str, applied: Pairs, cursor: str | None) -> list[tuple[str, str]]:
    own = address(base, path, applied)
    links = [("self", own)]
    if cursor is not None:
        links.append(("next", f"{own}{'&' if applied else '?'}_cursor={_part(cursor)}"))
    return links


def _part(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else quote(text, safe=":/,$*")


def _bundle(kind: str, total: int | None, links: list[tuple[str, str]], entries: Sequence[bytes]) -> bytes:
    head = f'{{"resourceType":"Bundle","id":"{fresh_id()}","meta":{{"lastUpdated":"{instant(datetime.now(UTC))}"}}'
    head += f',"type":"{kind}"'
    if total is not None:
        head += f',"total":{total}'
    head += ',"link":[' + ",".join(f'{{"relation":"{name}","url":"{url}"}}' for name, url in links) + "]"
    if not entries:
        return head.encode() + b"}"
    return head.encode() + b',"entry":[' + b",".join(entries) + b"]}"

"""The entries of a batch or transaction Bundle, read strictly: verb, address, preconditions and resource of each.

https://hl7.org/fhir/R4/http.html#transaction. A bad entry is named as `Bundle.entry[3]...`; nothing is guessed.
"""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from ehr_app.errors import BadRequest, Issue, Malformed

VERBS = ("DELETE", "POST", "PUT", "GET", "HEAD")
PRECONDITIONS = {
    "ifMatch": b"if-match",
    "ifNoneMatch": b"if-none-match",
    "ifModifiedSince": b"if-modified-since",
    "ifNoneExist": b"if-none-exist",
}
MEMBERS = frozenset(("fullUrl", "link", "resource", "search", "request", "response", "id", "extension", "_fullUrl"))


@dataclass(slots=True)
class Entry:
    """One entry as asked for; `parts` and `query` are its address, `headers` its preconditions."""

    position: int
    full_url: str
    method: str
    parts: list[str]
    query: str
    headers: dict[bytes, bytes] = field(default_factory=dict)
    resource: dict[str, Any] | None = None

    @property
    def at(self) -> str:
        """Where the entry lies, as errors name it."""
        return f"Bundle.entry[{self.position}]"

    @property
    def rtype(self) -> str:
        """The type its address names."""
        return self.parts[0]

    def precondition(self, name: bytes) -> str:
        """Return a precondition, empty when it has none."""
        return self.headers.get(name, b"").decode()


def bundle_of(content: Any) -> tuple[str, list[Any]]:
    """Return the kind of a Bundle (`batch` or `transaction`) and its raw entries. Raises Malformed and BadRequest."""
    if not isinstance(content, dict):
        raise Malformed("the content is not a JSON object")
    if content.get("resourceType") != "Bundle":
        raise _refused("resourceType", "only a Bundle can be posted to this address")
    kind = content.get("type")
    if kind not in ("batch", "transaction"):
        raise _refused("Bundle.type", "the type must be batch or transaction")
    entries = content.get("entry", [])
    if not isinstance(entries, list) or ("entry" in content and not entries):
        raise _refused("Bundle.entry", "entry must be a list with at least one entry")
    return kind, entries


def entry_of(position: int, raw: Any, base: str) -> Entry:
    """Return one entry. Raises BadRequest that names what is wrong with it."""
    at = f"Bundle.entry[{position}]"
    if not isinstance(raw, dict):
        raise _refused(at, "an entry is a JSON object")
    for name in raw:
        if name not in MEMBERS:
            raise _refused(at, "an entry has a member that R4 does not know")
    asked = raw.get("request")
    if not isinstance(asked, dict):
        raise _refused(f"{at}.request", "each entry needs a request")
    method, url = asked.get("method"), asked.get("url")
    if method not in VERBS:
        raise _refused(f"{at}.request.method", f"the method must be one of {', '.join(VERBS)}")
    if not isinstance(url, str) or not url:
        raise _refused(f"{at}.request.url", "the request needs an address")
    parts, query = address_of(url, base)
    if not parts or not parts[0]:
        raise _refused(f"{at}.request.url", "the address must start with a resource type")
    full_url = raw.get("fullUrl", "")
    if not isinstance(full_url, str):
        raise _refused(f"{at}.fullUrl", "fullUrl must be a text")
    entry = Entry(position, full_url, method, parts, query)
    for member, header in PRECONDITIONS.items():
        if member in asked:
            if not isinstance(asked[member], str):
                raise _refused(f"{at}.request.{member}", f"{member} must be a text")
            entry.headers[header] = asked[member].encode("utf-8", "replace")
    resource = raw.get("resource")
    if method in ("POST", "PUT") and "_search" not in parts:
        if not isinstance(resource, dict):
            raise _refused(f"{at}.resource", f"a {method} entry needs a resource")
        entry.resource = resource
    return entry


def address_of(url: str, base: str) -> tuple[list[str], str]:
    """Return the parts and the query of an entry's address, which may be relative or below this server's base."""
    relative = url.removeprefix(base).lstrip("/")
    path, _, query = relative.partition("?")
    parts = unquote(path).split("/")
    if not parts[-1]:
        parts.pop()
    return parts, query


def _refused(expression: str, text: str) -> BadRequest:
    return BadRequest(text, [Issue(expression, "invalid", text)])

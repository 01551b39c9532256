"""Which facility a Host header names, and which Host headers are answered at all.

`north.localhost:3000` is the facility `north`; the bare base domain and loopback addresses name none; everything else is
refused, because links, cookies and the content security policy trust the Host (RFC 9110 section 7.2).
"""

import re
from functools import lru_cache

from ehr_app.errors import BadRequest
from ehr_app.settings import settings

LOOPBACK = {"localhost", "127.0.0.1", "[::1]"}
SHAPE = re.compile(r"(?P<name>\[[0-9a-f:]+\]|[a-z0-9.-]{1,253})(?::[0-9]{1,5})?")
SLUG = re.compile(r"[a-z][a-z0-9-]{0,30}")


class UnknownHost(BadRequest):
    """The Host header names no site of this installation."""

    sentence = "There is no such address here."


@lru_cache(maxsize=1024)
def facility_slug(host: str) -> str | None:
    """Return the facility a host names; None on the bare host. Raises UnknownHost."""
    found = SHAPE.fullmatch(host.lower())
    name = found["name"] if found else ""
    base_domain = settings().base_domain.lower()
    if name in LOOPBACK or name == base_domain or name in settings().allowed_hosts.lower().replace(",", " ").split():
        return None
    for base in (base_domain, "localhost"):
        slug = name.removesuffix("." + base)
        if slug != name and SLUG.fullmatch(slug):
            return slug
    raise UnknownHost


def is_loopback(host: str) -> bool:
    """Tell whether a Host header can only mean this machine."""
    found = SHAPE.fullmatch(host.lower())
    return found is not None and (found["name"] in LOOPBACK or found["name"].endswith(".localhost"))

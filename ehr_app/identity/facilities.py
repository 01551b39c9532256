"""The facilities people may choose from, remembered for half a minute."""

import re
import time
from dataclasses import dataclass
from zoneinfo import available_timezones

from ehr_app.errors import BadRequest
from ehr_app.identity import ledger

LISTED = "select slug, name, time_zone from ehr.facility where number > 0 order by number"
ADDED = "select ehr.add_facility($1, $2, $3, $4, '{}')"
FRESH_S = 30.0
SLUG = re.compile(r"[a-z][a-z0-9-]{0,30}")
RESERVED = frozenset(("network", "my", "www", "localhost"))


@dataclass(frozen=True, slots=True)
class Site:
    """A facility as its visitors see it."""

    slug: str
    name: str
    time_zone: str


_known: dict[str, Site] = {}
_read_at = [float("-inf")]


async def listed() -> list[Site]:
    """Return every facility in its order. Raises Unavailable."""
    if time.monotonic() - _read_at[0] > FRESH_S:
        found = {row[0]: Site(*row) for row in await ledger.rows(LISTED)}
        _known.clear()
        _known.update(found)
        _read_at[0] = time.monotonic() if found else float("-inf")
    return list(_known.values())


async def named(slug: str | None) -> Site | None:
    """Return one facility; None when there is none of that name."""
    return next((site for site in await listed() if site.slug == slug), None)


async def add(proof: bytes, slug: str, name: str, time_zone: str) -> int:
    """Add a facility, or change its name and time zone. Shape: `proof` is the key file's local proof.

    Raises BadRequest for a slug that is no subdomain or a time zone that does not exist.
    """
    if not SLUG.fullmatch(slug) or slug in RESERVED:
        raise BadRequest("a facility's slug starts with a letter and has at most 31 letters, digits and dashes, lower case")
    if time_zone not in available_timezones():
        raise BadRequest(f"there is no time zone {time_zone}; use a name such as America/New_York")
    _read_at[0] = float("-inf")
    return int((await ledger.rows(ADDED, proof, slug, name, time_zone))[0][0])

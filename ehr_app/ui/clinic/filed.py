"""Who filed something and how it arrived, in words.

Pure. It is told from the access row of the version (`ehr_app.record.filing`), not from what the resource claims.
"""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from ehr_app.record.filing import Filing
from ehr_app.ui.format.dates import clinical_day, clinical_time
from ehr_app.ui.format.text import Json, part, plain

WAYS = {"session": "on screen", "token": "over the API", "local": "by the local administrator"}
ACTIONS = {"import": "by import", "demo": "with the demo"}


def way(filing: Filing) -> str:
    """Say how a version arrived."""
    return ACTIONS.get(filing.action) or WAYS.get(filing.kind, "way not told here")


def person(filing: Filing) -> str:
    """Name who filed a version, with the role."""
    name = plain(filing.display) or ("Local administrator" if filing.kind == "local" else "Not told here")
    return f"{name}, {', '.join(filing.roles)}" if filing.roles else name


def filed_words(filing: Filing | None, zone: ZoneInfo) -> str:
    """Say who filed last, when and how, in one line; empty when nothing was filed."""
    if filing is None:
        return ""
    return f"{clinical_time(filing.at, zone)} · {person(filing)} · {way(filing)}"


def short_words(filing: Filing | None, zone: ZoneInfo) -> str:
    """Say who filed last and on which day; empty when nothing was filed."""
    return f"{clinical_day(filing.at, zone)}, {plain(filing.display) or way(filing)}" if filing else ""


def newest(resources: Iterable[Json]) -> tuple[str, str]:
    """Return type and id of the resource that was filed last; empty ones when there is none."""
    found = max(resources, key=lambda one: str(part(one, "meta").get("lastUpdated") or ""), default={})
    return str(found.get("resourceType") or ""), str(found.get("id") or "")

"""Who filed something and how it arrived, in words.

Pure. It is told from the access row of the version (`ehr_app.record.filing`), not from what the resource claims.
"""

from zoneinfo import ZoneInfo

from ehr_app.record.filing import Filing
from ehr_app.ui.format.dates import clinical_time
from ehr_app.ui.format.text import plain

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

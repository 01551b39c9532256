"""The versions of an item, who filed each and how, and what two of them differ in, in words.

Pure. What every version changes by itself (its number and moment) is left out of the comparison.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from ehr_app.record.filing import Filing
from ehr_app.ui.clinic.differences import Difference, Step, differences
from ehr_app.ui.clinic.filed import person, way
from ehr_app.ui.format.dates import clinical_time
from ehr_app.ui.format.elements import element_words
from ehr_app.ui.format.text import Json

VERBS = {1: "Created", 2: "Changed", 3: "Deleted"}
KINDS = {"added": "Added", "removed": "Removed", "changed": "Changed"}
SHOWN = 600
MOST = 300


@dataclass(frozen=True)
class VersionRow:
    """One version; `href` compares it with the one before."""

    number: str = ""
    what: str = ""
    when: str = ""
    who: str = ""
    how: str = ""
    facility: str = ""
    href: str = ""
    current: bool = False


@dataclass(frozen=True)
class ChangeRow:
    """One difference: where, what was, what is."""

    place: str = ""
    kind: str = ""
    was: str = ""
    now: str = ""


def version_rows(filings: Sequence[Filing], address: str, facility: str, zone: ZoneInfo) -> list[VersionRow]:
    """Return the versions, newest first; `address` is the item's own."""
    usable = {one.version for one in filings if one.verb != 3}
    return [
        VersionRow(
            number=str(one.version),
            what=VERBS.get(one.verb, "Filed"),
            when=clinical_time(one.at, zone),
            who=person(one),
            how=way(one),
            facility=facility if one.facility else "Network directory",
            href=_compare(address, one.version, usable),
            current=at == 0,
        )
        for at, one in enumerate(filings)
    ]


def change_rows(old: Json, new: Json) -> list[ChangeRow]:
    """Return what differs between two versions, at most 300 lines."""
    steps = differences(_content(old), _content(new))
    rows = [ChangeRow(_place(one.path), KINDS[one.kind], _told(one, "was"), _told(one, "now")) for one in steps[:MOST]]
    left = len(steps) - MOST
    return [*rows, ChangeRow("More", "", "", f"{left:,} more differences are not shown.")] if left > 0 else rows


def _compare(address: str, version: int, usable: set[int]) -> str:
    before = max((one for one in usable if one < version), default=0)
    return f"{address}?was={before}&now={version}" if before and version in usable else ""


def _content(resource: Json) -> Any:
    meta = {key: one for key, one in dict(resource.get("meta") or {}).items() if key not in ("versionId", "lastUpdated")}
    rest = {key: one for key, one in resource.items() if key != "meta"}
    return {**rest, "meta": meta} if meta else rest


def _place(path: tuple[Step, ...]) -> str:
    told: list[str] = []
    for step in path:
        if isinstance(step, int):
            told[-1] = f"{told[-1]} {step + 1}"
        else:
            told.append(element_words(step))
    return " › ".join(told) or "The whole item"


def _told(one: Difference, which: str) -> str:
    value = one.was if which == "was" else one.now
    if (which == "was" and one.kind == "added") or (which == "now" and one.kind == "removed"):
        return ""
    if isinstance(value, bool) or value is None or isinstance(value, dict | list):
        text = json.dumps(value, default=str, ensure_ascii=False)
    else:
        text = str(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} … ({len(text):,} characters)"

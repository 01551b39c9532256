"""What the strip of an open chart says about that which was just filed: who, what, when.

Pure: changes of the record in, words for the screen out.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from ehr_app.record.changes import Change
from ehr_app.ui.clinic.domains import BY_KEY, address, domain_of
from ehr_app.ui.format.dates import clinical_time
from ehr_app.ui.format.text import Json, clinical_text, items, part, plain

VERBS = {1: "filed", 2: "changed", 3: "removed"}
BANNER = "Patient"
SHOWN_PEOPLE = 2
NAMED_BY = ("code", "vaccineCode", "medicationCodeableConcept", "type", "class", "description", "title", "name")


@dataclass(frozen=True)
class News:
    """What others filed since the reader last looked away: one item with its name, or several of one or more people.

    `who` is empty for the reader's own filing. `ref` is the resource where one item can be opened, `href` the domain it belongs to.
    """

    count: int = 0
    who: str = ""
    own: bool = False
    verb: str = ""
    what: str = ""
    domain: str = ""
    when: str = ""
    ref: str = ""
    href: str = ""


def news(told: Sequence[Change], pid: str, reader: UUID | None, zone: ZoneInfo) -> News | None:
    """Return what to say about changes, newest first; None for none. What others filed is named before what the reader filed."""
    if not told:
        return None
    others = [one for one in told if reader is None or one.account != reader]
    shown = others or list(told)
    newest = shown[0]
    domains = Counter(domain_of(one.kind) for one in shown if one.kind.type != BANNER)
    key = domains.most_common(1)[0][0] if domains else "summary"
    ref = f"{newest.kind.type}/{newest.stored.id}" if len(shown) == 1 and newest.stored is not None else ""
    alike = len({one.verb for one in shown}) == 1
    return News(
        count=len(shown),
        who=_people(shown) if others else "",
        own=not others,
        verb=VERBS.get(newest.verb, "changed") if alike else "changed",
        what=_name(newest) if len(shown) == 1 else "",
        domain=BY_KEY[key].label,
        when=clinical_time(newest.at, zone),
        ref=ref,
        href=address(pid, key),
    )


def _people(shown: Sequence[Change]) -> str:
    names = list(dict.fromkeys(", ".join([one.display, *one.roles]) for one in shown if one.display))
    more = len(names) - SHOWN_PEOPLE
    return "; ".join(names[:SHOWN_PEOPLE]) + (f" +{more}" if more > 0 else "")


def _name(change: Change) -> str:
    if change.kind.type == BANNER:
        return "Patient details"
    return named(change.stored.resource()) if change.stored is not None else ""


def named(resource: Json) -> str:
    """Return what a resource calls itself; empty when it has no words for it."""
    for key in NAMED_BY:
        value = resource.get(key)
        text = value if isinstance(value, str) else ""
        if isinstance(value, dict):
            text = clinical_text(part(resource, key)) or plain(value.get("display"))
        elif isinstance(value, list):
            text = next((found for one in items(resource, key) if (found := clinical_text(one))), "")
        if text:
            return plain(text)
    return ""

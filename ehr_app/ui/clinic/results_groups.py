"""What of the results is shown: the categories of observations, and the resources beside them that are no observations.

Pure. Observations of other domains (vital signs, social history) are left to those. Categories:
http://terminology.hl7.org/CodeSystem/observation-category
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from ehr_app.record.contents import Kind
from ehr_app.ui.clinic.domains import BY_KEY, domain_of
from ehr_app.ui.clinic.results_address import OUT, VIEWS, Asked
from ehr_app.ui.format.dates import clinical_time
from ehr_app.ui.format.text import Json, clinical_text, in_error, items, part, plain, reference_text, sentence_case

_LABELS = {
    "": "Without category", "laboratory": "Laboratory", "imaging": "Imaging", "procedure": "Procedures", "exam": "Examination",
    "therapy": "Therapy", "activity": "Activity",
}  # fmt: skip
_TYPES = {"DiagnosticReport": "Reports", "Specimen": "Specimens", "ImagingStudy": "Imaging studies"}
_NONE = "none"
_ELSEWHERE = tuple(
    kind.removeprefix("Observation/") for domain in BY_KEY.values() for kind in domain.kinds if kind.startswith("Observation/")
)


@dataclass(frozen=True)
class Choice:
    """One choice of a switch: what it says, how many there are, its address, whether it is shown now."""

    label: str = ""
    count: str = ""
    href: str = ""
    current: bool = False


@dataclass(frozen=True)
class Choices:
    """All the switches of the page; `older` and `newest` are addresses of other pages."""

    pid: str = ""
    views: list[str] = field(default_factory=list)
    periods: list[str] = field(default_factory=list)
    period: str = "all"
    groups: list[Choice] = field(default_factory=list)
    out: Choice = field(default_factory=Choice)
    older: str = ""
    newest: str = ""

    def paged(self, older: str) -> "Choices":
        """Return the same with the address of the older page."""
        return replace(self, older=older)


def choices(wish: Asked, contents: Mapping[Kind, int]) -> Choices:
    """Return the switches with the counts of this chart; a group without anything is not offered."""
    counted: dict[str, int] = {}
    for kind, number in contents.items():
        if kind.type == "Observation" and domain_of(kind) == "results":
            counted[kind.category or _NONE] = counted.get(kind.category or _NONE, 0) + number
        elif kind.type in _TYPES:
            counted[kind.type] = counted.get(kind.type, 0) + number
    groups = [Choice("All", "", wish.but(group=""), wish.group == "")]
    for key in sorted(counted, key=lambda one: (one in _TYPES, one == _NONE, one != "laboratory", one)):
        label = _TYPES.get(key) or _LABELS.get("" if key == _NONE else key) or sentence_case(key.replace("-", " "))
        groups.append(Choice(label, f"{counted[key]:,}", wish.but(group=key, tests=()), wish.group == key))
    views = [wish.but(view=view, group="" if type_of(wish.group) else wish.group) for view in VIEWS]
    out = Choice("Out of range only", "", wish.but(flag="" if wish.flag else OUT), bool(wish.flag))
    periods = [wish.but(period=one) for one in ("1y", "5y", "all")]
    return Choices(wish.pid, views, periods, wish.period, groups, out, "", wish.but() if wish.until else "")


def condition(wish: Asked) -> list[tuple[str, str]]:
    """Return the group as search parameters."""
    if type_of(wish.group):
        return []
    if wish.group == _NONE:
        return [("category:missing", "true")]
    if wish.group:
        return [("category", wish.group.replace(",", "\\,").replace("|", "\\|"))]
    return [("category:not", ",".join(_ELSEWHERE))]


def type_of(group: str) -> str:
    """Return the resource type that a group lists; empty for observations."""
    return group if group in _TYPES else ""


def other_row(resource: Json, zone: ZoneInfo) -> dict[str, str]:
    """Return a report, a specimen or an imaging study as a line of the list."""
    kind = str(resource.get("resourceType"))
    name = clinical_text(part(resource, "code")) or clinical_text(part(resource, "type")) or plain(resource.get("description"))
    if kind == "ImagingStudy":
        told = " ".join(filter(None, (plain(one.get("code")) for one in items(resource, "modality"))))
        value = f"{plain(resource.get('numberOfSeries'))} series, {plain(resource.get('numberOfInstances'))} images"
        when = resource.get("started")
        name = name or next((text for one in items(resource, "procedureCode") if (text := clinical_text(one))), "")
    elif kind == "Specimen":
        collection = part(resource, "collection")
        told, value = clinical_text(part(collection, "bodySite")), plain(part(resource, "accessionIdentifier").get("value"))
        when = (
            collection.get("collectedDateTime") or part(collection, "collectedPeriod").get("start") or resource.get("receivedTime")
        )
    else:
        files = ", ".join(plain(one.get("title")) or plain(one.get("contentType")) for one in items(resource, "presentedForm"))
        value = plain(resource.get("conclusion")) or (f"Attached: {files}" if files else "")
        told = ", ".join(filter(None, (reference_text(who) for who in items(resource, "performer"))))
        when = resource.get("effectiveDateTime") or part(resource, "effectivePeriod").get("start") or resource.get("issued")
    wrong = in_error(resource)
    return {
        "ref": f"{kind}/{resource.get('id', '')}",
        "when": clinical_time(when, zone),
        "name": name or _TYPES[kind],
        "value": value,
        "flag": "",
        "limits": told,
        "status": sentence_case(plain(resource.get("status")).replace("-", " ")),
        "look": "wrong" if wrong else "",
        "strong": "wrong" if wrong else "",
    }

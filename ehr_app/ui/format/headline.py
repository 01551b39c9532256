"""Any resource in one line: what it is, one line about it, its state, and who is named as its author.

R4 resources: https://hl7.org/fhir/R4/resourcelist.html
A type without words of its own is told by its concepts, in the order of `TITLES`. Results and medications speak through their own
formatters. A note or a value of many words is cut after a word, with the sign that there is more; a name never is.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from ehr_app.ui.format.dates import clinical_day, clinical_time
from ehr_app.ui.format.medications import medication_line
from ehr_app.ui.format.numbers import measure
from ehr_app.ui.format.text import Json, clinical_text, in_error, items, part, plain, reference_text, sentence_case
from ehr_app.ui.format.values import NO_RANGE, UNGRADED, UNIT_MISSING, Flag, result

TITLES = (
    "code", "vaccineCode", "event", "serviceType", "description", "type", "title", "relationship", "orderedItem", "item",
    "category", "content", "class", "serviceCategory", "modality", "appointmentType", "name",
)  # fmt: skip
AUTHORS = (
    "performer", "recorder", "asserter", "author", "assessor", "requester", "prescriber", "informationSource", "participant",
    "practitioner", "provider", "enterer", "operator", "sender", "source", "expressedBy", "interpreter", "agent", "agreement",
)  # fmt: skip
_PEOPLE = ("actor", "individual", "who", "member", "party")
_USUAL = frozenset(("final", "finished", "completed", "active", "current", "available", "booked", "fulfilled", "unknown", "None"))
_STATES = {"in-progress": "In progress", "not-done": "Not done", "superseded": "Replaced", "on-hold": "On hold",
           "noshow": "Did not come", "entered-in-error": "", "amended": "Amended", "corrected": "Corrected"}  # fmt: skip
_LONGEST = 300
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Headline:
    """One line of a resource; `value`, `limits` and `flag` are those of a result."""

    title: str
    detail: str = ""
    status: str = ""
    author: str = ""
    wrong: bool = False
    value: str = ""
    limits: str = ""
    flag: Flag = UNGRADED


def headline(resource: Json, zone: ZoneInfo) -> Headline:
    """Return the line of any R4 resource."""
    rtype = plain(resource.get("resourceType"))
    named, wrong = author(resource), in_error(resource)
    if rtype == "Observation":
        shown = result(resource)
        value = f"{shown.value}, {UNIT_MISSING}" if shown.unit_missing else _cut(shown.value) or "No value"
        limits = "" if part(resource, "dataAbsentReason") else "no range" if shown.range == NO_RANGE else f"range {shown.range}"
        graded = "valueQuantity" in resource or shown.range != NO_RANGE
        status = "" if wrong else shown.status
        return Headline(shown.name, _notes(resource), status, named, wrong, value, limits if graded else "", shown.flag)
    if rtype.startswith("Medication") and rtype != "Medication":
        line = medication_line(resource)
        told = {"MedicationStatement": "told, not ordered here", "MedicationAdministration": "given",
                "MedicationDispense": "dispensed"}.get(rtype, "")  # fmt: skip
        return Headline(line.text, _joined(told, _reason(resource), _notes(resource)), "" if wrong else line.status, named, wrong)
    about = _cut(_DETAILS.get(rtype, _anything)(resource, zone))
    return Headline(_title(resource) or type_name(rtype), _joined(about, _notes(resource)), _status(resource), named, wrong)


def type_name(rtype: str) -> str:
    """Return a resource type in words: `NutritionOrder` reads `Nutrition order`."""
    return sentence_case(_CAMEL.sub(" ", rtype).lower())


def author(resource: Json) -> str:
    """Return the first person or organisation that is named as author, performer, requester and the like."""
    for key in AUTHORS:
        for one in items(resource, key):
            for who in (one, *(part(one, inner) for inner in _PEOPLE)):
                if name := reference_text(who):
                    return name
    return ""


def told_text(resource: Json) -> str:
    """Return all that a reader could look for in a resource: its texts, displays, codes and values, without addresses and ids."""
    return " ".join(_texts(resource))


def _texts(value: object, key: str = "") -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, member in value.items():
            if name not in ("id", "system", "reference", "meta", "resourceType", "contentType", "url", "data", "div", "extension"):
                yield from _texts(member, name)
    elif isinstance(value, list):
        for member in value:
            yield from _texts(member, key)
    elif value is not None and not isinstance(value, bool):
        yield plain(value)


def _title(resource: Json) -> str:
    if resource.get("resourceType") == "Encounter":
        kinds = (clinical_text(one) for one in items(resource, "type"))
        return next((kind for kind in kinds if kind), "") or _class(resource) or "Visit"
    if resource.get("resourceType") == "Coverage":
        payers = ", ".join(filter(None, (reference_text(one) for one in items(resource, "payor"))))
        return payers or clinical_text(part(resource, "type"))
    if resource.get("resourceType") == "DocumentReference":
        return clinical_text(part(resource, "type")) or plain(resource.get("description")) or "Document"
    for key in TITLES:
        value = resource.get(key)
        if isinstance(value, str) and (text := plain(value)):
            return text
        for one in items(resource, key):
            if text := clinical_text(one) or reference_text(one) or plain(one.get("display")):
                return text
    return ""


def _anything(resource: Json, zone: ZoneInfo) -> str:
    description = plain(resource.get("description"))
    return _joined(_reason(resource), description if description != _title(resource) else "")


def _condition(one: Json, zone: ZoneInfo) -> str:
    end = one.get("abatementDateTime")
    onset = one.get("onsetDateTime")
    return _joined(
        clinical_text(part(one, "severity")), f"since {clinical_day(onset, zone)}" if onset else "",
        f"until {clinical_day(end, zone)}" if end else "", *_said(one, "clinicalStatus", "verificationStatus"),
    )  # fmt: skip


def _allergy(one: Json, zone: ZoneInfo) -> str:
    signs = [clinical_text(sign) for reaction in items(one, "reaction") for sign in items(reaction, "manifestation")]
    risk = {"high": "high criticality", "low": "low criticality"}.get(str(one.get("criticality")), "")
    return _joined(", ".join(filter(None, signs)), risk, *_said(one, "clinicalStatus", "verificationStatus"))


def _encounter(one: Json, zone: ZoneInfo) -> str:
    places = [reference_text(part(place, "location")) for place in items(one, "location")]
    end = part(one, "period").get("end")
    kind = _class(one)
    return _joined(
        kind if kind != _title(one) else "", _reason(one),
        reference_text(part(one, "serviceProvider")) or next(filter(None, places), ""),
        f"until {clinical_time(end, zone)}" if end else "",
    )  # fmt: skip


def _report(one: Json, zone: ZoneInfo) -> str:
    count = len(items(one, "result"))
    return _joined(f"{count} result{'' if count == 1 else 's'}" if count else "", plain(one.get("conclusion")))


def _immunization(one: Json, zone: ZoneInfo) -> str:
    lot = f"lot {plain(one.get('lotNumber'))}" if one.get("lotNumber") else ""
    dose = measure(part(one, "doseQuantity")).text if part(one, "doseQuantity").get("value") is not None else ""
    told = "reported, not given here" if one.get("primarySource") is False else ""
    return _joined(clinical_text(part(one, "statusReason")), dose, lot, told)


def _document(one: Json, zone: ZoneInfo) -> str:
    description = plain(one.get("description"))
    kinds = [plain(part(content, "attachment").get("title")) for content in items(one, "content")]
    return _joined(description if description != _title(one) else "", *kinds)


def _procedure(one: Json, zone: ZoneInfo) -> str:
    sites = ", ".join(filter(None, (clinical_text(site) for site in items(one, "bodySite"))))
    return _joined(_reason(one), sites, clinical_text(part(one, "outcome")))


def _goal(one: Json, zone: ZoneInfo) -> str:
    due = next((clinical_day(target["dueDate"], zone) for target in items(one, "target") if target.get("dueDate")), "")
    return _joined(clinical_text(part(one, "achievementStatus")), f"due {due}" if due else "")


def _plan(one: Json, zone: ZoneInfo) -> str:
    kinds = [clinical_text(kind) for kind in items(one, "category")]
    return _joined(*(kind for kind in kinds if kind != _title(one)), plain(one.get("description")))


def _family(one: Json, zone: ZoneInfo) -> str:
    return ", ".join(filter(None, (clinical_text(part(condition, "code")) for condition in items(one, "condition"))))


_DETAILS: Mapping[str, Callable[[Json, ZoneInfo], str]] = {
    "Condition": _condition, "AllergyIntolerance": _allergy, "Encounter": _encounter, "DiagnosticReport": _report,
    "Immunization": _immunization, "DocumentReference": _document, "Procedure": _procedure, "Goal": _goal, "CarePlan": _plan,
    "FamilyMemberHistory": _family,
}  # fmt: skip
_CLASSES = {"AMB": "Ambulatory visit", "EMER": "Emergency visit", "IMP": "Inpatient stay", "HH": "Home visit",
            "VR": "Virtual visit", "OBSENC": "Observation stay", "SS": "Short stay", "ACUTE": "Inpatient stay"}  # fmt: skip


def _class(encounter: Json) -> str:
    coding = part(encounter, "class")
    return _CLASSES.get(str(coding.get("code")), plain(coding.get("display")))


def _status(resource: Json) -> str:
    status = str(resource.get("status"))
    if status in _USUAL or status == "entered-in-error":
        return ""
    return _STATES.get(status, sentence_case(plain(status).replace("-", " ")))


def _said(resource: Json, *keys: str) -> list[str]:
    usual = ("active", "confirmed", "entered-in-error")
    told = [part(resource, key) for key in keys]
    return [clinical_text(one).lower() for one in told if all(c.get("code") not in usual for c in items(one, "coding")) and one]


def _reason(resource: Json) -> str:
    coded = [clinical_text(one) for one in items(resource, "reasonCode")]
    told = ", ".join(dict.fromkeys(filter(None, (*coded, *(reference_text(one) for one in items(resource, "reasonReference"))))))
    return f"for {told}" if told else ""


def _notes(resource: Json) -> str:
    return _cut(" ".join(filter(None, (plain(note.get("text")) for note in items(resource, "note")))))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST].rsplit(" ", 1)[0] + " …"


def _joined(*texts: str) -> str:
    return " · ".join(filter(None, texts))

"""Any resource as a line: what it is called, its day, its status, who and where. What no other view knows is shown by this one.

Pure. The fields are tried in a fixed order; a type that has none of them is called by its type.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from ehr_app.standards.promote import MAIN_CODES
from ehr_app.ui.clinic.rows import Row, Section, by, joined, line, section, split
from ehr_app.ui.format import people
from ehr_app.ui.format.elements import element_words, type_plural
from ehr_app.ui.format.text import Json, clinical_text, in_error, items, part, plain, reference_text, sentence_case

TITLES = (
    "title", "code", "type", "name", "medicationCodeableConcept", "vaccineCode", "productCodeableConcept", "itemCodeableConcept",
    "codeCodeableConcept", "serviceType", "category", "event", "description", "deviceName", "topic", "scope", "conclusion",
    "summary", "reasonCode", "serviceCategory", "relationship", "activity",
)  # fmt: skip
DATES = (
    "effectiveDateTime", "effectiveInstant", "effectivePeriod", "performedDateTime", "performedPeriod", "occurrenceDateTime",
    "occurrencePeriod", "occurrence", "started", "start", "period", "actualPeriod", "servicePeriod", "sent", "received", "date",
    "authoredOn", "authored", "whenHandedOver", "whenPrepared", "identifiedDateTime", "identifiedPeriod", "dateTime", "timestamp",
    "collectedDateTime", "onsetDateTime", "recordedDate", "recordedOn", "recorded", "issued", "created", "createdDateTime",
    "createdPeriod", "dateWritten", "startDate", "statusDate", "timingDateTime", "timingPeriod", "dateAsserted", "lastModified",
    "planningHorizon", "enterer", "billablePeriod", "servicedDate", "birthDate",
)  # fmt: skip
PEOPLE = (
    "performer", "author", "requester", "recorder", "asserter", "participant", "sender", "source", "practitioner", "provider",
    "careManager", "enterer", "prescriber", "agent", "informationSource", "insurer", "receiver",
)  # fmt: skip
Builder = Callable[[Json, ZoneInfo], Row]
PAST = frozenset(
    (
        "completed", "finished", "cancelled", "stopped", "ended", "inactive", "resolved", "revoked", "rejected", "noshow",
        "superseded", "fulfilled", "failed", "aborted", "not-done", "abandoned", "proposed-ended", "retired", "entered-in-error",
    )
)  # fmt: skip


def title(resource: Json) -> str:
    """Return what a resource is called; its type in words when nothing tells."""
    rtype = str(resource.get("resourceType") or "")
    for key in (MAIN_CODES.get(rtype, ""), *TITLES):
        if told := _words(resource.get(key)):
            return sentence_case(told)
    return element_words(rtype) or "Item"


def day(resource: Json) -> object:
    """Return the date that places a resource in time, None when it has none."""
    for key in DATES:
        value = resource.get(key)
        if isinstance(value, str):
            return value
        if period := part(resource, key):
            return period.get("start") or period.get("end")
    return None


def status(resource: Json) -> str:
    """Return the status in words; empty for the plain ones."""
    told = plain(resource.get("status") or resource.get("lifecycleStatus"))
    if not told:
        return sentence_case(clinical_text(part(resource, "clinicalStatus") or part(resource, "status")))
    return "" if told in ("active", "entered-in-error", "final", "current") else sentence_case(told.replace("-", " "))


def row(resource: Json, zone: ZoneInfo, **more: Any) -> Row:
    """Return the line of any resource."""
    wrong = in_error(resource)
    known: dict[str, Any] = {
        "detail": joined(_reasons(resource), by(resource, *PEOPLE), _place(resource), by(resource, "entity")),
        "status": "" if wrong else status(resource),
    }
    return line(resource, zone, title(resource), day(resource), **{**known, **more})


def by_type(resources: Iterable[Json], zone: ZoneInfo, more: bool = False, build: Builder | None = None) -> list[Section]:
    """Return a section for each type, in the order of their names; `build` makes the lines."""
    types: dict[str, list[Json]] = {}
    for one in resources:
        types.setdefault(str(one.get("resourceType") or ""), []).append(one)
    return [of_type(rtype, types[rtype], zone, more, build) for rtype in sorted(types, key=type_plural)]


def of_type(
    rtype: str, resources: Sequence[Json], zone: ZoneInfo, more: bool = False, build: Builder | None = None
) -> Section:
    """Return the section of one type: what is not over first, the rest folded only where both are there."""
    usable, wrong = split(resources, lambda one: not in_error(one))
    current, past = split(usable, lambda one: str(one.get("status") or one.get("lifecycleStatus") or "") not in PAST)
    if not current:
        current, past = past, []
    name = type_plural(rtype)
    return section(
        rtype, name, current, [*past, *wrong], lambda one: (build or row)(one, zone), more, f"No {name.lower()} recorded.",
        "past or in error", 200,
    )  # fmt: skip


def _words(value: object) -> str:
    if isinstance(value, str):
        return plain(value)[:300]
    if isinstance(value, list):
        return next((told for one in value if (told := _words(one))), "")
    if not isinstance(value, dict):
        return ""
    if "family" in value or "given" in value:
        return people.spoken_name([value])
    return clinical_text(value) or reference_text(value) or plain(value.get("display") or value.get("name") or value.get("text"))


def _reasons(resource: Json) -> str:
    told = [clinical_text(one) for one in items(resource, "reasonCode")]
    told += [reference_text(one) for one in items(resource, "reasonReference")]
    reason = ", ".join(filter(None, told))
    return f"for {reason}" if reason else ""


def _place(resource: Json) -> str:
    for key in ("location", "serviceProvider", "managingOrganization", "custodian", "facility"):
        for one in items(resource, key):
            if told := reference_text(one) or reference_text(part(one, "location")):
                return told
    return ""

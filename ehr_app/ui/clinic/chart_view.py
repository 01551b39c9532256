"""What the chart's head shows: identity, allergy state, latest vitals with their age, and the domains with counts.

Pure: FHIR resources in, screen objects out. Every word comes from `ehr_app.ui.format`.
Vital signs and their LOINC codes: https://hl7.org/fhir/R4/observation-vitalsigns.html
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from ehr_app.ui.format import people
from ehr_app.ui.format.allergies import AllergyState, allergy_state
from ehr_app.ui.format.dates import ago, clinical_day, clinical_time, parse_instant, today
from ehr_app.ui.format.text import Json, has_code, in_error, items, part, plain, reference_text
from ehr_app.ui.format.values import Flag, components, flag, result, worst

# The strip, in its order: short name, and the codes under which it may have been recorded.
VITALS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("BP", ("85354-9", "55284-4")),
    ("HR", ("8867-4",)),
    ("RR", ("9279-1",)),
    ("Temp", ("8310-5", "8331-1")),
    ("SpO₂", ("59408-5", "2708-6")),
    ("Weight", ("29463-7", "3141-9")),
    ("Height", ("8302-2",)),
    ("BMI", ("39156-5",)),
)
LONG_NAMES = {
    "BP": "Blood pressure", "HR": "Heart rate", "RR": "Respiratory rate", "Temp": "Body temperature",
    "SpO₂": "Oxygen saturation", "BMI": "Body mass index",
}  # fmt: skip


@dataclass(frozen=True)
class Labelled:
    """A label and its value."""

    label: str = ""
    value: str = ""


@dataclass(frozen=True)
class AllergyShown:
    """One allergy in the strip."""

    text: str = ""
    grave: bool = False


@dataclass(frozen=True)
class VitalShown:
    """One vital sign in the strip; `older` is its day when it was not taken with the newest."""

    name: str = ""
    long_name: str = ""
    value: str = ""
    code: str = ""
    mark: str = ""
    words: str = ""
    grade: str = "ungraded"
    older: str = ""


@dataclass(frozen=True)
class NavItem:
    """One domain of the chart in the left navigation."""

    key: str = ""
    label: str = ""
    count: str = ""
    href: str = ""


@dataclass(frozen=True)
class ChartHead:
    """Banner, safety strip, vitals strip and navigation of one patient."""

    pid: str = ""
    name: str = ""
    preferred: str = ""
    born: str = ""
    born_spoken: str = ""
    age: str = ""
    age_spoken: str = ""
    sex: str = ""
    record_number: str = ""
    dead: bool = False
    died: str = ""
    age_at_death: str = ""
    identifiers: list[Labelled] = field(default_factory=list)
    contacts: list[Labelled] = field(default_factory=list)
    allergy: str = ""
    allergy_words: str = ""
    allergy_note: str = ""
    allergy_updated: str = ""
    allergies: list[AllergyShown] = field(default_factory=list)
    vitals: list[VitalShown] = field(default_factory=list)
    vitals_age: str = ""
    vitals_taken: str = ""
    vitals_by: str = ""
    vitals_abnormal: str = ""


def chart_head(patient: Json, allergies: Sequence[Json] | None, vitals: Sequence[Json], now: datetime, zone: ZoneInfo) -> ChartHead:
    """Return the head of a chart; `allergies` None when the source did not answer."""
    shown = people.identity(patient, today(now, zone))
    state = allergy_state(allergies, zone)
    signs, taken = latest_vitals(vitals, zone)
    abnormal = sum(sign.grade in ("abnormal", "critical") for sign in signs)
    return ChartHead(
        pid=plain(patient.get("id")),
        name=shown.name,
        preferred=shown.preferred,
        born=shown.born,
        born_spoken=shown.born_spoken,
        age=shown.age,
        age_spoken=shown.age_spoken,
        sex=shown.sex,
        record_number=shown.record_number,
        dead=bool(shown.died),
        died=shown.died,
        age_at_death=shown.age_at_death,
        identifiers=[Labelled(one.label, one.value) for one in people.identifiers(patient)],
        contacts=_contacts(patient),
        allergy=state.state,
        allergy_words=state.words,
        allergy_note=state.note,
        allergy_updated=state.updated,
        allergies=_allergies(state),
        vitals=signs,
        vitals_age=ago(taken, now) if taken else "",
        vitals_taken=clinical_time(taken, zone) if taken else "",
        vitals_by=_taken_by(vitals, taken),
        vitals_abnormal=f"{abnormal} out of range" if abnormal else "",
    )


def latest_vitals(observations: Sequence[Json], zone: ZoneInfo) -> tuple[list[VitalShown], datetime | None]:
    """F1: the newest value of each sign, and when the newest of those shown was taken.

    What was entered in error or has no value does not count.
    """
    usable = [(when, one) for one in observations if not in_error(one) and _has_value(one) and (when := taken_at(one))]
    usable.sort(key=lambda pair: pair[0], reverse=True)
    found = []
    for name, codes in VITALS:
        if newest := next(((when, one) for when, one in usable if has_code(part(one, "code"), *codes)), None):
            found.append((name, *newest))
    taken = max((when for _, when, _ in found), default=None)
    shown = [
        _vital(name, one, "" if taken and when.date() == taken.date() else clinical_day(when, zone)) for name, when, one in found
    ]
    return shown, taken


def taken_at(observation: Json) -> datetime | None:
    """When an observation was true: effective time, else when it was issued; a bare date counts as its start."""
    period = part(observation, "effectivePeriod")
    for value in (
        observation.get("effectiveDateTime"), observation.get("effectiveInstant"), period.get("start"), period.get("end"),
        observation.get("issued"),
    ):  # fmt: skip
        if moment := parse_instant(value) or parse_instant(f"{value}T00:00:00Z"):
            return moment
    return None


def count_text(count: int, more: bool) -> str:
    """A count for the navigation: `12`, `50+` when there is more than was asked for, empty for none."""
    return f"{count}+" if more else str(count) if count else ""


def _vital(name: str, observation: Json, older: str) -> VitalShown:
    shown = result(observation)
    graded = _worst_flag(observation)
    return VitalShown(
        name=name,
        long_name=LONG_NAMES.get(name, name),
        value=shown.value,
        code=graded.code,
        mark=graded.mark,
        words="" if graded.grade in ("normal", "ungraded") else graded.words,
        grade=graded.grade,
        older=older,
    )


def _has_value(observation: Json) -> bool:
    return any(key.startswith("value") for key in observation) or any(_has_value(one) for one in items(observation, "component"))


def _taken_by(observations: Sequence[Json], taken: datetime | None) -> str:
    newest = (one for one in observations if taken and taken_at(one) == taken and not in_error(one))
    names = (reference_text(who) for one in newest for who in items(one, "performer"))
    return next((name for name in names if name), "")


def _worst_flag(observation: Json) -> Flag:
    own = flag(observation)
    return own if own.grade != "ungraded" else worst(one.flag for one in components(observation))


def _allergies(state: AllergyState) -> list[AllergyShown]:
    return [AllergyShown(one.text, one.grave) for one in state.active]


def _contacts(patient: Json) -> list[Labelled]:
    found = [Labelled("Phone", number) for number in people.phones(patient)]
    if home := people.address(patient):
        found.append(Labelled("Address", home))
    for one in items(patient, "contact"):
        name = people.spoken_name([part(one, "name")]) if part(one, "name") else ""
        numbers = ", ".join(people.phones(one))
        if name or numbers:
            found.append(Labelled("Contact", " ".join(filter(None, (name, numbers)))))
    languages = [text for one in items(patient, "communication") if (text := plain(part(one, "language").get("text"))) != ""]
    return found + ([Labelled("Language", ", ".join(languages))] if languages else [])

"""Synthetic patients: one list of FHIR R4 resources per patient, a pure function of facility, seed and date.

Profiles: US Core 6.1.0, https://hl7.org/fhir/us/core/STU6.1/. No clock, no file, no network: the same arguments give
the same bytes. This is test data for software; it claims nothing about how illnesses run.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from ehr_app.demo import (
    allergies,
    cast,
    codes,
    contacts,
    coverage,
    desk,
    devices,
    dispensing,
    documents,
    encounters,
    history,
    imaging,
    immunizations,
    incidents,
    labs,
    medications,
    monitoring,
    plans,
    problems,
    procedures,
    questionnaires,
    restricted,
    vitals,
)
from ehr_app.demo.chart import DAYS_PER_YEAR, Chart
from ehr_app.demo.elements import HL7, US_CORE, Resource, coding, instant, profile
from ehr_app.demo.facilities import IDENTIFIER_BASE, Facility

_HISTORY_YEARS, _SHORT_YEARS = 6.0, 1.5
_LANGUAGES = {
    "en": "English", "es": "Spanish", "ar": "Arabic", "vi": "Vietnamese", "zh": "Chinese", "fr": "French",
    "uk": "Ukrainian",
    "ru": "Russian", "ko": "Korean", "hi": "Hindi", "pl": "Polish", "tr": "Turkish",
    "ja": "Japanese", "he": "Hebrew", "el": "Greek", "pt": "Portuguese",
}  # fmt: skip
_INTERPRETER = "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired"
_STREETS = ("Maple Street", "Second Avenue", "Mill Road", "Lakeview Drive", "Chapel Hill", "Station Road")


@dataclass(slots=True)
class Part:
    """What one commit writes: resources that are new, and second versions of some of them."""

    fresh: list[Resource] = field(default_factory=list)
    revised: list[Resource] = field(default_factory=list)

    def take(self, other: "Part") -> None:
        """Add another part's resources."""
        self.fresh += other.fresh
        self.revised += other.revised


def identity(slug: str, number: int) -> str:
    """Return the id of a facility's patient `number`, such as `north-p0001`."""
    return f"{slug}-p{number:04d}"


def parts(facility: Facility, number: int, seed: int, as_of: date) -> Iterator[Part]:
    """Yield one patient's chart in the pieces that are written at once: one, or some hundreds for a large chart."""
    chart = _chart(facility, number, seed, as_of)
    yield Part(list(chart.resources), chart.corrections)
    for resources in monitoring.spans(chart):
        yield Part(resources)


def generate(facility: Facility, n: int, seed: int, as_of: date) -> Iterator[list[Resource]]:
    """Yield `n` patients' resources, each list in dependency order, ids stable (`north-p0001-obs-0042`).

    Shape: patient `i` depends on facility, seed, date and `i` only, never on `n`. Nothing happens after `as_of`.
    """
    for chart in _charts(facility, n, seed, as_of):
        yield chart.resources


def corrections(facility: Facility, n: int, seed: int, as_of: date) -> Iterator[list[Resource]]:
    """Yield the second versions (and their Provenance) of results the laboratory corrected, per patient that has any.

    Shape: ids repeat those of `generate`; write these after it.
    """
    for number in range(1, n + 1):
        if "amended-result" in _persona(facility, number, seed).specials:
            yield _chart(facility, number, seed, as_of).corrections


def _charts(facility: Facility, n: int, seed: int, as_of: date) -> Iterator[Chart]:
    for number in range(1, n + 1):
        yield _chart(facility, number, seed, as_of)


def _persona(facility: Facility, number: int, seed: int) -> cast.Persona:
    return cast.persona(facility.slug, number, seed)


def _chart(facility: Facility, number: int, seed: int, as_of: date) -> Chart:
    persona = _persona(facility, number, seed)
    rng = Random(f"{seed}:{facility.slug}:{number}:life")  # dice of a story, not of a key
    died = persona.died_years_ago is not None
    last_day = as_of - timedelta(days=2 + round((persona.died_years_ago or 0) * DAYS_PER_YEAR))
    birth = as_of - timedelta(days=round(persona.age * DAYS_PER_YEAR))
    chart = Chart(facility, persona, rng, identity(facility.slug, number), number, birth, last_day, died)
    years = _HISTORY_YEARS if number <= cast.FULL_CHARTS[facility.slug] else _SHORT_YEARS
    longest = max((float(entry.partition("@")[2]) for entry in persona.problems), default=0.0)
    if years == _HISTORY_YEARS:
        years = max(years, longest)
    history_from = max(birth, last_day - timedelta(days=round(years * DAYS_PER_YEAR)))
    problems.plan(chart, history_from)
    encounters.plan(chart, history_from)
    _write(chart, as_of)
    return chart


def _write(chart: Chart, as_of: date) -> None:
    chart.add(_patient(chart))
    coverage.record(chart, contacts.record(chart))
    allergens = allergies.choose(chart)
    known = {a.code for a in allergens}
    family_told = chart.age(chart.last_day) < 18
    for number, visit in enumerate(chart.visits):
        encounters.record(chart, visit)
        if number == 0:
            allergies.record(chart, visit, allergens)
        if not family_told and visit.kind == "wellness":
            history.record_family(chart, visit)
            family_told = True
        new = visit.problem if visit.problem is not None and not visit.problem.condition_id else None
        if new is not None:
            problems.record(chart, visit, new)
        if visit.setting != "virtual":
            vitals.record(chart, visit)
        history.record(chart, visit)
        if visit.setting == "clinic":
            labs.record(chart, visit)
            procedures.record(chart, visit)
        medications.record(chart, visit, known)
        immunizations.record(chart, visit)
        if new is not None:
            plans.record(chart, visit, new)
        documents.record(chart, visit)
    incidents.record(chart)
    for noun in (dispensing, imaging, devices, questionnaires, restricted):
        noun.record(chart)
    desk.record(chart, as_of)


def _patient(chart: Chart) -> Resource:
    persona, facility = chart.persona, chart.facility
    home = Random(f"{persona.human}{persona.moved}") if persona.human else chart.rng
    phone, house = home.randint(0, 99), f"{home.randint(1, 980)} {home.choice(_STREETS)}"
    patient: Resource = {
        "resourceType": "Patient",
        "id": chart.identity,
        "meta": profile("patient"),
        "extension": _extensions(persona),
        "identifier": [
            {
                "use": "usual",
                "type": {"coding": [{"system": HL7 + "v2-0203", "code": "MR", "display": "Medical record number"}]},
                "system": f"{IDENTIFIER_BASE}{facility.slug}/mrn",
                "value": f"{facility.slug[0].upper()}{100000 + chart.number * 37}",
                "assigner": facility.organization,
            }
        ],
        "active": True,
        "name": _names(persona),
        "telecom": [
            {"system": "phone", "value": f"+1-555-01{phone:02d}", "use": "home"},
            {"system": "email", "value": f"{chart.identity}@mail.example", "use": "home"},
        ],
        "gender": persona.sex,
        "birthDate": chart.birth.isoformat(),
        "address": [
            {
                "use": "home",
                "line": [house],
                "city": facility.city,
                "state": facility.state,
                "postalCode": facility.postal_code,
                "country": "US",
            }
        ],
        "communication": [
            {
                "language": {
                    "coding": [{"system": "urn:ietf:bcp:47", "code": persona.language}],
                    "text": _LANGUAGES[persona.language],
                },
                "preferred": True,
            }
        ],
        "generalPractitioner": [chart.primary.reference],
        "managingOrganization": facility.organization,
    }
    if chart.died:
        patient["deceasedDateTime"] = instant(chart.moment(chart.last_day, 23, 40))
    return patient


def _names(persona: cast.Persona) -> list[Resource]:
    text = cast.full_name(persona.given, persona.family)
    official: Resource = {"use": "official", "text": text, "family": persona.family}
    if persona.given:
        official["given"] = list(persona.given)
    names = [official]
    if persona.native is not None:
        given, family = persona.native
        names.append({"use": "usual", "text": cast.full_name((given,), family), "family": family, "given": [given]})
    if persona.preferred is not None:
        names.append({"use": "nickname", "text": persona.preferred, "given": [persona.preferred]})
    return names


def _extensions(persona: cast.Persona) -> list[Resource]:
    race = codes.RACES[persona.race]
    ethnicity = codes.HISPANIC if persona.hispanic else codes.NOT_HISPANIC
    return [
        {
            "url": US_CORE + "race",
            "extension": [
                {"url": "ombCategory", "valueCoding": coding(race)},
                {"url": "text", "valueString": race.display},
            ],
        },
        {
            "url": US_CORE + "ethnicity",
            "extension": [
                {"url": "ombCategory", "valueCoding": coding(ethnicity)},
                {"url": "text", "valueString": ethnicity.display},
            ],
        },
        {"url": US_CORE + "birthsex", "valueCode": "F" if persona.sex == "female" else "M"},
        {"url": _INTERPRETER, "valueBoolean": persona.language != "en"},
    ]

"""Allergies: the four states a chart can be in, each as AllergyIntolerance resources (or none).

Profile: US Core 6.1 AllergyIntolerance. known: at least one active allergy; none: "no known allergy" with author and
date; unrecorded: nothing at all; error: only entries marked entered in error, which counts as not recorded.
"""

from dataclasses import dataclass

from ehr_app.demo import codes
from ehr_app.demo.chart import Chart, Visit
from ehr_app.demo.elements import Code, Resource, concept, instant, profile, reference, status


@dataclass(frozen=True, slots=True)
class Allergen:
    """A substance with what it does."""

    code: Code
    category: str
    criticality: str
    reaction: Code
    severity: str


_ALLERGENS = (
    Allergen(codes.PENICILLIN_G, "medication", "high", codes.ANAPHYLAXIS, "severe"),
    Allergen(codes.SULFONAMIDE, "medication", "low", codes.RASH, "mild"),
    Allergen(codes.CODEINE, "medication", "low", codes.NAUSEA, "moderate"),
    Allergen(codes.SHELLFISH, "food", "high", codes.HIVES, "moderate"),
    Allergen(codes.LATEX, "environment", "low", codes.RASH, "mild"),
    Allergen(codes.GRASS_POLLEN, "environment", "low", codes.HIVES, "mild"),
    Allergen(codes.CASHEW, "food", "high", codes.ANAPHYLAXIS, "severe"),
    Allergen(codes.PEANUT, "food", "high", codes.ANAPHYLAXIS, "severe"),
)


def choose(chart: Chart) -> list[Allergen]:
    """Return what the patient is allergic to: one to three substances in the known state, else none."""
    if chart.persona.allergy != "known":
        return []
    count = 1 + int(chart.rng.random() * 2.3)
    first = chart.number - 1
    return [_ALLERGENS[(first + 3 * step) % len(_ALLERGENS)] for step in range(count)]


def record(chart: Chart, visit: Visit, allergens: list[Allergen]) -> None:
    """Add the AllergyIntolerance resources of the chart's state, asked about at this visit."""
    state = chart.persona.allergy
    if state == "known":
        for allergen in allergens:
            _add(chart, visit, allergen)
        if "uncoded-allergy" in chart.persona.specials:
            _add_text(chart, visit, "Kiwi fruit, itching mouth (told by the mother)")
    elif state == "none":
        resource = _start(chart, visit, "confirmed")
        resource["code"] = concept(codes.NO_KNOWN_ALLERGY)
        chart.add(resource)
    elif state == "error":
        resource = _start(chart, visit, "entered-in-error")
        del resource["clinicalStatus"]  # invariant ait-2: none when entered in error
        resource["code"] = concept(codes.LATEX)
        resource["note"] = [{"text": "Entered on the wrong chart."}]
        chart.add(resource)


def _add(chart: Chart, visit: Visit, allergen: Allergen) -> None:
    unconfirmed = "unconfirmed-allergy" in chart.persona.specials
    resource = _start(chart, visit, "unconfirmed" if unconfirmed else "confirmed")
    resource["type"] = "allergy"
    resource["category"] = [allergen.category]
    resource["criticality"] = allergen.criticality
    resource["code"] = concept(allergen.code)
    resource["reaction"] = [{"manifestation": [concept(allergen.reaction)], "severity": allergen.severity}]
    chart.add(resource)


def _add_text(chart: Chart, visit: Visit, text: str) -> None:
    resource = _start(chart, visit, "unconfirmed")
    resource["category"] = ["food"]
    resource["code"] = {"text": text}
    chart.add(resource)


def _start(chart: Chart, visit: Visit, verification: str) -> Resource:
    return {
        "resourceType": "AllergyIntolerance",
        "id": chart.identify("alg"),
        "meta": profile("allergyintolerance"),
        "clinicalStatus": status("allergyintolerance-clinical", "active"),
        "verificationStatus": status("allergyintolerance-verification", verification),
        "patient": chart.subject,
        "encounter": reference("Encounter", visit.encounter_id),
        "recordedDate": instant(visit.start),
        "recorder": visit.nurse.reference,
        "asserter": chart.subject,
    }

"""Social and family history: smoking status, a depression score, what runs in the family.

Profiles: US Core 6.1 Smoking Status and Screening Assessment; FHIR R4 FamilyMemberHistory.
"""

from decimal import Decimal
from math import exp

from ehr_app.demo import codes
from ehr_app.demo.chart import Chart, Visit
from ehr_app.demo.elements import Code, Resource, concept, instant, profile, quantity, reference

_RELATIVES: tuple[tuple[Code, Code, int], ...] = (
    (codes.MOTHER, codes.HYPERTENSION, 52),
    (codes.FATHER, codes.MYOCARDIAL_INFARCTION, 61),
    (codes.MOTHER, codes.DIABETES, 55),
    (codes.BROTHER, codes.HYPERLIPIDEMIA, 41),
    (codes.FATHER, codes.KNEE_OSTEOARTHRITIS, 60),
)


def record(chart: Chart, visit: Visit) -> None:
    """Add what this visit asks about: smoking at check-ups from 13 years, mood at follow-ups of depression."""
    if visit.kind == "wellness" and chart.age(visit.day) >= 13:
        _smoking(chart, visit)
    depression = chart.problem("depression", visit.day)
    if depression and visit.kind != "emergency":
        shape = "observation-screening-assessment"
        score = chart.drift("mood", 4 + 9 * exp(-depression.years(visit.day) / 0.7), 1.0)
        observation = _start(chart, visit, codes.DEPRESSION_SCORE, codes.SURVEY_CATEGORY, shape)
        observation["valueQuantity"] = quantity(Decimal(max(0, min(27, round(score)))), "{score}", "{score}")
        chart.add(observation)


def record_family(chart: Chart, visit: Visit) -> None:
    """Add the family history an adult tells at the first check-up."""
    number = chart.number
    for step in range(1 + number % 2):
        relation, condition, onset_age = _RELATIVES[(number + 2 * step) % len(_RELATIVES)]
        chart.add(
            {
                "resourceType": "FamilyMemberHistory",
                "id": chart.identify("fam"),
                "status": "completed",
                "patient": chart.subject,
                "date": visit.day.isoformat(),
                "relationship": concept(relation),
                "condition": [
                    {"code": concept(condition), "onsetAge": quantity(Decimal(onset_age), "years", "a")},
                ],
            }
        )


def _smoking(chart: Chart, visit: Visit) -> None:
    if "smoker" not in chart.levels:
        share = chart.rng.random() - (0.3 if chart.problem("chronic-bronchitis", chart.last_day) else 0)
        chart.levels["smoker"] = 2.0 if share < 0.12 else 1.0 if share < 0.3 else 0.0
        if chart.age(chart.last_day) < 20:
            chart.levels["smoker"] = 0.0
    elif chart.levels["smoker"] == 2.0 and chart.rng.random() < 0.12:
        chart.levels["smoker"] = 1.0
    answer = (codes.NEVER_SMOKER, codes.FORMER_SMOKER, codes.DAILY_SMOKER)[int(chart.levels["smoker"])]
    observation = _start(chart, visit, codes.SMOKING, codes.SOCIAL_CATEGORY, "smokingstatus")
    observation["valueCodeableConcept"] = concept(answer)
    chart.add(observation)


def _start(chart: Chart, visit: Visit, code: Code, category: Code, shape: str) -> Resource:
    return {
        "resourceType": "Observation",
        "id": chart.identify("obs"),
        "meta": profile(shape),
        "status": "final",
        "category": [concept(category)],
        "code": concept(code),
        "subject": chart.subject,
        "encounter": reference("Encounter", visit.encounter_id),
        "effectiveDateTime": instant(visit.start),
        "issued": instant(visit.start),
        "performer": [visit.nurse.reference],
    }

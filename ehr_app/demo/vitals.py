"""Vital signs of each visit: blood pressure, pulse, breathing, temperature, oxygen, weight, height, growth.

Profiles: US Core 6.1 vital signs. Series drift from visit to visit; children grow along a curve through the heights
and weights of the children in the sample records read (synthea-r4), scaled per child.
"""

from bisect import bisect_left
from datetime import datetime
from decimal import Decimal

from ehr_app.demo import codes
from ehr_app.demo.chart import Chart, Visit
from ehr_app.demo.elements import Code, Resource, concept, decimal, instant, profile, quantity, reference

# (age in years, height in cm, weight in kg), read from the sample records; between two points a straight line.
_GROWTH: dict[str, tuple[tuple[float, float, float], ...]] = {
    "male": (
        (0.0, 48.6, 3.4), (0.1, 50.5, 3.9), (0.27, 56.1, 5.2), (0.44, 62.5, 6.8), (0.69, 66.9, 8.1), (0.94, 71.4, 9.1),
        (1.19, 74.4, 9.8), (1.44, 77.0, 10.4), (2.44, 90.0, 12.9), (10.0, 139.0, 33.0), (14.03, 165.8, 48.0),
        (15.04, 171.7, 54.6), (16.06, 175.1, 60.0), (17.08, 176.8, 64.5), (18.09, 177.7, 67.9), (20.0, 178.6, 71.0),
    ),
    "female": (
        (0.0, 49.8, 3.4), (0.1, 51.8, 3.8), (0.27, 58.2, 4.9), (0.44, 64.5, 6.4), (0.69, 69.3, 7.6), (0.94, 73.3, 8.6),
        (1.19, 77.6, 10.3), (1.44, 80.9, 11.0), (1.94, 86.8, 12.1), (2.44, 91.6, 12.9), (10.02, 141.0, 33.7),
        (11.04, 147.2, 38.5), (12.05, 154.5, 43.3), (13.07, 158.1, 47.7), (14.09, 160.1, 51.3), (16.08, 162.3, 56.4),
        (18.11, 162.9, 60.0), (20.0, 163.0, 61.3),
    ),
}  # fmt: skip


def record(chart: Chart, visit: Visit) -> None:
    """Add the visit's vital signs, taken by the nurse in its first minutes."""
    age = chart.age(visit.day)
    when = chart.later(visit.start, min(8.0, (visit.end - visit.start).total_seconds() / 120))
    height, weight = _body(chart, visit, age)
    if age >= 3:
        _pressure(chart, visit, when, age)
    ill = visit.problem is not None and not visit.problem.chronic and visit.problem.key != "newborn"
    pulse_target = 74 + max(0.0, 9 - age) * 5.5 + (9 if ill else 0)
    pulse = max(46.0, chart.drift("pulse", pulse_target, 4.0))
    breaths = max(11.0, chart.drift("breaths", 15 + max(0.0, 8 - age) * 2.2 + (2 if ill else 0), 0.9))
    temperature = chart.drift("temperature", 37.6 if ill else 36.8, 0.15, 0.9)
    saturation = 97.8 - (3.2 if chart.problem("chronic-bronchitis", visit.day) else 0)
    saturation -= 1.5 if chart.problem("heart-failure", visit.day) else 0
    saturation -= 2.5 if visit.problem is not None and visit.problem.key == "pneumonia" else 0
    saturation = min(100.0, chart.drift("saturation", saturation, 0.5, 0.8))
    _add(chart, visit, when, codes.HEART_RATE, "heart-rate", decimal(pulse, 0), "/min", "/min")
    _add(chart, visit, when, codes.RESPIRATORY_RATE, "respiratory-rate", decimal(breaths, 0), "/min", "/min")
    _add(chart, visit, when, codes.TEMPERATURE, "body-temperature", decimal(temperature, 1), "°C", "Cel")
    _add(chart, visit, when, codes.OXYGEN_SATURATION, "pulse-oximetry", decimal(saturation, 0), "%", "%")
    if age < 20 or visit.kind == "wellness":
        _add(chart, visit, when, codes.HEIGHT, "body-height", height, "cm", "cm")
    _add(chart, visit, when, codes.WEIGHT, "body-weight", weight, "kg", "kg")
    if age >= 2 and (age < 20 or visit.kind == "wellness"):
        index = decimal(float(weight) / (float(height) / 100) ** 2, 1)
        _add(chart, visit, when, codes.BODY_MASS_INDEX, "bmi", index, "kg/m2", "kg/m2")
    if age < 2:
        circumference = decimal(34.5 + 12.5 * (age / 2) ** 0.5 * chart.levels["stature"], 1)
        _add(chart, visit, when, codes.HEAD_CIRCUMFERENCE, "head-circumference", circumference, "cm", "cm")


def _body(chart: Chart, visit: Visit, age: float) -> tuple[Decimal, Decimal]:
    if "stature" not in chart.levels:
        chart.levels["stature"] = 1 + max(-0.06, min(0.06, chart.rng.gauss(0, 0.03)))
        chart.levels["build"] = 1 + max(-0.15, min(0.2, chart.rng.gauss(0, 0.08)))
    curve = _GROWTH[chart.persona.sex]
    at = min(age, 20.0)
    after = max(1, bisect_left(curve, (at, 0.0, 0.0)))
    (a0, h0, w0), (a1, h1, w1) = curve[after - 1], curve[min(after, len(curve) - 1)]
    share = 0.0 if a1 <= a0 else min(1.0, (at - a0) / (a1 - a0))
    stature, build = chart.levels["stature"], chart.levels["build"]
    height = (h0 + (h1 - h0) * share) * stature - max(0.0, age - 65) * 0.12
    weight = (w0 + (w1 - w0) * share) * stature**2 * build
    if age < 20:
        chart.levels["weight"] = weight
        return decimal(height, 1), decimal(weight * (1 + chart.rng.uniform(-0.008, 0.008)), 2 if age < 2 else 1)
    target = weight * (1 + min(age - 20, 40) * 0.004)
    obesity = next((p for p in chart.problems if p.key == "obesity"), None)
    if obesity:  # the weight rises for years before anybody writes the word
        index = 30.3 + max(-4.0, min(2.5, obesity.years(visit.day) * 0.6))
        target = index * (height / 100) ** 2
    pregnancy = chart.problem("pregnancy", visit.day)
    if pregnancy:
        target += min(0.75, pregnancy.years(visit.day)) * 15
    if chart.problem("alzheimer", visit.day) or chart.problem("heart-failure", visit.day):
        target -= 4
    today = visit.day.toordinal()
    waited_days = today - chart.levels.get("weighed", today - 365.0)
    chart.levels["weighed"] = today
    pull = min(0.5, 0.05 + waited_days / 365 * 0.7)
    return decimal(height, 1), decimal(chart.drift("weight", target, 0.55, pull), 1)


def _pressure(chart: Chart, visit: Visit, when: datetime, age: float) -> None:
    systolic = 98 + min(age, 18) * 1.1 + max(0.0, age - 40) * 0.22
    hypertension = chart.problem("hypertension", visit.day)
    if hypertension:
        years = hypertension.years(visit.day)
        systolic = 156 - 20 * min(1.0, years / 1.5) + (5 if 1.6 < years < 6 else 0)
    elif chart.problem("kidney-disease", visit.day):
        systolic += 12
    diastolic = 58 + (systolic - 98) * 0.42
    high = round(chart.drift("systolic", systolic, 5.0))
    low = min(round(chart.drift("diastolic", diastolic, 3.0)), high - 22)
    observation = _start(chart, visit, when, codes.BLOOD_PRESSURE, "blood-pressure")
    observation["component"] = [
        {"code": concept(codes.SYSTOLIC), "valueQuantity": quantity(Decimal(high), "mmHg", "mm[Hg]")},
        {"code": concept(codes.DIASTOLIC), "valueQuantity": quantity(Decimal(low), "mmHg", "mm[Hg]")},
    ]
    chart.add(observation)


def _add(chart: Chart, visit: Visit, when: datetime, code: Code, shape: str, value: Decimal, unit: str, ucum: str) -> None:
    observation = _start(chart, visit, when, code, shape)
    observation["valueQuantity"] = quantity(value, unit, ucum)
    if code is codes.OXYGEN_SATURATION:
        general = codes.OXYGEN_SATURATION_GENERAL
        observation["code"]["coding"].append({"system": general.system, "code": general.code, "display": general.display})
    chart.add(observation)


def _start(chart: Chart, visit: Visit, when: datetime, code: Code, shape: str) -> Resource:
    return {
        "resourceType": "Observation",
        "id": chart.identify("obs"),
        "meta": profile(shape),
        "status": "final",
        "category": [concept(codes.VITAL_SIGNS_CATEGORY)],
        "code": concept(code),
        "subject": chart.subject,
        "encounter": reference("Encounter", visit.encounter_id),
        "effectiveDateTime": instant(when),
        "issued": instant(when),
        "performer": [visit.nurse.reference],
    }

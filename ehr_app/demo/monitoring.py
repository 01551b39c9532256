"""Long intensive histories: readings at home several times a day, and dialysis three times a week.

Yielded month by month, so that a chart of 60,000 resources never stands in memory as a whole. Readings at home belong to no
encounter: the patient takes them, a device of hers measures. Values claim nothing about how kidney failure runs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from ehr_app.demo import codes
from ehr_app.demo.chart import Chart
from ehr_app.demo.elements import Code, Resource, coding, concept, decimal, instant, profile, quantity, reference, status
from ehr_app.demo.staff import members

MONTH_DAYS = 14
_SESSION_WEEKDAYS = (0, 2, 4)
_SESSION_MINUTES = 235


@dataclass(frozen=True, slots=True)
class Watch:
    """What is measured at home: for how many days, pressures and sensor glucose values a day, and whether there is dialysis."""

    days: int
    pressures: int
    glucoses: int
    dialysis: bool


WATCHES = {"home-monitoring": Watch(570, 2, 2, False), "dialysis": Watch(2192, 2, 18, True)}


def watch(chart: Chart) -> Watch | None:
    """Return how a patient is watched; None for nearly everybody."""
    return next((WATCHES[name] for name in WATCHES if name in chart.persona.specials), None)


def spans(chart: Chart) -> Iterator[list[Resource]]:
    """Yield the readings and sessions of one fortnight after another, up to the chart's last day."""
    watched = watch(chart)
    if watched is None:
        return
    devices = _devices(chart, watched)
    yield list(devices.values())
    busy = {visit.start.date() + timedelta(days=n) for visit in chart.visits for n in range((visit.end - visit.start).days + 2)}
    day = chart.last_day - timedelta(days=watched.days)
    while day < chart.last_day:
        chart.resources.clear()
        until = min(day + timedelta(days=MONTH_DAYS), chart.last_day)
        while day < until:
            if watched.dialysis and day.weekday() in _SESSION_WEEKDAYS and day not in busy:
                _session(chart, day)
            _at_home(chart, day, watched, devices)
            day += timedelta(days=1)
        yield list(chart.resources)


def _devices(chart: Chart, watched: Watch) -> dict[str, Resource]:
    names = {"pressure": "Home blood pressure monitor", "scale": "Home scale", "glucose": "Glucose sensor"}
    return {
        key: {
            "resourceType": "Device",
            "id": chart.identify("dev"),
            "status": "active",
            "deviceName": [{"name": name, "type": "user-friendly-name"}],
            "serialNumber": f"{key[0].upper()}{chart.rng.randint(10**6, 10**7)}",
            "type": {"text": name},
            "patient": chart.subject,
        }
        for key, name in names.items()
    }


def _at_home(chart: Chart, day: date, watched: Watch, devices: dict[str, Resource]) -> None:
    rng = chart.rng
    for n in range(watched.pressures):
        hour = 7 + 13 * n // max(1, watched.pressures - 1) if watched.pressures > 1 else 7
        when = chart.moment(day, hour, rng.randint(0, 40))
        high = round(chart.drift("home-systolic", 138 if watched.dialysis else 131, 5.0))
        low = min(round(chart.drift("home-diastolic", 79, 3.0)), high - 25)
        pressure = _reading(chart, when, codes.BLOOD_PRESSURE, "blood-pressure", devices["pressure"])
        pressure["component"] = _pressure(high, low)
        chart.add(pressure)
        pulse = _reading(chart, when, codes.HEART_RATE, "heart-rate", devices["pressure"])
        pulse["valueQuantity"] = quantity(decimal(max(48, chart.drift("home-pulse", 72, 4.0)), 0), "/min", "/min")
        chart.add(pulse)
    weight = _reading(chart, chart.moment(day, 6, rng.randint(30, 59)), codes.WEIGHT, "body-weight", devices["scale"])
    weight["valueQuantity"] = quantity(decimal(_weight(chart, day), 1), "kg", "kg")
    chart.add(weight)
    for n in range(watched.glucoses):
        minute = 10 + n * (1430 // max(1, watched.glucoses)) + rng.randint(0, 15)
        reading = _reading(chart, chart.moment(day, minute // 60, minute % 60), codes.SENSOR_GLUCOSE, None, devices["glucose"])
        after_meal = 38 if minute // 60 in (8, 9, 13, 14, 19, 20) else 0
        value = max(62.0, chart.drift("home-glucose", 128 + after_meal, 11.0, 0.5))
        reading["valueQuantity"] = quantity(decimal(value, 0), "mg/dL", "mg/dL")
        chart.add(reading)


def _weight(chart: Chart, day: date) -> float:
    """Water gathers from session to session and is taken away there."""
    dry = chart.levels.setdefault("dry-weight", chart.levels.get("weight", 74.0))
    gained = {0: 2.3, 1: 0.5, 2: 1.5, 3: 0.4, 4: 1.5, 5: 0.5, 6: 1.4}[day.weekday()]
    return dry + (gained if "dialysis" in chart.persona.specials else 0.0) + chart.drift("water", 0.0, 0.15)


def _session(chart: Chart, day: date) -> None:
    nurse = chart.rng.choice(members(chart.facility, "nurse"))
    start = chart.moment(day, 7, chart.rng.randint(45, 59))
    end = chart.later(start, _SESSION_MINUTES + chart.rng.randint(-10, 10))
    encounter = chart.identify("enc")
    kidney = next(problem for problem in chart.problems if problem.key == "kidney-failure")
    chart.add(
        {
            "resourceType": "Encounter",
            "id": encounter,
            "meta": profile("encounter"),
            "status": "finished",
            "class": coding(codes.AMBULATORY),
            "type": [concept(codes.PROBLEM_VISIT, "Dialysis session")],
            "subject": chart.subject,
            "participant": [{"type": [status("v3-ParticipationType", "PPRF")], "individual": nurse.reference}],
            "period": {"start": instant(start), "end": instant(end)},
            "reasonCode": [concept(kidney.code)],
            "location": [{"location": chart.facility.clinic}],
            "serviceProvider": chart.facility.organization,
        }
    )
    chart.add(
        {
            "resourceType": "Procedure",
            "id": chart.identify("prc"),
            "meta": profile("procedure"),
            "status": "completed",
            "code": concept(codes.DIALYSIS),
            "subject": chart.subject,
            "encounter": reference("Encounter", encounter),
            "performedPeriod": {"start": instant(chart.later(start, 10)), "end": instant(chart.later(end, -8))},
            "performer": [{"actor": nurse.reference, "onBehalfOf": chart.facility.organization}],
            "reasonReference": [reference("Condition", kidney.condition_id)],
        }
    )
    for minutes in (5, 65, 125, 185):
        when = chart.later(start, minutes)
        high = round(chart.drift("session-systolic", 146 - minutes * 0.1, 4.0))
        pressure = _taken(chart, when, codes.BLOOD_PRESSURE, "blood-pressure", encounter, nurse.reference)
        pressure["component"] = _pressure(high, min(round(chart.drift("session-diastolic", 80, 3.0)), high - 25))
        chart.add(pressure)
        pulse = _taken(chart, when, codes.HEART_RATE, "heart-rate", encounter, nurse.reference)
        pulse["valueQuantity"] = quantity(decimal(max(48, chart.drift("session-pulse", 74, 4.0)), 0), "/min", "/min")
        chart.add(pulse)
    before = _weight(chart, day)
    for minutes, value in ((3, before), (_SESSION_MINUTES - 14, before - chart.levels["dry-weight"] * 0.02)):
        weight = _taken(chart, chart.later(start, minutes), codes.WEIGHT, "body-weight", encounter, nurse.reference)
        weight["valueQuantity"] = quantity(decimal(value, 1), "kg", "kg")
        chart.add(weight)


def _pressure(high: int, low: int) -> list[Resource]:
    return [
        {"code": concept(codes.SYSTOLIC), "valueQuantity": quantity(Decimal(high), "mmHg", "mm[Hg]")},
        {"code": concept(codes.DIASTOLIC), "valueQuantity": quantity(Decimal(low), "mmHg", "mm[Hg]")},
    ]


def _reading(chart: Chart, when: datetime, code: Code, shape: str | None, device: Resource) -> Resource:
    reading = _observation(chart, when, code, shape, chart.subject)
    reading["device"] = reference("Device", device["id"], device["deviceName"][0]["name"])
    return reading


def _taken(chart: Chart, when: datetime, code: Code, shape: str, encounter_id: str, who: Resource) -> Resource:
    observation = _observation(chart, when, code, shape, who)
    observation["encounter"] = reference("Encounter", encounter_id)
    return observation


def _observation(chart: Chart, when: datetime, code: Code, shape: str | None, who: Resource) -> Resource:
    observation: Resource = {
        "resourceType": "Observation",
        "id": chart.identify("obs"),
        "status": "final",
        "category": [concept(codes.VITAL_SIGNS_CATEGORY if shape else codes.LABORATORY_CATEGORY)],
        "code": concept(code),
        "subject": chart.subject,
        "effectiveDateTime": instant(when),
        "issued": instant(when),
        "performer": [who],
    }
    if shape:
        observation["meta"] = profile(shape)
    return observation

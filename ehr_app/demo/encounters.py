"""Encounters: when a patient comes, why, and for how long.

Profile: US Core 6.1 Encounter. Check-ups follow age, chronic problems their interval, small illnesses their onset.
Visits are on weekdays inside opening hours; emergencies and admissions at any time.
"""

from datetime import date, timedelta

from ehr_app.demo import codes
from ehr_app.demo.chart import DAYS_PER_YEAR, Chart, Problem, Visit
from ehr_app.demo.elements import Code, Resource, coding, concept, instant, profile, status
from ehr_app.demo.problems import COURSES
from ehr_app.demo.staff import Member, members

# Ages in years of the well child visits in the sample records read (synthea-r4: Cathryn Windler and others).
_CHILD_VISIT_AGES = (0.02, 0.1, 0.27, 0.44, 0.69, 0.94, 1.19, 1.44, 1.94, 2.44)
_STAY_DAYS = {"infarction": 4, "heart-failure": 5, "appendicitis": 2, "pneumonia": 4, "newborn": 1}
_BY_VIDEO = ("hypertension", "depression", "rhinitis", "hypothyroidism", "asthma", "childhood-asthma")
_SETTINGS = {"clinic": codes.AMBULATORY, "virtual": codes.VIRTUAL, "home": codes.HOME_HEALTH}
_CLASSES = {"emergency": codes.EMERGENCY, "inpatient": codes.INPATIENT}


def plan(chart: Chart, history_from: date) -> None:
    """Decide the chart's visits, in order of time, never two on one day."""
    days: dict[date, tuple[str, Problem | None]] = {}
    for problem in chart.problems:
        first_seen = COURSES[problem.key].first_seen
        day = problem.onset if problem.chronic is False else problem.onset + timedelta(days=chart.rng.randint(2, 24))
        if first_seen == "acute":
            day = _weekday(day + timedelta(days=chart.rng.randint(0, 2)))
        _book(chart, days, day, first_seen, problem)
    for day in _check_ups(chart, history_from):
        _book(chart, days, _weekday(day), "wellness", None)
    for problem in [p for p in chart.problems if p.chronic]:
        for day in _follow_ups(chart, problem, history_from):
            near = (day + timedelta(days=offset) for offset in range(-20, 21))
            if not any(d in days and days[d][0] in ("wellness", "follow-up") for d in near):
                _book(chart, days, day, "follow-up", problem)
    in_hospital_until = chart.birth - timedelta(days=1)
    for day in sorted(days):
        kind, reason = days[day]
        if day > in_hospital_until or (reason is not None and reason.chronic and kind == "acute"):
            if day <= in_hospital_until:
                day = _weekday(in_hospital_until + timedelta(days=1))
                while day in days:
                    day = _weekday(day + timedelta(days=1))
            if day > chart.last_day:
                continue
            visit = _visit(chart, day, kind, reason)
            chart.visits.append(visit)
            in_hospital_until = max(in_hospital_until, visit.end.date()) if kind == "inpatient" else in_hospital_until
    chart.visits.sort(key=lambda visit: visit.start)
    for visit in chart.visits[:-1]:
        if visit.kind == "follow-up" and visit.problem is not None:
            if chart.age(visit.day) > 85 and visit.day.toordinal() % 3 == 0:
                visit.setting = "home"
            elif visit.problem.key in _BY_VIDEO and visit.day.toordinal() % 4 == 0:
                visit.setting = "virtual"
    seen = {id(visit.problem) for visit in chart.visits}
    chart.problems = [problem for problem in chart.problems if id(problem) in seen]


def record(chart: Chart, visit: Visit) -> None:
    """Add the visit's Encounter."""
    visit.encounter_id = chart.identify("enc")
    where = chart.facility.ward if visit.kind in _CLASSES else chart.facility.clinic
    encounter: Resource = {
        "resourceType": "Encounter",
        "id": visit.encounter_id,
        "meta": profile("encounter"),
        "identifier": [{"system": f"https://ehr.example/{chart.facility.slug}/visits", "value": visit.encounter_id.upper()}],
        "status": "finished",
        "class": coding(_CLASSES.get(visit.kind, _SETTINGS[visit.setting])),
        "type": [concept(_type(chart, visit))],
        "subject": chart.subject,
        "participant": [
            _participant("PPRF", visit, visit.clinician),
            _participant("PART", visit, visit.nurse),
        ],
        "period": {"start": instant(visit.start), "end": instant(visit.end)},
        "serviceProvider": chart.facility.organization,
    }
    if visit.setting == "clinic":
        encounter["location"] = [{"location": where}]
    if visit.problem is not None:
        encounter["reasonCode"] = [concept(visit.problem.code)]
    if visit.kind == "inpatient":
        encounter["hospitalization"] = {"dischargeDisposition": {"text": "Discharged to home"}}
    chart.add(encounter)


def _type(chart: Chart, visit: Visit) -> Code:
    if visit.kind == "wellness":
        return codes.WELL_CHILD if chart.age(visit.day) < 18 else codes.WELLNESS
    by_kind = {
        "follow-up": codes.FOLLOW_UP,
        "emergency": codes.EMERGENCY_ADMISSION,
        "inpatient": codes.INPATIENT_STAY,
    }
    return by_kind.get(visit.kind, codes.SYMPTOM)


def _participant(code: str, visit: Visit, member: Member) -> Resource:
    return {
        "type": [status("v3-ParticipationType", code)],
        "period": {"start": instant(visit.start), "end": instant(visit.end)},
        "individual": member.reference,
    }


def _check_ups(chart: Chart, history_from: date) -> list[date]:
    ages = list(_CHILD_VISIT_AGES)
    age = 3.5
    while age < 100:
        ages.append(age)
        age += 1.0 if age < 18 or age > 50 else 2.0
    shift = chart.rng.random() * 0.2
    days = [chart.birth + timedelta(days=round((a + (shift if a > 3 else 0)) * DAYS_PER_YEAR)) for a in ages]
    return [day for day in days if day >= history_from]


def _follow_ups(chart: Chart, problem: Problem, history_from: date) -> list[date]:
    interval = COURSES[problem.key].follow_up_days or 365
    day = max(problem.onset + timedelta(days=26), history_from)
    days: list[date] = []
    while True:
        day += timedelta(days=round(interval * (0.92 + 0.16 * chart.rng.random())))
        if day > chart.last_day:
            return days
        days.append(_weekday(day))


def _book(chart: Chart, days: dict[date, tuple[str, Problem | None]], day: date, kind: str, problem: Problem | None) -> None:
    step = timedelta(days=1)
    while day in days or (kind not in _CLASSES and day.weekday() > 4):
        day += step
    if chart.birth <= day <= chart.last_day:
        days[day] = (kind, problem)


def _weekday(day: date) -> date:
    return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() > 4 else day


def _visit(chart: Chart, day: date, kind: str, problem: Problem | None) -> Visit:
    rng = chart.rng
    physicians, nurses = members(chart.facility, "physician"), members(chart.facility, "nurse")
    if kind in _CLASSES:
        start = chart.moment(day, rng.randint(1, 18), rng.randint(0, 59))
        clinician = rng.choice(physicians)
        if kind == "inpatient":
            stay = _STAY_DAYS.get(problem.key if problem else "", 3)
            last = min(day + timedelta(days=stay), chart.last_day)
            end = chart.moment(last, 11 if last > day else 22, rng.randint(0, 59))
        else:
            end = chart.later(start, rng.randint(90, 300))
    else:
        start = chart.moment(day, rng.randint(8, 16), 10 * rng.randint(0, 5))
        clinician = chart.primary if rng.random() < 0.8 else rng.choice(physicians)
        end = chart.later(start, rng.choice((15, 20, 20, 30, 30, 40)))
    return Visit(kind, start, end, problem, clinician, rng.choice(nurses))

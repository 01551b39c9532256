"""Immunizations: doses given at the visits where they fall due.

Profile: US Core 6.1 Immunization. Ages are those at which the people of the sample records read (synthea-r4) had
them; this is demo data, not a schedule to follow.
"""

from ehr_app.demo import codes
from ehr_app.demo.chart import DAYS_PER_YEAR, Chart, Visit
from ehr_app.demo.elements import Code, Resource, concept, instant, profile, reference

_DOSES: tuple[tuple[Code, tuple[float, ...], float], ...] = (  # vaccine, ages in months, latest age in years
    (codes.HEP_B_CHILD, (0, 1.1, 8.3), 3),
    (codes.ROTAVIRUS, (3.2, 5.3), 0.9),
    (codes.DTAP, (3.2, 5.3, 8.3, 17.2), 7),
    (codes.HIB, (3.2, 5.3, 14.3), 4),
    (codes.PNEUMOCOCCAL, (3.2, 5.3, 8.3, 14.3), 5),
    (codes.POLIO, (3.2, 5.3, 8.3), 5),
    (codes.MMR, (14.3,), 6),
    (codes.VARICELLA, (14.3,), 6),
    (codes.HEP_A_CHILD, (14.3, 29.2), 6),
    (codes.TDAP, (132.5,), 18),
    (codes.MENINGOCOCCAL, (132.5, 192.7), 19),
    (codes.HPV, (135.4, 144.6), 18),
    (codes.TD_ADULT, (265.4, 385.0, 505.0, 625.0, 745.0, 865.0, 985.0), 90),
    (codes.HEP_B_ADULT, (266.0,), 30),
    (codes.HEP_A_ADULT, (488.0,), 48),
    (codes.ZOSTER, (610.0,), 60),
)


def record(chart: Chart, visit: Visit) -> None:
    """Add the doses due at this check-up.

    Shape: a dose is given at the first check-up on or after its age (two weeks of grace) and only while the age fits;
    a dose that fell due long before the chart begins is taken as given elsewhere. Influenza once a year.
    """
    born_here = visit.problem is not None and visit.problem.key == "newborn"
    if visit.kind != "wellness" and not born_here:
        return
    age_months = chart.age(visit.day) * 12
    first_months = chart.age(chart.visits[0].day) * 12
    for number, (code, ages, latest_years) in enumerate(_DOSES):
        given = int(chart.levels.get(f"doses:{number}", sum(1 for a in ages if a < first_months - 24)))
        chart.levels.setdefault(f"doses:{number}", given)
        last = chart.levels.get(f"dose-day:{number}", 0.0)
        rested = visit.day.toordinal() - last >= 25
        if given < len(ages) and rested and ages[given] - 0.5 <= age_months and age_months / 12 <= latest_years:
            chart.levels[f"doses:{number}"] = given + 1
            chart.levels[f"dose-day:{number}"] = visit.day.toordinal()
            _give(chart, visit, code, given + 1)
    since_influenza = visit.day.toordinal() - chart.levels.get("influenza", 0.0)
    if age_months >= 8 and since_influenza > 0.8 * DAYS_PER_YEAR:
        if chart.rng.random() < 0.75:
            chart.levels["influenza"] = visit.day.toordinal()
            _give(chart, visit, codes.INFLUENZA, None)
        elif visit.day.toordinal() % 3:
            _refuse(chart, visit)


def _refuse(chart: Chart, visit: Visit) -> None:
    """Note an influenza dose that was not given, and why."""
    stock = visit.day.toordinal() % 6 == 1
    chart.add(
        {
            "resourceType": "Immunization",
            "id": chart.identify("imm"),
            "meta": profile("immunization"),
            "status": "not-done",
            "statusReason": concept(codes.OUT_OF_STOCK) if stock else {"text": "Declined"},
            "vaccineCode": concept(codes.INFLUENZA),
            "patient": chart.subject,
            "encounter": reference("Encounter", visit.encounter_id),
            "occurrenceDateTime": instant(chart.later(visit.start, 10)),
            "primarySource": True,
        }
    )


def _give(chart: Chart, visit: Visit, code: Code, dose: int | None) -> None:
    immunization: Resource = {
        "resourceType": "Immunization",
        "id": chart.identify("imm"),
        "meta": profile("immunization"),
        "status": "completed",
        "vaccineCode": concept(code),
        "patient": chart.subject,
        "encounter": reference("Encounter", visit.encounter_id),
        "occurrenceDateTime": instant(chart.later(visit.start, 10)),
        "primarySource": True,
        "location": chart.facility.clinic,
        "lotNumber": f"D{chart.rng.randint(1000, 9999)}",
        "performer": [{"actor": visit.nurse.reference}],
    }
    if dose is not None:
        immunization["protocolApplied"] = [{"doseNumberPositiveInt": dose}]
    chart.add(immunization)

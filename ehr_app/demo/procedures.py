"""Procedures: what is done for a problem at the visit that finds it.

Profile: US Core 6.1 Procedure.
"""

from ehr_app.demo import codes
from ehr_app.demo.chart import Chart, Visit
from ehr_app.demo.elements import Code, Resource, concept, instant, profile, reference

_BY_PROBLEM: dict[str, tuple[Code, ...]] = {
    "infarction": (codes.STENT, codes.ECHOCARDIOGRAPHY),
    "heart-failure": (codes.CHEST_XRAY, codes.ECHOCARDIOGRAPHY),
    "pneumonia": (codes.CHEST_XRAY,),
    "appendicitis": (codes.APPENDECTOMY,),
    "laceration": (codes.SUTURE,),
    "ankle-sprain": (codes.ANKLE_XRAY,),
    "strep-throat": (codes.THROAT_CULTURE,),
    "colon-polyp": (codes.COLONOSCOPY,),
    "osteoporosis": (codes.BONE_DENSITY,),
    "asthma": (codes.SPIROMETRY,),
    "childhood-asthma": (codes.SPIROMETRY,),
    "chronic-bronchitis": (codes.SPIROMETRY,),
}


def record(chart: Chart, visit: Visit) -> None:
    """Add the procedures of a first visit for a problem, and medication reconciliation at an adult's check-up."""
    problem = visit.problem
    if problem is not None and visit.kind != "follow-up":
        for code in _BY_PROBLEM.get(problem.key, ()):
            _add(chart, visit, code, problem.condition_id)
    elif visit.kind == "wellness" and chart.age(visit.day) >= 65:
        _add(chart, visit, codes.RECONCILIATION, None)


def _add(chart: Chart, visit: Visit, code: Code, condition_id: str | None) -> None:
    minutes = (visit.end - visit.start).total_seconds() / 60
    start = chart.later(visit.start, minutes * 0.3)
    end = chart.later(visit.start, min(minutes * 0.9, minutes * 0.3 + 55))
    procedure: Resource = {
        "resourceType": "Procedure",
        "id": chart.identify("prc"),
        "meta": profile("procedure"),
        "status": "completed",
        "code": concept(code),
        "subject": chart.subject,
        "encounter": reference("Encounter", visit.encounter_id),
        "performedPeriod": {"start": instant(start), "end": instant(end)},
        "performer": [{"actor": visit.clinician.reference, "onBehalfOf": chart.facility.organization}],
    }
    if condition_id:
        procedure["reasonReference"] = [reference("Condition", condition_id)]
    chart.add(procedure)

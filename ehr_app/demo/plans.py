"""Care plans: who looks after a long illness, what the patient wants to reach, what was agreed.

Profiles: US Core 6.1 CareTeam, Goal and CarePlan.
"""

from datetime import timedelta

from ehr_app.demo import codes
from ehr_app.demo.chart import Chart, Problem, Visit
from ehr_app.demo.elements import Code, Resource, concept, profile, reference

_PLANS: dict[str, tuple[Code, str, str]] = {
    "diabetes": (codes.DIABETES_PLAN, "Bring weight down by three kilograms before summer",
                 "Measure glucose at home as agreed and bring the diary"),
    "hypertension": (codes.HYPERTENSION_PLAN, "Cook with less salt on most days",
                     "Measure blood pressure at home and bring the readings"),
    "asthma": (codes.ASTHMA_PLAN, "Sleep through the night without cough", "Use the written asthma steps"),
    "childhood-asthma": (codes.ASTHMA_PLAN, "Play football without wheeze", "Use the written asthma steps"),
    "heart-failure": (codes.HEART_FAILURE_PLAN, "Climb one flight of stairs without stopping",
                      "Weigh every morning and call when it rises"),
}  # fmt: skip


def record(chart: Chart, visit: Visit, problem: Problem) -> None:
    """Add CareTeam, Goal and CarePlan for a problem that has a plan, made at this visit."""
    if problem.key not in _PLANS:
        return
    code, wish, agreed = _PLANS[problem.key]
    ended = chart.died
    start = visit.day.isoformat()
    team = chart.add(
        {
            "resourceType": "CareTeam",
            "id": chart.identify("team"),
            "meta": profile("careteam"),
            "status": "inactive" if ended else "active",
            "name": f"Care team for {problem.code.display}",
            "subject": chart.subject,
            "encounter": reference("Encounter", visit.encounter_id),
            "period": {"start": start},
            "participant": [
                {"role": [concept(codes.PRIMARY_CARE)], "member": chart.primary.reference},
                {"role": [concept(codes.PATIENT_ROLE)], "member": chart.subject},
            ],
            "managingOrganization": [chart.facility.organization],
        }
    )
    concern = reference("Condition", problem.condition_id)
    goal = chart.add(
        {
            "resourceType": "Goal",
            "id": chart.identify("goal"),
            "meta": profile("goal"),
            "lifecycleStatus": "cancelled" if ended else "active",
            "description": {"text": wish},
            "subject": chart.subject,
            "startDate": start,
            "target": [{"dueDate": (visit.day + timedelta(days=365)).isoformat()}],
            "expressedBy": chart.subject,
            "addresses": [dict(concern)],
        }
    )
    plan: Resource = {
        "resourceType": "CarePlan",
        "id": chart.identify("plan"),
        "meta": profile("careplan"),
        "text": {
            "status": "generated",
            "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{agreed}</div>',
        },
        "status": "revoked" if ended else "active",
        "intent": "plan",
        "category": [
            {"coding": [{"system": "http://hl7.org/fhir/us/core/CodeSystem/careplan-category", "code": "assess-plan"}]},
            concept(code),
        ],
        "subject": chart.subject,
        "encounter": reference("Encounter", visit.encounter_id),
        "period": {"start": start},
        "author": visit.clinician.reference,
        "careTeam": [team],
        "addresses": [concern],
        "goal": [goal],
        "activity": [{"detail": {"status": "stopped" if ended else "in-progress", "description": agreed}}],
    }
    chart.add(plan)

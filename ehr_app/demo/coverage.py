"""Coverage: who pays. Profile: US Core 6.1 Coverage. Payers and member numbers are invented."""

from ehr_app.demo import codes
from ehr_app.demo.chart import Chart
from ehr_app.demo.elements import HL7, Resource, concept, profile, reference
from ehr_app.demo.facilities import PAYERS, payer


def record(chart: Chart, parent_id: str | None) -> None:
    """Add the patient's Coverage; a child is insured through the parent given as RelatedPerson id."""
    number = chart.number
    key = "commonwell" if chart.age(chart.last_day) >= 65 else list(PAYERS)[number % 2]
    member = f"{key[:2].upper()}{chart.rng.randint(10**8, 10**9 - 1)}"
    start = max(chart.birth, chart.last_day.replace(month=1, day=1, year=chart.last_day.year - 3))
    period = {"start": start.isoformat()}
    if chart.died:
        period["end"] = chart.last_day.isoformat()
    relationship = "child" if parent_id else "self"
    subscriber = reference("RelatedPerson", parent_id) if parent_id else chart.subject
    coverage: Resource = {
        "resourceType": "Coverage",
        "id": chart.identify("cov"),
        "meta": profile("coverage"),
        "identifier": [
            {
                "type": {"coding": [{"system": HL7 + "v2-0203", "code": "MB", "display": "Member Number"}]},
                "system": f"https://ehr.example/payers/{key}",
                "value": member,
            }
        ],
        "status": "cancelled" if chart.died else "active",
        "type": concept(codes.PREFERRED_PROVIDER),
        "subscriber": subscriber,
        "subscriberId": member,
        "beneficiary": chart.subject,
        "relationship": {"coding": [{"system": HL7 + "subscriber-relationship", "code": relationship}]},
        "period": period,
        "payor": [payer(key)],
        "class": [
            {
                "type": {"coding": [{"system": HL7 + "coverage-class", "code": "group", "display": "Group"}]},
                "value": f"G{100 + number % 37}",
                "name": f"{PAYERS[key]} group plan",
            }
        ],
    }
    chart.add(coverage)

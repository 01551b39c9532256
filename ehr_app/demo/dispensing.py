"""What happened to the orders: dispensed by the pharmacy, given on the ward, told differently by the patient.

Profile: US Core 6.1 MedicationDispense; FHIR R4 MedicationAdministration and MedicationStatement.
"""

from copy import deepcopy
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from ehr_app.demo import codes
from ehr_app.demo.chart import Chart
from ehr_app.demo.elements import Resource, concept, instant, profile, reference
from ehr_app.demo.staff import members

_SUPPLY_DAYS = 30


def record(chart: Chart) -> None:
    """Add dispenses of the newest orders, doses given in hospital, and what the patient says she takes."""
    dice = Random(f"{chart.identity}:dispensing:{chart.birth}")
    requests = [r for r in chart.resources if r["resourceType"] == "MedicationRequest"]
    for request in requests:
        if request["status"] == "active" or dice.random() < 0.25:
            _dispense(chart, request)
    for visit in chart.visits:
        if visit.kind == "inpatient" and chart.age(visit.day) > 12:
            for hours in range(6, 25, 6):
                when = chart.later(visit.start, hours * 60 + dice.randint(-20, 20))
                if when < visit.end:
                    _give(chart, visit.encounter_id, when, visit.nurse.reference, "not-done" if hours == 18 else "completed")
    active = [request for request in requests if request["status"] == "active"]
    if active and chart.number % 3 == 1:
        _tell(chart, active[0], twice=chart.number % 2 == 1)
    if chart.age(chart.last_day) >= 18 and chart.visits and chart.number % 4 == 2 and not chart.died:
        _own(chart)


def _dispense(chart: Chart, request: Resource) -> None:
    ordered = datetime.fromisoformat(request["authoredOn"])
    handed = chart.moment(ordered.date(), 17, 20) + timedelta(days=1)
    if handed.date() > chart.last_day:
        return
    dosage = request["dosageInstruction"][0]
    amount = dosage["doseAndRate"][0]["doseQuantity"]
    chart.add(
        {
            "resourceType": "MedicationDispense",
            "id": chart.identify("dsp"),
            "meta": profile("medicationdispense"),
            "status": "completed",
            "medicationCodeableConcept": deepcopy(request["medicationCodeableConcept"]),
            "subject": chart.subject,
            "performer": [{"actor": members(chart.facility, "pharmacist")[0].reference}],
            "authorizingPrescription": [reference("MedicationRequest", request["id"])],
            "type": concept(codes.FIRST_FILL),
            "quantity": {"value": Decimal(_SUPPLY_DAYS) * amount["value"], "unit": amount["unit"]},
            "daysSupply": {"value": Decimal(_SUPPLY_DAYS), "unit": "d", "system": "http://unitsofmeasure.org", "code": "d"},
            "whenHandedOver": instant(handed),
            "dosageInstruction": [{"text": dosage["text"]}],
        }
    )


def _give(chart: Chart, encounter_id: str, when: datetime, nurse: Resource, state: str) -> None:
    given: Resource = {
        "resourceType": "MedicationAdministration",
        "id": chart.identify("adm"),
        "status": state,
        "medicationCodeableConcept": concept(codes.ACETAMINOPHEN, "acetaminophen 325 mg"),
        "subject": chart.subject,
        "context": reference("Encounter", encounter_id),
        "effectiveDateTime": instant(when),
        "performer": [{"actor": nurse}],
        "dosage": {"text": "2 tablets", "route": concept(codes.ORAL), "dose": {"value": Decimal(2), "unit": "tablet"}},
    }
    if state == "not-done":
        given["statusReason"] = [{"text": "The patient was asleep"}]
    chart.add(given)


def _tell(chart: Chart, request: Resource, *, twice: bool) -> None:
    """The same drug from a second source: the patient, who takes it as ordered or with another dose."""
    dosage = deepcopy(request["dosageInstruction"][0])
    if twice:
        amount = dosage["doseAndRate"][0]["doseQuantity"]
        amount["value"] = amount["value"] * 2
        dosage["text"] = f"{amount['value']} {amount['unit']}{'' if amount['unit'] == 'mg' else 's'}, told by the patient"
    statement = _statement(chart, request["medicationCodeableConcept"], [dosage])
    statement["derivedFrom"] = [reference("MedicationRequest", request["id"])]
    if twice:
        statement["note"] = [{"text": "The patient takes twice the ordered dose; to be discussed at the next visit."}]
    chart.add(statement)


def _own(chart: Chart) -> None:
    dosage = {"text": "1 tablet when the knee hurts, bought without prescription", "asNeededBoolean": True}
    statement = _statement(chart, concept(codes.IBUPROFEN, "ibuprofen 200 mg"), [dosage])
    statement["reasonCode"] = [{"text": "Knee pain"}]
    chart.add(statement)


def _statement(chart: Chart, drug: Resource, dosage: list[Resource]) -> Resource:
    visit = chart.visits[-1]
    return {
        "resourceType": "MedicationStatement",
        "id": chart.identify("mst"),
        "status": "active",
        "medicationCodeableConcept": deepcopy(drug),
        "subject": chart.subject,
        "context": reference("Encounter", visit.encounter_id),
        "effectivePeriod": {"start": visit.day.isoformat()},
        "dateAsserted": instant(visit.start),
        "informationSource": chart.subject,
        "dosage": dosage,
    }

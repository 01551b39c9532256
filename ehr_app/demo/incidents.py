"""The awkward things real charts hold: a phoned critical result, a corrected result, an entry on the wrong chart.

A corrected result is written twice: first as reported, then, in `Chart.corrections`, as the next version of the same
ids with the Provenance of the revision.
"""

from copy import deepcopy
from datetime import datetime
from decimal import Decimal

from ehr_app.demo import codes
from ehr_app.demo.chart import Chart
from ehr_app.demo.elements import HL7, Code, Resource, concept, instant, profile, reference, status
from ehr_app.demo.panels import ANALYTES, flag, interpretation
from ehr_app.demo.staff import members


def record(chart: Chart) -> None:
    """Apply the persona's incidents to the finished chart."""
    specials = chart.persona.specials
    if "critical-potassium" in specials:
        _phone(chart, _newest(chart, codes.POTASSIUM))
    if "amended-result" in specials:
        _correct(chart, _newest(chart, codes.HEMOGLOBIN_A1C))
    if "entered-in-error" in specials:
        _misfile(chart, _newest(chart, codes.WEIGHT))
    reports = [r for r in chart.resources if r["resourceType"] == "DiagnosticReport"]
    if reports and chart.number % 7 == 4 and not specials and not chart.died:
        _wait_for_the_rest(chart, reports[-1])
    if reports and chart.number % 11 == 6 and not specials:
        _wrong_tube(chart, reports[0])
    if chart.number % 13 == 3 and chart.visits:
        _wrong_chart(chart)


def _newest(chart: Chart, code: Code) -> Resource:
    found = [r for r in chart.resources if r["resourceType"] == "Observation" and _is(r, code)]
    return found[-1]


def _is(observation: Resource, code: Code) -> bool:
    return bool(observation["code"]["coding"][0]["code"] == code.code)


def _phone(chart: Chart, result: Resource) -> None:
    technician = members(chart.facility, "lab")[0]
    result["note"] = [
        {
            "authorReference": technician.reference,
            "time": result["issued"],
            "text": f"Critical value phoned to {chart.primary.display} and read back. Sample not hemolyzed.",
        }
    ]


def _correct(chart: Chart, result: Resource) -> None:
    """The laboratory first reports a value from a mislabeled tube, and corrects it some hours later."""
    report = next(
        r
        for r in chart.resources
        if r["resourceType"] == "DiagnosticReport" and any(e["reference"] == f"Observation/{result['id']}" for e in r["result"])
    )
    corrected, corrected_report = deepcopy(result), deepcopy(report)
    analyte = ANALYTES["a1c"]
    wrong: Decimal = result["valueQuantity"]["value"] + Decimal("2.6")
    result["valueQuantity"]["value"] = wrong
    result["interpretation"] = [interpretation(flag(analyte, chart.persona.sex, wrong) or "A")]
    technician = members(chart.facility, "lab")[0]
    when = instant(chart.later(datetime.fromisoformat(result["issued"]).astimezone(chart.visits[-1].end.tzinfo), 190))
    text = f"Corrected result. Previously reported {wrong} %: the tube carried another patient's label."
    corrected |= {
        "status": "corrected",
        "issued": when,
        "note": [{"authorReference": technician.reference, "time": when, "text": text}],
    }
    corrected_report |= {"status": "corrected", "issued": when}
    chart.corrections += [
        corrected,
        corrected_report,
        {
            "resourceType": "Provenance",
            "id": chart.identify("prov"),
            "meta": profile("provenance"),
            "target": [
                reference("Observation", corrected["id"]),
                reference("DiagnosticReport", corrected_report["id"]),
            ],
            "recorded": when,
            "reason": [{"text": "Mislabeled tube"}],
            "activity": status("v3-DataOperation", "UPDATE"),
            "agent": [
                {
                    "type": {"coding": [{"system": HL7 + "provenance-participant-type", "code": "author", "display": "Author"}]},
                    "who": technician.reference,
                    "onBehalfOf": chart.facility.laboratory,
                }
            ],
        },
    ]


def _wait_for_the_rest(chart: Chart, report: Resource) -> None:
    """The newest panel is preliminary: the laboratory has not released it yet."""
    held = {entry["reference"] for entry in report["result"]}
    report["status"] = "preliminary"
    for resource in chart.resources:
        if f"Observation/{resource['id']}" in held:
            resource["status"] = "preliminary"


def _wrong_tube(chart: Chart, report: Resource) -> None:
    """A whole panel that was never this patient's."""
    held = {entry["reference"] for entry in report["result"]}
    report["status"] = "entered-in-error"
    for resource in chart.resources:
        if f"Observation/{resource['id']}" in held:
            resource["status"] = "entered-in-error"
            resource["note"] = [{"text": "Another patient's tube; drawn again."}]


def _wrong_chart(chart: Chart) -> None:
    """A problem that was entered on the wrong chart."""
    visit = chart.visits[0]
    chart.add(
        {
            "resourceType": "Condition",
            "id": chart.identify("cond"),
            "meta": profile("condition-problems-health-concerns"),
            "verificationStatus": status("condition-ver-status", "entered-in-error"),  # invariant con-5: no clinicalStatus
            "category": [concept(codes.PROBLEM_LIST_ITEM)],
            "code": concept(codes.RHINITIS),
            "subject": chart.subject,
            "encounter": reference("Encounter", visit.encounter_id),
            "onsetDateTime": visit.day.isoformat(),
            "recordedDate": instant(visit.start),
            "recorder": visit.nurse.reference,
            "note": [{"text": "Entered on the wrong chart."}],
        }
    )


def _misfile(chart: Chart, weight: Resource) -> None:
    wrong = deepcopy(weight)
    wrong["id"] = chart.identify("obs")
    wrong["status"] = "entered-in-error"
    wrong["valueQuantity"]["value"] = weight["valueQuantity"]["value"] * 10
    wrong["note"] = [{"text": "Decimal point missed; entered again correctly."}]
    chart.add(wrong)

"""Notes: one DocumentReference per visit, plain text inside, signed by its author; a hospital stay also has a letter as PDF.

Profile: US Core 6.1 DocumentReference. A few of the newest notes are left unsigned on purpose.
"""

from base64 import b64encode

from ehr_app.demo import codes, files
from ehr_app.demo.chart import Chart, Visit
from ehr_app.demo.elements import US_CORE, Code, Resource, concept, instant, profile, reference

_TYPES: dict[str, tuple[Code, str]] = {
    "wellness": (codes.HISTORY_NOTE, "Check-up"),
    "follow-up": (codes.PROGRESS_NOTE, "Follow-up"),
    "acute": (codes.PROGRESS_NOTE, "Visit"),
    "emergency": (codes.EMERGENCY_NOTE, "Emergency visit"),
    "inpatient": (codes.DISCHARGE_SUMMARY, "Hospital stay"),
}


def record(chart: Chart, visit: Visit) -> None:
    """Add the visit's note."""
    code, title = _TYPES[visit.kind]
    signed = visit is not chart.visits[-1] or chart.number % 5 != 3
    text = _text(chart, visit, title, signed)
    note = write(chart, visit, code, title, "text/plain; charset=utf-8", text.encode(), signed=signed)
    if visit.kind == "inpatient" and signed:
        letter = files.pdf([f"Letter of discharge: {chart.display}", "", *text.splitlines()])
        document = write(chart, visit, code, "Letter of discharge", "application/pdf", letter, signed=True)
        document["relatesTo"] = [{"code": "transforms", "target": reference("DocumentReference", note["id"])}]
        _sign(chart, visit, document)


def write(chart: Chart, visit: Visit, code: Code, title: str, kind: str, data: bytes, *, signed: bool) -> Resource:
    """Add a document of a visit and return it. Shape: `kind` is a media type."""
    document: Resource = {
        "resourceType": "DocumentReference",
        "id": chart.identify("doc"),
        "meta": profile("documentreference"),
        "status": "current",
        "docStatus": "final" if signed else "preliminary",
        "type": concept(code),
        "category": [
            {
                "coding": [
                    {
                        "system": US_CORE.replace("StructureDefinition", "CodeSystem") + "documentreference-category",
                        "code": "clinical-note",
                        "display": "Clinical Note",
                    }
                ]
            }
        ],
        "subject": chart.subject,
        "date": instant(visit.end),
        "author": [visit.clinician.reference],
        "custodian": chart.facility.organization,
        "description": f"{title}, {visit.day.isoformat()}",
        "content": [
            {
                "attachment": {
                    "contentType": kind,
                    "language": "en",
                    "data": b64encode(data).decode(),
                    "title": f"{title} note" if kind.startswith("text") else f"{title}.pdf",
                    "creation": instant(visit.end),
                }
            }
        ],
        "context": {
            "encounter": [reference("Encounter", visit.encounter_id)],
            "period": {"start": instant(visit.start), "end": instant(visit.end)},
        },
    }
    if signed:
        document["authenticator"] = visit.clinician.reference
    chart.add(document)
    return document


def _sign(chart: Chart, visit: Visit, document: Resource) -> None:
    signature = "1.2.840.10065.1.12.1.5"
    chart.add(
        {
            "resourceType": "Provenance",
            "id": chart.identify("prov"),
            "meta": profile("provenance"),
            "target": [reference("DocumentReference", document["id"])],
            "recorded": instant(visit.end),
            "activity": concept(codes.AUTHENTICATED),
            "agent": [
                {
                    "type": concept(codes.AUTHOR),
                    "who": visit.clinician.reference,
                    "onBehalfOf": chart.facility.organization,
                }
            ],
            "signature": [
                {
                    "type": [{"system": "urn:iso-astm:E1762-95:2013", "code": signature, "display": "Verification Signature"}],
                    "when": instant(visit.end),
                    "who": visit.clinician.reference,
                }
            ],
        }
    )


def _text(chart: Chart, visit: Visit, title: str, signed: bool) -> str:
    active = [p for p in chart.problems if p.condition_id and p.active_on(visit.day)]
    lines = [f"{title} at {chart.facility.name}, {visit.day.isoformat()}", ""]
    if visit.problem is not None:
        lines.append(f"Reason: {visit.problem.code.display}.")
    else:
        lines.append("Reason: periodic check-up.")
    if "systolic" in chart.levels:
        pressure = f"{round(chart.levels['systolic'])}/{round(chart.levels['diastolic'])}"
        lines.append(f"Examined; blood pressure about {pressure} mmHg, the exact values are with the vital signs.")
    else:
        lines.append("Examined; growth and feeding discussed with the family.")
    if active:
        lines.append("Assessment: " + "; ".join(p.code.display for p in active) + ".")
    else:
        lines.append("Assessment: well.")
    lines.append("Plan: continue as agreed; come back sooner if anything changes.")
    lines += ["", f"Signed by {visit.clinician.display}." if signed else "DRAFT, not signed."]
    return "\n".join(lines) + "\n"

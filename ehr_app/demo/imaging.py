"""Pictures: the film or strip of a procedure as ImagingStudy, Media-like document (a real PNG) and the radiologist's report.

Spec: https://hl7.org/fhir/R4/imagingstudy.html; modalities of DICOM PS3.16. UIDs are derived below 2.25 and are nobody's.
"""

from base64 import b64encode
from hashlib import sha256

from ehr_app.demo import codes, files
from ehr_app.demo.chart import Chart
from ehr_app.demo.elements import Code, Resource, coding, concept, profile

_VARIANTS = 4
_STUDIES: dict[Code, tuple[Code, str, str]] = {
    codes.CHEST_XRAY: (codes.DIGITAL_RADIOGRAPHY, "1.2.840.10008.5.1.4.1.1.1.1", "Heart and mediastinum unremarkable."),
    codes.ANKLE_XRAY: (codes.DIGITAL_RADIOGRAPHY, "1.2.840.10008.5.1.4.1.1.1.1", "No fracture seen."),
    codes.ECHOCARDIOGRAPHY: (codes.ULTRASOUND, "1.2.840.10008.5.1.4.1.1.3.1", "Left ventricular function reduced."),
}


def record(chart: Chart) -> None:
    """Add study, image and report of every procedure that makes pictures."""
    for procedure in [r for r in chart.resources if r["resourceType"] == "Procedure"]:
        done = procedure["code"]["coding"][0]
        code = Code(done["system"], done["code"], done["display"])
        if code in _STUDIES:
            _study(chart, procedure, code)


def _study(chart: Chart, procedure: Resource, code: Code) -> None:
    modality, image_class, conclusion = _STUDIES[code]
    when = procedure["performedPeriod"]["start"]
    identity = chart.identify("img")
    study = chart.add(
        {
            "resourceType": "ImagingStudy",
            "id": identity,
            "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{_uid(identity)}"}],
            "status": "available",
            "modality": [coding(modality)],
            "subject": chart.subject,
            "encounter": dict(procedure["encounter"]),
            "started": when,
            "numberOfSeries": 1,
            "numberOfInstances": 1,
            "description": code.display,
            "series": [
                {
                    "uid": _uid(identity + "-series"),
                    "number": 1,
                    "modality": coding(modality),
                    "numberOfInstances": 1,
                    "instance": [
                        {
                            "uid": _uid(identity + "-instance"),
                            "sopClass": {"system": "urn:ietf:rfc:3986", "code": f"urn:oid:{image_class}"},
                            "number": 1,
                        }
                    ],
                }
            ],
        }
    )
    if code == codes.CHEST_XRAY:
        _picture(chart, procedure, code, files.chest(chart.number % _VARIANTS), when)
    lines = [f"{code.display}", f"{chart.facility.name}, {when[:10]}", "", conclusion, "", f"Reported by {chart.primary.display}."]
    chart.add(
        {
            "resourceType": "DiagnosticReport",
            "id": chart.identify("rep"),
            "meta": profile("diagnosticreport-note"),
            "status": "final",
            "category": [concept(codes.RADIOLOGY)],
            "code": concept(codes.IMAGING_REPORT, code.display),
            "subject": chart.subject,
            "encounter": dict(procedure["encounter"]),
            "effectiveDateTime": when,
            "issued": procedure["performedPeriod"]["end"],
            "performer": [chart.primary.reference],
            "imagingStudy": [study],
            "conclusion": conclusion,
            "presentedForm": [
                {"contentType": "application/pdf", "data": b64encode(files.pdf(lines)).decode(), "title": f"{code.display}.pdf"}
            ],
        }
    )


def _picture(chart: Chart, procedure: Resource, code: Code, picture: bytes, when: str) -> None:
    chart.add(
        {
            "resourceType": "Media",
            "id": chart.identify("pic"),
            "status": "completed",
            "type": concept(codes.IMAGE),
            "subject": chart.subject,
            "encounter": dict(procedure["encounter"]),
            "createdDateTime": when,
            "issued": when,
            "content": {"contentType": "image/png", "data": b64encode(picture).decode(), "title": code.display},
        }
    )


def _uid(text: str) -> str:
    return f"2.25.{int.from_bytes(sha256(text.encode()).digest()[:12])}"

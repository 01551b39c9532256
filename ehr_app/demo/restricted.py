"""What a patient keeps from most eyes: labels on what belongs to a sensitive illness, a private note, and consents.

Labels: https://terminology.hl7.org/ValueSet-v3-ActInformationSensitivityPolicy.html and v3-Confidentiality R.
Consents: https://hl7.org/fhir/R4/consent.html; one withholds what is labelled from other facilities, one shares the rest.
"""

from copy import deepcopy
from typing import Any

from ehr_app.demo import codes, documents
from ehr_app.demo.chart import Chart, Visit
from ehr_app.demo.elements import HL7, Code, Resource, coding, concept, instant, profile, reference, status
from ehr_app.demo.facilities import FACILITIES

_BY_PROBLEM = {
    "hiv": "hiv", "depression": "mental-health", "suicide-risk": "mental-health", "alcohol": "substance-use",
    "overdose": "substance-use", "partner-abuse": "partner-abuse", "sexual-health": "sexual-health",
}  # fmt: skip
_NOTES = {
    "hiv": "Feels well and keeps every appointment. Nobody at home knows; call the mobile phone only.",
    "mental-health": "Speaks openly about the last months. Safety plan renewed together; the sister may be called.",
    "substance-use": "Has not drunk for five weeks. Wants no letter at home and no word to the employer.",
    "sexual-health": "Asked for tests after a new partner. Results by telephone only, with the agreed word.",
    "partner-abuse": "Came alone. Told how things are at home; number of the shelter given on a neutral card.",
}
_TESTS = (codes.CHLAMYDIA_TEST, codes.SYPHILIS_TEST, codes.HIV_TEST)


def record(chart: Chart) -> None:
    """Label what belongs to the persona's sensitive illnesses, add a private note to each, and the consents."""
    kinds = [name for name in _NOTES if f"restricted-{name}" in chart.persona.specials]
    if not kinds or not chart.visits:
        return
    for kind in kinds:
        problems = [p for p in chart.problems if _BY_PROBLEM.get(p.key) == kind]
        visits = [v for v in chart.visits if v.problem in problems] or chart.visits[-1:]
        if kind == "sexual-health":
            for test in _TESTS:
                _test(chart, visits[-1], test)
        _note(chart, visits[-1], kind)
        _label(chart, {p.condition_id for p in problems}, {v.encounter_id for v in visits if v.problem in problems}, kind)
    _consent(chart, "deny", [codes.SENSITIVITIES[kind] for kind in kinds])
    _consent(chart, "permit", [])


def _label(chart: Chart, conditions: set[str], encounters: set[str], kind: str) -> None:
    marks = {f"Condition/{one}" for one in conditions} | {f"Encounter/{one}" for one in encounters}
    for resource in chart.resources:
        own = f"{resource['resourceType']}/{resource['id']}"
        if own in marks or _names(resource, marks) or (resource["resourceType"] == "Procedure" and _tests(resource, kind)):
            _mark(resource, kind)


def _names(resource: Resource, marks: set[str]) -> bool:
    """Whether a reason, an addressed problem or, for notes and answers, the encounter is one of the sensitive ones."""
    named = [*resource.get("reasonReference", []), *resource.get("addresses", [])]
    if resource["resourceType"] in ("DocumentReference", "QuestionnaireResponse", "ClinicalImpression"):
        named += [*resource.get("context", {}).get("encounter", []), resource.get("encounter", {})]
    return any(one.get("reference") in marks for one in named)


def _tests(procedure: Resource, kind: str) -> bool:
    return kind == "sexual-health" and procedure["code"]["coding"][0]["code"] in {test.code for test in _TESTS}


def _mark(resource: Resource, kind: str) -> None:
    meta: dict[str, Any] = resource.setdefault("meta", {})
    labels = meta.setdefault("security", [])
    for code in (codes.RESTRICTED, codes.SENSITIVITIES[kind]):
        if not any(label["code"] == code.code for label in labels):
            labels.append(coding(code))


def _note(chart: Chart, visit: Visit, kind: str) -> None:
    text = f"Private note, {visit.day.isoformat()}\n\n{_NOTES[kind]}\n\nSigned by {visit.clinician.display}.\n"
    note = documents.write(
        chart, visit, codes.PROGRESS_NOTE, "Private note", "text/plain; charset=utf-8", text.encode(), signed=True
    )
    _mark(note, kind)


def _test(chart: Chart, visit: Visit, code: Code) -> None:
    chart.add(
        {
            "resourceType": "Procedure",
            "id": chart.identify("prc"),
            "meta": profile("procedure"),
            "status": "completed",
            "code": concept(code),
            "subject": chart.subject,
            "encounter": reference("Encounter", visit.encounter_id),
            "performedPeriod": {"start": instant(visit.start), "end": instant(visit.end)},
            "performer": [{"actor": visit.nurse.reference, "onBehalfOf": chart.facility.organization}],
        }
    )


def _consent(chart: Chart, kind: str, labels: list[Code]) -> None:
    others = [facility.organization for facility in FACILITIES if facility != chart.facility]
    recipients = [{"role": status("v3-ParticipationType", "PRCP"), "reference": deepcopy(one)} for one in others]
    provision: Resource = {"type": kind, "actor": recipients, "action": [status("consentaction", "access")]}
    if labels:
        provision["securityLabel"] = [coding(label) for label in labels]
    chart.add(
        {
            "resourceType": "Consent",
            "id": chart.identify("con"),
            "status": "active",
            "scope": {"coding": [{"system": HL7 + "consentscope", "code": "patient-privacy"}]},
            "category": [{"coding": [coding(codes.PRIVACY_CONSENT)], "text": "Privacy consent"}],
            "patient": chart.subject,
            "dateTime": instant(chart.visits[-1].start),
            "performer": [chart.subject],
            "organization": [chart.facility.organization],
            "policyRule": concept(codes.OPT_IN, "Opt-in"),
            "provision": provision,
        }
    )

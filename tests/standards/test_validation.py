"""Planted errors: each is found, named and worded; what R4 allows passes."""

from decimal import Decimal
from typing import Any

import pytest

from ehr_app.standards.validation import MOST_ISSUES, check, is_valid

OBSERVATION = {"resourceType": "Observation", "status": "final", "code": {"text": "Weight"}}
PATIENT = {"resourceType": "Patient"}
ORDER = {"resourceType": "MedicationRequest", "status": "active", "intent": "order", "subject": {"reference": "Patient/1"}}
CONDITION = {"resourceType": "Condition", "subject": {"reference": "Patient/1"}}
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"


def observation(**more: Any) -> dict[str, Any]:
    return {**OBSERVATION, **more}


def patient(**more: Any) -> dict[str, Any]:
    return {**PATIENT, **more}


def bundle(*resources: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": r} for r in resources]}


PLANTED: list[tuple[dict[str, Any], str, str]] = [
    ({}, "Resource.resourceType", "required"),
    ({"resourceType": "Pacient"}, "Resource.resourceType", "structure"),
    ({"resourceType": 5}, "Resource.resourceType", "structure"),
    ({"resourceType": "Resource"}, "Resource.resourceType", "structure"),
    (observation(statuss="final"), "Observation.statuss", "structure"),
    (observation(valueMoney={"value": 1}), "Observation.valueMoney", "structure"),
    (observation(**{"Jane Doe!": 1}), "Observation", "structure"),
    (observation(status="done"), "Observation.status", "code-invalid"),
    (observation(status="Final"), "Observation.status", "code-invalid"),
    ({"resourceType": "Observation", "code": {"text": "x"}}, "Observation.status", "required"),
    ({"resourceType": "Observation", "status": "final"}, "Observation.code", "required"),
    (observation(code=None), "Observation.code", "structure"),
    (observation(code={}), "Observation.code", "structure"),
    (observation(code=[{"text": "x"}]), "Observation.code", "structure"),
    (observation(code="x"), "Observation.code", "structure"),
    (observation(category={"text": "x"}), "Observation.category", "structure"),
    (observation(category=[]), "Observation.category", "structure"),
    (observation(identifier=[None]), "Observation.identifier[0]", "structure"),
    (observation(issued="2020-01-01"), "Observation.issued", "value"),
    (observation(issued="2020-01-01T10:00:00"), "Observation.issued", "value"),
    (observation(effectiveDateTime="2021-02-29"), "Observation.effectiveDateTime", "value"),
    (observation(effectiveDateTime="2021-04-31"), "Observation.effectiveDateTime", "value"),
    (observation(effectiveDateTime="2020-01-01T24:00:00Z"), "Observation.effectiveDateTime", "value"),
    (observation(effectiveDateTime="2020-01-01T10:00:00"), "Observation.effectiveDateTime", "value"),
    (observation(effectiveDateTime="2020-13"), "Observation.effectiveDateTime", "value"),
    (observation(effectiveDateTime="0000"), "Observation.effectiveDateTime", "value"),
    (observation(effectiveDateTime="2020-01-01\n"), "Observation.effectiveDateTime", "value"),
    (observation(effectivePeriod={"start": "x"}), "Observation.effectivePeriod.start", "value"),
    (observation(valueTime="25:00:00"), "Observation.valueTime", "value"),
    (observation(valueString="a", valueInteger=1), "Observation.valueInteger", "structure"),
    (observation(valueString="a", _valueBoolean={"id": "x"}), "Observation.valueBoolean", "structure"),
    (observation(effectiveDateTime="2020", effectivePeriod={"start": "2020"}), "Observation.effectivePeriod", "structure"),
    (observation(valueQuantity={"value": "5"}), "Observation.valueQuantity.value", "structure"),
    (observation(valueQuantity={"comparator": "=="}), "Observation.valueQuantity.comparator", "code-invalid"),
    (observation(valueBoolean="true"), "Observation.valueBoolean", "structure"),
    (observation(valueInteger=1.5), "Observation.valueInteger", "structure"),
    (observation(valueInteger=Decimal("1.5")), "Observation.valueInteger", "structure"),
    (observation(valueInteger=2**31), "Observation.valueInteger", "value"),
    (observation(valueString=""), "Observation.valueString", "value"),
    (observation(valueString="x" * 1_048_577), "Observation.valueString", "too-long"),
    (observation(_status={}), "Observation.status", "structure"),
    (observation(_status=[{"id": "x"}]), "Observation.status", "structure"),
    (observation(subject={"reference": "Encounter/1"}), "Observation.subject.reference", "value"),
    (observation(subject={"reference": "Patients/1"}), "Observation.subject.reference", "value"),
    (observation(subject={"reference": "patient 1"}), "Observation.subject.reference", "value"),
    (observation(subject={"type": "Encounter", "display": "x"}), "Observation.subject.type", "value"),
    (observation(focus=[{"reference": "Nothing/1"}]), "Observation.focus[0].reference", "value"),
    (observation(component=[{"code": {"text": "a"}}, {"valueString": "b"}]), "Observation.component[1].code", "required"),
    (
        observation(component=[{"code": {"text": "a"}, "referenceRange": [{"low": {"value": "1"}}]}]),
        "Observation.component[0].referenceRange[0].low.value",
        "structure",
    ),
    (observation(text={"status": "generated", "div": "<p>x</p>"}), "Observation.text.div", "value"),
    (observation(text={"status": "generated"}), "Observation.text.div", "required"),
    (observation(extension=[{"valueString": "a"}]), "Observation.extension[0].url", "required"),
    (
        observation(extension=[{"url": "u", "valueCode": "b", "valueString": "a"}]),
        "Observation.extension[0].valueCode",
        "structure",
    ),
    (observation(extension=[{"url": "u", "valueObservation": {}}]), "Observation.extension[0].valueObservation", "structure"),
    (observation(meta={"profile": ["has space"]}), "Observation.meta.profile[0]", "value"),
    (observation(meta={"versionId": "a/b"}), "Observation.meta.versionId", "value"),
    (observation(contained=[{"resourceType": "Patient", "gender": "m"}]), "Observation.contained[0].gender", "code-invalid"),
    (observation(contained=[{"id": "x"}]), "Observation.contained[0].resourceType", "required"),
    (observation(contained=["x"]), "Observation.contained[0]", "structure"),
    (
        observation(contained=[{"resourceType": "Patient", "contained": [PATIENT]}]),
        "Observation.contained[0].contained",
        "structure",
    ),
    (patient(id="a b"), "Patient.id", "value"),
    (patient(id="x" * 65), "Patient.id", "value"),
    (patient(_id={"id": "x"}), "Patient._id", "structure"),
    (patient(birthDate="1900-02-29"), "Patient.birthDate", "value"),
    (patient(birthDate="2000-1-1"), "Patient.birthDate", "value"),
    (patient(birthDate="2000-01-01T00:00:00Z"), "Patient.birthDate", "value"),
    (patient(name=["x"]), "Patient.name[0]", "structure"),
    (patient(name=[{"given": []}]), "Patient.name[0].given", "structure"),
    (patient(name=[{"given": [None, "x"]}]), "Patient.name[0].given", "structure"),
    (patient(name=[{"given": ["x", ""]}]), "Patient.name[0].given[1]", "value"),
    (patient(name=[{"family": 7}]), "Patient.name[0].family", "structure"),
    (patient(communication=[{"preferred": True}]), "Patient.communication[0].language", "required"),
    (patient(photo=[{"data": "abc"}]), "Patient.photo[0].data", "value"),
    (patient(photo=[{"size": -1}]), "Patient.photo[0].size", "value"),
    (patient(telecom=[{"rank": 0}]), "Patient.telecom[0].rank", "value"),
    (patient(deceasedBoolean=True, deceasedDateTime="2020"), "Patient.deceasedDateTime", "structure"),
    (dict(ORDER), "MedicationRequest.medication", "required"),
    ({**ORDER, "medicationReference": {"reference": "Substance/1"}}, "MedicationRequest.medicationReference.reference", "value"),
    (
        {**CONDITION, "clinicalStatus": {"coding": [{"system": CLINICAL, "code": "ill"}]}},
        "Condition.clinicalStatus.coding",
        "code-invalid",
    ),
    (
        {"resourceType": "Questionnaire", "status": "draft", "item": [{"linkId": "1", "type": "group", "item": [{"linkId": "2"}]}]},
        "Questionnaire.item[0].item[0].type",
        "required",
    ),
    (bundle(PATIENT, {"resourceType": "Observation", "status": "final"}), "Bundle.entry[1].resource.code", "required"),
    (bundle({"resourceType": "Nope"}), "Bundle.entry[0].resource.resourceType", "structure"),
    (bundle(bundle(patient(gender="m"))), "Bundle.entry[0].resource.entry[0].resource.gender", "code-invalid"),
    (
        {"resourceType": "Parameters", "parameter": [{"name": "a", "part": [{"name": "b", "resource": patient(active="yes")}]}]},
        "Parameters.parameter[0].part[0].resource.active",
        "structure",
    ),
    ({"resourceType": "Parameters", "parameter": [{"valueString": "x"}]}, "Parameters.parameter[0].name", "required"),
]


@pytest.mark.parametrize(("resource", "expression", "code"), PLANTED, ids=lambda value: str(value)[:60])
def test_a_planted_error_is_named(resource: dict[str, Any], expression: str, code: str) -> None:
    assert not is_valid(resource)
    assert (expression, code) in [(issue.expression, issue.code) for issue in check(resource)]


ALLOWED: list[dict[str, Any]] = [
    {"resourceType": "Observation", "_status": {"extension": [{"url": "u", "valueCode": "unknown"}]}, "code": {"text": "x"}},
    observation(effectiveDateTime="2020-02-29"),
    observation(effectiveDateTime="2000-02-29T23:59:60.123456789+14:00"),
    observation(effectiveDateTime="2020"),
    observation(effectiveDateTime="2020-06"),
    observation(valueQuantity={"value": Decimal("1.50"), "comparator": "<"}),
    observation(valueQuantity={"value": Decimal("1e400")}),
    observation(valueString="a\tb\nc \x00 \u2028"),
    observation(_valueString={"extension": [{"url": "u", "valueCode": "masked"}]}),
    observation(valueString="a", _valueString={"id": "x"}),
    observation(subject={"reference": "#p"}, contained=[{"resourceType": "Patient", "id": "p"}]),
    observation(subject={"reference": "urn:uuid:0d6c8a5a-0000-4000-8000-000000000000"}),
    observation(subject={"reference": "https://elsewhere.example/fhir/Person/1"}),
    observation(subject={"reference": "Patient/1/_history/2"}),
    observation(subject={"reference": "Patient?identifier=http://x|1"}),
    observation(subject={"identifier": {"value": "1"}, "type": "Patient"}),
    observation(subject={"type": "http://elsewhere.example/Model"}),
    observation(focus=[{"reference": "Basic/1"}]),
    observation(text={"status": "empty", "div": '<div xmlns="http://www.w3.org/1999/xhtml"/>'}),
    observation(extension=[{"url": "u", "extension": [{"url": "v", "valueInteger": 0}]}]),
    patient(name=[{"given": [None, "x"], "_given": [{"id": "a"}, None]}]),
    patient(birthDate="2000-02-29", _birthDate={"extension": [{"url": "u", "valueDateTime": "2000-02-29T10:00:00Z"}]}),
    patient(photo=[{"contentType": "image/png", "data": "AAAA BBBB\nCC=="}]),
    {**ORDER, "medicationCodeableConcept": {"text": "x"}},
    {**CONDITION, "clinicalStatus": {"text": "well"}},
    {**CONDITION, "clinicalStatus": {"coding": [{"system": "urn:own", "code": "a"}, {"system": CLINICAL, "code": "active"}]}},
    bundle(PATIENT, OBSERVATION),
]


@pytest.mark.parametrize("resource", ALLOWED, ids=lambda value: str(value)[:80])
def test_what_r4_allows_passes(resource: dict[str, Any]) -> None:
    assert check(resource) == []
    assert is_valid(resource)


def test_messages_never_quote_a_value() -> None:
    secret = "Zebulon-1957"
    spoiled = [
        observation(status=secret),
        observation(effectiveDateTime=secret),
        observation(subject={"reference": secret}),
        observation(valueInteger=secret),
        observation(**{f"{secret} was here": 1}),
        patient(gender=secret, id=f"{secret}/", name=secret, active=secret),
        {**CONDITION, "clinicalStatus": {"coding": [{"system": CLINICAL, "code": secret}]}},
        {"resourceType": secret},
    ]
    for resource in spoiled:
        issues = check(resource)
        assert issues
        assert not any(secret in issue.diagnostics or secret in issue.expression for issue in issues)


def test_a_message_says_what_is_allowed() -> None:
    (issue,) = check(patient(gender="m"))
    assert issue.diagnostics == "'gender' must be one of female, male, other or unknown."
    (issue,) = check(observation(subject={"reference": "Encounter/1"}))
    assert issue.diagnostics == "'subject' must refer to Device, Group, Location or Patient."


def test_issues_are_limited() -> None:
    assert len(check(observation(identifier=[None] * 500))) == MOST_ISSUES

"""The promoted columns: whose resource it is, when, what, of which category."""

from datetime import UTC, datetime
from typing import Any

import pytest

from ehr_app.standards import r4
from ehr_app.standards.categories import CATEGORIES
from ehr_app.standards.promote import MAIN_CODES, MAIN_DATES, OTHER_DATES, patient_parameters, promote, source
from ehr_app.standards.search_parameters import parameters

DAY = (datetime(2020, 1, 2, tzinfo=UTC), datetime(2020, 1, 3, tzinfo=UTC))


def test_an_observation() -> None:
    promoted = promote(
        {
            "resourceType": "Observation",
            "subject": {"reference": "Patient/1/_history/9"},
            "performer": [{"reference": "Patient/2"}],
            "encounter": {"reference": "Encounter/3"},
            "effectiveDateTime": "2020-01-02",
            "issued": "2021-01-01T00:00:00Z",
            "code": {"coding": [{"system": "urn:own", "code": "W"}, {"system": "http://loinc.org", "code": "29463-7"}]},
            "category": [{"coding": [{"code": "other"}]}, {"coding": [{"code": "vital-signs"}]}],
        }
    )
    assert promoted == (
        "Patient/1",
        ("patient", "subject"),
        "Encounter/3",
        "date",
        *DAY,
        ("http://loinc.org", "29463-7"),
        "vital-signs",
    )


def test_a_patient_is_its_own_patient() -> None:
    promoted = promote({"resourceType": "Patient", "id": "7", "birthDate": "2020-01-02"})
    assert (promoted.patient, promoted.patient_params, promoted.date_param) == ("Patient/7", ("_id",), "birthdate")
    assert promote({"resourceType": "Patient"}).patient is None


def test_the_subject_goes_first_and_others_are_no_patient_parameters() -> None:
    group = {"resourceType": "Observation", "subject": {"reference": "Group/1"}, "performer": [{"reference": "Patient/2"}]}
    promoted = promote(group)
    assert (promoted.patient, promoted.patient_params) == ("Patient/2", ())
    assert promote({"resourceType": "Observation", "subject": {"reference": "urn:uuid:1"}}).patient is None


def test_a_patient_outside_the_compartment_still_owns_its_device() -> None:
    assert "Device" not in r4.PATIENT_COMPARTMENT
    assert promote({"resourceType": "Device", "patient": {"reference": "Patient/1"}}).patient == "Patient/1"


def test_members_do_not_own_their_group() -> None:
    assert promote({"resourceType": "Group", "member": [{"entity": {"reference": "Patient/1"}}]}).patient is None


@pytest.mark.parametrize(
    ("resource", "parameter"),
    [
        ({"resourceType": "Condition", "onsetDateTime": "2020-01-02", "recordedDate": "2021"}, "onset-date"),
        ({"resourceType": "Condition", "recordedDate": "2020-01-02"}, None),
        ({"resourceType": "Encounter", "period": {"start": "2020-01-02", "end": "2020-01-02"}}, "date"),
        ({"resourceType": "MedicationRequest", "authoredOn": "2020-01-02"}, "authoredon"),
        ({"resourceType": "Procedure", "performedString": "long ago"}, None),
        ({"resourceType": "Specimen", "collection": {"collectedDateTime": "2020-01-02"}}, "collected"),
        ({"resourceType": "SupplyDelivery", "occurrenceDateTime": "2020-01-02"}, None),
    ],
)
def test_main_dates(resource: dict[str, Any], parameter: str | None) -> None:
    promoted = promote(resource)
    assert promoted.date_param == parameter
    assert (promoted.date_lo, promoted.date_hi) == ((None, None) if "performedString" in resource else DAY)


@pytest.mark.parametrize(
    ("resource", "code"),
    [
        ({"resourceType": "MedicationRequest", "medicationCodeableConcept": {"coding": [{"code": "1"}]}}, ("", "1")),
        ({"resourceType": "MedicationRequest", "medicationReference": {"reference": "Medication/1"}}, None),
        ({"resourceType": "Immunization", "vaccineCode": {"coding": [{"system": "s", "code": "1"}]}}, ("s", "1")),
        ({"resourceType": "Encounter", "type": [{"text": "x"}, {"coding": [{"code": "1"}]}]}, ("", "1")),
        ({"resourceType": "AuditEvent", "type": {"system": "s", "code": "rest"}}, ("s", "rest")),
        ({"resourceType": "Claim", "type": {"coding": [{"code": "oral"}]}}, ("", "oral")),
    ],
)
def test_main_codes(resource: dict[str, Any], code: tuple[str, str] | None) -> None:
    assert promote(resource).code == code


@pytest.mark.parametrize(
    ("resource", "category"),
    [
        ({"resourceType": "DiagnosticReport", "category": [{"coding": [{"code": "LP29684-5"}]}]}, "RAD"),
        ({"resourceType": "DiagnosticReport", "category": [{"coding": [{"code": "HM"}]}]}, "LAB"),
        ({"resourceType": "AllergyIntolerance", "category": [None, "food"]}, "food"),
        ({"resourceType": "MedicationStatement", "category": {"coding": [{"code": "community"}]}}, "community"),
        ({"resourceType": "Observation", "category": [{"text": "laboratory"}]}, ""),
        ({"resourceType": "Procedure", "category": {"coding": [{"code": "laboratory"}]}}, ""),
    ],
)
def test_categories(resource: dict[str, Any], category: str) -> None:
    assert promote(resource).category == category


def test_the_tables_name_what_exists() -> None:
    for rtype, codes in MAIN_DATES.items():
        assert all(parameters(rtype)[code].type == "date" for code in codes)
    for rtype, name in (*MAIN_CODES.items(), *OTHER_DATES.items()):
        assert r4.property_of(rtype, name), (rtype, name)
    assert all("category" in r4.children(rtype) for rtype in CATEGORIES)


def test_patient_parameters_name_the_patient_alone() -> None:
    assert patient_parameters("Observation") == ("patient", "subject")
    assert patient_parameters("Coverage") == ("beneficiary", "patient")
    assert patient_parameters("AuditEvent") == ("patient",)
    assert patient_parameters("Organization") == ()


def test_every_type_can_be_promoted() -> None:
    for rtype in r4.RTYPES:
        compile(source(rtype), rtype, "exec")
        assert promote({"resourceType": rtype}).patient is None

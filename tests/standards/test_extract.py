"""Index rows of small resources, one promise at a time."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from ehr_app.standards import r4
from ehr_app.standards.extract import extract, extractor, fold

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
PRESSURE: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "bp",
    "meta": {"profile": ["http://x/bp"], "tag": [{"code": "demo"}], "source": "urn:lab"},
    "status": "final",
    "category": [{"coding": [{"system": "urn:c", "code": "vital-signs"}]}],
    "code": {"coding": [{"system": LOINC, "code": "85354-9"}, {"display": "no code"}], "text": "BP"},
    "subject": {"reference": "Patient/1/_history/3"},
    "performer": [{"display": "somebody"}, {"reference": "#contained"}, {"reference": "https://x/Practitioner/2"}],
    "effectiveDateTime": "2020-03",
    "component": [
        {
            "code": {"coding": [{"system": LOINC, "code": "8480-6"}]},
            "valueQuantity": {"value": Decimal("120.50"), "unit": "mmHg", "system": UCUM, "code": "mm[Hg]"},
        }
    ],
}


def test_tokens_have_system_and_code() -> None:
    tokens = extract(PRESSURE).tokens
    assert ("code", LOINC, "85354-9") in tokens
    assert ("component-code", LOINC, "8480-6") in tokens
    assert ("status", "", "final") in tokens
    assert ("_tag", "", "demo") in tokens
    assert not any(parameter in ("combo-code", "_id") for parameter, _, _ in tokens)


def test_references_have_no_version_and_contained_ones_are_left_out() -> None:
    assert extract(PRESSURE).references == [("performer", "https://x/Practitioner/2"), ("subject", "Patient/1")]


def test_dates_are_intervals() -> None:
    assert extract(PRESSURE).dates == [("date", datetime(2020, 3, 1, tzinfo=UTC), datetime(2020, 4, 1, tzinfo=UTC))]


def test_quantities_keep_their_decimals() -> None:
    (row,) = extract(PRESSURE).quantities
    assert row == ("component-value-quantity", Decimal("120.50"), UCUM, "mm[Hg]", "mmHg")
    assert str(row[1]) == "120.50"


def test_uris() -> None:
    assert set(extract(PRESSURE).uris) == {("_profile", "http://x/bp"), ("_source", "urn:lab")}


def test_names_addresses_and_telecom() -> None:
    index = extract(
        {
            "resourceType": "Patient",
            "active": False,
            "name": [{"family": "Müller", "given": [None, "Ana", "M."], "_given": [{"id": "a"}, None, None], "prefix": ["Dr"]}],
            "telecom": [{"system": "phone", "value": "555 1"}, {"system": "email", "value": "a@b"}, {"use": "home"}],
            "address": [{"line": ["1 Way"], "city": "Bern", "postalCode": "3000", "use": "home"}],
            "birthDate": "1980-05-06",
            "identifier": [{"system": "urn:mrn", "value": "7"}, {"type": {"text": "none"}}],
            "generalPractitioner": [{"identifier": {"value": "x"}}],
        }
    )
    assert [text for code, text in index.strings if code == "name"] == ["Müller", "Ana", "M.", "Dr"]
    assert ("family", "Müller") in index.strings and ("given", "Ana") in index.strings
    assert {text for code, text in index.strings if code == "address"} == {"1 Way", "Bern", "3000"}
    assert ("phone", "phone", "555 1") in index.tokens and ("email", "email", "a@b") in index.tokens
    assert {row for row in index.tokens if row[0] == "telecom"} == {("telecom", "phone", "555 1"), ("telecom", "email", "a@b")}
    assert ("identifier", "urn:mrn", "7") in index.tokens
    assert ("active", "", "false") in index.tokens
    assert ("address-use", "", "home") in index.tokens
    assert index.references == []


@pytest.mark.parametrize(
    ("more", "dead"),
    [
        ({}, "false"),
        ({"deceasedBoolean": False}, "false"),
        ({"deceasedBoolean": True}, "true"),
        ({"deceasedDateTime": "2020"}, "true"),
    ],
)
def test_whether_a_patient_is_dead(more: dict[str, Any], dead: str) -> None:
    assert ("deceased", "", dead) in extract({"resourceType": "Patient", **more}).tokens


def test_a_document_names_its_composition() -> None:
    document = {"resourceType": "Bundle", "type": "document", "entry": [{"resource": {"resourceType": "Composition", "id": "c"}}]}
    assert extract(document).references == [("composition", "Composition/c")]
    assert extract({"resourceType": "Bundle", "type": "document"}).references == []


def test_a_canonical_with_version_has_two_rows() -> None:
    rows = extract({"resourceType": "QuestionnaireResponse", "questionnaire": "http://x/q|2", "status": "completed"}).references
    assert rows == [("questionnaire", "http://x/q"), ("questionnaire", "http://x/q|2")]


def test_money_ranges_and_samples() -> None:
    sampled = {"origin": {"value": Decimal("2"), "unit": "mV"}, "factor": Decimal("0.5"), "data": "E 4 -2 U 3 x 1e999"}
    observation = {**PRESSURE, "component": [], "valueSampledData": sampled}
    values = {row[1] for row in extract(observation).quantities}
    assert {Decimal("1.0")} < values
    huge = {**sampled, "factor": Decimal("1e999999"), "data": "1e999"}
    assert extract({**PRESSURE, "component": [], "valueSampledData": huge}).quantities == []
    onset = {"resourceType": "Condition", "onsetRange": {"low": {"value": 2, "unit": "a"}, "high": {"value": 5, "unit": "a"}}}
    assert [row[1] for row in extract(onset).quantities] == [Decimal(2), Decimal(5)]
    invoice = {"resourceType": "Invoice", "totalNet": {"value": Decimal("9.90"), "currency": "CHF"}}
    assert extract(invoice).quantities == [("totalnet", Decimal("9.90"), "urn:iso:std:iso:4217", "CHF", "")]


def test_numbers() -> None:
    assessment = {
        "resourceType": "RiskAssessment",
        "prediction": [{"probabilityDecimal": Decimal("0.02")}, {"probabilityRange": {}}],
    }
    assert extract(assessment).numbers == [("probability", Decimal("0.02"))]


def test_a_filter_in_the_expression_is_applied() -> None:
    episode = {
        "resourceType": "EpisodeOfCare",
        "careManager": {"reference": "PractitionerRole/1"},
        "patient": {"reference": "Patient/1"},
    }
    assert extract(episode).references == [("patient", "Patient/1")]
    episode["careManager"] = {"reference": "https://x/Practitioner/1"}
    assert ("care-manager", "https://x/Practitioner/1") in extract(episode).references


def test_every_type_has_an_extractor_and_bare_resources_have_few_rows() -> None:
    for rtype in r4.RTYPES:
        extractor(rtype)
        extract({"resourceType": rtype})


def test_an_unknown_type_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        extract({"resourceType": "Nope"})


def test_fold() -> None:
    assert fold("  Élodie   MÜLLER\tStraße ") == "elodie muller strasse"
    assert fold("ABC") == "abc"
    assert fold("ﬁne") == "fine"

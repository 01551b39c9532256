"""The registry knows each parameter, where it reads, and under which codes its rows are."""

import pytest

from ehr_app.standards import r4
from ehr_app.standards.search_parameters import BY_COLUMN, BY_HAND, LEAVES, parameters


def test_a_choice_element_is_read_in_every_type_that_can_be_searched() -> None:
    date = parameters("Observation")["date"]
    assert {path.steps[0].name for path in date.paths} == {
        "effectiveDateTime",
        "effectivePeriod",
        "effectiveTiming",
        "effectiveInstant",
    }
    assert {path.type for path in parameters("Observation")["value-quantity"].paths} == {"Quantity", "SampledData"}


def test_a_parameter_that_unites_others_has_no_rows_of_its_own() -> None:
    own = parameters("Observation")
    assert own["combo-code"].stored == ("code", "component-code")
    assert own["combo-value-quantity"].stored == ("component-value-quantity", "value-quantity")
    assert own["patient"].stored == ("subject",)
    assert own["patient"].targets == ("Patient",)
    assert parameters("Patient")["phonetic"].stored == ("name",)
    assert parameters("AuditEvent")["patient"].stored == ("agent", "entity")


def test_targets_are_what_the_element_allows() -> None:
    assert parameters("Observation")["encounter"].targets == ("Encounter",)
    assert parameters("Observation")["subject"].targets == ("Device", "Group", "Location", "Patient")


def test_filters_in_expressions_are_kept() -> None:
    (phone,) = parameters("Patient")["phone"].paths
    assert phone.steps[0].where == ("system", "phone")
    assert parameters("Patient")["race"].paths[0].steps[0].where is not None


def test_common_parameters_belong_to_every_type() -> None:
    for rtype in r4.RTYPES:
        assert {"_id", "_lastUpdated", "_tag", "_profile", "_security", "_source"} <= parameters(rtype).keys()


def test_an_unknown_type_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        parameters("Resource")


def test_every_parameter_can_be_answered_or_says_that_it_cannot() -> None:
    for rtype in r4.RTYPES:
        own = parameters(rtype)
        for code, parameter in own.items():
            if parameter.type in ("composite", "special") or code in BY_COLUMN:
                assert parameter.stored == ()
                continue
            assert parameter.paths or (rtype, code) in BY_HAND, (rtype, code)
            assert parameter.stored, (rtype, code)
            for stored in parameter.stored:
                assert own[stored].stored == (stored,), (rtype, code)
                assert own[stored].type == parameter.type
            assert {path.type for path in parameter.paths} <= LEAVES[parameter.type]

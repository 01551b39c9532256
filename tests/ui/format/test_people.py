"""Names, sex, identifiers, identity (rules B2-B4)."""

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ehr_app.ui.format import people
from ehr_app.ui.format.text import plain

TODAY = date(2026, 11, 20)


def test_b2_family_name_first_in_capitals_then_given_then_title() -> None:
    name = {"use": "official", "family": "Smith", "given": ["Anna", "Maria"], "prefix": ["Ms"], "suffix": ["PhD"]}
    assert people.family_first([name]) == "SMITH, Anna Maria, PhD (Ms)"
    assert people.spoken_name([name]) == "Ms Anna Maria Smith"


def test_b2_the_name_in_use_wins_over_old_and_maiden_names() -> None:
    names = [
        {"use": "maiden", "family": "Old"},
        {"use": "usual", "family": "Gone", "period": {"end": "2020-01-01"}},
        {"family": "Now", "given": ["Ana"]},
    ]
    assert people.family_first(names) == "NOW, Ana"


def test_b2_preferred_name_is_told_when_it_differs() -> None:
    official = {"use": "official", "family": "Nguyễn", "given": ["Thị Minh Khai"]}
    assert people.preferred_name([official, {"use": "nickname", "given": ["Kay"]}]) == "Kay"
    assert people.preferred_name([official, {"use": "usual", "given": ["Thị Minh Khai"]}]) == ""


def test_b3_missing_parts_are_words_never_blank() -> None:
    shown = people.identity({}, TODAY)
    assert (shown.name, shown.born, shown.sex, shown.record_number) == (
        "Name not known", "Not known", "Not known", "Not known",
    )  # fmt: skip
    assert people.family_first([{"text": "Doe family baby"}]) == "Doe family baby"
    assert people.family_first([{"use": "official", "_family": {"extension": []}}]) == "Name not known"


def test_b4_the_dead_have_a_date_and_an_age_at_death_and_no_present_age() -> None:
    shown = people.identity({"birthDate": "1930-05-01", "deceasedDateTime": "2020-04-30T10:00:00Z"}, TODAY)
    assert (shown.age, shown.died, shown.age_at_death) == ("", "30-Apr-2020", "89y")
    unknown = people.identity({"birthDate": "1930-05-01", "deceasedBoolean": True}, TODAY)
    assert (unknown.age, unknown.died, unknown.age_at_death) == ("", "date not known", "")


def _identifier(code: str, value: str, **more: Any) -> dict[str, Any]:
    return {"type": {"coding": [{"code": code}], "text": code}, "value": value, **more}


def test_record_number_is_the_mr_identifier() -> None:
    patient = {"identifier": [_identifier("SS", "999-11-2222"), _identifier("MR", "0012345")]}
    assert people.record_number(patient) == "0012345"


def test_social_security_number_is_never_shown_whole() -> None:
    patient = {
        "identifier": [
            _identifier("SS", "999-11-2222", use="official"),
            {"system": "http://hl7.org/fhir/sid/us-ssn", "value": "888-22-3333"},
        ]
    }
    shown = str(people.identifiers(patient)) + people.record_number({"identifier": patient["identifier"][:1]})
    assert "999" not in shown and "888" not in shown and "2222" in shown


def test_phones_and_address_leave_out_the_old_ones() -> None:
    patient = {
        "telecom": [{"system": "phone", "value": "555-1", "use": "old"}, {"system": "phone", "value": "555-2"}],
        "address": [
            {"use": "old", "city": "Gone"},
            {"line": ["1 Main St"], "city": "Here", "state": "MA", "postalCode": "1"},
        ],
    }
    assert people.phones(patient) == ["555-2"]
    assert people.address(patient) == "1 Main St, Here, MA 1"


@given(st.text(max_size=60))
def test_text_is_one_safe_line(text: str) -> None:
    shown = plain(text)
    assert "\u202e" not in shown and "\n" not in shown and "\x00" not in shown
    people.family_first([{"family": text, "given": [text]}])


def test_right_to_left_and_accented_names_stay_as_they_are() -> None:
    assert people.family_first([{"family": "الفاسي", "given": ["ليلى"]}]) == "الفاسي, ليلى"
    assert people.family_first([{"family": "Ångström", "given": ["Zoë"]}]) == "ÅNGSTRÖM, Zoë"

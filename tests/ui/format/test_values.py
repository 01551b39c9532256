"""Results: value, unit, range, flag (rules R1-R3, M2)."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehr_app.ui.format import numbers, values


def quantity(value: Any, unit: str | None = "mmol/L", **more: Any) -> dict[str, Any]:
    return {"value": Decimal(str(value)), **({"unit": unit, "code": unit} if unit else {}), **more}


def potassium(value: Any, interpretation: str = "", bounds: tuple[str, str] | None = ("3.5", "5.0"), **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "Potassium"},
        "valueQuantity": quantity(value),
        **more,
    }
    if interpretation:
        found["interpretation"] = [{"coding": [{"code": interpretation}]}]
    if bounds and "referenceRange" not in more:
        found["referenceRange"] = [{"low": quantity(bounds[0]), "high": quantity(bounds[1])}]
    return found


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("1.50", "1.50"),
        ("1234.5", "1,234.5"),
        ("0.5", "0.5"),
        ("165.79328975715327", "165.8"),
        ("40.004496972846624", "40"),
        ("0.061127527625", "0.06113"),
        ("1463.8575099522907", "1,464"),
        ("-2.980655347719399", "-2.981"),
        ("1000000", "1,000,000"),
        ("1e3", "1,000"),
        ("0.00", "0.00"),
    ],
)
def test_m2_numbers_are_safe_to_read(stored: str, shown: str) -> None:
    assert numbers.number(Decimal(stored)) == shown


def test_the_stored_number_stays_one_step_away() -> None:
    assert numbers.measure({"value": Decimal("165.79328975715327"), "unit": "cm"}).exact == "165.79328975715327"


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12))
def test_rounding_for_the_eye_keeps_three_digits_right(value: Decimal) -> None:
    shown = Decimal(numbers.number(value).replace(",", ""))
    assert abs(shown - value) <= abs(value) * Decimal("0.001") + Decimal("1e-9")


@pytest.mark.parametrize(
    ("unit", "shown"),
    [
        ({"code": "Cel"}, "°C"),
        ({"code": "mm[Hg]"}, "mmHg"),
        ({"unit": "mmHg", "code": "mm[Hg]"}, "mmHg"),
        ({"code": "10*3/uL"}, "10³/µL"),
        ({"code": "{score}"}, "score"),
        ({"code": "ug"}, "mcg"),
        ({"unit": "µg/kg"}, "mcg/kg"),
        ({"code": "1"}, ""),
        ({}, ""),
    ],
)
def test_m2_units_are_printed_the_usual_way(unit: dict[str, str], shown: str) -> None:
    assert numbers.unit_text(unit) == shown


@pytest.mark.parametrize(
    ("code", "grade", "mark"),
    [("HH", "critical", "↑↑"), ("LL", "critical", "↓↓"), ("H", "abnormal", "↑"), ("L", "abnormal", "↓"),
     ("A", "abnormal", "!"), ("AA", "critical", "!!"), ("N", "normal", "")],
)  # fmt: skip
def test_r1_the_flag_of_the_laboratory_comes_first(code: str, grade: str, mark: str) -> None:
    flag = values.result(potassium("4.0", code)).flag
    assert (flag.code, flag.grade, flag.mark, flag.own) == (code, grade, mark, False)
    assert flag.words


def test_r1_without_a_flag_the_carried_range_decides_and_its_limits_are_normal() -> None:
    assert values.flag(potassium("5.1")).code == "H"
    assert values.flag(potassium("3.4")).code == "L"
    assert values.flag(potassium("5.0")).grade == values.flag(potassium("3.5")).grade == "normal"
    assert values.flag(potassium("5.1")).own


def test_r1_comparators_count() -> None:
    assert values.flag(potassium("5.0", valueQuantity=quantity("5.0", comparator=">"))).code == "H"
    assert values.flag(potassium("4.0", valueQuantity=quantity("4.0", comparator="<"))).grade == "ungraded"
    assert values.result(potassium("4.0", valueQuantity=quantity("4.0", comparator="<"))).value == "< 4.0 mmol/L"


def test_r1_a_range_in_another_unit_or_for_a_group_does_not_grade() -> None:
    other = potassium("5.1", referenceRange=[{"high": quantity("5", "mg/dL")}])
    group = potassium("5.1", referenceRange=[{"high": quantity("5"), "appliesTo": [{"text": "pregnant"}]}])
    therapeutic = potassium(
        "5.1",
        referenceRange=[{"high": quantity("5"), "type": {"coding": [{"code": "therapeutic"}], "text": "therapeutic"}}],
    )
    assert {values.flag(one).grade for one in (other, group, therapeutic)} == {"ungraded"}
    assert values.result(other).range == "up to 5 mg/dL"
    assert values.result(group).range == "up to 5 for pregnant"
    assert values.result(therapeutic).range == "therapeutic up to 5"


def test_r2_no_range_is_said_and_is_not_normal() -> None:
    shown = values.result(potassium("4.0", bounds=None))
    assert (shown.range, shown.flag.grade) == ("No range", "ungraded")


def test_r2_a_value_without_unit_is_an_error() -> None:
    shown = values.result(potassium("4.0", valueQuantity=quantity("4.0", None)))
    assert shown.unit_missing and "unit missing" in shown.spoken
    assert not values.result(potassium("4", valueQuantity={"value": 4, "code": "1"})).unit_missing


def test_r3_gravest_flag_first() -> None:
    flags = [values.flag(potassium("4.0", code)) for code in ("N", "H", "LL")]
    assert values.worst(flags).code == "LL"
    assert values.worst([]).grade == "ungraded"


def test_entered_in_error_is_said_and_kept_out_of_grades_and_trends() -> None:
    shown = values.result(potassium("9.9", "HH", status="entered-in-error"))
    assert shown.wrong and shown.status == "Entered in error"
    assert shown.magnitude is None and shown.flag.grade == "ungraded"


def test_a_corrected_result_says_so() -> None:
    assert values.result(potassium("4", status="corrected")).status == "Corrected"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"valueCodeableConcept": {"text": "Never smoker"}}, "Never smoker"),
        ({"valueString": "1:80"}, "1:80"),
        ({"valueBoolean": False}, "No"),
        ({"valueInteger": 1200}, "1,200"),
        ({"valueRange": {"low": quantity(1, "mg"), "high": quantity(2, "mg")}}, "1 to 2 mg"),
        ({"valueRatio": {"numerator": quantity(1, "mg"), "denominator": quantity(8, "mL")}}, "1 mg : 8 mL"),
        ({"dataAbsentReason": {"text": "Specimen lost"}}, "No value: Specimen lost"),
        ({"valueDateTime": "2026-01-01"}, "2026-01-01"),
        ({}, ""),
    ],
)
def test_every_kind_of_value_has_words(value: dict[str, Any], shown: str) -> None:
    assert values.result({"code": {"text": "x"}, **value}).value == shown


def test_blood_pressure_is_systolic_over_diastolic_whatever_the_stored_order() -> None:
    pressure = {
        "status": "final",
        "code": {"text": "Blood pressure"},
        "component": [
            {"code": {"coding": [{"code": "8462-4"}]}, "valueQuantity": quantity(92, "mm[Hg]")},
            {"code": {"coding": [{"code": "8480-6"}]}, "valueQuantity": quantity(148, "mm[Hg]")},
        ],
    }
    assert values.result(pressure).value == "148/92 mmHg"
    assert [one.number for one in values.components(pressure)] == ["92", "148"]


def test_a_screen_reader_hears_value_unit_flag_and_range() -> None:
    assert values.result(potassium("6.9", "HH")).spoken == "Potassium: 6.9 mmol/L, Critically high, range 3.5 to 5.0"

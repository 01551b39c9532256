"""The data of a graph (rules G1-G4)."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehr_app.ui.clinic.axes import domain, thinned
from ehr_app.ui.clinic.results_view import series_key
from ehr_app.ui.clinic.series_view import MOST_POINTS, Band, Series, series, together
from tests.ui.clinic.test_results_view import lab

ZONE = ZoneInfo("UTC")
BAND = [{"low": {"value": 3.5, "unit": "mmol/L"}, "high": {"value": 5.0, "unit": "mmol/L"}}]


def drawn(*observations: dict[str, Any]) -> Series:
    return series(observations, series_key(observations[0]), "SMITH, Anna, MRN 1", ZONE)


def test_G4_the_graph_names_patient_test_axes_unit_and_range() -> None:
    shown = drawn(lab("a", 4, "2026-05-01", referenceRange=BAND), lab("b", 5.6, "2026-06-01", referenceRange=BAND))
    assert shown.title == "Test 2823-3" and shown.axis == "Test 2823-3, mmol/L"
    assert (shown.who, shown.zone) == ("SMITH, Anna, MRN 1", "UTC")
    assert shown.limits == "3.5 to 5.0 mmol/L"
    assert [(band.low, band.high) for band in shown.bands] == [(3.5, 5.0)]
    assert [(mark.shape, mark.words) for mark in shown.legend] == [
        ("dot", "in range"), ("up", "high"), ("band", "range of the result"),
    ]  # fmt: skip
    assert len(shown.levels) > 2 and all(level.text for level in shown.levels)
    assert len(shown.dates) > 1 and all(tick.text for tick in shown.dates)


def test_G3_last_and_previous_value_are_told_and_dates_are_full() -> None:
    shown = drawn(lab("b", 5, "2026-06-01", flag="H"), lab("a", 4, "2026-05-01"))
    assert (shown.last, shown.last_flag) == ("5 mmol/L, 01-Jun-2026 09:30", "↑ H")
    assert shown.previous == "4 mmol/L, 01-May-2026 09:30"
    assert [point.id for point in shown.points] == ["a", "b"]
    assert shown.dates[0].text == "01-May-2026" and shown.dates[-1].text == "01-Jun-2026"


def test_G1_units_are_never_mixed_and_errors_are_not_drawn() -> None:
    kept = lab("a", 4, "2026-05-01")
    others = [
        lab("b", 90, "2026-06-01", unit="mg/dL"),
        lab("c", 99, "2026-06-02", status="entered-in-error"),
        lab("e", 5, "2026-06-04", effectiveDateTime=None),
    ]
    shown = drawn(kept, *others)
    assert [point.id for point in shown.points] == ["a"]
    assert [(one.id, one.why) for one in shown.listed] == [("c", "entered in error"), ("e", "no date")]


def test_G1_a_value_beyond_the_limit_of_measurement_is_an_open_mark_at_the_limit() -> None:
    below = lab("d", 1, "2026-06-03", valueQuantity={"value": 0.5, "comparator": "<", "unit": "mmol/L", "code": "mmol/L"})
    above = lab("e", 1, "2026-06-04", valueQuantity={"value": 9, "comparator": ">=", "unit": "mmol/L", "code": "mmol/L"})
    shown = drawn(lab("a", 4, "2026-05-01"), below, above)
    assert [(point.shape, point.value, point.text) for point in shown.points[1:]] == [
        ("under", 0.5, "< 0.5 mmol/L"), ("over", 9.0, ">= 9 mmol/L"),
    ]  # fmt: skip


def test_G1_coded_values_and_values_without_unit_are_listed() -> None:
    coded = lab("b", 1, "2026-06-01", valueQuantity=None, valueCodeableConcept={"text": "Positive"})
    assert [(one.text, one.why) for one in drawn(coded).listed] == [("Positive", "not a plain number")]
    bare = lab("c", 1, "2026-06-01", valueQuantity={"value": 4})
    assert [one.why for one in drawn(bare).listed] == ["unit missing"]


def test_G2_blood_pressure_is_one_bar_with_two_ends() -> None:
    def end(code: str, value: int) -> dict[str, Any]:
        return {"code": {"coding": [{"code": code}]}, "valueQuantity": {"value": value, "unit": "mmHg", "code": "mm[Hg]"}}

    pressure = lab("a", 1, "2026-05-01", code="85354-9", valueQuantity=None, component=[end("8462-4", 82), end("8480-6", 124)])
    shown = drawn(pressure)
    assert [(point.shape, point.value, point.bottom, point.text) for point in shown.points] == [("bar", 124.0, 82.0, "124/82 mmHg")]
    assert shown.floor <= 82 and shown.ceiling >= 124 and shown.axis.endswith(", mmHg")


def test_G2_each_range_holds_while_the_results_carry_it() -> None:
    wide = [{"low": {"value": 3, "unit": "mmol/L"}, "high": {"value": 6, "unit": "mmol/L"}}]
    days = ["2026-05-01", "2026-05-10", "2026-05-20", "2026-05-30"]
    ranges: list[Any] = [BAND, BAND, wide, None]
    shown = drawn(*(lab(day, 4, day, **({"referenceRange": one} if one else {})) for day, one in zip(days, ranges, strict=True)))
    at = [point.at for point in shown.points]
    assert shown.bands == [Band(at[0], at[2], 3.5, 5.0), Band(at[2], at[3], 3.0, 6.0)]
    assert shown.limits == ""


def test_G1_several_series_share_the_time_axis_and_nothing_else() -> None:
    one, two = drawn(lab("a", 4, "2026-01-01")), drawn(lab("b", 90, "2026-06-01", code="B", unit="mg/dL"))
    first, second = together([one, two], ZONE)
    assert (first.start, first.end, first.dates) == (second.start, second.end, second.dates)
    assert (first.floor, first.ceiling, first.unit) == (one.floor, one.ceiling, "mmol/L")
    assert (second.floor, second.ceiling, second.unit) == (two.floor, two.ceiling, "mg/dL")


def test_G3_a_long_series_is_thinned_without_losing_extremes_and_says_so() -> None:
    long = [lab(str(at), 5 + (at % 7) / 10, f"{2000 + at // 300}-{1 + at % 300 // 25:02d}-{1 + at % 25:02d}") for at in range(3000)]
    long[1234] = lab("high", 60, "2004-02-10", flag="HH")
    long[2000] = lab("low", 0.1, "2006-09-01")
    shown = drawn(*long)
    assert shown.thinned and shown.count == 3000 and len(shown.points) <= MOST_POINTS + 3
    assert {"high", "low"} <= {point.id for point in shown.points}


@given(st.lists(st.tuples(st.integers(0, 10**9), st.floats(-1e9, 1e9)), min_size=30, max_size=200, unique_by=lambda one: one[0]))
def test_thinning_keeps_lowest_highest_first_and_the_last_two(found: list[tuple[int, float]]) -> None:
    found.sort()
    values = [value for _, value in found]
    kept = thinned([at for at, _ in found], values, [7], 20)
    assert kept == sorted(set(kept)) and len(kept) <= 20 + 5
    assert {0, 7, len(found) - 2, len(found) - 1} <= set(kept)
    assert min(values[at] for at in kept) == min(values) and max(values[at] for at in kept) == max(values)


@pytest.mark.parametrize("value", ["1e400", "-1e400", "NaN", "Infinity", "text", ""])
def test_hostile_numbers_are_listed_or_left_out_and_never_fail(value: str) -> None:
    odd = lab("b", 1, "2026-06-01", valueQuantity={"value": value, "unit": "mmol/L", "code": "mmol/L"})
    shown = drawn(lab("a", 4, "2026-05-01"), odd)
    assert [point.id for point in shown.points] == ["a"] and [one.id for one in shown.listed] == ["b"]


@pytest.mark.parametrize("day", ["1890-03-01", "2199-12-31"])
def test_hostile_dates_are_drawn_where_they_are(day: str) -> None:
    shown = drawn(lab("a", 4, "2026-05-01"), lab("b", 5, day))
    assert {tick.text for tick in shown.dates} >= {"01-May-2026"} and len(shown.points) == 2


def test_flags_are_told_by_shape_not_by_colour_alone() -> None:
    codes = ("HH", "LL", "H", "L", "A", "N", "")
    shapes = {code: drawn(lab("a", 4, "2026-05-01", flag=code)).points[0].shape for code in codes}
    assert shapes == {"HH": "diamond", "LL": "diamond", "H": "up", "L": "down", "A": "square", "N": "dot", "": "ring"}


def test_G3_every_value_can_be_read_by_keys_with_flag_and_time() -> None:
    point = drawn(lab("a", 6.9, "2026-05-01", flag="HH")).points[0]
    assert (point.text, point.words, point.when) == ("6.9 mmol/L", "Critically high", "01-May-2026 09:30")


def test_a_single_value_stands_in_the_middle() -> None:
    shown = drawn(lab("a", 4, "2026-05-01"))
    assert shown.start < shown.points[0].at < shown.end


def test_G2_noise_is_not_magnified() -> None:
    floor, ceiling, _ = domain([100.0, 100.4, 99.8])
    assert ceiling - floor >= 20


@given(st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), min_size=1, max_size=30), st.floats(0, 100))
def test_the_domain_holds_every_value_and_the_band(values: list[float], high: float) -> None:
    floor, ceiling, step = domain(values, [high])
    assert floor <= min([*values, high]) and ceiling >= max([*values, high])
    assert step > 0 and round((ceiling - floor) / step) <= 16


@given(st.lists(st.floats(0, 1e6, allow_subnormal=False), min_size=1, max_size=30))
def test_the_axis_of_what_cannot_be_negative_starts_at_zero_or_above(values: list[float]) -> None:
    assert domain(values)[0] >= 0


def test_nothing_to_draw_is_an_empty_series() -> None:
    assert series([], "x", "", ZONE).points == []
    assert drawn(lab("a", 4, "2026-05-01", status="entered-in-error")).points == []

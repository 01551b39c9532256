"""The data of a graph (rules G1-G4)."""

from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from ehr_app.ui.clinic.results_view import series_key
from ehr_app.ui.clinic.series_view import Series, domain, series
from tests.ui.clinic.test_results_view import lab

ZONE = ZoneInfo("UTC")
BAND = [{"low": {"value": 3.5, "unit": "mmol/L"}, "high": {"value": 5.0, "unit": "mmol/L"}}]


def drawn(*observations: dict[str, Any]) -> Series:
    return series(observations, series_key(observations[0]), "SMITH, Anna, MRN 1", ZONE)


def test_g4_the_graph_names_patient_test_axes_unit_and_range() -> None:
    shown = drawn(lab("a", 4, "2026-05-01", referenceRange=BAND), lab("b", 5.6, "2026-06-01", referenceRange=BAND))
    assert shown.title == "Test 2823-3" and shown.axis == "Test 2823-3, mmol/L"
    assert "SMITH, Anna, MRN 1" in shown.label
    assert shown.time == "Date of collection (UTC)"
    assert (shown.limits, shown.band) == ("Range 3.5 to 5.0 mmol/L", {"low": 3.5, "high": 5.0})
    assert [(mark.shape, mark.words) for mark in shown.legend] == [
        ("dot", "in range"), ("up", "high"), ("band", "range of the last result"),
    ]  # fmt: skip


def test_g3_last_and_previous_value_are_told_and_dates_are_full() -> None:
    shown = drawn(lab("b", 5, "2026-06-01", flag="H"), lab("a", 4, "2026-05-01"))
    assert shown.last == "5 mmol/L ↑ H High, 01-Jun-2026 09:30"
    assert shown.previous == "4 mmol/L, 01-May-2026 09:30"
    assert [point.id for point in shown.points] == ["a", "b"]
    assert shown.dates[0].text == "01-May-2026" and shown.dates[-1].text == "01-Jun-2026"


def test_g1_units_are_never_mixed_and_errors_are_not_drawn() -> None:
    kept = lab("a", 4, "2026-05-01")
    others = [
        lab("b", 90, "2026-06-01", unit="mg/dL"),
        lab("c", 99, "2026-06-02", status="entered-in-error"),
        lab("d", 1, "2026-06-03", valueQuantity={"value": 1, "comparator": "<", "unit": "mmol/L", "code": "mmol/L"}),
    ]
    shown = drawn(kept, *others)
    assert [point.id for point in shown.points] == ["a"]
    assert shown.left_out == "2 not drawn: entered in error or not a plain number."


def test_flags_are_told_by_shape_not_by_colour_alone() -> None:
    codes = ("HH", "LL", "H", "L", "A", "N", "")
    shapes = {code: drawn(lab("a", 4, "2026-05-01", flag=code)).points[0].shape for code in codes}
    assert shapes == {"HH": "diamond", "LL": "diamond", "H": "up", "L": "down", "A": "square", "N": "dot", "": "ring"}


def test_g3_every_value_can_be_read_by_keys_with_flag_and_time() -> None:
    point = drawn(lab("a", 6.9, "2026-05-01", flag="HH")).points[0]
    assert point.spoken == "6.9 mmol/L, Critically high, 01-May-2026 09:30"


def test_a_single_value_stands_in_the_middle() -> None:
    shown = drawn(lab("a", 4, "2026-05-01"))
    assert shown.start < shown.points[0].at < shown.end


def test_g2_noise_is_not_magnified() -> None:
    floor, ceiling, _ = domain([100.0, 100.4, 99.8], {})
    assert ceiling - floor >= 20


@given(st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), min_size=1, max_size=30), st.floats(0, 100))
def test_the_domain_holds_every_value_and_the_band(values: list[float], high: float) -> None:
    floor, ceiling, step = domain(values, {"high": high})
    assert floor <= min([*values, high]) and ceiling >= max([*values, high])
    assert step > 0 and round((ceiling - floor) / step) <= 16


@given(st.lists(st.floats(0, 1e6, allow_subnormal=False), min_size=1, max_size=30))
def test_the_axis_of_what_cannot_be_negative_starts_at_zero_or_above(values: list[float]) -> None:
    assert domain(values, {})[0] >= 0


def test_nothing_to_draw_is_an_empty_series() -> None:
    assert series([], "x", "", ZONE).key == ""
    assert drawn(lab("a", 4, "2026-05-01", status="entered-in-error")).key == ""

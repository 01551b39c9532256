"""Vital signs and growth."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehr_app.ui.clinic.results_view import series_key
from ehr_app.ui.clinic.series_view import series
from ehr_app.ui.clinic.vitals_view import against_age, ages, growing, growth_signs, newest, telling_signs
from tests.ui.clinic.test_results_view import lab

ZONE = ZoneInfo("UTC")
NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


def test_F1_the_newest_of_each_sign_tells_its_age_and_flag() -> None:
    found = [
        lab("old", 80, "2026-01-01", code="8867-4", unit="/min"),
        lab("new", 130, "2026-11-24", code="8867-4", unit="/min", flag="H", performer=[{"display": "J. Doe"}]),
        lab("wrong", 999, "2026-11-25", code="8867-4", unit="/min", status="entered-in-error"),
    ]
    (shown,) = newest(found, NOW, ZONE)
    assert (shown.ref, shown.value, shown.code, shown.words) == ("Observation/new", "130 /min", "H", "High")
    assert (shown.old, shown.by, shown.limits) == ("24 h ago", "J. Doe", "No range")


def test_R2_a_vital_sign_without_unit_says_so() -> None:
    (shown,) = newest([lab("a", 37, "2026-11-24", code="8310-5", valueQuantity={"value": 37})], NOW, ZONE)
    assert shown.value == "37, unit missing"


def test_G1_pounds_and_kilograms_are_two_series() -> None:
    found = [lab("a", 70, "2026-11-24", code="29463-7", unit="kg"), lab("b", 154, "2026-11-24", code="29463-7", unit="[lb_av]")]
    assert sorted(one.value for one in newest(found, NOW, ZONE)) == ["154 lb", "70 kg"]
    assert len(telling_signs(found)) == len(growth_signs(found)) == 2


def test_signs_of_the_strip_are_drawn_in_its_order() -> None:
    found = [
        lab("a", 70, "2026-11-24", code="29463-7"),
        lab("b", 60, "2026-11-24", code="8867-4"),
        lab("c", 1, "2026-11-24", code="X"),
    ]
    assert telling_signs(found) == [series_key(found[1]), series_key(found[0])]


@pytest.mark.parametrize(
    ("born", "grows"),
    [
        ("2006-11-26", True), ("2006-11-25", False), ("2026-11-25", True), ("2030-01-01", False),
        ("1890-01-01", False), ("2020", False),
     ("", False)],
)  # fmt: skip
def test_growth_is_of_those_under_twenty_with_a_whole_birth_date(born: str, grows: bool) -> None:
    assert growing({"birthDate": born}, date(2026, 11, 25)) is grows


def test_growth_is_drawn_against_age_and_starts_at_birth() -> None:
    found = [lab(day, at, day, code="29463-7", unit="kg") for at, day in enumerate(["2019-12-01", "2020-01-11", "2021-01-01"])]
    shown = against_age(series(found, series_key(found[0]), "", ZONE), date(2020, 1, 1), ZONE)
    assert [(point.at, point.when) for point in shown.points] == [
        (10, "11-Jan-2020 09:30, 10d"),
        (366, "01-Jan-2021 09:30, 12m 0d"),
    ]
    assert (shown.start, shown.end, shown.bands, shown.zone) == (0, 366, [], "")
    assert shown.dates[0].text == "0m"


@given(st.integers(1, 20 * 366))
def test_age_ticks_are_few_rising_and_inside(days: int) -> None:
    ticks = [tick.at for tick in ages(days)]
    assert ticks == sorted(set(ticks)) and 1 <= len(ticks) <= 12 and ticks[-1] <= days + 1

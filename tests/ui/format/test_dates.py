"""Dates, times and ages (rules D1-D4, F1, B2)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehr_app.ui.format import dates

NEW_YORK = ZoneInfo("America/New_York")
KIRITIMATI = ZoneInfo("Pacific/Kiritimati")


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("2026-07-04", "04-Jul-2026"),
        ("2026-07", "Jul-2026"),
        ("2026", "2026"),
        ("2026-07-04T23:59:00-11:00", "04-Jul-2026"),
        ("", "Not known"),
        (None, "Not known"),
        ("2026-02-30", "Not known"),
        ("yesterday", "Not known"),
    ],
)
def test_d1_clinicians_read_two_digit_day_three_letter_month(stored: str | None, shown: str) -> None:
    assert dates.clinical_date(stored) == shown


def test_d2_patients_read_the_long_form() -> None:
    assert dates.spoken_date("2026-07-04") == "4 July 2026"
    assert dates.spoken_date("2026-07") == "July 2026"
    assert dates.spoken_date(None) == "Not recorded"


def test_d3_times_have_24_hours_and_no_seconds() -> None:
    assert dates.clinical_time("2026-07-04T00:00:00Z", ZoneInfo("UTC")) == "04-Jul-2026 00:00"
    assert dates.clinical_time("2026-07-04T15:04:59.123Z", ZoneInfo("UTC")) == "04-Jul-2026 15:04"


def test_d3_ranges_are_labelled() -> None:
    zone = ZoneInfo("UTC")
    start, end = "2026-07-04T08:00:00Z", "2026-07-04T10:30:00Z"
    assert dates.clinical_range(start, end, zone) == "04-Jul-2026 From 08:00 To 10:30"
    assert dates.clinical_range(start, "2026-07-06T10:30:00Z", zone) == "From 04-Jul-2026 08:00 To 06-Jul-2026 10:30"
    assert dates.clinical_range("2026-07-04", None, zone) == "From 04-Jul-2026"
    assert dates.clinical_range(None, "2026-07-04", zone) == "To 04-Jul-2026"
    assert dates.clinical_range(None, None, zone) == "Not known"


def test_d3_estimates_say_approx() -> None:
    assert dates.approximate("4y", True) == "Approx 4y"


def test_d4_instants_are_shown_in_the_zone_of_the_facility() -> None:
    assert dates.clinical_time("2026-01-01T02:30:00Z", NEW_YORK) == "31-Dec-2025 21:30"
    assert dates.clinical_day("2026-01-01T02:30:00Z", NEW_YORK) == "31-Dec-2025"
    assert dates.clinical_day("2026-01-01T12:00:00Z", KIRITIMATI) == "02-Jan-2026"


def test_d4_bare_dates_never_pass_through_a_zone() -> None:
    for zone in (NEW_YORK, KIRITIMATI):
        assert dates.clinical_day("2026-01-01", zone) == "01-Jan-2026"
        assert dates.clinical_time("2026-01-01", zone) == "01-Jan-2026"


@pytest.mark.parametrize(
    ("born", "on", "shown"),
    [
        ("2026-11-20", "2026-11-20", "0d"),
        ("2026-10-24", "2026-11-20", "27d"),
        ("2026-10-23", "2026-11-20", "4w 0d"),
        ("2025-11-21", "2026-11-20", "52w 0d"),
        ("2025-11-20", "2026-11-20", "12m 0d"),
        ("2025-01-31", "2026-03-01", "13m 1d"),
        ("2017-07-04", "2026-11-20", "9y 4m"),
        ("2008-11-21", "2026-11-20", "17y 11m"),
        ("2008-11-20", "2026-11-20", "18y"),
        ("2024-02-29", "2026-02-28", "23m 30d"),
        ("1961-03-04", "2026-11-20", "65y"),
        ("1961-03", "2026-11-20", "Approx 65y"),
        ("1961", "2026-11-20", "Approx 65y"),
        ("2027-01-01", "2026-11-20", ""),
        (None, "2026-11-20", ""),
    ],
)
def test_b2_age_comes_in_the_unit_that_matters(born: str | None, on: str, shown: str) -> None:
    assert dates.age(born, date.fromisoformat(on)) == shown


@given(st.dates(min_value=date(1900, 1, 1)), st.dates(min_value=date(1900, 1, 1)))
def test_age_never_fails_and_is_empty_only_before_birth(born: date, on: date) -> None:
    assert bool(dates.age(born.isoformat(), on)) is (born <= on)


def test_spoken_age_is_in_words() -> None:
    assert dates.spoken_age("9y 4m") == "9 years 4 months"
    assert dates.spoken_age("1m 1d") == "1 month 1 day"
    assert dates.spoken_age("Approx 65y") == "Approx 65 years"


@pytest.mark.parametrize(
    ("passed", "shown"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=25), "25 min ago"),
        (timedelta(hours=3), "3 h ago"),
        (timedelta(hours=47), "47 h ago"),
        (timedelta(days=2), "2 days ago"),
        (timedelta(days=120), "3 months ago"),
        (timedelta(days=800), "2 years ago"),
        (timedelta(minutes=-1), "in the future"),
    ],
)
def test_f1_measurements_tell_their_age(passed: timedelta, shown: str) -> None:
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert dates.ago(now - passed, now) == shown


@given(st.text(max_size=40))
def test_no_text_breaks_a_date(text: str) -> None:
    dates.clinical_time(text, NEW_YORK)
    dates.clinical_range(text, text, NEW_YORK)
    dates.age(text, date(2026, 11, 20))

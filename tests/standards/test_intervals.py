"""Dates become half-open UTC intervals as wide as their precision."""

from datetime import UTC, datetime

import pytest

from ehr_app.standards.intervals import EARLIEST, LATEST, interval, period, timing


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("2020", at(2020, 1, 1), at(2021, 1, 1)),
        ("2020-12", at(2020, 12, 1), at(2021, 1, 1)),
        ("2020-02", at(2020, 2, 1), at(2020, 3, 1)),
        ("2020-02-29", at(2020, 2, 29), at(2020, 3, 1)),
        ("2020-01-01T12:00:00Z", at(2020, 1, 1, 12), at(2020, 1, 1, 12, 0, 1)),
        ("2020-01-01T12:00:00+02:00", at(2020, 1, 1, 10), at(2020, 1, 1, 10, 0, 1)),
        ("2020-01-01T12:00:00.5Z", at(2020, 1, 1, 12, 0, 0, 500_000), at(2020, 1, 1, 12, 0, 0, 600_000)),
        ("2020-01-01T12:00:00.123Z", at(2020, 1, 1, 12, 0, 0, 123_000), at(2020, 1, 1, 12, 0, 0, 124_000)),
        ("2020-01-01T12:00:00.1234567Z", at(2020, 1, 1, 12, 0, 0, 123_456), at(2020, 1, 1, 12, 0, 0, 123_457)),
        ("2016-12-31T23:59:60Z", at(2017, 1, 1), at(2017, 1, 1, 0, 0, 1)),
        ("9999", at(9999, 1, 1), LATEST),
        ("9999-12", at(9999, 12, 1), LATEST),
        ("9999-12-31", at(9999, 12, 31), LATEST),
        ("9999-12-31T23:59:59.9999999Z", LATEST, LATEST),
        ("0001-01-01T00:00:00+14:00", EARLIEST, EARLIEST.replace(second=1)),
    ],
)
def test_interval_of_every_precision(text: str, low: datetime, high: datetime) -> None:
    assert interval(text) == (low, high)


def test_a_period_may_be_open() -> None:
    assert period({"start": "2020"}) == (at(2020, 1, 1), LATEST)
    assert period({"end": "2020"}) == (EARLIEST, at(2021, 1, 1))
    assert period({"extension": [{"url": "x"}]}) is None


def test_a_timing_gives_its_outer_limits() -> None:
    events = {"event": ["2020-03", None, "2020-01-01"], "repeat": {"boundsPeriod": {"start": "2020-02", "end": "2020-05"}}}
    assert timing(events) == (at(2020, 1, 1), at(2020, 6, 1))
    assert timing({"repeat": {"frequency": 2}}) is None

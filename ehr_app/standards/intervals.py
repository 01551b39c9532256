"""FHIR dates and times as half-open intervals of aware UTC instants, as wide as their precision.

Source: https://hl7.org/fhir/R4/search.html#date and https://hl7.org/fhir/R4/datatypes.html#dateTime (4.0.1).
A date without a time zone is read as UTC; the caller who knows a facility's zone shifts it there.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)

Interval = tuple[datetime, datetime]

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_FRACTIONS = tuple(timedelta(microseconds=10 ** (6 - digits)) for digits in range(7))


@lru_cache(maxsize=16384)
def interval(text: str) -> Interval:
    """The interval [from, to) that a date, dateTime or instant of any precision covers.

    Shape: clamped to `EARLIEST` and `LATEST`. Raises ValueError when `text` is no date (validation refuses those).
    """
    length = len(text)
    if length == 10:
        start = datetime(int(text[:4]), int(text[5:7]), int(text[8:]), tzinfo=UTC)
        return start, _plus(start, _DAY)
    if length == 7:
        year, month = int(text[:4]), int(text[5:])
        return datetime(year, month, 1, tzinfo=UTC), _month(year + month // 12, month % 12 + 1)
    if length == 4:
        return datetime(int(text), 1, 1, tzinfo=UTC), _month(int(text) + 1, 1)
    leap = text[17:19] == "60"
    moment = datetime.fromisoformat(f"{text[:17]}59{text[19:]}" if leap else text)
    try:
        start = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        start = EARLIEST if moment.year == 1 else LATEST
    if leap:
        start = _plus(start, _SECOND)
    return start, _plus(start, _FRACTIONS[_digits(text)])


def period(value: Mapping[str, Any]) -> Interval | None:
    """The interval of a Period; an open end is `EARLIEST` or `LATEST`; None when it has neither."""
    start, end = value.get("start"), value.get("end")
    if start is None and end is None:
        return None
    return (interval(start)[0] if start else EARLIEST, interval(end)[1] if end else LATEST)


def timing(value: Mapping[str, Any]) -> Interval | None:
    """The outer limits of a Timing: its events and its bounding period; None when it names no date."""
    found = [interval(event) for event in value.get("event", ()) if event]
    bounds = period(value.get("repeat", {}).get("boundsPeriod", {}))
    if bounds:
        found.append(bounds)
    if not found:
        return None
    return min(low for low, _ in found), max(high for _, high in found)


def _digits(text: str) -> int:
    """How many fraction digits of a second are given, at most six."""
    if text[19:20] != ".":
        return 0
    end = 20
    while end < len(text) and text[end].isdigit():
        end += 1
    return min(end - 20, 6)


def _month(year: int, month: int) -> datetime:
    return LATEST if year > 9999 else datetime(year, month, 1, tzinfo=UTC)


def _plus(start: datetime, length: timedelta) -> datetime:
    try:
        return start + length
    except OverflowError:
        return LATEST

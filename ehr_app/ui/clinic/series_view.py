"""One series of results as a graph's data (rules G1-G4): domain, ticks, band, marks and every word it shows.

Pure. The y axis holds the range and the values with a margin; without a range it never magnifies noise: it spans at least
a fifth of the mean. Marks tell flags by shape. Sittig 2015 (doi 10.1093/jamia/ocv013) lists what a graph must name.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from ehr_app.ui.clinic.chart_view import taken_at
from ehr_app.ui.clinic.results_view import series_key
from ehr_app.ui.format.dates import clinical_day, clinical_time
from ehr_app.ui.format.numbers import number
from ehr_app.ui.format.text import Json
from ehr_app.ui.format.values import NO_RANGE, Result, normal_range, result

LEVELS = 7
DATES = 5
QUIET_SPAN = 0.2
MARGIN = 0.12


@dataclass(frozen=True)
class Point:
    """One result: where it is, what it looks like and every word about it."""

    id: str = ""
    at: int = 0
    value: float = 0.0
    shape: str = "ring"
    text: str = ""
    short: str = ""
    flag: str = ""
    when: str = ""
    spoken: str = ""
    className: str = ""


@dataclass(frozen=True)
class Level:
    """A tick of the y axis."""

    value: float = 0.0
    text: str = ""


@dataclass(frozen=True)
class DateTick:
    """A tick of the x axis."""

    at: int = 0
    text: str = ""


@dataclass(frozen=True)
class Mark:
    """A line of the legend: a shape and what it means."""

    shape: str = ""
    words: str = ""


@dataclass(frozen=True)
class Series:
    """All that a graph shows; `key` empty: there is nothing to draw."""

    key: str = ""
    title: str = ""
    label: str = ""
    axis: str = ""
    time: str = ""
    unit: str = ""
    limits: str = ""
    last: str = ""
    previous: str = ""
    left_out: str = ""
    start: int = 0
    end: int = 0
    floor: float = 0.0
    ceiling: float = 0.0
    band: dict[str, float] = field(default_factory=dict)
    levels: list[Level] = field(default_factory=list)
    dates: list[DateTick] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    legend: list[Mark] = field(default_factory=list)


def series(observations: Iterable[Json], key: str, who: str, zone: ZoneInfo) -> Series:
    """Return the series of one test in one unit, oldest first; `who` is the patient's name and record number."""
    mine = [one for one in observations if series_key(one) == key]
    drawn = sorted(
        ((when, one, shown) for one in mine if (when := taken_at(one)) and (shown := result(one)).magnitude is not None),
        key=lambda item: item[0],
    )
    if not drawn:
        return Series()
    newest = drawn[-1][2]
    band = _band(drawn[-1][1])
    values = [float(shown.magnitude or 0) for _, _, shown in drawn]
    floor, ceiling, step = domain(values, band)
    points = [_point(when, one, shown, zone) for when, one, shown in drawn]
    left_out = len(mine) - len(drawn)
    return Series(
        key=key,
        title=newest.name,
        label=f"{newest.name}, {len(points)} results of {who}. Use the arrow keys to read each value.",
        axis=f"{newest.name}, {newest.unit}" if newest.unit else newest.name,
        time=f"Date of collection ({zone.key.replace('_', ' ')})",
        unit=newest.unit,
        limits=f"Range {newest.range} {newest.unit}".strip() if newest.range != NO_RANGE else "No range came with the last result",
        last=f"{points[-1].text} {points[-1].flag}".strip() + f", {points[-1].when}",
        previous=f"{points[-2].text} {points[-2].flag}".strip() + f", {points[-2].when}" if len(points) > 1 else "",
        left_out=f"{left_out} not drawn: entered in error or not a plain number." if left_out else "",
        start=points[0].at if points[-1].at > points[0].at else points[0].at - 1,
        end=points[-1].at if points[-1].at > points[0].at else points[0].at + 1,
        floor=floor,
        ceiling=ceiling,
        band=band,
        levels=_levels(floor, ceiling, step),
        dates=_dates(drawn[0][0], drawn[-1][0], zone),
        points=points,
        legend=_legend(points, bool(band)),
    )


def domain(values: list[float], band: dict[str, float]) -> tuple[float, float, float]:
    """Return floor, ceiling and step of the y axis: round numbers around values and band, noise not magnified."""
    lowest, highest = min([*values, *band.values()]), max([*values, *band.values()])
    mean = sum(values) / len(values)
    least = max(abs(mean) * QUIET_SPAN, 1e-9)
    if highest - lowest < least:
        middle = (highest + lowest) / 2
        lowest, highest = middle - least / 2, middle + least / 2
    margin = (highest - lowest) * MARGIN
    nothing_negative = min(values) >= 0
    lowest = max(lowest - margin, 0.0) if nothing_negative else lowest - margin
    step = _round_step((highest + margin - lowest) / (LEVELS - 1))
    floor = math.floor(lowest / step + 1e-9) * step
    return floor, math.ceil((highest + margin) / step - 1e-9) * step, step


def _round_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next((power * size for size in (1, 2, 2.5, 5, 10) if power * size >= rough * 0.999), power * 10)


def _levels(floor: float, ceiling: float, step: float) -> list[Level]:
    count = round((ceiling - floor) / step)
    places = max(0, -math.floor(math.log10(step)) + (1 if f"{step:e}"[2] == "5" and f"{step:e}"[0] == "2" else 0))
    return [Level(floor + step * at, number(Decimal(f"{floor + step * at:.{places}f}"))) for at in range(count + 1)]


def _dates(first: datetime, last: datetime, zone: ZoneInfo) -> list[DateTick]:
    span = last - first
    count = DATES if span > timedelta(days=4) else 2 if span else 1
    told: dict[str, DateTick] = {}
    for at in range(count):
        moment = first + span * at / max(count - 1, 1)
        text = clinical_day(moment, zone) if span > timedelta(days=4) else clinical_time(moment, zone)
        told.setdefault(text, DateTick(_ms(moment), text))
    return list(told.values())


def _band(observation: Json) -> dict[str, float]:
    low, high = normal_range(observation)
    return {name: float(limit) for name, limit in (("low", low), ("high", high)) if limit is not None}


def _point(when: datetime, observation: Json, shown: Result, zone: ZoneInfo) -> Point:
    flag = shown.flag
    grade = flag.grade
    told = "" if grade in ("normal", "ungraded") else f"{flag.mark} {flag.code} {flag.words}".strip()
    moment = clinical_time(when, zone)
    return Point(
        id=str(observation.get("id", "")),
        at=_ms(when),
        value=float(shown.magnitude or 0),
        shape=_shape(shown),
        text=shown.value,
        short=f"{shown.number} {flag.code}".strip() if told else shown.number,
        flag=told,
        when=moment,
        spoken=", ".join(filter(None, (shown.value, flag.words, shown.status, moment))),
        className=f"value-{grade}" if told else "",
    )


def _shape(shown: Result) -> str:
    if shown.flag.grade == "critical":
        return "diamond"
    if shown.flag.grade == "abnormal":
        return "up" if "↑" in shown.flag.mark else "down" if "↓" in shown.flag.mark else "square"
    return "dot" if shown.flag.grade == "normal" else "ring"


def _legend(points: list[Point], band: bool) -> list[Mark]:
    words = {"dot": "in range", "ring": "no flag and no range", "up": "high", "down": "low", "square": "abnormal",
             "diamond": "critical"}  # fmt: skip
    used = {point.shape for point in points}
    marks = [Mark(shape, told) for shape, told in words.items() if shape in used]
    return marks + ([Mark("band", "range of the last result")] if band else [])


def _ms(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp() * 1000)

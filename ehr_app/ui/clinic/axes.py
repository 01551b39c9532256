"""The axes of a graph: a y axis that holds every value and magnifies no noise, a time axis with full dates, thinning (G2, G3).

Pure. Without a range the y axis spans at least a fifth of the mean; it need not start at zero.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from ehr_app.ui.format.dates import clinical_day, clinical_time
from ehr_app.ui.format.numbers import number

LEVELS = 7
DATES = 5
QUIET_SPAN = 0.2
MARGIN = 0.12
MOST_DRAWABLE = 1e15
"""What is larger cannot be told apart by a double or a reader; it is listed, not drawn."""


@dataclass(frozen=True)
class Level:
    """A tick of the y axis."""

    value: float = 0.0
    text: str = ""


@dataclass(frozen=True)
class DateTick:
    """A tick of the x axis; `at` in milliseconds of the epoch, or in days of age."""

    at: int = 0
    text: str = ""


def domain(values: Sequence[float], band: Sequence[float] = ()) -> tuple[float, float, float]:
    """Return floor, ceiling and step of the y axis: round numbers around values and band, noise not magnified."""
    lowest, highest = min([*values, *band]), max([*values, *band])
    mean = sum(values) / len(values)
    least = max(abs(mean) * QUIET_SPAN, 1e-9)
    if highest - lowest < least:
        middle = (highest + lowest) / 2
        lowest, highest = middle - least / 2, middle + least / 2
    margin = (highest - lowest) * MARGIN
    lowest = max(lowest - margin, 0.0) if min(values) >= 0 else lowest - margin
    step = _round_step((highest + margin - lowest) / (LEVELS - 1))
    floor = math.floor(lowest / step + 1e-9) * step
    return floor, math.ceil((highest + margin) / step - 1e-9) * step, step


def levels(floor: float, ceiling: float, step: float) -> list[Level]:
    """Return the ticks of the y axis with as many decimals as the step has."""
    count = round((ceiling - floor) / step)
    places = max(0, -math.floor(math.log10(step)) + (1 if f"{step:e}"[2] == "5" and f"{step:e}"[0] == "2" else 0))
    return [Level(floor + step * at, number(Decimal(f"{floor + step * at:.{places}f}"))) for at in range(count + 1)]


def dates(first: datetime, last: datetime, zone: ZoneInfo) -> list[DateTick]:
    """Return the ticks of the time axis, evenly spaced in time: whole dates, with the hour when it spans a few days."""
    span = last - first
    long = span > timedelta(days=4)
    count = DATES if long else 2 if span else 1
    told: dict[str, DateTick] = {}
    for at in range(count):
        moment = first + span * at / max(count - 1, 1)
        text = clinical_day(moment, zone) if long else clinical_time(moment, zone)
        told.setdefault(text, DateTick(milliseconds(moment), text))
    return list(told.values())


def thinned(at: Sequence[int], values: Sequence[float], keep: Sequence[int], most: int) -> list[int]:
    """Return at most about `most` indices, in order: of each equal span of time its lowest and highest value, and all of `keep`."""
    if len(at) <= most:
        return list(range(len(at)))
    spans = max(1, (most - len(keep)) // 2)
    width = (at[-1] - at[0]) / spans or 1
    lowest: dict[int, int] = {}
    highest: dict[int, int] = {}
    for index, moment in enumerate(at):
        span = int((moment - at[0]) / width)
        if span not in lowest or values[index] < values[lowest[span]]:
            lowest[span] = index
        if span not in highest or values[index] >= values[highest[span]]:
            highest[span] = index
    return sorted({0, len(at) - 2, len(at) - 1, *lowest.values(), *highest.values(), *keep})


def milliseconds(moment: datetime) -> int:
    """Return the milliseconds of the epoch."""
    return int(moment.timestamp() * 1000)


def _round_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next((power * size for size in (1, 2, 2.5, 5, 10) if power * size >= rough * 0.999), power * 10)

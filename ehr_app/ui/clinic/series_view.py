"""Series of results as the data of graphs (rules G1-G4): domain, ticks, bands, marks and every word they show.

Pure. One series is one test in one unit. Marks tell flags by shape; what has no plain number is listed, not drawn; a value
beyond the limit of measurement is an open mark at the limit. Sittig 2015 (doi 10.1093/jamia/ocv013) lists what a graph must name.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from ehr_app.ui.clinic.axes import MOST_DRAWABLE, DateTick, Level, dates, domain, levels, milliseconds, thinned
from ehr_app.ui.clinic.chart_view import taken_at
from ehr_app.ui.clinic.results_view import series_key
from ehr_app.ui.format.dates import clinical_time
from ehr_app.ui.format.numbers import decimal
from ehr_app.ui.format.text import Json, has_code, items, part, plain
from ehr_app.ui.format.values import DIASTOLIC, NO_RANGE, SYSTOLIC, UNGRADED, Flag, Result, components, normal_range, result, worst

MOST_POINTS = 480
MOST_LISTED = 200


@dataclass(frozen=True)
class Point:
    """One result: where it is, what it looks like and every word about it; `bottom` is the lower end of a bar (G2)."""

    id: str = ""
    at: int = 0
    value: float = 0.0
    bottom: float | None = None
    shape: str = "ring"
    text: str = ""
    short: str = ""
    flag: str = ""
    words: str = ""
    limits: str = ""
    when: str = ""
    status: str = ""
    className: str = ""


@dataclass(frozen=True)
class Listed:
    """A result that is not drawn, with the reason."""

    id: str = ""
    text: str = ""
    when: str = ""
    why: str = ""


@dataclass(frozen=True)
class Band:
    """The range of the results from `start` to `end`; a missing edge is open."""

    start: int = 0
    end: int = 0
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Mark:
    """A line of the legend: a shape and what it means."""

    shape: str = ""
    words: str = ""


@dataclass(frozen=True)
class Series:
    """All that a graph shows; no points: there is nothing to draw."""

    key: str = ""
    title: str = ""
    who: str = ""
    axis: str = ""
    unit: str = ""
    zone: str = ""
    limits: str = ""
    last: str = ""
    previous: str = ""
    last_flag: str = ""
    previous_flag: str = ""
    count: int = 0
    thinned: bool = False
    start: int = 0
    end: int = 0
    floor: float = 0.0
    ceiling: float = 0.0
    bands: list[Band] = field(default_factory=list)
    levels: list[Level] = field(default_factory=list)
    dates: list[DateTick] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    listed: list[Listed] = field(default_factory=list)
    legend: list[Mark] = field(default_factory=list)


@dataclass(frozen=True)
class _Drawn:
    when: datetime
    observation: Json
    shown: Result
    flag: Flag
    value: float
    bottom: float | None
    shape: str
    low: float | None
    high: float | None

    @property
    def ends(self) -> list[float]:
        return [self.value] if self.bottom is None else [self.value, self.bottom]


def series(observations: Iterable[Json], key: str, who: str, zone: ZoneInfo) -> Series:
    """Return the series of one test in one unit, oldest first; `who` is the patient's name and record number."""
    mine = [(taken_at(one), one) for one in observations if series_key(one) == key]
    placed = sorted(((when, one) for when, one in mine if when), key=lambda pair: pair[0])
    read = [(when, one, result(one)) for when, one in placed]
    drawn = [found for item in read if (found := _drawn(*item))]
    kept = {id(one.observation) for one in drawn}
    listed = [Listed(_id(one), shown.value or "No value", clinical_time(when, zone), _reason(shown))
              for when, one, shown in reversed(read) if id(one) not in kept]  # fmt: skip
    listed += [Listed(_id(one), result(one).value or "No value", "", "no date") for when, one in mine if not when]
    if not drawn:
        return Series(key=key, title=result(mine[0][1]).name if mine else "", listed=listed[:MOST_LISTED])
    return _series(drawn, listed, key, who, zone)


def together(found: Sequence[Series], zone: ZoneInfo) -> list[Series]:
    """Put several series under one time axis: small multiples, never two units in one axis."""
    shown = [one for one in found if one.points]
    if len(shown) < 2:
        return list(found)
    start, end = min(one.start for one in shown), max(one.end for one in shown)
    first, last = (datetime.fromtimestamp(at / 1000, tz=zone) for at in (start, end))
    ticks = dates(first, last, zone)
    return [replace(one, start=start, end=end, dates=ticks) if one.points else one for one in found]


def _series(drawn: list[_Drawn], listed: list[Listed], key: str, who: str, zone: ZoneInfo) -> Series:
    newest = drawn[-1].shown
    kept = thinned(
        [milliseconds(one.when) for one in drawn], [one.value for one in drawn],
        [at for at, one in enumerate(drawn) if one.flag.grade == "critical"][-MOST_POINTS // 4 :], MOST_POINTS,
    )  # fmt: skip
    points = [_point(drawn[at], zone) for at in kept]
    values = [end for one in drawn for end in one.ends]
    bands = _bands(drawn)
    floor, ceiling, step = domain(values, [edge for band in bands for edge in (band.low, band.high) if edge is not None])
    start, end = points[0].at, points[-1].at
    unit = newest.unit or _common_unit(drawn[-1].observation)
    told = newest.range if newest.range != NO_RANGE else ""
    return Series(
        key=key,
        title=newest.name,
        who=who,
        axis=f"{newest.name}, {unit}" if unit else newest.name,
        unit=unit,
        zone=zone.key.replace("_", " "),
        limits=f"{told} {unit}".strip() if told else "",
        last=f"{points[-1].text}, {points[-1].when}",
        last_flag=points[-1].flag,
        previous=f"{points[-2].text}, {points[-2].when}" if len(points) > 1 else "",
        previous_flag=points[-2].flag if len(points) > 1 else "",
        count=len(drawn),
        thinned=len(points) < len(drawn),
        start=start if end > start else start - 1,
        end=end if end > start else end + 1,
        floor=floor,
        ceiling=ceiling,
        bands=bands,
        levels=levels(floor, ceiling, step),
        dates=dates(drawn[0].when, drawn[-1].when, zone),
        points=points,
        listed=listed[:MOST_LISTED],
        legend=_legend(points, bands),
    )


def _drawn(when: datetime, observation: Json, shown: Result) -> _Drawn | None:
    if shown.wrong:
        return None
    pressures = _pressures(observation)
    graded = shown.flag if shown.flag.grade != "ungraded" else worst([UNGRADED, *(one.flag for one in components(observation))])
    low, high = normal_range(observation) if shown.magnitude is not None else (None, None)
    band = (None if low is None else float(low), None if high is None else float(high))
    if pressures:
        return _Drawn(when, observation, shown, graded, *pressures, "bar", None, None)
    quantity = part(observation, "valueQuantity")
    value = decimal(quantity.get("value"))
    if value is None or abs(value) > MOST_DRAWABLE or shown.unit_missing:
        return None
    if comparator := plain(quantity.get("comparator")):
        return _Drawn(when, observation, shown, graded, float(value), None, "under" if "<" in comparator else "over", *band)
    return _Drawn(when, observation, shown, graded, float(value), None, _shape(graded), *band)


def _pressures(observation: Json) -> tuple[float, float] | None:
    found: dict[str, tuple[float, str]] = {}
    for one in items(observation, "component"):
        code = next((code for code in (SYSTOLIC, DIASTOLIC) if has_code(part(one, "code"), code)), None)
        value = decimal(part(one, "valueQuantity").get("value"))
        if code and value is not None and abs(value) <= MOST_DRAWABLE:
            found[code] = (float(value), result(one).unit)
    if set(found) != {SYSTOLIC, DIASTOLIC} or found[SYSTOLIC][1] != found[DIASTOLIC][1] or not found[SYSTOLIC][1]:
        return None
    return found[SYSTOLIC][0], found[DIASTOLIC][0]


def _common_unit(observation: Json) -> str:
    return next((one.unit for one in components(observation) if one.unit), "")


def _reason(shown: Result) -> str:
    if shown.wrong:
        return "entered in error"
    if shown.unit_missing:
        return "unit missing"
    return "not a plain number" if shown.magnitude is None else "too large to draw"


def _bands(drawn: Sequence[_Drawn]) -> list[Band]:
    """Each range holds from its first result to the first one with another range."""
    bands: list[Band] = []
    for one in drawn:
        at = milliseconds(one.when)
        if bands and bands[-1].end == 0:
            if (bands[-1].low, bands[-1].high) == (one.low, one.high):
                continue
            bands[-1] = replace(bands[-1], end=at)
        if one.low is not None or one.high is not None:
            bands.append(Band(at, 0, _edge(one.low), _edge(one.high)))
    if bands and bands[-1].end == 0:
        bands[-1] = replace(bands[-1], end=milliseconds(drawn[-1].when))
    return bands


def _edge(limit: float | None) -> float | None:
    return None if limit is None or abs(limit) > MOST_DRAWABLE else limit


def _point(one: _Drawn, zone: ZoneInfo) -> Point:
    graded = one.flag
    told = "" if graded.grade in ("normal", "ungraded") else f"{graded.mark} {graded.code}".strip()
    number = one.shown.number if one.bottom is None else one.shown.value.split(" ")[0]
    return Point(
        id=_id(one.observation),
        at=milliseconds(one.when),
        value=one.value,
        bottom=one.bottom,
        shape=one.shape,
        text=one.shown.value,
        short=f"{number} {graded.code}".strip() if told else number,
        flag=told,
        words=graded.words,
        limits="" if one.shown.range == NO_RANGE else one.shown.range,
        when=clinical_time(one.when, zone),
        status=one.shown.status,
        className=f"value-{graded.grade}" if told else "",
    )


def _shape(flag: Flag) -> str:
    if flag.grade == "critical":
        return "diamond"
    if flag.grade == "abnormal":
        return "up" if "↑" in flag.mark else "down" if "↓" in flag.mark else "square"
    return "dot" if flag.grade == "normal" else "ring"


def _legend(points: Sequence[Point], bands: Sequence[Band]) -> list[Mark]:
    words = {"dot": "in range", "ring": "no flag and no range", "up": "high", "down": "low", "square": "abnormal",
             "diamond": "critical", "under": "below the limit of measurement", "over": "above the limit of measurement",
             "bar": "systolic above, diastolic below"}  # fmt: skip
    used = {point.shape for point in points}
    marks = [Mark(shape, told) for shape, told in words.items() if shape in used]
    return marks + ([Mark("band", "range of the result" if len(bands) == 1 else "range of each result")] if bands else [])


def _id(observation: Json) -> str:
    return str(observation.get("id", ""))

"""Vital signs and growth: the newest of each sign, the signs to draw, growth against age.

Pure. Units are never converted: each unit is a row and a series of its own. No reference curve and no range of our own is used;
percentiles are shown when the record itself carries them.
Vital signs and their LOINC codes: https://hl7.org/fhir/R4/observation-vitalsigns.html
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from ehr_app.ui.clinic.axes import DateTick
from ehr_app.ui.clinic.chart_view import VITALS, taken_at
from ehr_app.ui.clinic.results_view import series_key
from ehr_app.ui.clinic.series_view import Point, Series
from ehr_app.ui.format.dates import age, ago, clinical_time, parse_date
from ehr_app.ui.format.text import Json, has_code, in_error, items, part, reference_text
from ehr_app.ui.format.values import NO_RANGE, UNIT_MISSING, components, flag, result, worst

GROWTH = ("29463-7", "3141-9", "8302-2", "8306-3", "9843-4", "39156-5", "59576-9", "77606-2", "8289-1")
"""Weight, length and height, head circumference, body mass index, and the percentiles a record may carry."""
GROWS_UNTIL = 20
MOST_DRAWN = 8
_MONTH = 30.4375


@dataclass(frozen=True)
class Newest:
    """The newest value of one sign in one unit (F1)."""

    ref: str = ""
    name: str = ""
    value: str = ""
    code: str = ""
    mark: str = ""
    words: str = ""
    grade: str = "ungraded"
    limits: str = ""
    taken: str = ""
    old: str = ""
    by: str = ""
    status: str = ""


def newest(observations: Iterable[Json], now: datetime, zone: ZoneInfo) -> list[Newest]:
    """F1: the newest value of each sign with its age, in the order of the strip, then by name; errors do not count."""
    found: dict[str, tuple[datetime, Json]] = {}
    for one in observations:
        when = taken_at(one)
        key = series_key(one)
        if when and not in_error(one) and result(one).value and (key not in found or when > found[key][0]):
            found[key] = (when, one)
    ordered = sorted(found.values(), key=lambda pair: (_place(pair[1]), result(pair[1]).name))
    return [_newest(when, one, now, zone) for when, one in ordered]


def telling_signs(observations: Sequence[Json]) -> list[str]:
    """Return the series that are drawn when none is chosen: those of the strip, in its order."""
    keys = {series_key(one): _place(one) for one in observations if not in_error(one) and _place(one) < len(VITALS)}
    return sorted(keys, key=lambda key: (keys[key], key))[:MOST_DRAWN]


def growing(patient: Json, on: date) -> bool:
    """Say whether the patient is under twenty by a whole birth date."""
    born = parse_date(patient.get("birthDate"))
    if born is None or not born.whole or born.earliest > on:
        return False
    return on.year - born.year - ((on.month, on.day) < (born.month or 1, born.day or 1)) < GROWS_UNTIL


def growth_signs(observations: Iterable[Json]) -> list[str]:
    """Return the series of growth that a record carries."""
    found = {series_key(one): code for one in observations if not in_error(one) and (code := _growth_code(one))}
    return sorted(found, key=lambda key: (GROWTH.index(found[key]), key))


def against_age(series: Series, born: date, zone: ZoneInfo) -> Series:
    """Put a series against age in days: what was recorded before birth is left to the table of the values."""
    points: list[Point] = []
    for point in series.points:
        day = datetime.fromtimestamp(point.at / 1000, tz=zone).date()
        if day >= born:
            points.append(replace(point, at=(day - born).days, when=f"{point.when}, {age(born.isoformat(), day)}"))
    if not points:
        return replace(series, points=[])
    start, end = 0, max(points[-1].at, 1)
    return replace(series, zone="", start=start, end=end, points=points, bands=[], dates=ages(end),
                   legend=[mark for mark in series.legend if mark.shape != "band"])  # fmt: skip


def ages(days: int) -> list[DateTick]:
    """Return ticks of an age axis that begins at birth: weeks, months or years."""
    months = days / _MONTH
    if months < 4:
        step, unit, length = max(1, round(days / 7 / 5)), "w", 7.0
    elif months < 36:
        step, unit, length = max(1, round(months / 5)), "m", _MONTH
    else:
        step, unit, length = max(1, round(months / 12 / 6)), "y", _MONTH * 12
    count = int(days / (step * length))
    return [DateTick(round(at * step * length), f"{at * step}{unit}") for at in range(count + 1)]


def _newest(when: datetime, one: Json, now: datetime, zone: ZoneInfo) -> Newest:
    shown = result(one)
    own = flag(one)
    graded = own if own.grade != "ungraded" else worst(part_.flag for part_ in components(one))
    return Newest(
        ref=f"Observation/{one.get('id', '')}",
        name=shown.name,
        value=f"{shown.value}, {UNIT_MISSING}" if shown.unit_missing else shown.value,
        code=graded.code,
        mark=graded.mark,
        words="" if graded.grade in ("normal", "ungraded") else graded.words,
        grade=graded.grade,
        limits=shown.range if shown.range == NO_RANGE else f"{shown.range} {shown.unit}".strip(),
        taken=clinical_time(when, zone),
        old=ago(when, now),
        by=next((name for who in items(one, "performer") if (name := reference_text(who))), ""),
        status=shown.status,
    )


def _place(observation: Json) -> int:
    code = part(observation, "code")
    return next((at for at, (_, codes) in enumerate(VITALS) if has_code(code, *codes)), len(VITALS))


def _growth_code(observation: Json) -> str:
    return next((code for code in GROWTH if has_code(part(observation, "code"), code)), "")

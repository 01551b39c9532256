"""Dates, times and ages as clinicians and patients read them (rules D1-D4, F1 and the ages of B2, B4).

Clinicians: `14-Jul-2026 15:04` whatever the regional settings; patients and screen readers: `14 July 2026`.
Instants are shown in the facility's time zone; dates (birth dates above all) never pass through a zone.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from ehr_app.ui.format.text import NOT_KNOWN, NOT_RECORDED

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

_FHIR_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$")


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A FHIR date as precise as it was given: year, year and month, or a whole day."""

    year: int
    month: int | None = None
    day: int | None = None

    @property
    def earliest(self) -> date:
        """The first day it can be."""
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def whole(self) -> bool:
        """Whether the day is known."""
        return self.day is not None


def parse_date(text: object) -> PartialDate | None:
    """Read a FHIR `date`, or the date part of a `dateTime` without any zone conversion; None when it is neither."""
    match = _FHIR_DATE.match(str(text or "")[:10])
    if not match:
        return None
    year, month, day = (int(group) if group else None for group in match.groups())
    found = PartialDate(year or 1, month, day)
    try:
        _ = found.earliest
    except ValueError:
        return None
    return found


def parse_instant(text: object) -> datetime | None:
    """Read a FHIR `dateTime` or `instant` that names a moment; None for partial dates and for no date."""
    if isinstance(text, datetime):
        return text if text.tzinfo else text.replace(tzinfo=UTC)
    raw = str(text or "")
    if "T" not in raw:
        return None
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def clinical_date(value: object, missing: str = NOT_KNOWN) -> str:
    """D1: `14-Jul-2026`, or `Jul-2026` or `2026` when that is all that is known; never passes through a zone."""
    known = value if isinstance(value, PartialDate) else parse_date(value)
    if known is None:
        return missing
    month = MONTHS[known.month - 1][:3] if known.month else None
    return "-".join(filter(None, (f"{known.day:02d}" if known.day else None, month, f"{known.year:04d}")))


def spoken_date(value: object, missing: str = NOT_RECORDED) -> str:
    """D2: `14 July 2026` for patients and screen readers."""
    known = value if isinstance(value, PartialDate) else parse_date(value)
    if known is None:
        return missing
    month = MONTHS[known.month - 1] if known.month else None
    return " ".join(filter(None, (str(known.day) if known.day else None, month, str(known.year))))


def local_day(value: object, zone: ZoneInfo) -> PartialDate | None:
    """Return the day of a date or of an instant as the facility's calendar has it."""
    if moment := parse_instant(value):
        local = moment.astimezone(zone)
        return PartialDate(local.year, local.month, local.day)
    return parse_date(value)


def clinical_day(value: object, zone: ZoneInfo, missing: str = NOT_KNOWN) -> str:
    """D1 and D4: the day of a date or an instant in the facility's zone."""
    return clinical_date(local_day(value, zone), missing)


def clinical_time(value: object, zone: ZoneInfo, missing: str = NOT_KNOWN) -> str:
    """D1, D3, D4: `14-Jul-2026 15:04` in the facility's zone; a bare date stays a date."""
    moment = parse_instant(value)
    if moment is None:
        return clinical_date(value, missing)
    local = moment.astimezone(zone)
    return f"{clinical_date(PartialDate(local.year, local.month, local.day))} {local:%H:%M}"


def clinical_range(start: object, end: object, zone: ZoneInfo) -> str:
    """D3: `From 01-Jul-2026 08:00 To 03-Jul-2026 10:00`; a missing end is open, one day is told once."""
    if not start and not end:
        return NOT_KNOWN
    first, last = clinical_time(start, zone), clinical_time(end, zone)
    if not end:
        return f"From {first}"
    if not start:
        return f"To {last}"
    if first[:11] == last[:11] and len(first) > 11 and len(last) > 11:
        return f"{first[:11]} From {first[12:]} To {last[12:]}" if first != last else first
    return first if first == last else f"From {first} To {last}"


def approximate(text: str, estimated: bool) -> str:
    """D3: put `Approx` before an estimate."""
    return f"Approx {text}" if estimated else text


def age(born: object, on: date) -> str:
    """B2: the age in the unit that matters: days, weeks, months, years and months under 18, then years.

    Shape: `3 d`, `7w 2d`, `14m 3d`, `9y 4m`, `65y`; a partial birth date gives `Approx 65y`; empty when unknown.
    """
    known = born if isinstance(born, PartialDate) else parse_date(born)
    if known is None:
        return ""
    if not known.whole:
        reached = on.year - known.year - (known.month is not None and on.month < known.month)
        return approximate(f"{max(reached, 0)}y", True) if reached >= 0 else ""
    birth = known.earliest
    if birth > on:
        return ""
    days = (on - birth).days
    months = (on.year - birth.year) * 12 + on.month - birth.month - (on.day < birth.day)
    years, odd_months = divmod(months, 12)
    if days < 28:
        return f"{days}d"
    if years < 1:
        return f"{days // 7}w {days % 7}d"
    if years < 2:
        return f"{months}m {(on - _add_months(birth, months)).days}d"
    return f"{years}y {odd_months}m" if years < 18 else f"{years}y"


def spoken_age(short: str) -> str:
    """Return an age in words: `9y 4m` reads `9 years 4 months`."""
    words = {"y": "year", "m": "month", "w": "week", "d": "day"}

    def spell(match: re.Match[str]) -> str:
        count, unit = match.groups()
        return f"{count} {words[unit]}{'' if count == '1' else 's'}"

    return re.sub(r"(\d+)([ymwd])\b", spell, short)


def ago(moment: datetime, now: datetime) -> str:
    """F1: how old something is, in the largest unit that still tells: `25 min ago`, `3 h ago`, `4 months ago`."""
    passed = now - moment
    if passed < timedelta(0):
        return "in the future"
    minutes = int(passed.total_seconds() // 60)
    for limit, size, unit in ((1, 1, ""), (60, 1, "min"), (48 * 60, 60, "h")):
        if minutes < limit:
            return f"{minutes // size} {unit} ago" if unit else "just now"
    days = passed.days
    for limit, length, unit in ((60, 1.0, "day"), (730, 30.44, "month")):
        if days < limit:
            count = int(days / length)
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return f"{int(days / 365.25)} years ago"


def today(now: datetime, zone: ZoneInfo) -> date:
    """Return the facility's calendar day of a moment."""
    return now.astimezone(zone).date()


def _add_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))

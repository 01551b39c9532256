"""The value of a search parameter, read by the parameter's type: prefix, precision, system and code, reference, text.

Spec: https://hl7.org/fhir/R4/search.html#ptypes (4.0.1). Texts of errors never quote a value: it may name a patient.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from ehr_app.standards.intervals import EARLIEST, LATEST, interval
from ehr_app.standards.r4 import RTYPES
from ehr_app.standards.search_parameters import SearchParameter

PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
APPROXIMATELY = Decimal("0.1")  # the share that R4 recommends for `ap`: of the value, or of the time between it and now
_DATE = re.compile(
    r"\d{4}(?:-\d\d(?:-\d\d(?:T(?P<minutes>\d\d:\d\d)(?P<seconds>:\d\d(?:\.\d{1,9})?)?(?P<zone>Z|[+ -]\d\d:\d\d)?)?)?)?",
    re.ASCII,
)
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d{1,3})?", re.ASCII)
_LITERAL = re.compile(r"(?:.*/)?([A-Za-z]+)/([A-Za-z0-9.-]{1,64})(?:/_history/[A-Za-z0-9.-]{1,64})?")
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class TokenValue:
    """`system` None: any; "": none. `code` None: any code of the system."""

    system: str | None
    code: str | None


@dataclass(frozen=True, slots=True)
class ReferenceValue:
    """The literals that match; none when the value cannot name a target of the parameter."""

    literals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DateValue:
    """A prefix and the half-open interval that the value covers (widened already for `ap`)."""

    prefix: str
    lo: datetime
    hi: datetime


@dataclass(frozen=True, slots=True)
class TextValue:
    """A string or uri as written."""

    text: str


@dataclass(frozen=True, slots=True)
class NumberValue:
    """A prefix, the number, and the interval [lo, hi) of its precision (for `ap` [lo, hi]); unit parts None: any."""

    prefix: str
    number: Decimal
    lo: Decimal
    hi: Decimal
    system: str | None = None
    code: str | None = None


Value = TokenValue | ReferenceValue | DateValue | TextValue | NumberValue


def split(text: str, separator: str) -> list[str]:
    """Cut at unescaped separators; escapes stay in the parts."""
    parts, start, position = [], 0, 0
    while position < len(text):
        if text[position] == "\\":
            position += 1
        elif text[position] == separator:
            parts.append(text[start:position])
            start = position + 1
        position += 1
    return [*parts, text[start:]]


def plain(text: str) -> str:
    r"""Undo the escapes `\,` `\|` `\$` `\\`."""
    return re.sub(r"\\([,|$\\])", r"\1", text)


def token(text: str) -> TokenValue | None:
    """Read `code`, `system|code`, `|code` or `system|`; None when it says nothing."""
    parts = split(text, "|")
    if len(parts) > 2 or not any(parts):
        return None
    if len(parts) == 1:
        return TokenValue(None, plain(parts[0]))
    return TokenValue(plain(parts[0]), plain(parts[1]) or None)


def reference(text: str, parameter: SearchParameter, rtype: str | None) -> ReferenceValue | None:
    """Read an id, `Type/id`, a version of it, an absolute address or a canonical; `rtype` from a `:Type` modifier."""
    text = plain(text)
    if rtype is not None:
        if _ID.fullmatch(text):
            return ReferenceValue((f"{rtype}/{text}",) if rtype in parameter.targets else ())
        found = _LITERAL.fullmatch(text)
        if found is None or found[1] != rtype:
            return None
    if _ID.fullmatch(text):
        literals = tuple(f"{target}/{text}" for target in parameter.targets)
        return ReferenceValue((*literals, text) if _holds_canonicals(parameter) else literals)
    found = _LITERAL.fullmatch(text)
    if found is None or found[1] not in RTYPES:
        return ReferenceValue((text,))
    if found[1] not in parameter.targets and not _holds_canonicals(parameter):
        return ReferenceValue(())
    return ReferenceValue((text.partition("/_history/")[0],))


def date(text: str, now: datetime | None = None) -> DateValue | None:
    """Read a date of any precision with its prefix; a value without a time zone is UTC, as stored ones are."""
    prefix, rest = _prefix(text)
    found = _DATE.fullmatch(rest)
    if found is None:
        return None
    try:
        lo, hi = _covered(rest, found)
    except ValueError:
        return None
    if prefix == "ap":
        gap = abs((now or datetime.now(UTC)) - lo) * float(APPROXIMATELY)
        lo, hi = _shift(lo, -gap), _shift(hi, gap)
    return DateValue(prefix, lo, hi)


def number(text: str) -> NumberValue | None:
    """Read a number with its prefix; without prefix it stands for its precision (100 covers 99.5 up to 100.5)."""
    prefix, rest = _prefix(text)
    if _NUMBER.fullmatch(rest) is None:
        return None
    value = Decimal(rest)
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or abs(value.adjusted()) > 300:
        return None
    half = Decimal(5).scaleb(exponent - 1)
    if prefix == "ap":
        half = max(half, abs(value) * APPROXIMATELY)
    return NumberValue(prefix, value, value - half, value + half)


def quantity(text: str) -> NumberValue | None:
    """Read `number`, `number|system|code` or `number||code`."""
    parts = split(text, "|")
    found = number(plain(parts[0]))
    if found is None or len(parts) not in (1, 3):
        return None
    if len(parts) == 1:
        return found
    return NumberValue(found.prefix, found.number, found.lo, found.hi, plain(parts[1]) or None, plain(parts[2]) or None)


READERS: dict[str, Callable[[str], Value | None]] = {
    "token": token,
    "date": date,
    "number": number,
    "quantity": quantity,
    "string": lambda text: TextValue(plain(text)),
    "uri": lambda text: TextValue(plain(text)),
}
"""Reader by search type; references need their parameter and are read by `reference`."""


def _holds_canonicals(parameter: SearchParameter) -> bool:
    return any(path.type != "Reference" for path in parameter.paths)


def _prefix(text: str) -> tuple[str, str]:
    return (text[:2], text[2:]) if text[:2] in PREFIXES else ("eq", text)


def _covered(text: str, found: re.Match[str]) -> tuple[datetime, datetime]:
    text = text.replace(" ", "+")  # a plus sign that nobody encoded
    if found["minutes"] and not found["seconds"]:
        start = interval(f"{text[:16]}:00{text[16:]}")[0]
        return start, _shift(start, timedelta(minutes=1))
    return interval(text)


def _shift(at: datetime, by: timedelta) -> datetime:
    try:
        return at + by
    except OverflowError:
        return LATEST if by > timedelta(0) else EARLIEST

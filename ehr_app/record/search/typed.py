"""What somebody typed to find a person: words of a name, dates of birth in any usual form, record and phone numbers.

Pure: text in, clauses out. Every clause must hold; a clause with several readings (19610304 is a date and may be a record number)
holds when one of them does. Nothing typed is ever an error.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from ehr_app.standards.extract import fold
from ehr_app.standards.intervals import Interval, interval

LONGEST, MOST_CLAUSES = 200, 8
FIRST_YEAR, LAST_YEAR = 1850, 2100
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?P<{0}>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{{0,6}}\.?"
_FORMS = [
    re.compile(form, re.ASCII)
    for form in (
        r"(?<![\w./-])(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?![\w/-])",
        r"(?<![\w./-])(?P<a>\d{1,2})[-/.](?P<b>\d{1,2})[-/.](?P<y>\d{4})(?![\w/-])",
        rf"(?<!\w)(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[ .-]*{_MONTH.format('mon')}[ ,.-]*(?P<y>\d{{4}})(?!\w)",
        rf"(?<!\w){_MONTH.format('mon')}[ .-]*(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[ ,.-]+(?P<y>\d{{4}})(?!\w)",
        rf"(?<!\w){_MONTH.format('mon')}[ ,.-]*(?P<y>\d{{4}})(?!\w)",
        r"(?<![\w./-])(?P<y>\d{4})-(?P<m>\d{2})(?![\w/-])",
    )
]
_NUMBER = re.compile(r"\+?\(?\d[\d().+/-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Clause:
    """One thing that was typed: a folded word of a name, or digits and letters of a number, or birth dates."""

    word: str = ""
    number: str = ""
    born: tuple[Interval, ...] = ()


def clauses(text: str) -> list[Clause]:
    """Return what a text asks for, all of which must hold; empty when there is nothing to look for."""
    rest = fold(text[:LONGEST])
    found: list[Clause] = []
    for form in _FORMS:
        for match in form.finditer(rest):
            if born := _born(match.groupdict()):
                found.append(Clause(born=born))
                rest = rest.replace(match[0], " , ", 1)
    digits = ""
    for piece in [*re.split(r"[\s,;]+", rest), ""]:
        if _NUMBER.fullmatch(piece) and not (year := _year(piece)):
            digits += "".join(c for c in piece if c.isdigit())
            continue
        if digits:
            found.append(_number(digits))
            digits = ""
        if piece and _NUMBER.fullmatch(piece) and year:
            found.append(Clause(number=piece, born=year))
        elif piece:
            found += _word(piece)
    return found[:MOST_CLAUSES]


def _born(parts: dict[str, str]) -> tuple[Interval, ...]:
    year, day = parts["y"], parts.get("d")
    if "a" in parts:  # day first or month first: both readings
        readings = {f"{year}-{int(m):02}-{int(d):02}" for m, d in ((parts["a"], parts["b"]), (parts["b"], parts["a"]))}
    else:
        month = MONTHS.index(parts["mon"]) + 1 if "mon" in parts else int(parts["m"])
        readings = {f"{year}-{month:02}" + (f"-{int(day):02}" if day else "")}
    return tuple(found for reading in sorted(readings) if (found := _interval(reading)))


def _year(piece: str) -> tuple[Interval, ...]:
    if len(piece) == 4 and piece.isdigit() and FIRST_YEAR <= int(piece) <= LAST_YEAR:
        return (interval(piece),)
    return ()


def _number(digits: str) -> Clause:
    born = _interval(f"{digits[:4]}-{digits[4:6]}-{digits[6:]}") if len(digits) == 8 else None
    return Clause(number=digits, born=(born,) if born else ())


def _word(piece: str) -> list[Clause]:
    plain = "".join(c for c in piece if c.isalnum())
    if not plain:
        return []
    if any(c.isdigit() for c in plain):
        return [Clause(number=plain)]
    return [Clause(word=piece.strip("\"'.,:;!?()[]{}<>*-_/\\"))] if piece.strip("\"'.,:;!?()[]{}<>*-_/\\") else []


def _interval(text: str) -> Interval | None:
    try:
        found = interval(text)
    except ValueError:
        return None
    return found if datetime(FIRST_YEAR, 1, 1, tzinfo=UTC) <= found[0] < datetime(LAST_YEAR, 1, 1, tzinfo=UTC) else None

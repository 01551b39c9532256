"""Whether a term matches the index rows of one decoded body: the second look that blind hashes and floats need.

The comparisons of dates, numbers and quantities follow https://hl7.org/fhir/R4/search.html#prefix (4.0.1).
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from ehr_app.record.rows import WORD_PARAMS
from ehr_app.record.search.query import Term
from ehr_app.record.search.values import DateValue, NumberValue, ReferenceValue, TextValue, TokenValue, Value
from ehr_app.standards.extract import Index, fold


def matches(term: Term, index: Index) -> bool:
    """Tell whether a resource with these index rows matches the term."""
    if term.missing is not None:
        return term.missing != any(True for _ in _rows(term, index))
    found = any(_row_matches(term, value, row) for row in _rows(term, index) for value in term.values)
    return found != (term.modifier == "not")


def number_matches(value: NumberValue, number: Decimal) -> bool:
    """Compare a stored number with a value and its prefix."""
    match value.prefix:
        case "eq":
            return value.lo <= number < value.hi
        case "ne":
            return not value.lo <= number < value.hi
        case "gt" | "sa":
            return number > value.number
        case "lt" | "eb":
            return number < value.number
        case "ge":
            return number >= value.number
        case "le":
            return number <= value.number
    return value.lo <= number <= value.hi


def date_matches(value: DateValue, lo: datetime, hi: datetime) -> bool:
    """Compare a stored interval [lo, hi) with a value and its prefix."""
    match value.prefix:
        case "eq":
            return value.lo <= lo and hi <= value.hi
        case "ne":
            return not (value.lo <= lo and hi <= value.hi)
        case "gt":
            return hi > value.hi
        case "lt":
            return lo < value.lo
        case "ge":
            return hi > value.hi or lo >= value.lo
        case "le":
            return lo < value.lo or hi <= value.hi
        case "sa":
            return lo >= value.hi
        case "eb":
            return hi <= value.lo
    return lo < value.hi and hi > value.lo


def _rows(term: Term, index: Index) -> Iterator[tuple[Any, ...]]:
    stored = term.parameter.stored
    kinds: dict[str, list[Any]] = {
        "token": index.tokens,
        "reference": index.references,
        "date": index.dates,
        "string": index.strings,
        "uri": index.uris,
        "quantity": index.quantities,
        "number": index.numbers,
    }
    found = (row for row in kinds[term.parameter.type] if row[0] in stored)
    if term.parameter.type == "reference" and stored != (term.parameter.code,):
        return (row for row in found if _names_a_target(row[1], term.parameter.targets))
    return found


def _names_a_target(literal: str, targets: tuple[str, ...]) -> bool:
    """Tell whether a reference stored for a wider parameter is one of this one: by the type it names, if it names one."""
    parts = literal.split("/")
    return len(parts) < 2 or parts[-2] in targets


def _row_matches(term: Term, value: Value, row: tuple[Any, ...]) -> bool:
    match value, row:
        case TokenValue(system, code), (_, stored_system, stored_code):
            return system in (None, stored_system) and code in (None, stored_code)
        case ReferenceValue(literals), (_, literal):
            return literal in literals
        case DateValue(), (_, datetime() as lo, datetime() as hi):
            return date_matches(value, lo, hi)
        case TextValue(text), (str(param), str(stored)):
            return stored == text if term.parameter.type == "uri" else _text_matches(term, text, param, stored)
        case NumberValue(), (_, Decimal() as number):
            return number_matches(value, number)
        case NumberValue(), (_, Decimal() as number, str(system), str(code), str(unit)):
            return number_matches(value, number) and _unit_matches(value, system, code, unit)
    return False


def _text_matches(term: Term, text: str, param: str, stored: str) -> bool:
    if term.modifier == "exact":
        return stored == text
    wanted, folded = fold(text), fold(stored)
    if term.modifier == "contains":
        return wanted in folded
    words = folded.split()[1:6] if param in WORD_PARAMS else []
    return any(start.startswith(wanted) for start in (folded, *words))


def _unit_matches(value: NumberValue, system: str, code: str, unit: str) -> bool:
    if value.code is None:
        return value.system in (None, system)
    if value.system is None:
        return value.code in (code, unit)
    return (value.system, value.code) == (system, code)

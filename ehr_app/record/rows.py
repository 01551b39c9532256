"""From a resource to its rows: the sealed body and the blind index entries.

The one place that decides what is indexed and how it is hashed; `ehr_app.record.search` hashes the same parts in the same order.
Pure but for the store's keys: nothing here talks to the database.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

import jellyfish

from ehr_app.record.ids import uid
from ehr_app.record.keys import system_number
from ehr_app.standards.extract import Index, extract, fold
from ehr_app.standards.promote import MAIN_CODES, MAIN_DATES, Promoted, promote
from ehr_app.standards.r4 import RTYPES
from ehr_app.standards.search_parameters import parameters

PREFIXES = range(2, 7)
NUMBER_PREFIXES = range(3, 13)
WORD_PARAMS = frozenset(
    [
        "name",
        "family",
        "given",
        "address",
        "address-city",
        "address-state",
        "address-country",
        "address-postalcode",
        "phonetic",
    ]
)
NAMED_TYPES = frozenset(("Patient", "Practitioner", "Person", "RelatedPerson"))
LONGEST_EXACT = 200
MOST_WORDS = 8
SEVERAL = "*"
UNDATED = "undated"


@dataclass(slots=True)
class Row:
    """What one version of a resource puts into the tables (all but the sealed content)."""

    rtype: str
    number: int
    key: UUID
    patient: UUID | None
    encounter: UUID | None
    category: str
    date_lo: datetime | None
    date_hi: datetime | None
    code: int | None
    tokens: list[int]
    eq_h: list[int]
    eq_sys: list[int]
    qty_h: list[int]
    qty_val: list[float]
    dat_h: list[int]
    dat_lo: list[datetime]
    dat_hi: list[datetime]


def date_param(rtype: str) -> str | None:
    """Return the date parameter that `resource.date_lo` and `date_hi` answer, but for rows that carry UNDATED."""
    return MAIN_DATES.get(rtype, (None,))[0]


@cache
def code_param(rtype: str) -> str | None:
    """Return the token parameter whose one code is also in `resource.code`; rows with several codes there carry SEVERAL."""
    name = MAIN_CODES.get(rtype, "code")
    found = [
        p.code
        for p in parameters(rtype).values()
        if p.type == "token" and [[s.name for s in path.steps] for path in p.paths] == [[name]]
    ]
    return next((code for code in ("code", "type", *found) if code in found), None)


def index_row(h: Any, facility: int, rtype: str, key: UUID, resource: dict[str, Any]) -> Row:
    """Return the index entries of a resource; `h` is the installation's keyed hash."""
    index, promoted = extract(resource), promote(resource)
    eq: set[tuple[int, int]] = set()
    more: set[int] = set()
    _tokens(h, rtype, index, eq, more)
    _references(h, rtype, index, promoted, eq, more)
    for param, address in index.uris:
        eq.add((h("u", rtype, param, address), 0))
    _strings(h, rtype, index, eq)
    if rtype == "Patient":
        _numbers_as_typed(h, index, eq)
    more.update(n for n, _ in eq)
    pairs = list(eq)
    quantities = [(h("q", rtype, p), v) for p, v in _values(index)]
    main = date_param(rtype)
    dates = [(h("d", rtype, p), lo, hi) for p, lo, hi in index.dates if p != main]
    if promoted.date_lo is not None and promoted.date_param is None:
        more.add(h(UNDATED, rtype))  # date_lo is another date of the resource: good for order, not for a search by the main one
    patient = promoted.patient
    return Row(
        rtype,
        RTYPES[rtype],
        key,
        uid(facility, "Patient", patient[8:]) if patient else None,
        uid(facility, "Encounter", promoted.encounter[10:]) if promoted.encounter else None,
        promoted.category,
        promoted.date_lo,
        promoted.date_hi,
        _code(h, rtype, index),
        list(more),
        [n for n, _ in pairs],
        [system for _, system in pairs],
        [n for n, _ in quantities],
        [v for _, v in quantities],
        [n for n, _, _ in dates],
        [lo for _, lo, _ in dates],
        [hi for _, _, hi in dates],
    )


def _code(h: Any, rtype: str, index: Index) -> int | None:
    param = code_param(rtype)
    codes = {code for name, _, code in index.tokens if name == param}
    return None if not codes else h("c", rtype, codes.pop() if len(codes) == 1 else SEVERAL)


def _tokens(h: Any, rtype: str, index: Index, eq: set[tuple[int, int]], more: set[int]) -> None:
    for param, system, code in index.tokens:
        eq.add((h("t", rtype, param, code), system_number(system)))
        more.add(h("ts", rtype, param, system, code))


def _references(h: Any, rtype: str, index: Index, promoted: Promoted, eq: set[tuple[int, int]], more: set[int]) -> None:
    for param, literal in index.references:
        entry = h("r", rtype, param, literal)
        more.add(entry)
        if literal == promoted.patient and param in promoted.patient_params:
            continue  # the patient column finds it; `tokens` says by which parameter
        if literal == promoted.encounter and param == "encounter":
            continue
        eq.add((entry, 0))


def words_of(folded: str) -> list[str]:
    """Return the words of a folded name or address; of a hyphenated one its whole and its parts."""
    return [word for whole in folded.split() for word in (whole, *(whole.split("-") if "-" in whole else ())) if word]


def _strings(h: Any, rtype: str, index: Index, eq: set[tuple[int, int]]) -> None:
    for param, raw in index.strings:
        folded = fold(raw)
        if not folded:
            continue
        eq.add((h("s=", rtype, param, folded[:LONGEST_EXACT]), 0))
        starts = [folded, *words_of(folded)[:MOST_WORDS]] if param in WORD_PARAMS else [folded]
        for start in starts:
            for length in PREFIXES:
                if length <= len(start):
                    eq.add((h("sp", rtype, param, start[:length]), 0))
        if rtype in NAMED_TYPES and param in ("family", "given"):
            for word in words_of(folded)[:MOST_WORDS]:
                eq.add((h("sx", rtype, "phonetic", jellyfish.metaphone(word)), 0))


def _numbers_as_typed(h: Any, index: Index, eq: set[tuple[int, int]]) -> None:
    for param, _, code in index.tokens:
        if param == "identifier":
            _prefixes(h, "identifier", "".join(c for c in code.casefold() if c.isalnum()), eq)
        elif param == "phone":
            digits = "".join(c for c in code if c.isdigit())
            _prefixes(h, "phone", digits, eq)
            if len(digits) > 10:
                _prefixes(h, "phone", digits[-10:], eq)


def _prefixes(h: Any, param: str, text: str, eq: set[tuple[int, int]]) -> None:
    for length in NUMBER_PREFIXES:
        if length <= len(text):
            eq.add((h("sp", "Patient", param, text[:length]), 0))


def _values(index: Index) -> Iterable[tuple[str, float]]:
    for param, value, *_ in index.quantities:
        yield from _finite(param, value)
    for param, value in index.numbers:
        yield from _finite(param, value)


def _finite(param: str, value: Decimal) -> Iterable[tuple[str, float]]:
    number = float(value)
    if number - number == 0:  # neither infinite nor not-a-number
        yield param, number

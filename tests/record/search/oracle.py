"""A naive search: FHIRPath by fhirpathpy over plain resources, values compared one by one as the specification words it.

It shares the parameters' published expressions with the product and nothing else: no extractor, no index, no interval arithmetic.
"""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from fhirpathpy import compile as compile_path
from fhirpathpy.models import models

from ehr_app.standards.search_parameters import parameters

MIN, MAX = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
RESOLVED = re.compile(r"\.where\(resolve\(\) is (\w+)\)")
NAME_PARTS = ("family", "given", "prefix", "suffix", "text")
ADDRESS_PARTS = ("line", "city", "district", "state", "country", "postalCode", "text")


@cache
def _compiled(expression: str) -> Callable[[Any, Any], Any]:
    found: Callable[[Any, Any], Any] = compile_path(expression, models["r4"])
    return found


def values(resource: dict[str, Any], code: str) -> list[Any]:
    """The plain values of a parameter: what its expression selects."""
    expression = parameters(resource["resourceType"])[code].expression
    found = []
    for alternative in expression.split(" | "):
        alternative = re.sub(r"^Resource\.", f"{resource['resourceType']}.", alternative)
        wanted = RESOLVED.search(alternative)
        for value in _compiled(RESOLVED.sub("", alternative))(resource, None):
            if wanted and not _may_be(value, wanted[1]):
                continue
            found.append(value)
    return found


def _may_be(value: Any, rtype: str) -> bool:
    literal = value.get("reference", "") if isinstance(value, dict) else str(value)
    parts = literal.partition("/_history/")[0].split("/")
    return len(parts) < 2 or parts[-2] == rtype


def matches(resource: dict[str, Any], code: str, modifier: str, text: str) -> bool:
    """Whether a resource meets `code:modifier=text`; commas in `text` mean or."""
    kind = parameters(resource["resourceType"])[code].type
    found = [item for value in values(resource, code) for item in INDEXED[kind](value)]
    if modifier == "missing":
        return (not found) == (text == "true")
    alternatives = [part.replace("\\,", ",") for part in re.split(r"(?<!\\),", text)]
    met = any(COMPARED[kind](item, part, modifier, code) for item in found for part in alternatives)
    return met != (modifier == "not")


def tokens(value: Any) -> Iterator[tuple[str, str]]:
    """(system, code) of what a token parameter selects."""
    if isinstance(value, bool):
        yield "", str(value).lower()
    elif isinstance(value, str):
        yield "", value
    elif isinstance(value, dict) and "coding" in value:
        for coding in value["coding"]:
            yield from tokens(coding)
    elif isinstance(value, dict):
        code = value.get("code", value.get("value"))
        if isinstance(code, str):
            yield value.get("system", ""), code


def references(value: Any) -> Iterator[str]:
    """Literals without version; of a canonical also the address alone."""
    literal = value.get("reference") if isinstance(value, dict) else value
    if not literal or literal.startswith("#"):
        return
    yield literal.partition("/_history/")[0]
    if isinstance(value, str) and "|" in literal:
        yield literal.partition("|")[0]


def spans(value: Any) -> Iterator[tuple[datetime, datetime]]:
    """Half-open intervals of dates, periods and timings."""
    if isinstance(value, str):
        yield span(value)
    elif "event" in value or "repeat" in value:
        inner = [span(e) for e in value.get("event", ())]
        bounds = value.get("repeat", {}).get("boundsPeriod")
        inner += list(spans(bounds)) if bounds else []
        if inner:
            yield min(lo for lo, _ in inner), max(hi for _, hi in inner)
    elif "start" in value or "end" in value:
        yield (span(value["start"])[0] if "start" in value else MIN, span(value["end"])[1] if "end" in value else MAX)


def span(text: str) -> tuple[datetime, datetime]:
    """The interval a date or time of any precision covers."""
    if "T" in text:
        fraction = re.search(r"\.(\d+)", text)
        seconds = re.search(r"T\d\d:\d\d:\d\d", text)
        width = timedelta(seconds=1) if seconds else timedelta(minutes=1)
        if fraction:
            width = timedelta(microseconds=10 ** (6 - min(6, len(fraction[1]))))
        at = datetime.fromisoformat(text if seconds else re.sub(r"(T\d\d:\d\d)", r"\1:00", text))
        at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
        return at, at + width
    numbers = [int(part) for part in text.split("-")]
    first = datetime(*(numbers + [1, 1])[:3], tzinfo=UTC)  # type: ignore[arg-type]
    days = {1: 366 if monthrange(numbers[0], 2)[1] == 29 else 365, 2: monthrange(first.year, first.month)[1], 3: 1}
    return first, first + timedelta(days=days[len(numbers)])


def strings(value: Any) -> Iterator[str]:
    """Parts of names and addresses, or the text itself."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name in dict.fromkeys((*NAME_PARTS, *ADDRESS_PARTS)):
            part = value.get(name, ())
            yield from (p for p in ((part,) if isinstance(part, str) else part) if p)


def amounts(value: Any) -> Iterator[tuple[Decimal, str, str, str]]:
    """(number, system, code, unit) of quantities, money, the ends of ranges, the extremes of samples."""
    if not isinstance(value, dict):
        return
    if "origin" in value:
        numbers = [Decimal(t) for t in value.get("data", "").split() if t not in "EUL"]
        for number in {min(numbers), max(numbers)} if numbers else ():
            amount = Decimal(str(value["origin"]["value"])) + number * Decimal(str(value.get("factor", 1)))
            yield from amounts({**value["origin"], "value": amount})
    elif "value" in value:
        currency = value.get("currency")
        system = "urn:iso:std:iso:4217" if currency else value.get("system", "")
        yield Decimal(str(value["value"])), system, currency or value.get("code", ""), value.get("unit", "")
    else:
        for end in ("low", "high"):
            yield from amounts(value.get(end))


def plain_numbers(value: Any) -> Iterator[Decimal]:
    """Decimals and integers, and the ends of ranges."""
    if isinstance(value, dict):
        for end in ("low", "high"):
            if "value" in value.get(end, {}):
                yield Decimal(str(value[end]["value"]))
    elif not isinstance(value, bool):
        yield Decimal(str(value))


def folded(text: str) -> str:
    """Without accents and case, single spaces."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(bare.casefold().split())


def _token(item: tuple[str, str], text: str, modifier: str, code: str) -> bool:
    if "|" not in text:
        return item[1] == text
    system, _, wanted = text.partition("|")
    return item[0] == system and wanted in ("", item[1])


def _reference(item: str, text: str, modifier: str, code: str) -> bool:
    text = text.partition("/_history/")[0]
    if modifier:
        text = text if "/" in text else f"{modifier}/{text}"
    return item == text or ("/" not in text and re.fullmatch(rf"[A-Z]\w+/{re.escape(text)}", item) is not None)


def _date(item: tuple[datetime, datetime], text: str, modifier: str, code: str) -> bool:
    prefix, rest = (text[:2], text[2:]) if text[0].isalpha() else ("eq", text)
    (low, high), (start, end) = item, span(rest)
    inside, above, below = start <= low and high <= end, high > end, low < start
    return {
        "eq": inside, "ne": not inside, "gt": above, "lt": below, "ge": above or inside, "le": below or inside,
        "sa": low >= end, "eb": high <= start,
    }[prefix]  # fmt: skip


def _string(item: str, text: str, modifier: str, code: str) -> bool:
    if modifier == "exact":
        return item == text
    if modifier == "contains":
        return folded(text) in folded(item)
    whole = folded(item)
    named = code in ("name", "family", "given") or code.startswith("address")
    return any(start.startswith(folded(text)) for start in [whole, *(whole.split()[1:] if named else [])])


def _amount(item: tuple[Decimal, str, str, str], text: str, modifier: str, code: str) -> bool:
    number, _, unit = text.partition("|")
    if not _number(item[0], number, modifier, code):
        return False
    system, _, wanted = unit.partition("|")
    if not wanted:
        return True
    return (item[1], item[2]) == (system, wanted) if system else wanted in item[2:]


def _number(item: Decimal, text: str, modifier: str, code: str) -> bool:
    prefix, rest = (text[:2], text[2:]) if text[0].isalpha() else ("eq", text)
    wanted = Decimal(rest)
    exponent = wanted.as_tuple().exponent
    half = Decimal(10) ** int(exponent) / 2
    same = wanted - half <= item < wanted + half
    return {
        "eq": same, "ne": not same, "gt": item > wanted, "lt": item < wanted, "ge": item >= wanted,
        "le": item <= wanted, "sa": item > wanted, "eb": item < wanted,
    }[prefix]  # fmt: skip


INDEXED: dict[str, Callable[[Any], Iterator[Any]]] = {
    "token": tokens, "reference": references, "date": spans, "string": strings, "uri": lambda v: iter([v]),
    "quantity": amounts, "number": plain_numbers,
}  # fmt: skip
COMPARED: dict[str, Callable[[Any, str, str, str], bool]] = {
    "token": _token, "reference": _reference, "date": _date, "string": _string,
    "uri": lambda item, text, modifier, code: bool(item == text), "quantity": _amount, "number": _number,
}  # fmt: skip

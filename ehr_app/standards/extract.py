"""Index rows of a resource: one extractor per resource type, generated from its search parameters.

Source: https://hl7.org/fhir/R4/search.html (4.0.1). The extractor reads only what validation has let through and never
raises on that; it does not fold, hash or interpret anything: the record does. `promote.py` has the promoted columns.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from ehr_app.standards.intervals import interval, period, timing
from ehr_app.standards.r4 import PRIMITIVES
from ehr_app.standards.search_parameters import BY_HAND, Path, SearchParameter, Step, parameters

NUMBER = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d{1,3})?", re.ASCII)
CURRENCIES = "urn:iso:std:iso:4217"
HUMAN_NAME = (("family", False), ("given", True), ("prefix", True), ("suffix", True), ("text", False))
ADDRESS = (
    ("line", True),
    ("city", False),
    ("district", False),
    ("state", False),
    ("country", False),
    ("postalCode", False),
    ("text", False),
)


@dataclass(slots=True)
class Index:
    """The index rows of one resource; the first item of every row is the parameter's stored code."""

    tokens: list[tuple[str, str, str]] = field(default_factory=list)
    """(parameter, system or "", code)"""
    references: list[tuple[str, str]] = field(default_factory=list)
    """(parameter, `Type/id` without version, absolute URL or urn); a canonical with a version has a second row"""
    dates: list[tuple[str, datetime, datetime]] = field(default_factory=list)
    """(parameter, from, to): aware UTC, half-open, open ends at the first or last instant Python knows"""
    strings: list[tuple[str, str]] = field(default_factory=list)
    """(parameter, text as written), one row for each part of a name or address"""
    uris: list[tuple[str, str]] = field(default_factory=list)
    quantities: list[tuple[str, Decimal, str, str, str]] = field(default_factory=list)
    """(parameter, value, system or "", code or "", unit or ""); a Range gives its ends, SampledData its extremes"""
    numbers: list[tuple[str, Decimal]] = field(default_factory=list)


def extract(resource: Mapping[str, Any]) -> Index:
    """Every index row of a valid resource. Raises KeyError for an unknown resource type."""
    index = Index()
    extractor(resource["resourceType"])(resource, index)
    return index


def fold(text: str) -> str:
    """`text` for comparison: no accents, no case, single spaces."""
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(text.casefold().split())


@cache
def extractor(rtype: str) -> Callable[[Mapping[str, Any], Index], None]:
    """The compiled extractor of a resource type; the first call for a type compiles it."""
    names: dict[str, Any] = {
        "interval": interval,
        "period": period,
        "timing": timing,
        "reference": _reference,
        "refers": _refers,
        "canonical": _canonical,
        "quantity": _quantity,
        "span": _span,
        "samples": _samples,
        "decimal": _decimal,
        "by_hand": _by_hand,
    }
    exec(compile(source(rtype), f"<extractor of {rtype}>", "exec"), names)
    compiled: Callable[[Mapping[str, Any], Index], None] = names["run"]
    return compiled


@dataclass(slots=True)
class _Node:
    """One property on the way; nodes that share a prefix are visited once."""

    step: Step
    below: dict[Step, "_Node"] = field(default_factory=dict)
    leaves: list[tuple[SearchParameter, Path]] = field(default_factory=list)


def source(rtype: str) -> str:
    """The Python text of a type's extractor (for tests and for the curious)."""
    root = _Node(Step("", many=False))
    for parameter in parameters(rtype).values():
        if parameter.stored != (parameter.code,):
            continue
        for path in parameter.paths:
            node = root
            for step in path.steps:
                node = node.below.setdefault(step, _Node(step))
            node.leaves.append((parameter, path))
    lines = [
        "def run(v0, index):",
        " T = index.tokens.append; R = index.references.append; D = index.dates.append; S = index.strings.append",
        " U = index.uris.append; Q = index.quantities.append; N = index.numbers.append",
    ]
    for below in root.below.values():
        lines.extend(_visit(below, 0, " "))
    if any(base == rtype for base, _ in BY_HAND):
        lines.append(" by_hand(v0, index)")
    return "\n".join(lines)


def _visit(node: _Node, depth: int, pad: str) -> Iterator[str]:
    """Lines that bind `v{depth+1}` to each value of the node's property and go on below it."""
    value = f"v{depth + 1}"
    if node.step.many:
        yield f"{pad}for {value} in v{depth}.get({node.step.name!r}, ()):"
        pad += " "
        if node.step.where:
            key, wanted = node.step.where
            yield f"{pad}if {value}.get({key!r}) != {wanted!r}: continue"
        elif any(path.type in PRIMITIVES for _, path in node.leaves):
            yield f"{pad}if {value} is None: continue"
    else:
        yield f"{pad}{value} = v{depth}.get({node.step.name!r})"
        yield f"{pad}if {value} is not None:"
        pad += " "
    for parameter, path in node.leaves:
        if path.resolves_to:
            yield f"{pad}if refers({value}, {path.resolves_to!r}): reference({parameter.code!r}, {value}['reference'], R)"
            continue
        for line in _leaf(parameter.type, path.type, repr(parameter.code), value, depth + 2):
            yield pad + line
    for below in node.below.values():
        yield from _visit(below, depth + 1, pad)


def _leaf(search_type: str, kind: str, code: str, v: str, depth: int) -> list[str]:
    """Lines that add the rows of one parameter from value `v` of data type `kind`."""
    x, y = f"v{depth}", f"v{depth + 1}"
    match search_type, kind:
        case "token", "CodeableConcept":
            return [
                f"for {x} in {v}.get('coding', ()):",
                f" {y} = {x}.get('code')",
                f" if {y} is not None: T(({code}, {x}.get('system', ''), {y}))",
            ]
        case "token", "Coding":
            return [f"{x} = {v}.get('code')", f"if {x} is not None: T(({code}, {v}.get('system', ''), {x}))"]
        case "token", "Identifier" | "ContactPoint":
            return [f"{x} = {v}.get('value')", f"if {x} is not None: T(({code}, {v}.get('system', ''), {x}))"]
        case "token", "boolean":
            return [f"T(({code}, '', 'true' if {v} else 'false'))"]
        case "token", _:
            return [f"T(({code}, '', {v}))"]
        case "reference", "Reference":
            return [f"{x} = {v}.get('reference')", f"if {x} is not None: reference({code}, {x}, R)"]
        case "reference", _:
            return [f"canonical({code}, {v}, R)"]
        case "date", "Period" | "Timing":
            return [f"{x} = {kind.lower()}({v})", f"if {x} is not None: D(({code}, {x}[0], {x}[1]))"]
        case "date", _:
            return [f"{x}, {y} = interval({v})", f"D(({code}, {x}, {y}))"]
        case "string", "HumanName" | "Address":
            return _parts(HUMAN_NAME if kind == "HumanName" else ADDRESS, code, v, x)
        case "string", _:
            return [f"S(({code}, {v}))"]
        case "uri", _:
            return [f"U(({code}, {v}))"]
        case "quantity", "Range":
            return [f"span({code}, {v}, Q)"]
        case "quantity", "SampledData":
            return [f"samples({code}, {v}, Q)"]
        case "quantity", _:
            return [f"quantity({code}, {v}, Q)"]
        case "number", "Range":
            return [
                f"for {x} in ('low', 'high'):",
                f" if 'value' in {v}.get({x}, ()): N(({code}, decimal({v}[{x}]['value'])))",
            ]
        case "number", _:
            return [f"N(({code}, decimal({v})))"]
    raise ValueError(f"no rows for {search_type} on {kind}")


def _parts(parts: tuple[tuple[str, bool], ...], code: str, v: str, x: str) -> list[str]:
    lines = []
    for name, many in parts:
        if many:
            lines += [f"for {x} in {v}.get({name!r}, ()):", f" if {x} is not None: S(({code}, {x}))"]
        else:
            lines += [f"{x} = {v}.get({name!r})", f"if {x} is not None: S(({code}, {x}))"]
    return lines


def _reference(code: str, literal: str, add: Callable[[tuple[str, str]], None]) -> None:
    if literal[0] != "#":
        add((code, literal.partition("/_history/")[0] if "/_history/" in literal else literal))


def _refers(value: Mapping[str, Any], rtype: str) -> bool:
    """Whether a Reference is to a resource of a type, by its literal or its `type`."""
    literal = value.get("reference", "")
    return literal.startswith(f"{rtype}/") or f"/{rtype}/" in literal or (literal != "" and value.get("type") == rtype)


def _canonical(code: str, value: str, add: Callable[[tuple[str, str]], None]) -> None:
    if value[0] == "#":
        return
    if "|" in value:
        add((code, value.partition("|")[0]))
    add((code, value))


Quantity = tuple[str, Decimal, str, str, str]


def _quantity(code: str, value: Mapping[str, Any], add: Callable[[Quantity], None]) -> None:
    number = value.get("value")
    if number is None:
        return
    if "currency" in value:
        add((code, _decimal(number), CURRENCIES, value["currency"], ""))
    else:
        add((code, _decimal(number), value.get("system", ""), value.get("code", ""), value.get("unit", "")))


def _span(code: str, value: Mapping[str, Any], add: Callable[[Quantity], None]) -> None:
    for end in ("low", "high"):
        if end in value:
            _quantity(code, value[end], add)


def _samples(code: str, value: Mapping[str, Any], add: Callable[[Quantity], None]) -> None:
    """The smallest and largest sample, in the origin's unit (`E`, `U` and `L` in the data are no values)."""
    origin = value.get("origin", {})
    if "value" not in origin:
        return
    numbers = [Decimal(text) for text in value.get("data", "").split() if NUMBER.fullmatch(text)]
    factor, zero = _decimal(value.get("factor", 1)), _decimal(origin["value"])
    for number in {min(numbers), max(numbers)} if numbers else ():
        try:
            sample = zero + number * factor
        except ArithmeticError:  # beyond what a Decimal holds: nobody can search for it
            continue
        _quantity(code, {**origin, "value": sample}, add)


def _decimal(value: Decimal | int | float) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _by_hand(resource: Mapping[str, Any], index: Index) -> None:
    """The parameters of `BY_HAND`: whether a patient is dead, and the first resource of a document or message."""
    if resource["resourceType"] == "Patient":
        dead = "deceasedDateTime" in resource or resource.get("deceasedBoolean", False)
        index.tokens.append(("deceased", "", "true" if dead else "false"))
        return
    first = resource["entry"][0].get("resource", {}) if "entry" in resource else {}
    code = {"Composition": "composition", "MessageHeader": "message"}.get(first.get("resourceType", ""))
    if code and "id" in first:
        index.references.append((code, f"{first['resourceType']}/{first['id']}"))

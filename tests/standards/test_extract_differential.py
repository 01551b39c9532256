"""The generated extractors give what FHIRPath gives: every parameter, over every shape of resource in the examples.

The oracle evaluates the published expressions with fhirpathpy and reads values by their look, not by our path tables.
The expressions come from the definitions in EHR_R4_DEFINITIONS where that is set, else from our table.
"""

import json
import os
import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fhirpathpy import compile as fhirpath
from fhirpathpy.models import models

from ehr_app.standards.extract import CURRENCIES, Index, extract
from ehr_app.standards.intervals import interval, period, timing
from ehr_app.standards.search_parameters import BY_HAND, parameters
from tests.standards import examples

NAME_PARTS = ("family", "given", "prefix", "suffix", "text")
ADDRESS_PARTS = ("line", "city", "district", "state", "country", "postalCode", "text")
RESOLVES = re.compile(r"\.where\(resolve\(\) is (\w+)\)")
# `scheduledString` and `occurrenceString` hold dates in these files; a string is no date, whatever it looks like.
A_STRING_IS_NO_DATE = {
    ("CarePlan-f002.json", "activity-date"),
    ("CarePlan-f003.json", "activity-date"),
    ("uscore_bundle_patient_355.json[79]", "date"),
}
LIST_OF = {
    "token": "tokens",
    "reference": "references",
    "date": "dates",
    "string": "strings",
    "uri": "uris",
    "quantity": "quantities",
    "number": "numbers",
}


@cache
def published() -> dict[tuple[str, str], str]:
    """(type, code) -> expression from the definitions themselves, where they are at hand."""
    folder = os.environ.get("EHR_R4_DEFINITIONS")
    if not folder:
        return {}
    found = {}
    for name in ("search-parameters.json", "search-parameters-uscore.json"):
        for entry in json.loads((Path(folder) / name).read_text(encoding="utf-8"))["entry"]:
            parameter = entry["resource"]
            for base in parameter["base"]:
                own = [p.strip() for p in parameter.get("expression", "").split("|")]
                own = [p for p in own if p.lstrip("(").split(".")[0] == base or p.lstrip("(")[:1].islower()]
                found[base, parameter["code"]] = " | ".join(own)
    return found


@cache
def compiled(rtype: str, code: str) -> Any:
    expression = published().get((rtype, code)) or parameters(rtype)[code].expression
    return fhirpath(RESOLVES.sub("", expression).replace("Resource.meta", f"{rtype}.meta"), models["r4"])


def resolves(rtype: str, code: str) -> str:
    """The type a reference must resolve to; fhirpathpy cannot resolve, so the test looks at the literal."""
    found = RESOLVES.search(parameters(rtype)[code].expression)
    return f"{found[1]}/" if found else ""


def tokens(node: Any) -> Iterator[tuple[Any, ...]]:
    if isinstance(node, bool):
        yield "", "true" if node else "false"
    elif isinstance(node, str):
        yield "", node
    elif isinstance(node, dict) and "coding" in node:
        for coding in node["coding"]:
            yield from tokens({k: coding[k] for k in ("system", "code") if k in coding})
    elif isinstance(node, dict) and ("value" in node or "code" in node) and "start" not in node:
        yield node.get("system", ""), node["value"] if "value" in node else node["code"]


def references(node: Any) -> Iterator[tuple[Any, ...]]:
    literal = node.get("reference", "#") if isinstance(node, dict) else node
    if not literal.startswith("#"):
        yield (literal.split("/_history/")[0],)
        if "|" in literal and isinstance(node, str):
            yield (literal.split("|")[0],)


def dates(node: Any) -> Iterator[tuple[Any, ...]]:
    if isinstance(node, str):
        found: Any = interval(node)
    elif isinstance(node, dict):
        found = timing(node) if "event" in node or "repeat" in node else period(node)
    if found:
        yield tuple(found)


def strings(node: Any) -> Iterator[tuple[Any, ...]]:
    if isinstance(node, str):
        yield (node,)
        return
    for part in ADDRESS_PARTS if node.keys() & {"line", "city", "state", "country", "postalCode"} else NAME_PARTS:
        value = node.get(part, [])
        for text in value if isinstance(value, list) else [value]:
            if text is not None:
                yield (text,)


def quantities(node: Any) -> Iterator[tuple[Any, ...]]:
    if "origin" in node:
        values = [Decimal(v) for v in node["data"].split() if v not in "EUL"]
        scale, zero = Decimal(str(node.get("factor", 1))), Decimal(str(node["origin"]["value"]))
        for value in {min(values), max(values)}:
            yield from quantities({**node["origin"], "value": zero + value * scale})
    elif "low" in node or "high" in node:
        for end in ("low", "high"):
            yield from quantities(node.get(end, {}))
    elif "value" in node:
        system = CURRENCIES if "currency" in node else node.get("system", "")
        yield Decimal(str(node["value"])), system, node.get("currency", node.get("code", "")), node.get("unit", "")


def numbers(node: Any) -> Iterator[tuple[Any, ...]]:
    if isinstance(node, dict):
        for end in ("low", "high"):
            if "value" in node.get(end, {}):
                yield (Decimal(str(node[end]["value"])),)
    else:
        yield (Decimal(str(node)),)


READ = {
    "token": tokens,
    "reference": references,
    "date": dates,
    "string": strings,
    "uri": lambda node: iter([(node,)]),
    "quantity": quantities,
    "number": numbers,
}


def shape(node: Any) -> Any:
    """What a resource looks like without its values (identical shapes exercise identical paths)."""
    if isinstance(node, dict):
        return tuple(sorted((k, shape(v)) for k, v in node.items() if k not in ("text", "contained", "entry")))
    if isinstance(node, list):
        return tuple(sorted({shape(v) for v in node}, key=repr))
    return type(node).__name__


def differences(where: str, resource: dict[str, Any], index: Index) -> Iterator[str]:
    rtype = resource["resourceType"]
    for code, parameter in parameters(rtype).items():
        if parameter.stored != (code,) or (rtype, code) in BY_HAND:
            continue
        read = READ[parameter.type]
        ours = {row[1:] for row in getattr(index, LIST_OF[parameter.type]) if row[0] == code}
        nodes = [node for node in compiled(rtype, code)(resource) if node is not None]
        theirs = {row for node in nodes for row in read(node)}
        if wanted := resolves(rtype, code):
            theirs = {row for row in theirs if row[0].startswith(wanted)}
        if ours != theirs and (where, code) not in A_STRING_IS_NO_DATE:
            yield f"{where}: {rtype}.{code} ({parameter.expression}): only ours {ours - theirs}, only theirs {theirs - ours}"


def test_extractors_agree_with_fhirpath() -> None:
    examples.needed()
    seen, found, evaluated = set(), [], 0
    for where, resource in examples.resources():
        look = (resource["resourceType"], shape(resource))
        if look in seen:
            continue
        seen.add(look)
        evaluated += 1
        found += differences(where, resource, extract(resource))
    assert evaluated > 600
    assert found == []


@pytest.mark.parametrize("rtype", ["Observation", "Patient", "MedicationRequest", "ValueSet"])
def test_every_expression_compiles(rtype: str) -> None:
    for code, parameter in parameters(rtype).items():
        if parameter.paths:
            compiled(rtype, code)

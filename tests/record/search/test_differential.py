"""The compiled search against the naive one over published examples and Synthea patients: same matches, totals and order.

Every resource lies in a second facility too; a copy that were visible would double a total.
"""

import os
import random
from typing import Any

import pytest

from ehr_app.standards.search_parameters import parameters
from tests.record.search import oracle
from tests.record.search.world import DATA, World, examples, synthea

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the folder of sample data is not there")

QUERIES = int(os.environ.get("EHR_TEST_QUERIES", "600"))
SEED = int(os.environ.get("EHR_TEST_SEED", "20261120"))
LEFT_OUT = {
    "phonetic": "compares by sound",
    "deceased": "its expression is a comparison; tested by hand",
    "activity-date": "one of its choices is plain text",
    "message": "its expression selects the resource itself",
    "composition": "its expression selects the resource itself",
}
WALKS = [
    ("Observation", "date"),
    ("Observation", "-date"),
    ("Observation", "-_lastUpdated"),
    ("Patient", "_lastUpdated"),
    ("Encounter", ""),
    ("Organization", ""),
    ("Condition", "onset-date"),
]
SORTED = [("Observation", "date"), ("Encounter", "date"), ("Condition", "onset-date"), ("Patient", "birthdate")]
KINDS = ("token", "reference", "date", "string", "uri", "number", "quantity")


async def test_compiled_search_agrees_with_the_naive_one(empty: World) -> None:
    """Random queries of every parameter type, prefix and modifier."""
    everything = await empty.put(list(examples()) + synthea("Bill") + synthea("Christian"))
    await empty.put(everything, facility="south")
    draw = random.Random(SEED)
    matched = 0
    for number in range(QUERIES):
        rtype, params = _query(draw, everything)
        expected = {r["id"] for r in everything if r["resourceType"] == rtype and _meets(r, params)}
        async with empty.open("north") as record:
            page = await record.search(rtype, [*params, ("_count", "1000"), ("_total", "accurate")])
        found = [m.id for m in page.matches]
        assert sorted(found) == sorted(expected), (number, rtype, params)
        assert page.total == len(expected), (number, rtype, params)
        assert {m.facility for m in page.matches} <= {1}
        if number % 6 == 0 and 1 < len(found) < 60:
            assert await _walked(empty, rtype, params) == found, (number, rtype, params)
        matched += bool(expected)
    assert matched > QUERIES // 3, "too few of the random queries match anything"


async def test_pages_neither_skip_nor_repeat_under_inserts(empty: World) -> None:
    """Random page sizes and orders give the whole, each row once, while rows are added in between."""
    everything = await empty.put(list(examples()) + synthea("Bill"))
    draw = random.Random(7)
    added = 0
    for rtype, sort in WALKS:
        before = {r["id"] for r in everything if r["resourceType"] == rtype}
        model = next(r for r in everything if r["resourceType"] == rtype)
        seen: list[str] = []
        cursor = None
        params = [("_count", str(draw.choice((1, 2, 3, 7)))), *([("_sort", sort)] if sort else [])]
        while True:
            async with empty.open() as record:
                page = await record.search(rtype, params, cursor=cursor)
            seen += [m.id for m in page.matches]
            cursor = page.next_cursor
            if cursor is None:
                break
            if added % 5 == 0:
                everything += await empty.put([{**model, "id": f"added-{added}"}])
            added += 1
        assert len(seen) == len(set(seen)), (rtype, sort)
        assert before <= set(seen), (rtype, sort)


async def test_order_is_that_of_the_main_date(empty: World) -> None:
    """Sorting by the main date, both ways; what has none comes last."""
    everything = await empty.put(synthea("Bill"))
    for rtype, sort in SORTED:
        own = [r for r in everything if r["resourceType"] == rtype]
        dates = {r["id"]: [span[0] for v in oracle.values(r, sort) for span in oracle.spans(v)] for r in own}
        for sign in ("", "-"):
            async with empty.open() as record:
                page = await record.search(rtype, [("_sort", sign + sort), ("_count", "1000")])
            found = [dates[m.id][0] for m in page.matches if dates[m.id]]
            assert found == sorted(found, reverse=bool(sign)) and len(page.matches) == len(dates)


async def _walked(world: World, rtype: str, params: list[tuple[str, str]]) -> list[str]:
    """The ids of all pages of a search, two at a time."""
    walked: list[str] = []
    cursor = None
    while True:
        async with world.open("north") as record:
            page = await record.search(rtype, [*params, ("_count", "2")], cursor=cursor)
        walked += [m.id for m in page.matches]
        cursor = page.next_cursor
        if cursor is None:
            return walked


def _meets(resource: dict[str, Any], params: list[tuple[str, str]]) -> bool:
    return all(oracle.matches(resource, *_named(name), text) for name, text in params)


def _named(name: str) -> tuple[str, str]:
    code, _, modifier = name.partition(":")
    return code, modifier


def _query(draw: random.Random, everything: list[dict[str, Any]]) -> tuple[str, list[tuple[str, str]]]:
    """One to three parameters of a type, most of them with values that some resource has."""
    model = draw.choice(everything)
    rtype = model["resourceType"]
    usable = [p for p in parameters(rtype).values() if p.type in KINDS and p.stored and p.code not in LEFT_OUT]
    full = [p for p in usable if any(True for v in oracle.values(model, p.code) for _ in oracle.INDEXED[p.type](v))]
    params = []
    for _ in range(draw.choice((1, 1, 2, 3))):
        parameter = draw.choice(full) if full and draw.random() < 0.85 else draw.choice(usable)
        source = model if draw.random() < 0.8 else draw.choice([r for r in everything if r["resourceType"] == rtype])
        items = [i for v in oracle.values(source, parameter.code) for i in oracle.INDEXED[parameter.type](v)]
        params.append(_param(draw, parameter.code, parameter.type, items))
    return rtype, params


def _param(draw: random.Random, code: str, kind: str, items: list[Any]) -> tuple[str, str]:
    if not items or draw.random() < 0.05:
        return f"{code}:missing", draw.choice(("true", "false"))
    texts = [VALUES[kind](draw, draw.choice(items)) for _ in range(draw.choice((1, 1, 1, 2)))]
    modifier = ""
    if kind == "token" and draw.random() < 0.15:
        modifier = ":not"
    if kind == "reference" and draw.random() < 0.2 and texts[0].count("/") == 1 and ":" not in texts[0] and len(texts) == 1:
        rtype, _, fhir_id = texts[0].partition("/")
        return f"{code}:{rtype}", draw.choice((fhir_id, texts[0]))
    if kind == "string" and draw.random() < 0.4:
        modifier = draw.choice((":exact", ":contains"))
    return code + modifier, ",".join(texts)


def _token(draw: random.Random, item: tuple[str, str]) -> str:
    system, code = item
    shapes = [code, f"{system}|{code}", code + "x", f"|{code}", *([f"{system}|"] if system else [])]
    return _escaped(draw.choice(shapes)) if "|" not in system + code and "\\" not in system + code else "other"


def _reference(draw: random.Random, item: str) -> str:
    shapes = [item]
    if item.count("/") == 1 and ":" not in item:
        shapes += [item.partition("/")[2], item + "/_history/3", item + "x"]
    return _escaped(draw.choice(shapes))


def _date(draw: random.Random, item: Any) -> str:
    at = draw.choice(item)
    at = at if 1 < at.year < 9999 else draw.choice([x for x in item if 1 < x.year < 9999])
    text = draw.choice(
        (
            at.strftime("%Y"),
            at.strftime("%Y-%m"),
            at.strftime("%Y-%m-%d"),
            at.isoformat()[:19] + "Z",
            at.strftime("%Y-%m-%dT%H:%MZ"),
        )
    )
    return draw.choice(("", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb")) + text.zfill(4)


def _string(draw: random.Random, item: str) -> str:
    words = item.split()
    shapes = [item, item[: draw.randint(1, 10)], item.upper()[:8], draw.choice(words) if words else item, item[2:9]]
    text = draw.choice(shapes).strip()
    return _escaped(text) if text and "\\" not in text and "|" not in text and "$" not in text else "other"


def _number(draw: random.Random, item: Any) -> str:
    number = item[0] if isinstance(item, tuple) else item
    text = draw.choice((f"{number:f}", f"{number:f}"[:3].rstrip("."), f"{round(number)}"))
    text = text if text.strip("-") else "0"
    prefix = draw.choice(("", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb"))
    unit = ""
    if isinstance(item, tuple) and draw.random() < 0.5 and "|" not in "".join(item[1:]):
        choices = [f"|{item[1]}|{item[2]}"] if item[1] and item[2] else []
        choices += [f"||{item[3]}"] if item[3] else []
        unit = draw.choice(choices) if choices else ""
    return prefix + text + _escaped(unit)


def _escaped(text: str) -> str:
    return text.replace(",", "\\,")


VALUES: dict[str, Any] = {
    "token": _token, "reference": _reference, "date": _date, "string": _string, "quantity": _number, "number": _number,
    "uri": lambda draw, item: _escaped(draw.choice((item, item + "x"))),
}  # fmt: skip

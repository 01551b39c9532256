"""What a page costs under the policies: buffers read per query shape, on a store where a full scan would cost thousands."""

import json
import random
from collections.abc import Iterator
from typing import Any

import asyncpg

from ehr_app.record.search.plan import plan
from ehr_app.record.search.query import parse
from tests.record.search.world import World

PATIENTS, EACH = 40, 100
BUDGETS: list[tuple[str, list[tuple[str, str]], int]] = [
    ("Observation", [("patient", "p7"), ("code", "http://loinc.org|c3")], 30),
    ("Observation", [("patient", "p7")], 50),
    ("Observation", [("patient", "p7"), ("category", "laboratory"), ("date", "ge2015")], 50),
    ("Observation", [("code", "http://loinc.org|c3")], 160),
    ("Observation", [("code", "c3"), ("date", "lt2012")], 160),
    ("Observation", [("code", "c3,c4")], 300),
    ("Observation", [("status", "final")], 160),
    ("Observation", [("status", "final"), ("_sort", "date")], 160),
    ("Observation", [], 70),
    ("Observation", [("_sort", "-_lastUpdated")], 40),
    ("Observation", [("_lastUpdated", "gt2100")], 60),
    ("Observation", [("_id", "o7-1")], 60),
    ("Observation", [("encounter", "e7-1")], 60),
    ("Patient", [("name", "family7")], 100),
    ("Patient", [("birthdate", "1937")], 60),
    ("Patient", [("identifier", "urn:mrn|7")], 60),
]


def _resources() -> Iterator[dict[str, Any]]:
    draw = random.Random(3)
    for p in range(PATIENTS):
        yield {
            "resourceType": "Patient", "id": f"p{p}", "name": [{"family": f"family{p}"}], "birthDate": f"{1930 + p}-01-01",
            "identifier": [{"system": "urn:mrn", "value": str(p)}],
        }  # fmt: skip
        for o in range(EACH):
            yield {
                "resourceType": "Observation", "id": f"o{p}-{o}", "status": "final",
                "category": [{"coding": [{"code": draw.choice(("laboratory", "vital-signs"))}]}],
                "code": {"coding": [{"system": "http://loinc.org", "code": f"c{o % 20}"}]},
                "subject": {"reference": f"Patient/p{p}"}, "encounter": {"reference": f"Encounter/e{p}-{o % 10}"},
                "effectiveDateTime": f"{draw.randint(2010, 2023)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}",
            }  # fmt: skip


def _buffers(node: dict[str, Any]) -> int:
    return int(node["Shared Hit Blocks"]) + int(node["Shared Read Blocks"])


async def test_a_page_costs_what_it_shows(empty: World) -> None:
    """Each shape stays within its budget; none walks the whole type."""
    await empty.put(_resources())
    administrator = await asyncpg.connect(empty.database.administrator)
    await administrator.execute("vacuum analyze")
    await administrator.close()
    over = {}
    for rtype, params, budget in BUDGETS:
        async with empty.open() as record:
            sql, arguments = plan(parse(rtype, params), record.h, record.facility_number).page(None, 21)
            await record.connection()
            for _ in range(2):  # the first run fills the connection's catalogue caches
                rows = await record.rows(f"explain (analyze, buffers, format json) {sql}", *arguments)
        spent = _buffers(json.loads(rows[0][0])[0]["Plan"])
        if spent > budget:
            over[rtype, str(params)] = (spent, budget)
    assert over == {}

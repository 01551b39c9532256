"""All 146 types go through the same code: created, read, searched, updated, listed and deleted over HTTP."""

import json
from decimal import Decimal
from typing import Any

import httpx
import pytest

from ehr_app.standards.r4 import RTYPES
from ehr_app.standards.validation import check
from tests.fhir.conftest import SHARED
from tests.fhir.minimal import minimal
from tests.fhir.test_interactions import JSON

EXAMPLES = SHARED / "fhir-r4-examples"


def examples(rtype: str) -> list[dict[str, Any]]:
    """The examples of a type, the smallest resource when there is none."""
    found = []
    for path in sorted(EXAMPLES.glob(f"{rtype}-*.json"))[:1]:
        resource = json.loads(path.read_text("utf-8"), parse_float=Decimal)
        if not check(resource):
            found.append(resource)
    return [*found, minimal(rtype)]


def plain(resource: dict[str, Any]) -> dict[str, Any]:
    bare = {name: value for name, value in resource.items() if name not in ("id", "meta")}
    meta = {n: v for n, v in resource.get("meta", {}).items() if n not in ("versionId", "lastUpdated")}
    return {**bare, "meta": meta} if meta else bare


@pytest.mark.parametrize("rtype", RTYPES)
def test_a_type_lives_through_all_interactions(north: httpx.Client, rtype: str) -> None:
    for resource in examples(rtype):
        raw = json.dumps(resource, default=float).encode()
        created = north.post(rtype, content=raw, headers=JSON)
        assert created.status_code == 201, created.text
        made = created.json()
        place = f"{rtype}/{made['id']}"
        assert plain(made) == plain(json.loads(raw))
        assert north.get(place).content == created.content
        found = north.get(f"{rtype}?_id={made['id']}&_total=accurate").json()
        assert found["total"] == 1 and found["entry"][0]["resource"] == made
        made["language"] = "de"
        assert north.put(place, json=made, headers={"if-match": 'W/"1"'}).status_code == 200
        assert north.get(f"{place}/_history/1").content == created.content
        assert north.delete(place).status_code == 204
        assert north.get(place).status_code == 410
        assert len(north.get(f"{place}/_history").json()["entry"]) == 3
        assert "entry" not in north.get(f"{rtype}?_id={made['id']}").json()


def test_every_parameter_the_capability_statement_names_is_answered(north: httpx.Client) -> None:
    values = {"token": "a|b", "reference": "Patient/x", "date": "2020-01", "string": "abc", "uri": "http://x/y", "number": "1",
              "quantity": "5.4|http://unitsofmeasure.org|mg"}  # fmt: skip
    wrong = []
    for told in north.get("metadata").json()["rest"][0]["resource"]:
        for parameter in told.get("searchParam", []):
            answer = north.get(told["type"], params={parameter["name"]: values[parameter["type"]], "_count": "1"})
            if answer.status_code != 200:
                wrong.append((told["type"], parameter["name"], parameter["type"], answer.status_code, answer.text[-200:]))
    assert wrong == []


def test_every_include_the_capability_statement_names_is_answered(north: httpx.Client) -> None:
    wrong = []
    for told in north.get("metadata").json()["rest"][0]["resource"]:
        for kind, member in (("_include", "searchInclude"), ("_revinclude", "searchRevInclude")):
            for name in told.get(member, [])[:8]:
                answer = north.get(told["type"], params={kind: name, "_id": "absent"})
                if answer.status_code != 200:
                    wrong.append((told["type"], kind, name, answer.text[-160:]))
    assert wrong == []

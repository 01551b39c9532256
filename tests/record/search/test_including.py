"""Includes of one step, and a patient's whole record with the directory it names."""

from typing import Any

import pytest

from ehr_app.errors import BadRequest, NotFound, TooCostly
from ehr_app.record.search import including
from tests.record.search.world import DATA, World, synthea

RECORD: list[dict[str, Any]] = [
    {"resourceType": "Patient", "id": "p", "generalPractitioner": [{"reference": "PractitionerRole/r"}]},
    {"resourceType": "Practitioner", "id": "d"},
    {"resourceType": "Practitioner", "id": "e"},
    {"resourceType": "Organization", "id": "o", "name": "North"},
    {
        "resourceType": "PractitionerRole",
        "id": "r",
        "practitioner": {"reference": "Practitioner/d"},
        "organization": {"reference": "Organization/o"},
    },
    {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": {"reference": "Patient/p"},
        "participant": [{"individual": {"reference": "Practitioner/d"}}, {"individual": {"reference": "PractitionerRole/r"}}],
        "period": {"start": "2024-01-01"},
    },
    {
        "resourceType": "Observation",
        "id": "b1",
        "status": "final",
        "code": {"text": "x"},
        "subject": {"reference": "Patient/p"},
        "encounter": {"reference": "Encounter/e1"},
        "performer": [{"reference": "Practitioner/absent"}, {"reference": "Practitioner/e/_history/1"}],
        "hasMember": [{"reference": "Observation/b2"}],
    },
    {
        "resourceType": "Observation",
        "id": "b2",
        "status": "final",
        "code": {"text": "y"},
        "subject": {"reference": "Patient/p"},
        "derivedFrom": [{"reference": "Observation/b1"}],
    },
]


async def _names(world: World, rtype: str, *params: tuple[str, str]) -> tuple[set[str], set[str]]:
    async with world.open() as record:
        page = await record.search(rtype, list(params))
    return {m.id for m in page.matches}, {f"{m.type}/{m.id}" for m in page.included}


async def test_includes_of_one_step(empty: World) -> None:
    """By parameter, by target type, by any; in reverse, by patient and encounter too; never a match again."""
    await empty.put(RECORD)
    assert await _names(empty, "Observation", ("_id", "b1"), ("_include", "Observation:subject")) == ({"b1"}, {"Patient/p"})
    assert (await _names(empty, "Observation", ("_include", "Observation:patient")))[1] == {"Patient/p"}
    assert (await _names(empty, "Observation", ("_id", "b1"), ("_include", "Observation:performer")))[1] == {"Practitioner/e"}
    assert (await _names(empty, "Observation", ("_id", "b1"), ("_include", "Observation:*")))[1] == {
        "Patient/p", "Encounter/e1", "Practitioner/e", "Observation/b2",
    }  # fmt: skip
    assert (await _names(empty, "Observation", ("_include", "Observation:has-member"))) == ({"b1", "b2"}, set())
    participants = ("_include", "Encounter:participant:Practitioner")
    assert (await _names(empty, "Encounter", participants))[1] == {"Practitioner/d"}
    assert (await _names(empty, "Encounter", ("_include", "Encounter:practitioner")))[1] == {"Practitioner/d"}
    for code in ("subject", "patient"):
        reverse = ("_revinclude", f"Observation:{code}")
        assert (await _names(empty, "Patient", ("_id", "p"), reverse))[1] == {"Observation/b1", "Observation/b2"}
    assert (await _names(empty, "Encounter", ("_revinclude", "Observation:encounter")))[1] == {"Observation/b1"}
    reverse = ("_revinclude", "PractitionerRole:practitioner")
    assert (await _names(empty, "Practitioner", ("_id", "d,e"), reverse))[1] == {"PractitionerRole/r"}
    assert (await _names(empty, "Patient", ("_revinclude", "Observation:performer:Practitioner")))[1] == set()


async def test_too_many_includes_are_refused(empty: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The text says to ask for smaller pages."""
    await empty.put(RECORD)
    monkeypatch.setattr(including, "MOST_INCLUDED", 1)
    with pytest.raises(TooCostly, match="_count"):
        await _names(empty, "Patient", ("_revinclude", "Observation:subject"))


async def test_everything_of_a_patient(empty: World) -> None:
    """The Patient first, all of the patient's own, and the directory those name in one, two and three steps."""
    await empty.put([*RECORD, {"resourceType": "Patient", "id": "q"}])
    async with empty.open() as record:
        page = await record.everything("p")
    assert page.matches[0].id == "p"
    assert {m.id for m in page.matches} == {"p", "e1", "b1", "b2"}
    assert {f"{m.type}/{m.id}" for m in page.included} == {
        "Practitioner/d",
        "Practitioner/e",
        "PractitionerRole/r",
        "Organization/o",
    }
    seen, cursor = [], None
    while True:
        async with empty.open() as record:
            page = await record.everything("p", count=1, cursor=cursor)
        seen += [m.id for m in page.matches]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen[0] == "p" and sorted(seen) == ["b1", "b2", "e1", "p"]
    async with empty.open() as record:
        assert {m.id for m in (await record.everything("p", types=["Observation"])).matches} == {"b1", "b2"}
        with pytest.raises(BadRequest):
            await record.everything("p", types=["Nothing"])
        with pytest.raises(NotFound):
            await record.everything("nobody")


@pytest.mark.skipif(not DATA.exists(), reason="the folder of sample data is not there")
async def test_everything_of_a_synthea_patient_is_all_of_it(empty: World) -> None:
    """Every resource of the bundle comes back, once."""
    bundle = await empty.put(synthea("Bill"))
    patient = next(r["id"] for r in bundle if r["resourceType"] == "Patient")
    async with empty.open() as record:
        page = await record.everything(patient)
    found = [(m.type, m.id) for m in (*page.matches, *page.included)]
    assert sorted(found) == sorted((r["resourceType"], r["id"]) for r in bundle)

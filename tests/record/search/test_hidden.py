"""What policy hides is in no match, include, total, order or cursor; a cursor serves only who got it, for what it was made."""

import pytest

from ehr_app.errors import BadRequest, EhrError, TooCostly
from ehr_app.record.search import cursor as cursors
from tests.record.search.world import World


def _patient(fhir_id: str, family: str = "Muster") -> dict[str, object]:
    return {"resourceType": "Patient", "id": fhir_id, "name": [{"family": family, "given": ["Ada"]}], "birthDate": "1961-03-04"}


def _observation(fhir_id: str, patient: str, at: str = "2024-01-05") -> dict[str, object]:
    return {
        "resourceType": "Observation",
        "id": fhir_id,
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "4548-4"}, {"system": "urn:local", "code": "a1c"}]},
        "subject": {"reference": f"Patient/{patient}"},
        "performer": [{"reference": "Practitioner/d"}],
        "effectiveDateTime": at,
        "valueQuantity": {"value": 7, "unit": "%"},
    }


PRACTITIONER = {"resourceType": "Practitioner", "id": "d", "name": [{"family": "Doe"}]}
SEARCHES = [
    ("Observation", []),
    ("Observation", [("code", "4548-4")]),
    ("Observation", [("code", "http://loinc.org|4548-4,urn:local|a1c")]),
    ("Observation", [("status:not", "cancelled")]),
    ("Observation", [("date", "2024"), ("_sort", "date")]),
    ("Observation", [("value-quantity", "gt6")]),
    ("Observation", [("performer", "Practitioner/d")]),
    ("Observation", [("subject", "b")]),
    ("Observation", [("patient", "Patient/b")]),
    ("Observation", [("_id", "o2")]),
    ("Observation", [("value-string:missing", "true")]),
    ("Observation", [("_lastUpdated", "gt2000"), ("_sort", "-_lastUpdated")]),
    ("Patient", [("name", "mus")]),
    ("Patient", [("name:contains", "uster")]),
    ("Patient", [("birthdate", "1961-03-04")]),
    ("Patient", [("name", "mus"), ("_revinclude", "Observation:subject")]),
    ("Practitioner", [("name", "doe"), ("_revinclude", "Observation:performer")]),
    ("Observation", [("code", "a1c"), ("_include", "Observation:subject"), ("_include", "Observation:performer")]),
    ("Observation", [("code", "a1c"), ("_include", "Observation:*")]),
]


async def test_another_facility_is_not_there(empty: World) -> None:
    """Nothing of south is seen from north, on any path; nor the other way round."""
    await empty.put([_patient("b"), _observation("o2", "b"), PRACTITIONER], "south")
    for rtype, params in SEARCHES:
        async with empty.open("north") as record:
            page = await record.search(rtype, [*params, ("_total", "accurate")])
        assert (page.matches, page.included, page.total) == ([], [], 0), (rtype, params)
        async with empty.open("south") as record:
            page = await record.search(rtype, [*params, ("_total", "accurate")])
        assert len(page.matches) == page.total == 1, (rtype, params)
    async with empty.open("north") as record:
        assert await record.find_patients("muster") == []
        with pytest.raises(EhrError):
            await record.everything("b")


async def test_a_token_of_one_patient_sees_no_other(empty: World) -> None:
    """Matches, totals, includes and pages under a patient context."""
    own = [_patient("a"), _observation("o1", "a")]
    await empty.put([*own, _patient("b"), _observation("o2", "b"), _observation("o3", "b", "2023-01-01"), PRACTITIONER])
    token = await empty.token(patient="a")
    for rtype, params in SEARCHES:
        async with empty.open(credential=token) as record:
            page = await record.search(rtype, [*params, ("_total", "accurate"), ("_count", "1")])
        ids = {m.id for m in (*page.matches, *page.included)}
        assert ids <= {"a", "o1", "d"}, (rtype, params)
        assert page.total == len(page.matches) and page.next_cursor is None, (rtype, params)
    async with empty.open(credential=token) as record:
        assert [p.id for p in await record.find_patients("muster")] == ["a"]
        page = await record.everything("a")
        assert {m.id for m in page.matches} == {"a", "o1"} and {m.id for m in page.included} == {"d"}
    async with empty.open(credential=token) as record:
        with pytest.raises(EhrError):
            await record.everything("b")


async def test_a_cursor_serves_its_owner_and_its_question(empty: World) -> None:
    """Tampering, another question, another actor, another patient context, or age: one and the same refusal."""
    await empty.put([_patient("a"), *(_observation(f"o{n}", "a", f"2024-01-{n + 10}") for n in range(5))])
    params = [("code", "4548-4"), ("_count", "2")]
    async with empty.open() as record:
        cursor = (await record.search("Observation", params)).next_cursor
    assert cursor is not None
    async with empty.open() as record:
        page = await record.search("Observation", params, cursor=cursor)
        assert [m.id for m in page.matches] == ["o2", "o1"]
    wrong = [params + [("status", "final")], [("code", "4548-4"), ("_count", "3")]]
    for other in wrong:
        async with empty.open() as record:
            with pytest.raises(BadRequest, match="page address"):
                await record.search("Observation", other, cursor=cursor)
    for bad in ("", "x", cursor[:-2] + "AA", "é", cursor + "=", "a" * 5000):
        async with empty.open() as record:
            with pytest.raises(BadRequest, match="page address"):
                await record.search("Observation", params, cursor=bad)
    for credential in (await empty.token(), await empty.token(patient="a")):
        async with empty.open(credential=credential) as record:
            with pytest.raises(BadRequest, match="page address"):
                await record.search("Observation", params, cursor=cursor)
    async with empty.open("south") as record:
        with pytest.raises(BadRequest, match="page address"):
            await record.search("Observation", params, cursor=cursor)


async def test_a_cursor_grows_old(empty: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """After its life it opens nothing."""
    async with empty.open() as record:
        cursor = cursors.seal(record, "x", ["1"])
        assert cursors.open_sealed(record, "x", cursor) == ["1"]
        now = cursors.time.time()
        monkeypatch.setattr(cursors.time, "time", lambda: now + cursors.LIFE_S + 1)
        with pytest.raises(BadRequest):
            cursors.open_sealed(record, "x", cursor)


async def test_a_code_in_two_systems_is_one_match(empty: World) -> None:
    """Two codings with the same code, and several values that all match, give and count a resource once."""
    twice = _observation("o1", "a")
    twice["code"] = {"coding": [{"system": "urn:one", "code": "x"}, {"system": "urn:two", "code": "x"}, {"code": "y"}]}
    await empty.put([_patient("a"), twice])
    for params in ([("code", "x")], [("code", "x,y")], [("code", "x,y,z,1,2,3")], [("patient", "a"), ("code", "y")]):
        async with empty.open() as record:
            page = await record.search("Observation", [*params, ("_total", "accurate"), ("_count", "1")])
            only = await record.search("Observation", [*params, ("_summary", "count")])
        assert len(page.matches) == page.total == only.total == 1, params
    async with empty.open() as record:
        assert (await record.search("Observation", [("code", "urn:one|y")])).matches == []


async def test_too_broad_a_look_is_refused(empty: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """When too many bodies would be read, the text says how to narrow."""
    monkeypatch.setattr("ehr_app.record.search.run.MOST_CANDIDATES", 3)
    monkeypatch.setattr("ehr_app.record.search.run.STEP", 2)
    await empty.put([_patient(f"p{n}") for n in range(6)])
    async with empty.open() as record:
        with pytest.raises(TooCostly, match="family"):
            await record.search("Patient", [("family:contains", "zz")])
        assert len((await record.search("Patient", [("family:contains", "ust"), ("_count", "2")])).matches) == 2

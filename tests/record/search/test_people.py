"""Finding people by what is usually typed, and never stumbling over what is not."""

import json
from typing import Any

from ehr_app.record.search.typed import Clause, clauses
from tests.record.search.world import DATA, World


def _person(fhir_id: str, family: str, given: list[str], born: str, **more: Any) -> dict[str, Any]:
    name = [{"family": family, "given": given}]
    return {"resourceType": "Patient", "id": fhir_id, "name": name, "birthDate": born, **more}


CAST = [
    _person("anna", "Smith", ["Anna", "Maria"], "1961-03-04", identifier=[{"system": "urn:mrn", "value": "MRN-004711"}]),
    _person("smythe", "Smythe", ["Peter"], "1990-07-01", telecom=[{"system": "phone", "value": "+1 (555) 010-4477"}]),
    _person("smirnova", "Smirnova", ["Olga"], "1961-11-30", active=False),
    _person("jose", "García Márquez", ["José"], "1927-03-06", deceasedBoolean=True),
    _person("mueller", "Müller", ["Jürgen"], "1975-04-03"),
    _person("obrien", "O'Brien", ["Siobhán"], "1980-02-29"),
    _person("li", "Li", ["Wei"], "2001-01-01"),
]


CASES = [
    ("smith", ["anna", "smythe"]),
    ("smi", ["smirnova", "anna"]),
    ("Anna Smith", ["anna"]),
    ("smith, anna", ["anna"]),
    ("maria smi", ["anna"]),
    ("smi 1961", ["smirnova", "anna"]),
    ("smi 1961-03", ["anna"]),
    ("garcia", ["jose"]),
    ("MARQUEZ jose", ["jose"]),
    ("muller", ["mueller"]),
    ("Müller", ["mueller"]),
    ("obrien", ["obrien"]),
    ("o'bri", ["obrien"]),
    ("li", ["li"]),
    ("wei l", ["li"]),
    ("1961-03-04", ["anna"]),
    ("4/3/1961", ["anna"]),
    ("3/4/1961", ["anna"]),
    ("04.03.1961", ["anna"]),
    ("4 Mar 1961", ["anna"]),
    ("March 4, 1961", ["anna"]),
    ("March 4th 1961", ["anna"]),
    ("19610304", ["anna"]),
    ("Nov 1961", ["smirnova"]),
    ("mrn-0047", ["anna"]),
    ("MRN004711", ["anna"]),
    ("555 010 4477", ["smythe"]),
    ("(555) 010-44", ["smythe"]),
    ("+15550104477", ["smythe"]),
    ("nobody", []),
    ("smith 1962", []),
]


async def test_people_are_found_by_what_is_usually_typed(empty: World) -> None:
    """Names in any order, accents, sounds, dates, numbers; combinations narrow; the best match comes first."""
    await empty.put(CAST)
    wrong = {}
    for typed, expected in CASES:
        async with empty.open() as record:
            found = [p.id for p in await record.find_patients(typed)]
        if sorted(found) != sorted(expected) or found[:1] != expected[:1]:
            wrong[typed] = found
    assert wrong == {}


async def test_naughty_strings_never_raise(empty: World) -> None:
    """Whatever is typed is a search, not an error."""
    await empty.put(CAST)
    path = DATA / "security" / "blns.json"
    lines = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    odd = ["", " ", "\x00", "\ud800\udfff", "%", "_", "'", "a" * 100_000, "9" * 5000, "1" * 8, "00000000", "31/31/9999", "Ω≈ç√"]
    async with empty.open() as record:
        for text in [*lines, *odd]:
            assert isinstance(await record.find_patients(text, 5), list)


async def test_recent_patients_are_those_this_person_opened_last(empty: World) -> None:
    """Newest first, each once, only this account's and only what is visible."""
    await empty.put(CAST)
    session, other = await empty.session(), await empty.session("south")
    for fhir_id in ("anna", "jose", "li", "anna", "nobody"):
        async with empty.open(credential=session, patient=fhir_id) as record:
            await record.search("Patient", [("_id", fhir_id)])
    async with empty.open(credential=session) as record:
        assert [p.id for p in await record.recent_patients(2)] == ["anna"]
        assert [p.id for p in await record.recent_patients(12)] == ["anna", "li", "jose"]
    async with empty.open("south", credential=other) as record:
        assert await record.recent_patients() == []


def test_readings_of_numbers() -> None:
    """Eight digits may be a date and a record number; a year may begin a record number."""
    (both,) = clauses("19610304")
    assert both.number == "19610304" and len(both.born) == 1
    (year,) = clauses("1961")
    assert year.number == "1961" and len(year.born) == 1
    (either,) = clauses("4/3/1961")
    assert len(either.born) == 2
    assert clauses("31/12/1961")[0].born[0][0].month == 12
    assert clauses("Smith,  ANNA") == [Clause(word="smith"), Clause(word="anna")]
    assert clauses("...") == []

"""Who is in the demo: several facilities, several scripts, all ages, restricted data, and staff in every role."""

from collections import Counter, defaultdict
from typing import Any

import pytest

from ehr_app.demo import cast, facilities, patients, staff
from ehr_app.demo.load import SEED
from ehr_app.demo.portions import shared
from tests.demo.conftest import AS_OF, of_type, walk

Chart = list[dict[str, Any]]
COUNTS = shared(300)


@pytest.fixture(scope="module")
def personas() -> dict[tuple[str, int], cast.Persona]:
    """All three hundred premises; their charts are not needed here."""
    return {(slug, n): cast.persona(slug, n, SEED) for slug, count in COUNTS.items() for n in range(1, count + 1)}


def _chart(slug: str, number: int) -> Chart:
    return next(patients.parts(facilities.named(slug), number, SEED, AS_OF)).fresh


@pytest.fixture(scope="module")
def humans(personas: dict[tuple[str, int], cast.Persona]) -> dict[str, list[tuple[str, int]]]:
    """Human beings who are known at more than one facility."""
    found = defaultdict(list)
    for place, persona in personas.items():
        if persona.human:
            found[persona.human].append(place)
    return {human: places for human, places in found.items() if len(places) > 1}


def test_some_people_are_known_at_two_and_some_at_three_facilities(humans: dict[str, list[tuple[str, int]]]) -> None:
    counted = Counter(len(places) for places in humans.values())
    assert counted[2] >= 10 and counted[3] >= 1
    assert all(len({slug for slug, _ in places}) == len(places) for places in humans.values())


def test_one_human_being_is_born_once_and_has_a_record_number_per_facility(humans: dict[str, list[tuple[str, int]]]) -> None:
    differences = 0
    for places in list(humans.values())[:12]:
        own = [_chart(slug, number)[0] for slug, number in places]
        assert len({p["birthDate"] for p in own}) == len({p["gender"] for p in own}) == 1
        assert len({p["identifier"][0]["value"] for p in own}) == len({p["id"] for p in own}) == len(own)
        written = {(p["name"][0]["text"], p["address"][0]["line"][0]) for p in own}
        differences += len(written) > 1
    assert differences >= 8


def test_a_person_who_did_not_move_lives_at_one_address(personas: dict[tuple[str, int], cast.Persona]) -> None:
    persona = personas["north", 16]
    assert persona.human == personas["south", 12].human == "arsenault"
    one, other = _chart("north", 16)[0], _chart("south", 12)[0]
    assert one["address"][0]["line"] == other["address"][0]["line"]
    assert one["name"][0]["family"] != other["name"][0]["family"]


def test_ages_run_from_newborn_to_the_oldest_old(personas: dict[tuple[str, int], cast.Persona]) -> None:
    ages = [persona.age for persona in personas.values()]
    for low, high in ((0, 0.1), (0.1, 2), (2, 12), (12, 18), (18, 40), (40, 65), (65, 85), (85, 100), (100, 110)):
        assert [age for age in ages if low <= age < high], (low, high)
    assert any("pregnancy@" in problem for persona in personas.values() for problem in persona.problems)
    assert sum(persona.died_years_ago is not None for persona in personas.values()) >= 3


def test_names_come_in_many_scripts_and_lengths(personas: dict[tuple[str, int], cast.Persona]) -> None:
    families = [persona.family for persona in personas.values()]
    scripts = {
        "Latin": "Aa", "Arabic": "\u0600\u06ff", "Hebrew": "\u0590\u05ff", "Cyrillic": "\u0400\u04ff", "Greek": "\u0370\u03ff",
        "Han": "\u4e00\u9fff", "Hangul": "\uac00\ud7a3", "Devanagari": "\u0900\u097f",
    }  # fmt: skip
    for script, (low, high) in scripts.items():
        if script != "Latin":
            assert any(low <= family[0] <= high for family in families), script
    assert any(not persona.given for persona in personas.values())
    assert max(map(len, families)) > 45 and min(map(len, families)) == 1
    assert sum(persona.preferred is not None for persona in personas.values()) >= 5
    assert len({persona.language for persona in personas.values()}) >= 12


def test_who_speaks_another_language_needs_an_interpreter() -> None:
    patient = _chart("north", 5)[0]
    assert patient["communication"][0]["language"]["text"] == "Arabic"
    assert {"url": patients._INTERPRETER, "valueBoolean": True} in patient["extension"]


RESTRICTED = [("north", 13, {"HIV", "PSY"}), ("north", 14, {"PSY"}), ("north", 15, {"ETH"}), ("north", 16, {"STD"}),
              ("north", 17, {"SDV"}), ("south", 13, {"ETH", "PSY"}), ("harbor", 10, {"HIV"})]  # fmt: skip


@pytest.mark.parametrize(("slug", "number", "labels"), RESTRICTED)
def test_restricted_data_carry_labels_and_a_consent_names_them(slug: str, number: int, labels: set[str]) -> None:
    chart = _chart(slug, number)
    marked = [r for r in chart if "security" in r.get("meta", {})]
    assert {label["code"] for r in marked for label in r["meta"]["security"]} == labels | {"R"}
    assert all(any(label["code"] == "R" for label in r["meta"]["security"]) for r in marked)
    assert [r for r in marked if r["resourceType"] == "DocumentReference"]
    consents = {c["provision"]["type"]: c for c in of_type(chart, "Consent")}
    assert {label["code"] for label in consents["deny"]["provision"]["securityLabel"]} == labels
    assert "securityLabel" not in consents["permit"]["provision"]
    assert "security" not in chart[0].get("meta", {}) and len(marked) < len(chart) / 2


def test_every_condition_of_a_restricted_kind_is_labelled() -> None:
    chart = _chart("north", 13)
    for condition in of_type(chart, "Condition"):
        sensitive = condition["code"]["coding"][0]["code"] in {"86406008", "87512008"}
        assert ("security" in condition["meta"]) == sensitive


def test_nobody_else_has_labels() -> None:
    assert not [item for r in _chart("north", 1) for item in walk(r) if "security" in item]


def test_about_forty_people_work_in_every_role() -> None:
    people = {member.username: member for facility in facilities.FACILITIES for member in staff.staff(facility)}
    assert 40 <= len(people) <= 50
    assert {member.role for member in people.values()} == set(staff.ROLES)
    assert len({member.specialty for member in people.values() if member.role == "physician"}) >= 6
    assert {member.role for member in people.values() if not member.signs_in} == {"interface"}


def test_the_directory_has_everybody_with_role_and_specialty() -> None:
    directory = staff.practitioners()
    roles = [r for r in directory if r["resourceType"] == "PractitionerRole"]
    known = {r["id"] for r in directory if r["resourceType"] == "Practitioner"}
    assert {r["practitioner"]["reference"].partition("/")[2] for r in roles} == known
    assert "Cardiology" in {r["specialty"][0]["text"] for r in roles if "specialty" in r}

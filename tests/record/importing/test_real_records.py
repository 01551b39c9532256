"""The real bundles: everything that goes in comes back, field by field; a repeat changes nothing."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.record.importing.conftest import SHARED, Installation, content

SYNTHEA = SHARED / "synthea-r4"
INFERNO = SHARED / "us-core" / "inferno-reference"

NOT_OF_R4 = {("uscore_bundle_patient_355.json", 266): "'stop' is not an element of Period."}
"""Entries with an element that R4 does not have: stored as they came, and said."""
NOT_OF_THE_PATIENT = {"StructureDefinition", "SearchParameter"}
"""What a bundle may carry beside its patient's record."""

pytestmark = pytest.mark.skipif(not SYNTHEA.is_dir(), reason="the shared sample records are not beside the repository")


def read(path: Path) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(path.read_bytes(), parse_float=Decimal)
    return parsed


def linked(value: Any, places: dict[str, str]) -> Any:
    """The value with every reference to a fullUrl turned into Type/id."""
    if isinstance(value, dict):
        return {
            name: places.get(member, member) if name == "reference" and isinstance(member, str) else linked(member, places)
            for name, member in value.items()
        }
    return [linked(item, places) for item in value] if isinstance(value, list) else value


def expected(files: list[Path]) -> dict[str, list[dict[str, Any]]]:
    """Type/id -> every content the files give it, in order of its first appearance."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path in files:
        parsed = read(path)
        if parsed["resourceType"] != "Bundle":
            parsed = {"entry": [{"resource": parsed}]}
        places = {
            entry["fullUrl"]: f"{entry['resource']['resourceType']}/{entry['resource']['id']}"
            for entry in parsed["entry"]
            if "fullUrl" in entry
        }
        for entry in parsed["entry"]:
            resource = linked(entry["resource"], places)
            contents = found.setdefault(f"{resource['resourceType']}/{resource['id']}", [])
            if content(resource) not in contents:
                contents.append(content(resource))
    return found


async def test_every_field_of_the_real_bundles_comes_back_and_a_repeat_changes_nothing(
    installation: Installation,
) -> None:
    files = [*sorted(SYNTHEA.glob("*.json")), *sorted(INFERNO.glob("*.json"))]
    assert len(files) == 26

    await installation.take_in(SYNTHEA, INFERNO)

    assert installation.rejected() == []
    doubts = [finding for finding in installation.findings() if finding.get("issues")]
    said = {(Path(one["file"]).name, one["entry"]): one["issues"][0]["diagnostics"] for one in doubts}
    assert said == NOT_OF_R4 and len(doubts) == len(NOT_OF_R4)
    wanted = expected(files)
    state = await installation.state()
    ours = {place for place, (_, one) in state.items() if one.get("activity") == {"text": "import"}}
    assert set(state) - ours == set(wanted)
    for place, contents in wanted.items():
        version, newest = state[place]
        assert newest == contents[-1], place
        if len(contents) > 1:
            rtype, _, fhir_id = place.partition("/")
            assert [content(one) for one in await installation.versions(rtype, fhir_id)] == contents[::-1]
        assert version == len(contents)

    for path in files:
        await whole_patients_come_back(installation, path, wanted)

    await installation.take_in(INFERNO, SYNTHEA)

    assert await installation.state() == state


async def whole_patients_come_back(installation: Installation, path: Path, wanted: dict[str, list[dict[str, Any]]]) -> None:
    """`Patient/$everything` of the file's one patient holds everything that the file says, as it stands now."""
    places = set(expected([path]))
    patients = [place.partition("/")[2] for place in places if place.startswith("Patient/")]
    if len(patients) != 1:
        return
    async with installation.world.at("north", installation.local) as record:
        page = await record.everything(patients[0])
    back = {f"{one.type}/{one.id}": content(one.resource()) for one in (*page.matches, *page.included)}
    absent = {place for place in places if place not in back and place.partition("/")[0] not in NOT_OF_THE_PATIENT}
    assert absent == set(), path.name
    assert all(back[place] == wanted[place][-1] for place in places & set(back))


async def test_everything_gives_the_whole_patient_back(installation: Installation) -> None:
    path = INFERNO / "uscore_bundle_patient_85.json"

    assert await installation.take_in(path) == 0

    async with installation.world.at("north", installation.local) as record:
        page = await record.everything("85")
    back = {f"{one.type}/{one.id}": content(one.resource()) for one in (*page.matches, *page.included)}
    for place, contents in expected([path]).items():
        assert back[place] == contents[-1]
    assert {place.partition("/")[0] for place in set(back) - set(expected([path]))} <= {"Provenance"}


async def test_each_patient_has_a_provenance_that_names_file_and_resources(installation: Installation) -> None:
    path = next(SYNTHEA.glob("Antonio_*.json"))
    entries = read(path)["entry"]

    assert await installation.take_in(path) == 0

    made = [one for _, one in (await installation.state()).values() if one.get("activity") == {"text": "import"}]
    targets = [target["reference"] for one in made for target in one["target"]]
    named = {f"{entry['resource']['resourceType']}/{entry['resource']['id']}" for entry in entries}
    assert set(targets) == named
    assert all(one["entity"][0]["what"]["display"] == path.name for one in made)
    assert all(len(one["target"]) <= 500 for one in made)
    patient = f"Patient/{entries[0]['resource']['id']}"
    assert [one["target"][0]["reference"] for one in made].count(patient) == 1


async def test_every_odd_json_is_refused_with_a_reason_and_spares_the_entry_before_it(
    installation: Installation, folder: Path
) -> None:
    suite = sorted((SHARED / "security" / "jsontestsuite").rglob("*.json"))
    good = b'{"resource":{"resourceType":"Patient","id":"good-%d"}}'
    for n, path in enumerate(suite):
        raw = path.read_bytes()
        (folder / f"{n}.json").write_bytes(raw)
        entries = good % n + b',{"resource":' + raw + b"}"
        (folder / f"{n}-entry.json").write_bytes(b'{"resourceType":"Bundle","type":"batch","entry":[' + entries + b"]}")

    assert await installation.take_in(folder) == 1

    assert set(await installation.state(provenance=False)) == {f"Patient/good-{n}" for n in range(len(suite))}
    refused = [Path(finding["file"]).name for finding in installation.rejected()]
    assert set(refused) == {path.name for path in folder.iterdir()}
    assert all(finding["reason"] for finding in installation.rejected())

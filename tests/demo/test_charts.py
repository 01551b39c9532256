"""The demo as a whole: whole references, stable bytes, the special people, the shape the standard wants."""

import time
from collections import Counter
from datetime import date
from typing import Any

import msgspec
import pytest

from ehr_app.demo import cast, codes, facilities, load, patients, staff
from ehr_app.demo.elements import Code
from tests.demo.conftest import AS_OF, of_type, walk

Chart = list[dict[str, Any]]


def _by_id(charts: list[Chart], identity: str) -> Chart:
    return next(chart for chart in charts if chart[0]["id"] == identity)


def test_the_same_seed_gives_the_same_bytes_and_another_does_not() -> None:
    def written(seed: int) -> bytes:
        return msgspec.json.encode(list(patients.generate(facilities.HARBOR, 10, seed, AS_OF)))

    assert written(7) == written(7)
    assert written(7) != written(8)


def test_a_patient_does_not_depend_on_how_many_there_are() -> None:
    few = list(patients.generate(facilities.NORTH, 2, 1, AS_OF))
    many = list(patients.generate(facilities.NORTH, 5, 1, AS_OF))
    assert many[:2] == few


def test_thirty_people_at_three_facilities(bundles: list[tuple[str, Chart]]) -> None:
    counted = Counter(slug for slug, batch in bundles if batch[0]["resourceType"] == "Patient")
    assert counted == load.PATIENTS and sum(counted.values()) == 30


def test_ids_are_unique_and_fit_the_standard(network: Chart, charts: list[Chart]) -> None:
    seen = Counter((r["resourceType"], r["id"]) for batch in [network, *charts] for r in batch)
    assert [key for key, count in seen.items() if count > 1] == []
    assert all(len(identity) <= 64 and identity.replace("-", "").isalnum() for _, identity in seen)


def test_references_resolve_in_the_facility_or_the_network_and_never_forward(network: Chart, charts: list[Chart]) -> None:
    shared = {f"{r['resourceType']}/{r['id']}" for r in network}
    for batch in [network, *charts]:
        known = set(shared) if batch is not network else set()
        for resource in batch:
            known.add(f"{resource['resourceType']}/{resource['id']}")
            for item in walk(resource):
                if "reference" in item:
                    assert item["reference"] in known, (resource["id"], item["reference"])


def test_corrections_are_second_versions_with_a_trail(bundles: list[tuple[str, Chart]], charts: list[Chart]) -> None:
    slug, corrections = bundles[-1]
    assert slug == "south" and corrections[0]["status"] == corrections[1]["status"] == "corrected"
    first = {r["id"]: r for chart in charts for r in chart}
    result = first[corrections[0]["id"]]
    assert result["status"] == "final"
    assert result["valueQuantity"] != corrections[0]["valueQuantity"]
    assert str(result["valueQuantity"]["value"]) in corrections[0]["note"][0]["text"]
    targets = {t["reference"] for t in corrections[2]["target"]}
    assert targets == {f"Observation/{corrections[0]['id']}", f"DiagnosticReport/{corrections[1]['id']}"}
    assert corrections[0]["issued"] > result["issued"]


def test_all_four_allergy_states_are_there(charts: list[Chart]) -> None:
    states: Counter[str] = Counter()
    for chart in charts:
        entries = list(of_type(chart, "AllergyIntolerance"))
        valid = [e for e in entries if e["verificationStatus"]["coding"][0]["code"] != "entered-in-error"]
        none = [e for e in valid if e["code"].get("coding", [{}])[0].get("code") == codes.NO_KNOWN_ALLERGY.code]
        if none:
            states["none"] += 1
            assert len(valid) == 1 and none[0]["recorder"] and none[0]["recordedDate"]
        elif valid:
            states["known"] += 1
        else:
            states["error" if entries else "unrecorded"] += 1
            assert all("clinicalStatus" not in e for e in entries)
    assert set(states) == {"none", "known", "error", "unrecorded"}


def test_the_special_people(charts: list[Chart]) -> None:
    def results(identity: str, code: Code) -> Chart:
        chart = _by_id(charts, identity)
        return [r for r in of_type(chart, "Observation") if r["code"]["coding"][0]["code"] == code.code]

    assert len(results("north-p0001", codes.HEMOGLOBIN_A1C)) >= 40
    critical = results("north-p0002", codes.POTASSIUM)[-1]
    assert critical["interpretation"][0]["coding"][0]["code"] == "HH" and "phoned" in critical["note"][0]["text"]
    assert [r for r in results("south-p0001", codes.WEIGHT) if r["status"] == "entered-in-error"]
    assert all("referenceRange" not in r for r in results("harbor-p0007", codes.NATRIURETIC_PEPTIDE))
    assert results("harbor-p0007", codes.NATRIURETIC_PEPTIDE)
    ages = [(AS_OF - date.fromisoformat(chart[0]["birthDate"])).days / 365.25 for chart in charts]
    assert min(ages) < 0.05 and max(ages) > 95
    assert {chart[0]["gender"] for chart in charts} == {"male", "female"}
    scripts = {ord(chart[0]["name"][0]["family"][0]) // 256 for chart in charts}
    assert {0x05, 0x06, 0x04, 0x03} <= scripts  # Hebrew, Arabic, Cyrillic, Greek


def test_a_name_is_written_as_its_bearer_writes_it(charts: list[Chart]) -> None:
    assert _by_id(charts, "south-p0003")[0]["name"][0]["text"] == "王秀英"
    assert _by_id(charts, "north-p0002")[0]["name"][0]["text"] == "José Ángel Núñez Ibarra"


def test_every_role_signs_in_at_every_facility() -> None:
    usernames: Counter[str] = Counter()
    for facility in facilities.FACILITIES:
        people = staff.staff(facility)
        assert {member.role for member in people} == set(staff.ROLES)
        assert people[-1].username == staff.ADMIN_USERNAME
        usernames.update(member.username for member in people)
        assert all(name.isascii() and name == name.lower() for name in usernames)
    assert usernames.pop(staff.ADMIN_USERNAME) == len(facilities.FACILITIES)
    assert set(usernames.values()) == {1}


def test_many_invented_patients_are_different_and_whole() -> None:
    charts = list(patients.generate(facilities.SOUTH, 80, 3, AS_OF))
    names = {chart[0]["name"][0]["text"] for chart in charts}
    assert len(names) > 60
    assert len({chart[0]["identifier"][0]["value"] for chart in charts}) == 80
    assert cast.persona("south", 50, 1) == cast.persona("south", 50, 1) != cast.persona("south", 50, 2)


def test_generation_keeps_up_with_the_store() -> None:
    started = time.process_time()
    count = sum(len(batch) for batch in patients.generate(facilities.NORTH, 40, 5, AS_OF))
    assert count / (time.process_time() - started) > 4000


def test_every_resource_is_valid_r4(resources: Chart) -> None:
    validation = pytest.importorskip("ehr_app.standards.validation")
    findings = [
        (resource["resourceType"], resource["id"], issue)
        for resource in resources
        for issue in validation.check(resource)
        if issue.severity in ("error", "fatal")
    ]
    assert findings == []

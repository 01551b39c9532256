"""The large charts: how large they are, that they stay sensible, and that they never stand in memory as a whole."""

from collections import Counter
from datetime import date, datetime
from itertools import pairwise
from typing import Any

import pytest

from ehr_app.demo import cast, codes, facilities, patients
from ehr_app.demo.load import SEED
from ehr_app.demo.writing import COMMIT_RESOURCES
from ehr_app.standards import validation
from tests.demo.conftest import AS_OF

LARGEST = ("north", 100)


@pytest.fixture(scope="module")
def parts() -> list[list[dict[str, Any]]]:
    slug, number = LARGEST
    return [part.fresh for part in patients.parts(facilities.named(slug), number, SEED, AS_OF)]


@pytest.fixture(scope="module")
def resources(parts: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return [resource for part in parts for resource in part]


def _of(resources: list[dict[str, Any]], code: codes.Code) -> list[dict[str, Any]]:
    return [r for r in resources if r["resourceType"] == "Observation" and r["code"]["coding"][0]["code"] == code.code]


def test_one_patient_has_sixty_thousand_resources_and_one_about_five_thousand(resources: list[dict[str, Any]]) -> None:
    assert cast.LARGE[LARGEST] == 60_000 <= len(resources) < 66_000
    other = sum(len(part.fresh) for part in patients.parts(facilities.NORTH, 50, SEED, AS_OF))
    assert cast.LARGE["north", 50] == 5000 <= other < 5600


def test_a_large_chart_is_written_in_pieces_with_ids_of_their_own(parts: list[list[dict[str, Any]]]) -> None:
    assert max(map(len, parts)) < 2 * COMMIT_RESOURCES
    seen = Counter((r["resourceType"], r["id"]) for part in parts for r in part)
    assert max(seen.values()) == 1


def test_readings_refer_to_what_was_written_before(parts: list[list[dict[str, Any]]]) -> None:
    known = set()
    for part in parts:
        known |= {f"{r['resourceType']}/{r['id']}" for r in part}
        for resource in part:
            for element in ("encounter", "device", "subject"):
                if element in resource:
                    assert resource[element]["reference"] in known


def test_dialysis_is_on_three_weekdays_and_takes_weight_away(resources: list[dict[str, Any]]) -> None:
    sessions = [r for r in resources if r["resourceType"] == "Procedure" and r["code"]["coding"][0]["code"] == codes.DIALYSIS.code]
    starts = [datetime.fromisoformat(s["performedPeriod"]["start"]) for s in sessions]
    assert len(sessions) > 800 and {start.weekday() for start in starts} == {0, 2, 4}
    weights: dict[str, list[Any]] = {}
    for reading in _of(resources, codes.WEIGHT):
        if "encounter" in reading:
            weights.setdefault(reading["encounter"]["reference"], []).append(reading["valueQuantity"]["value"])
    taken = [weights[s["encounter"]["reference"]] for s in sessions]
    assert all(before > after for before, after in taken)


def test_home_readings_drift_and_no_two_come_at_once(resources: list[dict[str, Any]]) -> None:
    readings = _of(resources, codes.SENSOR_GLUCOSE)
    values = [float(r["valueQuantity"]["value"]) for r in readings]
    assert min(values) >= 60 and max(values) < 260
    times = [r["effectiveDateTime"] for r in readings]
    instants = [datetime.fromisoformat(t) for t in times]
    assert all(earlier < later for earlier, later in pairwise(instants))
    assert date.fromisoformat(times[-1][:10]) < AS_OF


def test_dialysis_does_not_overlap_another_encounter(resources: list[dict[str, Any]]) -> None:
    periods = sorted(
        (datetime.fromisoformat(r["period"]["start"]), datetime.fromisoformat(r["period"]["end"]))
        for r in resources
        if r["resourceType"] == "Encounter"
    )
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(periods))


def test_the_large_chart_is_valid_r4(resources: list[dict[str, Any]]) -> None:
    assert [r["id"] for r in resources if not validation.is_valid(r)] == []

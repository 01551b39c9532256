"""The sections of the summary, also with real patients."""

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ehr_app.ui.clinic.allergies_view import allergies
from ehr_app.ui.clinic.coverage_view import coverage
from ehr_app.ui.clinic.immunizations_view import immunizations
from ehr_app.ui.clinic.medications_view import medications
from ehr_app.ui.clinic.problems_view import problems
from ehr_app.ui.clinic.summary_view import recent_results
from ehr_app.ui.clinic.visits_view import encounters

ZONE = ZoneInfo("UTC")
REAL = sorted((Path(__file__).parents[4] / "shared" / "data" / "synthea-r4").glob("*_*.json"))


def condition(text: str, status: str = "active", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Condition", "id": text, "code": {"text": text}, "clinicalStatus": {"coding": [{"code": status}]}, **more,
    }  # fmt: skip


def test_active_problems_count_and_past_ones_are_folded() -> None:
    wrong = condition("Wrong", verificationStatus={"coding": [{"code": "entered-in-error"}]})
    shown = problems([condition("Asthma (disorder)"), condition("Flu", "resolved"), wrong], ZONE)
    assert ([row.title for row in shown.rows], shown.count) == (["Asthma"], "1")
    assert [(row.title, row.wrong) for row in shown.past] == [("Flu", False), ("Wrong", True)]
    assert shown.past_words == "2 resolved or past"


def test_an_empty_section_says_what_is_not_there() -> None:
    assert problems([], ZONE).empty == "No problems recorded."
    assert problems([condition("Flu", "resolved")], ZONE).empty == "No current problems."
    assert coverage([], ZONE).empty == "No insurance recorded."


def test_the_allergy_section_repeats_the_state_in_words() -> None:
    assert allergies(None, ZONE).empty.startswith("Allergies unavailable.")
    assert allergies([], ZONE).empty.startswith("Allergies not recorded.")


def test_stopped_medications_are_not_current() -> None:
    def drug(status: str) -> dict[str, Any]:
        return {
            "resourceType": "MedicationRequest",
            "status": status,
            "medicationCodeableConcept": {"text": "Aspirin 81 MG Oral Tablet"},
        }

    shown = medications([drug("active"), drug("stopped"), drug("entered-in-error")], ZONE)
    assert (shown.count, [row.status for row in shown.past], [row.wrong for row in shown.past]) == (
        "1",
        ["Stopped", ""],
        [False, True],
    )
    assert [piece.kind for piece in shown.rows[0].pieces] == ["name", "strength", "form"]


def test_statements_and_requests_are_one_list_and_referenced_medications_are_named() -> None:
    request = {"resourceType": "MedicationRequest", "status": "active", "medicationReference": {"reference": "Medication/m"}}
    statement = {"resourceType": "MedicationStatement", "status": "active", "medicationCodeableConcept": {"text": "Kava"}}
    named = {"resourceType": "Medication", "id": "m", "code": {"text": "Aspirin 81 MG Oral Tablet"}}
    shown = medications([request, statement], ZONE, named=[named])
    assert [row.title for row in shown.rows] == ["aspirin — 81 mg — oral tablet", "Kava"]
    assert shown.rows[1].detail == "told, not ordered here"


def test_each_recent_result_appears_once_with_its_newest_value_and_critical_ones_first() -> None:
    from tests.ui.clinic.test_results_view import lab

    labs = [lab("a", 4, "2026-01-01"), lab("b", 5, "2026-02-01"), lab("c", 9, "2025-01-01", code="X", flag="LL")]
    shown = recent_results(labs, ZONE)
    assert [(row.ref, row.value) for row in shown.rows] == [("Observation/c", "9 mmol/L"), ("Observation/b", "5 mmol/L")]


@pytest.mark.parametrize("path", REAL, ids=[path.stem.split("_")[1] for path in REAL])
def test_real_patients_fill_every_section_without_blank_titles(path: Path) -> None:
    entries = [entry["resource"] for entry in json.loads(path.read_text())["entry"]]

    def of(rtype: str) -> list[dict[str, Any]]:
        return [one for one in entries if one["resourceType"] == rtype]

    labs = [one for one in of("Observation") if "laboratory" in str(one.get("category"))]
    sections = [
        problems(of("Condition"), ZONE),
        medications(of("MedicationRequest"), ZONE),
        allergies(of("AllergyIntolerance"), ZONE),
        recent_results(labs, ZONE),
        encounters(of("Encounter"), ZONE),
        immunizations(of("Immunization"), ZONE),
    ]
    rows = [row for section in sections for row in [*section.rows, *section.past]]
    assert all(row.title and row.when for row in rows)
    assert all(section.rows or section.empty for section in sections)
    assert len(sections[4].rows) + len(sections[4].past) == len(of("Encounter"))

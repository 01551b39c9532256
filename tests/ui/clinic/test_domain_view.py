"""The pages of the domains: nothing that was imported is invisible, current first, errors struck through, words when empty."""

import json
from collections import Counter
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ehr_app.standards.r4 import PATIENT_COMPARTMENT, RTYPES
from ehr_app.ui.clinic import generic_view
from ehr_app.ui.clinic.domain_view import kinds_of, recorded, sections
from ehr_app.ui.clinic.domains import DOMAINS, NOT_SHOWN
from ehr_app.ui.clinic.medications_view import DIFFER, reconciled
from ehr_app.ui.clinic.rows import Row, Section

ZONE = ZoneInfo("UTC")
DATA = Path(__file__).parents[4] / "shared" / "data"
PAGES = [domain.key for domain in DOMAINS if domain.key not in ("summary", "timeline", "results", "vitals")]
HOSTILE = "<script>alert(1)</script>" + "Ω" * 200


def rows(found: list[Section]) -> list[Row]:
    return [row for one in found for row in (*one.rows, *one.past)]


def minimal(rtype: str) -> dict[str, Any]:
    return {"resourceType": rtype, "id": f"{rtype.lower()}-1"}


def example(rtype: str) -> dict[str, Any]:
    for path in sorted((DATA / "fhir-r4-examples").glob(f"{rtype}-*.json")):
        return dict(json.loads(path.read_text()))
    return minimal(rtype)


@pytest.mark.parametrize("build", [minimal, example], ids=["minimal", "official"])
def test_every_type_of_a_patient_stands_on_exactly_one_page(build: Any) -> None:
    found: Counter[str] = Counter()
    for key in PAGES:
        kinds = kinds_of(key)
        resources = [build(kind.type) for kind in kinds]
        told = rows(sections(key, resources, ZONE))
        assert len(told) == len(resources), key
        assert all(row.title for row in told), key
        found.update(row.ref.split("/")[0] for row in told if key != "history" or not row.ref.startswith("Observation"))
    elsewhere = {kind.partition("/")[0] for one in DOMAINS if one.key in ("results", "vitals") for kind in one.kinds}
    assert set(found) | elsewhere | NOT_SHOWN == set(RTYPES)
    assert set(found.values()) == {1} and not set(found) & elsewhere
    assert set(PATIENT_COMPARTMENT) <= set(found) | elsewhere | NOT_SHOWN


@pytest.mark.parametrize("key", PAGES)
def test_nothing_at_all_and_hostile_texts_give_rows_and_words(key: str) -> None:
    hostile = [{**minimal(kind.type), "code": {"text": HOSTILE}, "name": HOSTILE, "status": HOSTILE, "period": 7, "note": None,
                "identifier": "x", "dosage": [None], "participant": "none"} for kind in kinds_of(key)]  # fmt: skip
    told = rows(sections(key, hostile, ZONE))
    assert len(told) == len(hostile) and all(isinstance(row.title, str) and row.title for row in told)
    assert all(one.empty for one in sections(key, [], ZONE))


@pytest.mark.parametrize("key", PAGES)
def test_what_was_entered_in_error_is_folded_struck_through_and_not_counted(key: str) -> None:
    wrong = []
    for kind in kinds_of(key):
        state: dict[str, Any] = {"status": "entered-in-error"}
        if kind.type == "Goal":
            state = {"lifecycleStatus": "entered-in-error"}
        elif kind.type in ("Condition", "AllergyIntolerance"):
            state = {"verificationStatus": {"coding": [{"code": "entered-in-error"}]}}
        wrong.append({**minimal(kind.type), **state})
    shown = sections(key, wrong, ZONE)
    assert all(row.wrong for row in rows(shown))
    assert [one.count for one in shown if one.count not in ("", "0")] == []
    assert all(row in one.past for one in shown for row in (*one.rows, *one.past))


def drug(rtype: str, status: str, name: str, amount: int, **more: Any) -> dict[str, Any]:
    dose = {"doseAndRate": [{"doseQuantity": {"value": amount, "unit": "mg"}}]}
    key = "dosageInstruction" if rtype in ("MedicationRequest", "MedicationDispense") else "dosage"
    return {**minimal(rtype), "id": f"{rtype}{amount}{status}", "status": status, "medicationCodeableConcept": {"text": name},
            key: [dose], **more}  # fmt: skip


def test_medications_of_one_ingredient_stand_together_and_differing_doses_are_said() -> None:
    ordered = drug("MedicationRequest", "active", "Metformin 500 MG Oral Tablet", 500)
    told = drug("MedicationStatement", "active", "Metformin 850 MG Oral Tablet", 850)
    given = drug("MedicationDispense", "completed", "Metformin 500 MG Oral Tablet", 500)
    other = drug("MedicationRequest", "active", "Kava", 1)
    shown = reconciled([other, given, told, ordered], ZONE)
    titles = [(row.title.split(" ")[0], row.sub, row.note) for row in shown.rows]
    assert titles == [("Kava", False, ""), ("metformin", False, DIFFER), ("metformin", True, ""), ("metformin", True, "")]
    assert "500 mg" in shown.rows[1].title and "850 mg" in shown.rows[2].title
    assert shown.count == "4"


def test_the_same_dose_from_two_sources_is_no_difference() -> None:
    same = [drug(rtype, "active", "Aspirin 81 MG", 81) for rtype in ("MedicationRequest", "MedicationStatement")]
    assert [row.note for row in reconciled(same, ZONE).rows] == ["", ""]


def test_a_dose_of_a_past_line_is_no_difference_and_a_past_group_is_folded() -> None:
    now = drug("MedicationRequest", "active", "Aspirin 81 MG", 81)
    before = drug("MedicationRequest", "stopped", "Aspirin 325 MG", 325)
    shown = reconciled([before, now], ZONE)
    assert [(row.note, row.status) for row in shown.rows] == [("", ""), ("", "Stopped")]
    assert reconciled([before], ZONE).rows == [] and reconciled([before], ZONE).empty == "No current medications."


def test_m1_a_dispense_alone_is_past_and_says_where_it_comes_from() -> None:
    shown = reconciled([drug("MedicationDispense", "completed", "Aspirin 81 MG", 81)], ZONE)
    assert [row.detail for row in shown.past] == ["dispensed"]
    assert [piece.kind for piece in shown.past[0].pieces][:2] == ["name", "strength"]


def test_a2_a_denial_is_listed_apart_with_its_author_and_counts_for_nothing() -> None:
    denial = {**minimal("AllergyIntolerance"), "code": {"coding": [{"code": "716186003"}], "text": "No known allergy"},
              "asserter": {"display": "Dr A"}, "recordedDate": "2026-01-01"}  # fmt: skip
    first, second = sections("allergies", [denial], ZONE)
    assert (first.rows, first.empty.split(".")[0]) == ([], "No known allergies")
    assert (second.title, second.rows[0].detail, second.rows[0].when) == ("Denied", "Dr A", "01-Jan-2026")


def test_a1_the_gravest_allergy_comes_first_with_criticality_and_reaction() -> None:
    mild = {**minimal("AllergyIntolerance"), "id": "m", "code": {"text": "Egg"}, "reaction": [{"severity": "mild"}]}
    grave = {**minimal("AllergyIntolerance"), "id": "g", "code": {"text": "Bee"}, "criticality": "high",
             "reaction": [{"severity": "severe", "manifestation": [{"text": "anaphylaxis"}]}]}  # fmt: skip
    shown = sections("allergies", [mild, grave], ZONE)[0]
    assert [row.title for row in shown.rows] == ["Bee", "Egg"]
    assert shown.rows[0].detail == "severe anaphylaxis · high criticality" and shown.rows[0].grave


def test_a_goal_tells_its_target_and_how_it_stands() -> None:
    goal = {**minimal("Goal"), "lifecycleStatus": "active", "description": {"text": "Lower HbA1c"},
            "achievementStatus": {"text": "improving"},
            "target": [{"measure": {"text": "HbA1c"}, "detailQuantity": {"value": 7, "unit": "%"}, "dueDate": "2027-01-02"}]}
    told = sections("plans", [goal], ZONE)[1].rows[0]
    assert (told.title, told.detail) == ("Lower HbA1c", "HbA1c 7 % by 02-Jan-2027 · Improving")


def test_family_history_is_told_by_relative() -> None:
    told = sections("history", [example("FamilyMemberHistory")], ZONE)[0].rows[0]
    assert told.title.startswith("Father") and "Heart Attack (at 74 yr)" in told.detail


def test_social_history_shows_the_newest_answer_to_each_question_and_no_missing_range() -> None:
    def answer(day: str, text: str) -> dict[str, Any]:
        return {**minimal("Observation"), "id": day, "code": {"text": "Tobacco use (finding)"}, "effectiveDateTime": day,
                "valueCodeableConcept": {"text": text}}  # fmt: skip

    shown = sections("history", [answer("2026-02-01", "Never"), answer("2025-02-01", "Daily")], ZONE)[1]
    assert [(row.title, row.value, row.limits) for row in shown.rows] == [("Tobacco use", "Never", "")]
    assert (shown.count, shown.past_words) == ("2", "1 earlier or in error")


def test_a_visit_tells_class_reason_people_and_place() -> None:
    visit = {**minimal("Encounter"), "status": "finished", "class": {"code": "EMER"}, "type": [{"text": "Consult"}],
             "reasonCode": [{"text": "Cough"}], "participant": [{"individual": {"display": "Dr A"}}],
             "serviceProvider": {"display": "North"}, "diagnosis": [{"condition": {"display": "Flu"}}]}
    assert sections("visits", [visit], ZONE)[0].rows[0].detail == "Emergency visit · for Cough · Flu · Dr A · North"


def test_what_was_recorded_in_a_visit_is_told_as_its_own_domain_tells_it() -> None:
    weight = {**minimal("Observation"), "code": {"text": "Weight"}, "valueQuantity": {"value": 70, "unit": "kg"}}
    (shown,) = recorded([weight], ZONE)
    assert (shown.title, shown.rows[0].value) == ("Observations", "70 kg")


def test_a_resource_without_any_title_is_called_by_its_type() -> None:
    assert generic_view.title({"resourceType": "VisionPrescription"}) == "Vision prescription"
    assert generic_view.title({}) == "Item"

"""The four allergy states (rules A1-A3)."""

from typing import Any
from zoneinfo import ZoneInfo

from ehr_app.ui.format.allergies import WORDS, allergy_state

UTC = ZoneInfo("UTC")
SNOMED = "http://snomed.info/sct"


def allergy(text: str = "Penicillin", code: str = "", **more: Any) -> dict[str, Any]:
    coding = {"coding": [{"system": SNOMED, "code": code}]} if code else {}
    return {"resourceType": "AllergyIntolerance", "id": text.lower(), "code": {"text": text, **coding}, **more}


def status(code: str) -> dict[str, Any]:
    return {"coding": [{"code": code}]}


DENIAL = allergy(
    "No known allergy",
    "716186003",
    recordedDate="2026-05-02",
    recorder={"reference": "Practitioner/1", "display": "Dr. Amara Obi"},
)


def test_a1_exactly_one_of_four_states() -> None:
    assert [allergy_state(records, UTC).state for records in (None, [], [DENIAL], [allergy()])] == [
        "unavailable", "not-recorded", "none", "known",
    ]  # fmt: skip
    assert len(set(WORDS.values())) == 4


def test_a2_no_known_needs_an_author_and_a_date() -> None:
    told = allergy_state([DENIAL], UTC)
    assert told.note == "Told by Dr. Amara Obi, a practitioner on 02-May-2026"
    for missing in ("recorder", "recordedDate"):
        partial = {key: value for key, value in DENIAL.items() if key != missing}
        state = allergy_state([partial], UTC)
        assert state.state == "not-recorded" and "no author or no date" in state.note


def test_a2_a_denial_is_not_counted_as_an_allergy_and_one_kind_does_not_deny_all() -> None:
    drugs = allergy("NKDA", "409137002", recordedDate="2026-05-02", recorder={"display": "Dr. X"})
    state = allergy_state([drugs], UTC)
    assert (state.state, state.allergies) == ("not-recorded", ())
    assert state.note == "No known drug allergy is recorded; other kinds are not."
    assert [one.name for one in allergy_state([drugs, allergy()], UTC).active] == ["Penicillin"]


def test_a2_an_allergy_wins_over_a_denial_and_the_contradiction_is_told() -> None:
    state = allergy_state([DENIAL, allergy()], UTC)
    assert state.state == "known" and "clarify" in state.note


def test_a2_patient_entries_read_unconfirmed() -> None:
    own = allergy(asserter={"reference": "Patient/1"})
    assert "unconfirmed" in allergy_state([own], UTC).active[0].text
    confirmed = allergy(asserter={"reference": "Patient/1"}, verificationStatus=status("confirmed"))
    assert "unconfirmed" not in allergy_state([confirmed], UTC).active[0].text


def test_a3_uncoded_allergies_say_that_they_are_not_checked() -> None:
    assert "not coded" in allergy_state([allergy()], UTC).active[0].text
    assert "not coded" not in allergy_state([allergy(code="91936005")], UTC).active[0].text


def test_deleting_the_denial_turns_no_known_into_not_recorded() -> None:
    assert allergy_state([], UTC).state == "not-recorded"


def test_entered_in_error_and_resolved_entries_stay_visible_but_do_not_count() -> None:
    wrong = allergy("Latex", verificationStatus=status("entered-in-error"))
    past = allergy("Egg", clinicalStatus=status("resolved"))
    state = allergy_state([wrong, past], UTC)
    assert state.state == "not-recorded" and state.active == ()
    assert {one.name: one.status for one in state.allergies} == {"Latex": "Entered in error", "Egg": "Resolved"}
    assert allergy_state([wrong], UTC).note == "Only entries made in error."
    refuted = allergy("Nut", verificationStatus=status("refuted"))
    assert allergy_state([refuted], UTC).state == "not-recorded"


def test_the_gravest_allergy_comes_first() -> None:
    grave = allergy("Zinc", reaction=[{"severity": "severe", "manifestation": [{"text": "Anaphylaxis"}]}])
    state = allergy_state([allergy("Apple"), grave], UTC)
    assert [one.name for one in state.active] == ["Zinc", "Apple"]
    assert [one.grave for one in state.active] == [True, False]
    assert state.active[0].text.startswith("Zinc: severe Anaphylaxis")


def test_the_date_of_the_last_update_is_told() -> None:
    records = [allergy(recordedDate="2020-01-01"), allergy("Nut", recordedDate="2024-03-05")]
    assert allergy_state(records, UTC).updated == "05-Mar-2024"

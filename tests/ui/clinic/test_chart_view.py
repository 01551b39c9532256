"""The chart's head: banner, allergy state, vitals with their age."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from ehr_app.ui.clinic.chart_view import chart_head, count_text, latest_vitals

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
ZONE = ZoneInfo("America/New_York")
PATIENT = {
    "resourceType": "Patient",
    "id": "p1",
    "name": [{"family": "Smith", "given": ["Anna"]}],
    "birthDate": "1961-03-04",
    "gender": "female",
}


def vital(code: str, value: float, unit: str, taken: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "effectiveDateTime": taken,
        "valueQuantity": {"value": value, "unit": unit},
        **more,
    }


def test_the_head_names_the_patient_and_the_allergy_state() -> None:
    head = chart_head(PATIENT, [], [], NOW, ZONE)
    assert (head.pid, head.name, head.born, head.age, head.sex) == ("p1", "SMITH, Anna", "04-Mar-1961", "65y", "Female")
    assert (head.allergy, head.allergy_words) == ("not-recorded", "Allergies not recorded")


def test_allergies_that_did_not_answer_are_unavailable_not_none() -> None:
    assert chart_head(PATIENT, None, [], NOW, ZONE).allergy == "unavailable"


def test_today_is_the_facilitys_day() -> None:
    midnight_utc = datetime(2026, 3, 4, 1, 0, tzinfo=UTC)
    assert chart_head(PATIENT, [], [], midnight_utc, ZONE).age == "64y"
    assert chart_head(PATIENT, [], [], midnight_utc, ZoneInfo("UTC")).age == "65y"


def test_vitals_tell_their_age_and_older_ones_their_day() -> None:
    pulse = vital("8867-4", 88, "/min", "2026-11-20T12:00:00Z", performer=[{"display": "J. Doe"}])
    weight = vital("29463-7", 71, "kg", "2026-10-02T12:00:00Z")
    head = chart_head(PATIENT, [], [weight, pulse], NOW, ZONE)
    assert (head.vitals_age, head.vitals_by) == ("3 h ago", "J. Doe")
    assert [(one.name, one.value, one.older) for one in head.vitals] == [
        ("HR", "88 /min", ""),
        ("Weight", "71 kg", "02-Oct-2026"),
    ]


def test_the_newest_vital_wins_and_what_was_entered_in_error_does_not_count() -> None:
    right = vital("8867-4", 70, "/min", "2026-11-19T12:00:00Z")
    wrong = vital("8867-4", 700, "/min", "2026-11-20T12:00:00Z", status="entered-in-error")
    shown, _ = latest_vitals([wrong, right], ZONE)
    assert [one.value for one in shown] == ["70 /min"]
    assert latest_vitals([wrong], ZONE) == ([], None)


def test_the_age_is_that_of_what_is_shown_and_what_has_no_value_does_not_hide_a_value() -> None:
    shown = vital("8867-4", 70, "/min", "2020-01-01T12:00:00Z")
    elsewhere = vital("72514-3", 3, "score", "2026-11-19T12:00:00Z")
    empty = vital("8867-4", 0, "", "2026-11-19T12:00:00Z", dataAbsentReason={"text": "Unknown"})
    del empty["valueQuantity"]
    head = chart_head(PATIENT, [], [shown, elsewhere, empty], NOW, ZONE)
    assert [one.value for one in head.vitals] == ["70 /min"]
    assert head.vitals_age == "6 years ago"


def test_a_flag_on_a_component_of_blood_pressure_is_shown() -> None:
    high = {
        "code": {"coding": [{"code": "8480-6"}]},
        "valueQuantity": {"value": 148, "unit": "mmHg"},
        "interpretation": [{"coding": [{"code": "H"}]}],
    }
    low = {"code": {"coding": [{"code": "8462-4"}]}, "valueQuantity": {"value": 92, "unit": "mmHg"}}
    pressure = vital("85354-9", 0, "", "2026-11-20T12:00:00Z", component=[low, high])
    del pressure["valueQuantity"]
    head = chart_head(PATIENT, [], [pressure], NOW, ZONE)
    assert [(one.value, one.code, one.words) for one in head.vitals] == [("148/92 mmHg", "H", "High")]
    assert head.vitals_abnormal == "1 out of range"


def test_counts_are_honest_about_more() -> None:
    assert [count_text(0, False), count_text(7, False), count_text(50, True)] == ["", "7", "50+"]

"""Medication lines (rules M1-M4)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehr_app.ui.format.medications import drug_name, frequency, medication_line


def line(text: str, *dosages: dict[str, Any], **more: Any) -> str:
    return medication_line({"medicationCodeableConcept": {"text": text}, "dosageInstruction": list(dosages), **more}).text


@pytest.mark.parametrize(
    ("recorded", "shown"),
    [
        ("Ibuprofen 200 MG Oral Tablet", "ibuprofen — 200 mg — oral tablet"),
        (
            "24 HR metoprolol succinate 100 MG Extended Release Oral Tablet [Toprol]",
            "metoprolol succinate — TOPROL — 100 mg — 24-hour extended release oral tablet",
        ),
        (
            "Amoxicillin 250 MG / Clavulanate 125 MG Oral Tablet",
            "amoxicillin — 250 mg — and clavulanate — 125 mg — oral tablet",
        ),
        (
            "NDA020503 200 ACTUAT Albuterol 0.09 MG/ACTUAT Metered Dose Inhaler",
            "albuterol — 0.09 mg per actuation — metered dose inhaler — 200 actuations",
        ),
        (
            "1 ML medroxyprogesterone acetate 150 MG/ML Injection",
            "medroxyprogesterone acetate — 150 mg per mL — injection — 1 mL",
        ),
        ("Penicillin V Potassium 500 MG Oral Tablet", "penicillin V potassium — 500 mg — oral tablet"),
        ("Heparin 10000 UNT/ML Injection", "heparin — 10,000 units per mL — injection"),
        ("Yaz 28 Day Pack", "Yaz 28 Day Pack"),
        ("Lasix 40mg", "Lasix 40mg"),
    ],
)  # fmt: skip
def test_m1_generic_brand_strength_form_in_this_order(recorded: str, shown: str) -> None:
    assert line(recorded) == shown


def test_m1_kinds_carry_the_weight() -> None:
    kinds = [part.kind for part in drug_name("24 HR Metoprolol 100 MG Oral Tablet [Toprol]")]
    assert kinds == ["name", "brand", "strength", "form"]


def test_m3_dose_label_stays_with_its_value_and_parts_are_joined_by_a_spaced_em_dash() -> None:
    shown = line(
        "Metformin 500 MG Oral Tablet",
        {
            "doseAndRate": [{"doseQuantity": {"value": 1000, "unit": "mg"}}],
            "route": {"text": "Oral"},
            "timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d", "when": ["PCV"]}},
        },
    )
    assert shown == "metformin — 500 mg — oral tablet — DOSE 1,000 mg — oral — twice a day after dinner"


def test_m1_rate_and_duration_come_between_dose_and_route() -> None:
    shown = line(
        "Dopamine 40 MG/ML Injection",
        {
            "doseAndRate": [
                {"doseQuantity": {"value": 400, "unit": "mg"},
                 "rateRatio": {"numerator": {"value": 20, "unit": "mL"}, "denominator": {"value": 1, "code": "h"}}}
            ],
            "timing": {"repeat": {"boundsDuration": {"value": 3, "code": "d", "unit": "d"}}},
            "route": {"text": "Intravenous"},
        },
    )  # fmt: skip
    assert shown == "dopamine — 40 mg per mL — injection — DOSE 400 mg — at 20 mL per hour — for 3 days — intravenous"


def test_m4_the_stored_name_is_never_shortened() -> None:
    long = "A very long compounded preparation of many things that nobody can abbreviate " * 4
    assert line(long) == " ".join(long.split())


def test_r2_a_dose_without_unit_says_so() -> None:
    assert "DOSE 1 unit not recorded" in line("Lasix 40mg", {"doseAndRate": [{"doseQuantity": {"value": 1}}]})


@pytest.mark.parametrize(
    ("repeat", "shown"),
    [
        ({"frequency": 1, "period": 1, "periodUnit": "d"}, "once a day"),
        ({"frequency": 3, "period": 1, "periodUnit": "d"}, "three times a day"),
        ({"frequency": 1, "period": 8, "periodUnit": "h"}, "every 8 hours"),
        ({"frequency": 1, "period": 4, "periodMax": 6, "periodUnit": "h"}, "every 4 to 6 hours"),
        ({"frequency": 1, "frequencyMax": 2, "period": 1, "periodUnit": "d"}, "1 to 2 times a day"),
        ({"frequency": 1, "period": 1, "periodUnit": "wk", "dayOfWeek": ["mon"]}, "once a week on Monday"),
        ({"frequency": 1, "period": 1, "periodUnit": "h"}, "once an hour"),
        ({"frequency": 1, "period": 1, "periodUnit": "d", "timeOfDay": ["08:00:00"]}, "once a day at 08:00"),
        ({"count": 1}, "1 time"),
    ],
)
def test_frequency_is_in_words(repeat: dict[str, Any], shown: str) -> None:
    assert frequency({"timing": {"repeat": repeat}}) == shown


def test_as_needed_names_the_reason_and_free_text_stands_when_nothing_is_structured() -> None:
    reason = {
        "asNeededCodeableConcept": {"text": "Pain"},
        "timing": {"repeat": {"frequency": 1, "period": 6, "periodUnit": "h"}},
    }
    assert line("Ibuprofen 200 MG Oral Tablet", reason).endswith("every 6 hours — as needed for pain")
    assert line("Lasix 40mg", {"text": "Take one in the morning"}) == "Lasix 40mg — Take one in the morning"


def test_entered_in_error_and_stopped_are_told() -> None:
    shown = medication_line({"status": "entered-in-error", "medicationCodeableConcept": {"text": "X"}})
    assert shown.wrong and shown.status == "Entered in error"
    assert medication_line({"status": "stopped"}).status == "Stopped"
    assert medication_line({}).text == "Medication not named"


def test_a_contained_medication_gives_its_name() -> None:
    request = {
        "contained": [{"resourceType": "Medication", "id": "m", "code": {"text": "Aspirin 81 MG Oral Tablet"}}],
        "medicationReference": {"reference": "#m"},
    }
    assert medication_line(request).text == "aspirin — 81 mg — oral tablet"


@given(st.text(max_size=80))
def test_no_name_breaks_the_line(text: str) -> None:
    line(text, {"text": text})

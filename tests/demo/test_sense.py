"""The generated charts make sense: time, age, cause and number agree with each other."""

from base64 import b64decode
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import islice, pairwise
from typing import Any

import pytest

from ehr_app.demo import codes, facilities, patients
from ehr_app.demo.elements import LOINC, Code
from ehr_app.demo.medications import REGIMENS
from ehr_app.demo.panels import ANALYTES, flag
from ehr_app.demo.problems import COURSES
from tests.demo.conftest import AS_OF, of_type, walk

Chart = list[dict[str, Any]]

_EVENT_KEYS = (
    "onsetDateTime", "abatementDateTime", "recordedDate", "effectiveDateTime", "issued", "authoredOn", "date",
    "occurrenceDateTime",
)  # fmt: skip
_STEPS = {  # analyte or vital sign and the largest plausible change between two neighbours
    codes.HEMOGLOBIN_A1C: 2.0, codes.CREATININE: 0.5, codes.HEMOGLOBIN: 3.6, codes.SODIUM: 8.0, codes.CALCIUM: 1.2,
    codes.LDL_CHOLESTEROL: 80.0, codes.HDL_CHOLESTEROL: 14.0, codes.MCV: 12.0, codes.PLATELETS: 80.0,
    codes.THYROTROPIN: 8.0,
}  # fmt: skip


@pytest.fixture(scope="module")
def charts(charts: list[Chart]) -> list[Chart]:
    """The thirty written people and 120 invented ones: sense must not depend on luck."""
    invented = [c for f in facilities.FACILITIES for c in islice(patients.generate(f, 55, 11, AS_OF), 15, None)]
    return [*charts, *invented]


def _birth(chart: Chart) -> date:
    return date.fromisoformat(chart[0]["birthDate"])


def _age(chart: Chart, when: str) -> float:
    return (date.fromisoformat(when[:10]) - _birth(chart)).days / 365.25


def _code(resource: dict[str, Any], element: str = "code") -> str:
    return str(resource[element]["coding"][0]["code"]) if "coding" in resource[element] else ""


def _series(chart: Chart, code: Code) -> list[tuple[datetime, Decimal]]:
    found = [
        (datetime.fromisoformat(r["effectiveDateTime"]), r["valueQuantity"]["value"])
        for r in of_type(chart, "Observation")
        if _code(r) == code.code and "valueQuantity" in r and r["status"] != "entered-in-error"
    ]
    return sorted(found)


def _laboratory(chart: Chart) -> list[dict[str, Any]]:
    return [r for r in of_type(chart, "Observation") if r["category"][0]["coding"][0]["code"] == "laboratory"]


def test_nothing_happens_before_birth_after_death_or_after_the_last_day(charts: list[Chart]) -> None:
    for chart in charts:
        end = chart[0].get("deceasedDateTime", AS_OF.isoformat())[:10]
        for resource in chart[1:]:
            for key in _EVENT_KEYS:
                if key in resource:
                    assert chart[0]["birthDate"] <= resource[key][:10] <= end, (resource["id"], key)
            for key in ("period", "performedPeriod"):
                if resource["resourceType"] != "Coverage" and key in resource:
                    start, stop = resource[key]["start"], resource[key].get("end", resource[key]["start"])
                    assert chart[0]["birthDate"] <= start[:10] <= stop[:10] <= end, resource["id"]
                    if "T" in start:
                        assert datetime.fromisoformat(start) <= datetime.fromisoformat(stop), resource["id"]


def test_a_medication_has_an_indication_and_starts_after_its_onset(charts: list[Chart]) -> None:
    for chart in charts:
        conditions = {f"Condition/{c['id']}": c for c in of_type(chart, "Condition")}
        for request in of_type(chart, "MedicationRequest"):
            condition = conditions[request["reasonReference"][0]["reference"]]
            assert _code(condition) == request["reasonCode"][0]["coding"][0]["code"]
            assert condition["onsetDateTime"] <= request["authoredOn"][:10]
            assert request["authoredOn"][:10] <= condition.get("abatementDateTime", "9999")


def test_a_medication_is_one_its_problem_is_treated_with(charts: list[Chart]) -> None:
    treated = {COURSES[key].code.code: {step.drug.code.code for step in steps} for key, steps in REGIMENS.items()}
    substitutes = {codes.AZITHROMYCIN.code, codes.ACETAMINOPHEN.code, codes.LORATADINE_CHEWABLE.code}
    for chart in charts:
        for request in of_type(chart, "MedicationRequest"):
            drug = _code(request, "medicationCodeableConcept")
            assert drug in treated[request["reasonCode"][0]["coding"][0]["code"]] | substitutes


def test_a_medication_line_has_dose_route_and_frequency(charts: list[Chart]) -> None:
    for chart in charts:
        for request in of_type(chart, "MedicationRequest"):
            dosage = request["dosageInstruction"][0]
            assert dosage["text"] and dosage["route"]["coding"]
            assert dosage["doseAndRate"][0]["doseQuantity"]["value"] > 0
            assert dosage["timing"]["repeat"]["frequency"] >= 1


def test_nobody_takes_one_drug_twice_or_what_she_is_allergic_to(charts: list[Chart]) -> None:
    penicillins = {codes.AMOXICILLIN.code, codes.AMOXICILLIN_CLAVULANATE.code, codes.PENICILLIN_V.code}
    for chart in charts:
        active = Counter(
            _code(r, "medicationCodeableConcept") for r in of_type(chart, "MedicationRequest") if r["status"] == "active"
        )
        assert all(count == 1 for count in active.values()), chart[0]["id"]
        if codes.PENICILLIN_G.code in {_code(a) for a in of_type(chart, "AllergyIntolerance")}:
            taken = {_code(r, "medicationCodeableConcept") for r in of_type(chart, "MedicationRequest")}
            assert not taken & penicillins, chart[0]["id"]


def test_the_dead_take_nothing(charts: list[Chart]) -> None:
    dead = [chart for chart in charts if "deceasedDateTime" in chart[0]]
    assert dead
    for chart in dead:
        assert not [r for r in of_type(chart, "MedicationRequest") if r["status"] == "active"]


def test_a_result_is_drawn_in_its_encounter_and_reported_within_two_days(charts: list[Chart]) -> None:
    for chart in charts:
        periods = {f"Encounter/{e['id']}": e["period"] for e in of_type(chart, "Encounter")}
        for result in of_type(chart, "Observation"):
            period = periods[result["encounter"]["reference"]]
            taken = datetime.fromisoformat(result["effectiveDateTime"])
            issued = datetime.fromisoformat(result["issued"])
            assert datetime.fromisoformat(period["start"]) <= taken <= datetime.fromisoformat(period["end"])
            assert taken <= issued <= taken + timedelta(days=2), result["id"]


def test_a_report_holds_results_of_its_own_encounter(charts: list[Chart]) -> None:
    for chart in charts:
        results = {f"Observation/{r['id']}": r for r in _laboratory(chart)}
        held: Counter[str] = Counter()
        for report in of_type(chart, "DiagnosticReport"):
            for entry in report.get("result", []):
                held[entry["reference"]] += 1
                assert results[entry["reference"]]["encounter"] == report["encounter"]
        assert set(held) == set(results) and set(held.values()) <= {1}


def test_encounters_do_not_overlap(charts: list[Chart]) -> None:
    for chart in charts:
        periods = sorted(
            (datetime.fromisoformat(e["period"]["start"]), datetime.fromisoformat(e["period"]["end"]))
            for e in of_type(chart, "Encounter")
        )
        assert all(earlier[1] <= later[0] for earlier, later in pairwise(periods)), chart[0]["id"]


def test_clinic_visits_are_on_weekdays_in_opening_hours(charts: list[Chart]) -> None:
    for chart in charts:
        for encounter in of_type(chart, "Encounter"):
            if encounter["class"]["code"] == "AMB":
                start = datetime.fromisoformat(encounter["period"]["start"])
                assert start.weekday() < 5 and 8 <= start.hour <= 16, encounter["id"]


def test_ages_fit_problems_and_vaccines(charts: list[Chart]) -> None:
    courses = {course.code.code: course for course in COURSES.values()}
    for chart in charts:
        for condition in of_type(chart, "Condition"):
            course = courses[_code(condition)]
            assert course.from_age <= _age(chart, condition["onsetDateTime"]) <= course.to_age, condition["id"]
            if course.code == codes.PREGNANCY:
                assert chart[0]["gender"] == "female"
        for immunization in of_type(chart, "Immunization"):
            age, code = _age(chart, immunization["occurrenceDateTime"]), _code(immunization, "vaccineCode")
            if code == codes.ROTAVIRUS.code:
                assert age < 0.95
            if code in (codes.ZOSTER.code, codes.HEP_A_ADULT.code):
                assert age > 40
            if code in (codes.MMR.code, codes.VARICELLA.code):
                assert age > 1
            if code == codes.INFLUENZA.code:
                assert age > 0.6


def test_a_resolved_problem_says_when_and_an_active_one_does_not(charts: list[Chart]) -> None:
    for chart in charts:
        for condition in of_type(chart, "Condition"):
            if condition["verificationStatus"]["coding"][0]["code"] == "entered-in-error":
                assert "clinicalStatus" not in condition  # invariant con-5
                continue
            resolved = condition["clinicalStatus"]["coding"][0]["code"] == "resolved"
            assert resolved == ("abatementDateTime" in condition)
            assert condition["onsetDateTime"] < condition.get("abatementDateTime", "9999")


def test_flags_agree_with_ranges(charts: list[Chart]) -> None:
    analytes = {analyte.code.code: analyte for analyte in ANALYTES.values()}
    letters: Counter[str] = Counter()
    for chart in charts:
        for result in _laboratory(chart):
            letter = result["interpretation"][0]["coding"][0]["code"] if "interpretation" in result else None
            letters[letter or "none"] += 1
            if "valueQuantity" not in result:
                assert (letter == "A") == (result["valueCodeableConcept"]["text"] != "Negative")
            elif letter is None:
                assert "referenceRange" not in result
            else:
                value, bounds = result["valueQuantity"]["value"], result["referenceRange"][0]
                assert letter == flag(analytes[_code(result)], chart[0]["gender"], value), result["id"]
                outside_low = "low" in bounds and value < bounds["low"]["value"]
                outside_high = "high" in bounds and value > bounds["high"]["value"]
                assert outside_low == (letter in ("L", "LL")) and outside_high == (letter in ("H", "HH"))
    assert {"N", "L", "H", "HH", "A", "none"} <= set(letters)
    assert letters["HH"] < 5


def test_series_drift_in_plausible_steps(charts: list[Chart]) -> None:
    for chart in charts:
        for code, step in _STEPS.items():
            for (_, earlier), (_, later) in pairwise(_series(chart, code)):
                corrected_later = code == codes.HEMOGLOBIN_A1C and later - earlier > 2 and later > 9
                assert abs(later - earlier) <= step or corrected_later, (chart[0]["id"], code.display, earlier, later)


def test_weight_and_height_drift_plausibly(charts: list[Chart]) -> None:
    for chart in charts:
        for (when, earlier), (then, later) in pairwise(_series(chart, codes.WEIGHT)):
            months = Decimal((then - when).days / 30)
            assert abs(later - earlier) <= 3 + earlier * months / 8, chart[0]["id"]
        if _age(chart, AS_OF.isoformat()) < 15:
            heights = [value for _, value in _series(chart, codes.HEIGHT)]
            assert heights == sorted(heights), chart[0]["id"]


def test_panels_are_coherent(charts: list[Chart]) -> None:
    for chart in charts:
        results = {f"Observation/{r['id']}": r for r in _laboratory(chart)}
        for report in of_type(chart, "DiagnosticReport"):
            rows = [results[entry["reference"]] for entry in report.get("result", [])]
            values = {_code(r): r["valueQuantity"]["value"] for r in rows if "valueQuantity" in r}
            if _code(report) == codes.LIPID_PANEL.code:
                parts = values[codes.LDL_CHOLESTEROL.code] + values[codes.HDL_CHOLESTEROL.code]
                parts += values[codes.TRIGLYCERIDES.code] / 5
                assert abs(values[codes.TOTAL_CHOLESTEROL.code] - parts) <= 2
            if _code(report) == codes.BLOOD_COUNT.code:
                ratio = values[codes.HEMOGLOBIN.code] * 10 / values[codes.ERYTHROCYTES.code]
                assert abs(values[codes.MCH.code] - ratio) < Decimal("0.3")


def test_blood_pressure_has_both_components_the_right_way_round(charts: list[Chart]) -> None:
    pressures = [r for c in charts for r in of_type(c, "Observation") if _code(r) == codes.BLOOD_PRESSURE.code]
    assert len(pressures) > 500
    for pressure in pressures:
        high, low = (part["valueQuantity"]["value"] for part in pressure["component"])
        assert 70 < high < 200 and 30 < low <= high - 20


def test_notes_are_text_and_signed_ones_name_the_signer(charts: list[Chart]) -> None:
    states: Counter[str] = Counter()
    for chart in charts:
        for note in of_type(chart, "DocumentReference"):
            attachment = note["content"][0]["attachment"]
            if attachment["contentType"] == "application/pdf":
                states["pdf"] += 1
                continue
            text = b64decode(attachment["data"]).decode()
            states[note["docStatus"]] += 1
            assert ("authenticator" in note) == (note["docStatus"] == "final")
            assert ("Signed by" if note["docStatus"] == "final" else "DRAFT") in text
    assert states["preliminary"] and states["final"] and states["pdf"]


def test_every_quantity_has_a_unit(charts: list[Chart]) -> None:
    for chart in charts:
        for resource in chart:
            for item in walk(resource):
                if "valueQuantity" in item:
                    assert item["valueQuantity"]["unit"] and isinstance(item["valueQuantity"]["value"], Decimal)


def test_loinc_observations_are_categorized(charts: list[Chart]) -> None:
    for chart in charts:
        for observation in of_type(chart, "Observation"):
            assert observation["code"]["coding"][0]["system"] == LOINC and observation["category"]

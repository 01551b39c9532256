"""Results by panel and over time."""

from typing import Any
from zoneinfo import ZoneInfo

from ehr_app.ui.clinic.results_view import details, grid, over_time, panels, series_key, telling_test

ZONE = ZoneInfo("UTC")


def lab(
    fhir_id: str, value: float, day: str, code: str = "2823-3", unit: str = "mmol/L", flag: str = "", **more: Any
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "resourceType": "Observation",
        "id": fhir_id,
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code, "display": f"Test {code}"}]},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": f"{day}T09:30:00Z",
        "valueQuantity": {"value": value, "unit": unit, "code": unit},
        **more,
    }
    if flag:
        found["interpretation"] = [{"coding": [{"code": flag}]}]
    return found


def report(fhir_id: str, *results: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "DiagnosticReport",
        "id": fhir_id,
        "status": "final",
        "code": {"text": "Panel"},
        "effectiveDateTime": "2026-05-01T09:30:00Z",
        "result": [{"reference": f"Observation/{one}"} for one in results],
        **more,
    }


def test_a_report_shows_its_results_and_the_rest_goes_by_day() -> None:
    labs = [lab("a", 4, "2026-05-01"), lab("b", 5, "2026-05-01"), lab("c", 6, "2026-06-01")]
    cards = panels([report("r", "a", "b")], labs, "p1", ZONE)
    assert [(card.title, [row.ref for row in card.rows]) for card in cards] == [
        ("Single results", ["Observation/c"]),
        ("Panel", ["Observation/a", "Observation/b"]),
    ]


def test_critical_results_come_first_and_are_counted() -> None:
    labs = [lab("a", 4, "2026-05-01", flag="H"), lab("b", 9, "2026-05-01", flag="HH")]
    card = panels([report("r", "a", "b")], labs, "p1", ZONE)[0]
    assert [row.code for row in card.rows] == ["HH", "H"]
    assert (card.summary, card.grade) == ("1 critical, 1 out of range", "critical")


def test_what_was_entered_in_error_is_shown_but_not_counted() -> None:
    card = panels([report("r", "a")], [lab("a", 9, "2026-05-01", flag="HH", status="entered-in-error")], "p1", ZONE)[0]
    assert card.rows[0].wrong and card.summary == "" and card.grade == "ungraded"


def test_an_amended_report_says_so() -> None:
    assert panels([report("r", status="amended")], [], "p1", ZONE)[0].status == "Amended"


def test_the_grid_has_the_newest_day_first_and_one_row_per_test_and_unit() -> None:
    labs = [lab("a", 4, "2026-05-01"), lab("b", 5, "2026-06-01"), lab("c", 90, "2026-06-01", unit="mg/dL")]
    shown = grid(labs, "p1", ZONE)
    assert [column.day for column in shown.columns] == ["01-Jun-2026", "01-May-2026"]
    assert [(row.unit, [cell.text for cell in row.cells]) for row in shown.rows] == [("mmol/L", ["5", "4"]), ("mg/dL", ["90", ""])]


def test_the_grid_tells_how_many_days_it_leaves_out() -> None:
    labs = [lab(str(at), at, f"2026-01-{at:02d}") for at in range(1, 21)]
    assert grid(labs, "p1", ZONE).note == "The newest 12 of 20 days are shown."


def test_the_drawn_test_is_the_gravest_then_the_longest_series() -> None:
    long = [lab(str(at), 4, f"2026-01-{at:02d}", code="A") for at in range(1, 5)]
    short = [lab("x", 4, "2026-01-01", code="B")]
    assert telling_test([*short, *long]) == series_key(long[0])
    assert telling_test([*long, lab("y", 9, "2026-01-01", code="B", flag="HH")]) == series_key(short[0])
    assert telling_test([]) == ""


def test_addresses_carry_patient_and_test_safely() -> None:
    assert over_time("p1", "http://loinc.org|2823-3|mmol/L").endswith("&test=http%3A%2F%2Floinc.org%7C2823-3%7Cmmol%2FL")


def test_everything_about_a_result_is_one_step_away() -> None:
    one = lab(
        "a",
        4.123456789,
        "2026-05-01",
        issued="2026-05-01T12:00:00Z",
        performer=[{"display": "North Lab"}],
        note=[{"text": "Redrawn"}],
    )
    told = dict(details(one, ZONE))
    assert told["Exact value"] == "4.123456789 mmol/L"
    assert (told["Collected"], told["Reported"]) == ("01-May-2026 09:30", "01-May-2026 12:00")
    assert (told["Performed by"], told["Note"], told["Status"]) == ("North Lab", "Redrawn", "Final")

"""Results by panel and over time."""

from typing import Any
from zoneinfo import ZoneInfo

from ehr_app.ui.clinic.opening import Found
from ehr_app.ui.clinic.results_address import OUT, Asked, asked
from ehr_app.ui.clinic.results_panels import Panel, corrected, former_value, panels
from ehr_app.ui.clinic.results_view import CONFLICT, DAY_CUT, details, grid, over_time, series_key, telling_test

ZONE = ZoneInfo("UTC")
TIME = Asked("p1", view="time")


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


def cards(reports: list[dict[str, Any]], labs: list[dict[str, Any]], wish: Asked = TIME) -> list[Panel]:
    return panels(Found(reports), labs, Found(labs), wish, ZONE)[0]


def test_a_report_shows_its_results_and_the_rest_goes_by_day() -> None:
    labs = [lab("a", 4, "2026-05-01"), lab("b", 5, "2026-05-01"), lab("c", 6, "2026-06-01")]
    shown = cards([report("r", "a", "b")], labs)
    assert [(card.title, [row.ref for row in card.rows]) for card in shown] == [
        ("Single results", ["Observation/c"]),
        ("Panel", ["Observation/a", "Observation/b"]),
    ]


def test_critical_results_come_first_and_are_counted() -> None:
    labs = [lab("a", 4, "2026-05-01", flag="H"), lab("b", 9, "2026-05-01", flag="HH")]
    card = cards([report("r", "a", "b")], labs)[0]
    assert [row.code for row in card.rows] == ["HH", "H"]
    assert (card.summary, card.grade) == ("1 critical, 1 out of range", "critical")


def test_what_was_entered_in_error_is_shown_but_not_counted() -> None:
    card = cards([report("r", "a")], [lab("a", 9, "2026-05-01", flag="HH", status="entered-in-error")])[0]
    assert card.rows[0].wrong and card.summary == "" and card.grade == "ungraded"


def test_an_amended_report_says_so() -> None:
    assert cards([report("r", status="amended")], [])[0].status == "Amended"


def test_the_grid_has_the_newest_day_first_and_one_row_per_test_and_unit() -> None:
    labs = [lab("a", 4, "2026-05-01"), lab("b", 5, "2026-06-01"), lab("c", 90, "2026-06-01", unit="mg/dL")]
    shown = grid(labs, TIME, ZONE)
    assert [column.day for column in shown.columns] == ["01-Jun-2026", "01-May-2026"]
    assert [(row.unit, [cell.text for cell in row.cells]) for row in shown.rows] == [("mmol/L", ["5", "4"]), ("mg/dL", ["90", ""])]


def test_the_grid_goes_on_to_older_days_and_back_to_the_newest() -> None:
    labs = [lab(str(at), at, f"2026-01-{at:02d}") for at in range(1, 21)]
    first = grid(labs, TIME, ZONE)
    assert [first.columns[0].day, first.columns[-1].day] == ["20-Jan-2026", "09-Jan-2026"]
    assert (first.newest, "until=2026-01-09T00%3A00%3A00Z" in first.older) == ("", True)
    rest = [one for one in labs if one["effectiveDateTime"] < "2026-01-09T00:00:00Z"]
    second = grid(rest, asked("p1", {"view": "time", "until": "2026-01-09T00:00:00Z"}), ZONE)
    assert len(first.columns) + len(second.columns) == 20
    assert (second.older, second.newest) == ("", "/patients/p1/results?view=time")


def test_a_day_that_may_be_cut_waits_for_the_next_page() -> None:
    labs = [lab(str(at), at, f"2026-01-{at:02d}") for at in range(1, 4)]
    shown = grid(labs, TIME, ZONE, more=True)
    assert [column.day for column in shown.columns] == ["03-Jan-2026", "02-Jan-2026"]
    assert "until=2026-01-02" in shown.older
    assert grid(labs[:1], TIME, ZONE, more=True).note == DAY_CUT


def test_g1_conflicting_units_are_told_in_words() -> None:
    assert grid([lab("a", 4, "2026-05-01"), lab("b", 90, "2026-05-01", unit="mg/dL")], TIME, ZONE).note == CONFLICT
    assert grid([lab("a", 4, "2026-05-01"), lab("b", 90, "2026-05-01", code="B", unit="mg/dL")], TIME, ZONE).note == ""


def test_only_what_is_out_of_range_is_left_by_the_filter() -> None:
    labs = [lab("a", 4, "2026-05-01", flag="N"), lab("b", 9, "2026-05-01", code="B", flag="H")]
    wish = asked("p1", {"flag": OUT})
    assert [row.name for row in grid(labs, wish, ZONE).rows] == ["Test B"]
    assert [row.code for card in cards([report("r", "a", "b")], labs, wish) for row in card.rows] == ["H"]


def test_r3_critical_tests_come_first_in_the_grid() -> None:
    labs = [lab("a", 4, "2026-05-01", code="A"), lab("z", 9, "2026-05-01", code="Z", flag="LL")]
    assert [row.name for row in grid(labs, TIME, ZONE).rows] == ["Test Z", "Test A"]


def test_a_page_of_panels_shows_only_what_both_searches_have_read() -> None:
    labs = [lab("new", 4, "2026-06-01"), lab("old", 4, "2026-03-01")]
    reports = [report("r1", effectiveDateTime="2026-05-20T08:00:00Z"), report("r2", effectiveDateTime="2026-05-01T08:00:00Z")]
    shown, older = panels(Found(reports, more=True), labs, Found(labs), TIME, ZONE)
    assert [card.ref or card.rows[0].ref for card in shown] == ["Observation/new", "DiagnosticReport/r1", "DiagnosticReport/r2"]
    assert "until=2026-05-01T08%3A00%3A00Z" in older
    assert panels(Found(reports), labs, Found(labs), TIME, ZONE)[1] == ""


def test_a_report_of_text_alone_shows_conclusion_and_attachment() -> None:
    one = report("r", conclusion="No change.", presentedForm=[{"contentType": "application/pdf", "title": "Chest"}])
    assert [(card.conclusion, card.attached) for card in cards([one], [])] == [("No change.", "Chest")]


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


def test_R3_a_corrected_result_shows_what_it_was() -> None:
    now, before = lab("a", 5.1, "2026-05-01", status="corrected"), lab("a", 15.1, "2026-05-01")
    assert corrected([now, lab("b", 1, "2026-05-01")]) == ["a"]
    was = former_value([now, now, before])
    assert was == "15.1 mmol/L" and former_value([now]) == former_value([now, now]) == ""
    card = panels(Found([report("r", "a")]), [now], Found([now]), TIME, ZONE, {"Observation/a": was})[0][0]
    assert [(row.value, row.status, row.former) for row in card.rows] == [("5.1 mmol/L", "Corrected", "15.1 mmol/L")]


def test_R2_a_value_without_unit_is_an_error_and_without_range_says_so() -> None:
    card = cards([], [lab("a", 4, "2026-05-01", valueQuantity={"value": 4})])[0]
    assert (card.rows[0].value, card.rows[0].limits, card.rows[0].grade) == ("4, unit missing", "No range", "ungraded")


def test_R3_of_reports_of_one_moment_the_critical_one_comes_first() -> None:
    labs = [lab("a", 4, "2026-05-01"), lab("b", 9, "2026-05-01", flag="HH")]
    assert [card.ref for card in cards([report("calm", "a"), report("grave", "b")], labs)] == [
        "DiagnosticReport/grave", "DiagnosticReport/calm",
    ]  # fmt: skip

"""The timeline's screen objects: every address is a state, years and kinds tell the truth, every type has a line."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ehr_app.record.contents import Kind
from ehr_app.record.timeline import Count, Event, Filed, Found, Order
from ehr_app.standards.r4 import RTYPES
from ehr_app.ui.clinic.timeline_view import Asked, EventRow, asked, event_row, in_moments, kinds_of, link, shown
from ehr_app.ui.format.headline import headline, told_text

ZONE = ZoneInfo("America/New_York")
LAB, VITAL, PROBLEM = Kind("Observation", "laboratory"), Kind("Observation", "vital-signs"), Kind("Condition", "")
COUNTS = [Count(LAB, 2021, 40), Count(LAB, 2015, 5), Count(VITAL, 2021, 10), Count(PROBLEM, 2014, 2), Count(PROBLEM, None, 3)]


MOMENT = datetime.fromisoformat("2021-03-04T09:05")


def _event(resource: dict[str, Any], stamp: datetime | None = MOMENT, bare: bool = False, **filed: Any) -> Event:
    written = datetime(2022, 1, 1, tzinfo=UTC)
    return Event(resource, Kind(resource["resourceType"], ""), stamp, bare, "North", written, Filed(**filed))


def _mmol(value: str) -> dict[str, Any]:
    return {"value": Decimal(value), "unit": "mmol/L"}


def _potassium(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "id": "k1", "status": "final", "code": {"text": "Potassium"},
            "valueQuantity": _mmol("6.9"), "interpretation": [{"coding": [{"code": "HH"}]}],
            "referenceRange": [{"low": _mmol("3.5"), "high": _mmol("5.1")}],
            "performer": [{"display": "City lab"}]} | more  # fmt: skip


def test_an_address_is_a_state_and_a_state_an_address() -> None:
    to = Asked(("results", "visits"), "2019", "fièvre & toux", True)
    address = link("p 1", to)
    assert address == "/patients/p%201/timeline?kind=results%2Cvisits&year=2019&find=fi%C3%A8vre+%26+toux&print=1"
    assert asked({"kind": "results,visits", "year": "2019", "find": "fièvre & toux", "print": "1"}) == to
    assert link("p", Asked()) == "/patients/p/timeline"


@pytest.mark.parametrize("year", ["١٩", "20190", "-1", "2019; drop", "²"])
def test_what_an_address_cannot_mean_is_left_out(year: str) -> None:
    query = {"kind": "nonsense,summary,results,results", "year": year, "find": "x" * 500}
    assert asked(query) == Asked(("results",), "", "x" * 100)


def test_a_year_is_a_jump_to_its_newest_event_and_never_hides_others() -> None:
    page = shown("p", Asked(year="2015"), COUNTS, None, 1)
    assert (page.total, page.start) == (60, 50)
    assert shown("p", Asked(year="none"), COUNTS, None, 1).start == 57
    assert shown("p", Asked(year="1900"), COUNTS, None, 1).start == 57


def test_the_strip_tells_counts_and_empty_years_and_marks_the_chosen_one() -> None:
    years = shown("p", Asked(year="2015"), COUNTS, None, 1).years
    assert [(one.label, one.count, one.gap, one.current) for one in years] == [
        ("2021", "50", "", False), ("2015", "5", "5 years without events", True), ("2014", "2", "", False),
        ("No date", "3", "", False),
    ]  # fmt: skip
    assert years[0].height == 100 and years[1].height == 10


def test_filters_show_in_strip_and_total_and_each_is_a_link_that_takes_itself_out() -> None:
    page = shown("p", Asked(("results",), find=""), COUNTS, None, 1)
    assert page.total == 45 and [one.label for one in page.years] == ["2021", "2015"]
    chosen = {one.key: (one.count, one.chosen, one.href) for one in page.filters}
    assert chosen["results"] == ("45", True, "/patients/p/timeline")
    assert chosen["problems"] == ("5", False, "/patients/p/timeline?kind=problems%2Cresults")
    assert kinds_of(COUNTS, ("results",)) == [LAB] and kinds_of(COUNTS, ()) is None


def test_a_search_counts_hits_alone_and_says_kindly_where_it_stopped() -> None:
    found = Found(Order(7), [Count(LAB, 2021, 7)], 20_000, True)
    page = shown("p", Asked(find="potassium"), COUNTS, found, 1)
    assert page.total == 7 and [one.count for one in page.filters] == ["7"]
    assert page.note.startswith("The newest 20,000 events were searched")
    assert shown("p", Asked(find="x"), COUNTS, Found(Order(0), [], 60, False), 1).empty == "No event has these words."


def test_r1_a_result_is_value_range_and_flag_with_author_and_facility() -> None:
    row = event_row(_event(_potassium(), action="import", kind="local"), ZONE)
    assert (row.title, row.value, row.limits, row.code, row.words, row.grade) == (
        "Potassium", "6.9 mmol/L", "range 3.5 to 5.1", "HH", "Critically high", "critical",
    )  # fmt: skip
    assert (row.author, row.source, row.came) == ("City lab", "North", "Imported")
    assert (row.year, row.day, row.spoken, row.time) == ("2021", "04-Mar-2021", "4 March 2021", "09:05")


def test_d3_midnight_is_a_time_and_a_bare_date_has_none() -> None:
    midnight = datetime(2021, 3, 4)  # noqa: DTZ001
    assert event_row(_event(_potassium(), midnight), ZONE).time == "00:00"
    assert event_row(_event(_potassium(), midnight, bare=True), ZONE).time == ""
    assert event_row(_event(_potassium(), None), ZONE).day == ""


def test_what_was_entered_in_error_is_marked_and_not_graded() -> None:
    row = event_row(_event(_potassium(status="entered-in-error")), ZONE)
    assert row.wrong and row.grade == "ungraded" and row.status == ""


def test_who_entered_it_on_screen_is_told_when_nobody_is_named() -> None:
    allergy = {"resourceType": "AllergyIntolerance", "id": "a", "code": {"text": "Penicillin"}}
    assert event_row(_event(allergy, kind="session", display="Amara Nurse"), ZONE).author == "Amara Nurse"
    assert event_row(_event(allergy, kind="local", display="root"), ZONE).author == ""


def test_a_hit_in_a_text_that_the_line_does_not_show_comes_as_an_excerpt() -> None:
    long = "a " * 100 + "crise fébrile observée" + " b" * 100
    visit = {"resourceType": "Encounter", "id": "e", "class": {"code": "AMB"}, "text": {"status": "generated"},
             "hospitalization": {"dischargeDisposition": {"text": long}}}  # fmt: skip
    assert "fébrile" in event_row(_event(visit), ZONE, ("febrile",)).excerpt
    assert event_row(_event(visit), ZONE, ("ambulatory",)).excerpt == ""


@pytest.mark.parametrize("rtype", sorted(RTYPES))
def test_every_type_of_r4_has_a_line(rtype: str) -> None:
    assert headline({"resourceType": rtype, "id": "x"}, ZONE).title


def test_m1_a_medication_is_told_by_its_line_and_reason() -> None:
    request = {"resourceType": "MedicationRequest", "status": "stopped", "reasonCode": [{"text": "Hypertension"}],
               "medicationCodeableConcept": {"text": "Lisinopril 10 MG Oral Tablet"},
               "requester": {"display": "Dr. Wu"}}  # fmt: skip
    line = headline(request, ZONE)
    assert line.title.startswith("lisinopril — 10 mg")
    assert (line.detail, line.status, line.author) == ("for Hypertension", "Stopped", "Dr. Wu")


def test_r3_within_a_moment_the_gravest_result_comes_first_and_moments_stay_in_order() -> None:
    def at(ref: str, time: str, grade: str = "normal") -> EventRow:
        return EventRow(ref=ref, day="04-Mar-2021", time=time, grade=grade)

    rows = [at("Observation/1", "10:00"), at("Observation/2", "10:00", "critical"), at("DiagnosticReport/3", "10:00"),
            at("Observation/4", "09:00", "critical")]  # fmt: skip
    assert [row.ref[-1] for row in in_moments(rows)] == ["3", "2", "1", "4"]


def test_the_searched_text_has_values_and_notes_and_no_ids() -> None:
    told = told_text(_potassium(note=[{"text": "Haemolysed"}], subject={"reference": "Patient/secret"}))
    assert "Potassium" in told and "6.9" in told and "Haemolysed" in told
    assert "secret" not in told and "k1" not in told


def test_a_value_of_many_words_is_cut_after_a_word_and_says_that_there_is_more() -> None:
    told = _potassium(valueString="word " * 1_000_000, note=[{"text": "note " * 1_000}])
    del told["valueQuantity"]
    line = headline(told, ZONE)
    assert len(line.value) < 310 and line.value.endswith("word …") and line.detail.endswith("note …")

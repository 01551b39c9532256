"""What the screens of imports show of a batch, its progress and its rows."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from ehr_app.record.importing.alike import SAME_IDENTIFIER
from ehr_app.record.importing.batches import Batch, File
from ehr_app.record.importing.listing import Line, Remark
from ehr_app.ui.admin import batch_view

NUMBER = UUID("6a0d6bb5-0000-4000-8000-000000000000")
ZONE = ZoneInfo("America/New_York")


def batch(state: Any, **counts: dict[str, Any]) -> Batch:
    return Batch(NUMBER, None, "Alex Admin", datetime(2026, 3, 4, 15, tzinfo=UTC), None, [File("a.json", 7)], counts, state)


def ways(state: Any, *, running: bool = False, has_files: bool = True) -> set[str]:
    head = batch_view.head(batch(state), ZONE, running=running, has_files=has_files)
    return {name for name in ("rehearse", "import", "go_on", "take_back", "discard") if getattr(head, f"can_{name}")}


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("receiving", {"rehearse", "discard"}),
        ("rehearsing", {"rehearse", "discard"}),
        ("rehearsed", {"import", "discard"}),
        ("importing", {"go_on", "take_back"}),
        ("stopped", {"go_on", "take_back"}),
        ("imported", {"take_back"}),
        ("taking-back", {"go_on"}),
        ("taken-back", set()),
        ("discarded", set()),
    ],
)
def test_each_state_has_its_ways_on_and_none_while_a_step_runs(state: Any, expected: set[str]) -> None:
    assert ways(state) == expected
    assert ways(state, running=True) == set()


def test_a_batch_of_the_command_line_is_gone_on_with_there() -> None:
    assert ways("importing", has_files=False) == {"take_back"}


def test_a_step_that_nobody_works_on_is_told_as_cut_off() -> None:
    assert batch_view.head(batch("importing"), ZONE, running=False, has_files=True).cut_off
    assert not batch_view.head(batch("importing"), ZONE, running=True, has_files=True).cut_off
    assert not batch_view.head(batch("imported"), ZONE, running=False, has_files=False).cut_off


def test_x1_a_row_says_outcome_resource_and_each_element_that_is_wrong() -> None:
    issues = {"issues": [{"expression": "Patient.birthDate", "code": "value", "diagnostics": "this is no date"}]}
    line = Line(0, 3, "refuse", "Patient/bad", "", [Remark("error", "wrong", "", issues)])

    assert batch_view.line(line, ["a.json"]) == {
        "file": "a.json", "entry": "3", "outcome": "Refused", "resource": "Patient/bad",
        "why": "Patient.birthDate: this is no date", "look": "nums",
    }  # fmt: skip


def test_who_may_be_here_is_linked_to() -> None:
    line = Line(0, 1, "create", "Patient/n1", "n1", [Remark("warning", SAME_IDENTIFIER, "Patient/h1", {})])
    (pair,) = batch_view.pairs(line, ["a.json"])
    assert (pair.other_href, pair.href, pair.where) == ("/patients/h1", "/patients/n1", "a.json, entry 1")


def test_only_patients_who_are_here_are_linked_to() -> None:
    assert batch_view.share("p1", {"create": 3}, of_patient=True).href == ""
    assert batch_view.share("p1", {"create": 3, "match": 1}, of_patient=True).href == "/patients/p1"
    assert batch_view.share("p1", {"create": 3}, of_patient=True, stored=True).href == "/patients/p1"


def test_progress_is_words_and_numbers_and_never_the_last_steps() -> None:
    told = {"what": "entries", "done": 500, "total": 2000, "seconds": 2.0, "trouble": ""}
    assert batch_view.progress(told, running=True) == batch_view.Progress("Going through the entries", "500 / 2,000 (250/s)", 25)
    assert batch_view.progress({"what": "ended"}, running=True).words == "Starting"
    assert batch_view.progress({}, running=False).percent == -1


@pytest.mark.parametrize("path", ["/admin/imports", "/admin/imports/", "/admin/imports/nonsense", "/"])
def test_an_address_that_names_no_batch_is_none(path: str) -> None:
    assert batch_view.number_in(path) is None

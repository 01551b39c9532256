"""Addresses of the results and vitals pages."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from ehr_app.record.contents import Kind
from ehr_app.ui.clinic.results_address import MOST_TESTS, Asked, asked
from ehr_app.ui.clinic.results_groups import choices, condition

NOW = datetime(2026, 11, 25, tzinfo=UTC)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20), max_size=MOST_TESTS, unique=True))
def test_an_address_tells_what_it_was_made_of(tests: list[str]) -> None:
    made = Asked("p1", view="time", tests=tuple(tests), group="laboratory", flag="out", period="5y", until="2026-01-01T00:00:00Z")
    query = {name: values[0] for name, values in parse_qs(urlsplit(made.href).query).items()}
    assert asked("p1", query) == made


def test_what_an_address_may_not_ask_is_left_out() -> None:
    assert asked("p1", {"view": "x", "period": "9y", "flag": "?", "until": "yesterday"}) == Asked("p1")


def test_a_test_is_added_to_the_graphs_and_taken_away() -> None:
    wish = Asked("p1", view="time", tests=("a",))
    assert wish.toggled("b").endswith("test=a%2Cb") and wish.toggled("a").endswith("view=time")


def test_another_choice_begins_at_the_newest_again() -> None:
    assert "until" not in Asked("p1", until="2026-01-01T00:00:00Z").but(period="1y")


def test_period_and_end_are_search_parameters() -> None:
    assert Asked("p1", period="1y", until="2026-05-01T00:00:00Z").dates(NOW) == [
        ("date", "ge2025-11-24T18:00:00Z"), ("date", "lt2026-05-01T00:00:00Z"),
    ]  # fmt: skip


def test_every_group_that_the_chart_holds_is_offered_with_its_count() -> None:
    held = {Kind("Observation", "laboratory"): 1200, Kind("Observation", ""): 2, Kind("Observation", "vital-signs"): 9,
            Kind("Specimen", ""): 3, Kind("Condition", ""): 5}  # fmt: skip
    shown = choices(Asked("p1"), held)
    assert [(one.label, one.count) for one in shown.groups] == [
        ("All", ""), ("Laboratory", "1,200"), ("Without category", "2"), ("Specimens", "3"),
    ]  # fmt: skip


def test_results_are_all_observations_but_those_of_other_domains() -> None:
    assert condition(Asked("p1")) == [("category:not", "vital-signs,social-history,sdoh,survey")]
    assert condition(Asked("p1", group="none")) == [("category:missing", "true")]

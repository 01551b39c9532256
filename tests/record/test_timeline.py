"""A chart in order of time: what is counted, how windows page, what a search reads; nothing of another facility, nothing twice."""

import json
import re
from typing import Any

import pytest

from ehr_app.record import timeline
from ehr_app.record.contents import Kind
from ehr_app.record.door import Record
from ehr_app.record.timeline import Event, Order, Search, folded
from ehr_app.record.writing import Change
from tests.people import World, observation, patient

ZONE = "America/New_York"
LAB = {"category": [{"coding": [{"code": "laboratory"}]}]}


async def _all(record: Record, who: str, shown: Order) -> list[Event]:
    found: list[Event] = []
    for window in range(len(shown.ends) + 1):
        found += await timeline.read(record, who, ZONE, shown, window)
    return found


async def _shown(record: Record, who: str, kinds: list[Kind] | None = None) -> Order:
    told = await timeline.counts(record, who, ZONE)
    return await timeline.order(record, who, ZONE, sum(one.n for one in told if kinds is None or one.kind in kinds), kinds)


def _at(who: str, when: str | None, **more: Any) -> dict[str, Any]:
    made = observation(who, **more)
    del made["effectiveDateTime"]
    return made if when is None else made | {"effectiveDateTime": when}


@pytest.fixture
async def who(world: World) -> str:
    """A patient of the north facility."""
    async with world.at("north") as record:
        return (await record.create(patient())).stored.id


async def _put(world: World, *resources: dict[str, Any]) -> list[str]:
    async with world.at("north") as record:
        return [(await record.create(one)).stored.id for one in resources]


async def test_a_year_ends_at_midnight_of_the_facility_and_a_bare_date_never_moves(world: World, who: str) -> None:
    times = ["2020-01-01T04:59:59Z", "2020-01-01T05:00:00Z", "2020-01-01", "2019-12-31", "2019", "2020-06"]
    await _put(world, *(_at(who, when) for when in times))
    async with world.at("north") as record:
        told = await timeline.counts(record, who, ZONE)
        events = await _all(record, who, await _shown(record, who))
    assert sorted((one.year, one.n) for one in told) == [(2019, 3), (2020, 3)]
    shown = [one.resource["effectiveDateTime"] for one in events]
    same_moment = {"2020-01-01T05:00:00Z", "2020-01-01"}  # midnight in the facility; the key decides which comes first
    assert set(shown[1:3]) == same_moment
    assert [one for one in shown if one not in same_moment] == ["2020-06", "2020-01-01T04:59:59Z", "2019-12-31", "2019"]


async def test_what_has_no_date_or_no_beginning_comes_last_and_is_counted_apart(world: World, who: str) -> None:
    coverage = {"resourceType": "Coverage", "status": "active", "beneficiary": {"reference": f"Patient/{who}"},
                "payor": [{"display": "Payer"}], "period": {"end": "2020-01-01"}}  # fmt: skip
    await _put(world, _at(who, "1990-01-01"), _at(who, None), coverage)
    async with world.at("north") as record:
        told = await timeline.counts(record, who, ZONE)
        events = await _all(record, who, await _shown(record, who))
    assert sorted((str(one.year), one.n) for one in told) == [("1990", 1), ("None", 1), ("None", 1)]
    assert [one.stamp is None for one in events] == [False, True, True]


async def test_what_was_entered_in_error_is_an_event_too(world: World, who: str) -> None:
    await _put(world, observation(who, status="entered-in-error"))
    async with world.at("north") as record:
        assert [one.resource["status"] for one in await _all(record, who, await _shown(record, who))] == ["entered-in-error"]


async def test_windows_hold_every_event_once_in_order_with_ties_and_without_dates(world: World, who: str) -> None:
    times = ["2021-03-04T10:00:00Z"] * 130 + ["2021-03-04"] * 40 + [None] * 140 + [f"20{n:02}-05-06" for n in range(10, 40)]
    ids = set(await _put(world, *(_at(who, when) for when in times)))
    async with world.at("north") as record:
        shown = await _shown(record, who)
        events = await _all(record, who, shown)
        both = [one.resource["id"] for one in await timeline.read(record, who, ZONE, shown, 1, 2)]
    assert (shown.total, len(shown.ends)) == (340, 3)
    assert [one.resource["id"] for one in events[100:300]] == both
    assert {one.resource["id"] for one in events} == ids and len(events) == 340
    stamps = [one.stamp for one in events if one.stamp]
    assert stamps == sorted(stamps, reverse=True) and all(one.stamp is None for one in events[200:])


async def test_a_window_keeps_its_events_when_newer_ones_are_filed(world: World, who: str) -> None:
    await _put(world, *(_at(who, f"2021-01-{1 + n % 28:02}") for n in range(250)))
    async with world.at("north") as record:
        shown = await _shown(record, who)
        before = [one.resource["id"] for one in await timeline.read(record, who, ZONE, shown, 1)]
    await _put(world, *(_at(who, "2022-02-02") for _ in range(7)))
    async with world.at("north") as record:
        after = [one.resource["id"] for one in await timeline.read(record, who, ZONE, shown, 1)]
        first = await timeline.read(record, who, ZONE, shown, 0)
    assert before == after and len(before) == 100
    assert len(first) == 107


async def test_a_filter_by_kind_pages_over_that_kind_alone(world: World, who: str) -> None:
    await _put(world, *(_at(who, "2021-01-01", **(LAB if n % 2 else {})) for n in range(230)))
    async with world.at("north") as record:
        shown = await _shown(record, who, [Kind("Observation", "laboratory")])
        events = await _all(record, who, shown)
    assert shown.total == len(events) == 115 and {one.kind.category for one in events} == {"laboratory"}


async def test_another_facility_counts_reads_and_finds_nothing(world: World, who: str) -> None:
    await _put(world, *(_at(who, "2021-01-01") for _ in range(120)))
    async with world.at("north") as record:
        shown = await _shown(record, who)
    async with world.at("south") as record:
        assert await timeline.counts(record, who, ZONE) == []
        assert (await timeline.order(record, who, ZONE, 120)).ends == ()
    async with world.at("north") as record:
        everyone = Order(1, None, (), tuple(shown.ends))
        assert len(await timeline.read(record, who, ZONE, everyone, 0)) == 1
    stolen = Order(1, None, (), tuple(shown.ends))
    async with world.at("south") as record:
        assert await timeline.read(record, who, ZONE, stolen, 0) == []
        assert (await timeline.search(record, who, ZONE, shown, Search(("mmol",), str))).order.total == 0


async def test_a_token_without_observations_sees_none(world: World, who: str) -> None:
    await _put(world, observation(who))
    token = await world.token("north", rules=[{"types": [93], "verbs": "r"}])
    async with world.at("north", token) as record:
        assert await timeline.counts(record, who, ZONE) == []
        assert await timeline.read(record, who, ZONE, Order(1), 0) == []


async def test_events_tell_how_they_arrived_and_where_they_are_kept(world: World, who: str) -> None:
    await _put(world, observation(who))
    async with world.at("north") as record:
        event = (await timeline.read(record, who, ZONE, Order(1), 0))[0]
    assert event.facility == "North" and (event.filed.kind, event.filed.action) == ("token", "test")
    assert event.filed.display == "Ada Admin" and event.filed.at is not None


async def test_a_search_finds_words_without_accents_and_tells_how_much_it_read(world: World, who: str) -> None:
    noted = [observation(who, note=[{"text": text}]) for text in ("Fièvre élevée", "fievre", "nothing", "Ñandú fever")]
    await _put(world, *noted)

    def text(resource: dict[str, Any]) -> str:
        return str(resource["note"])

    async with world.at("north") as record:
        found = await timeline.search(record, who, ZONE, await _shown(record, who), Search((folded("FIÈVRE"),), text))
        none = await timeline.search(record, who, ZONE, await _shown(record, who), Search(("valuequantity",), text))
        events = await timeline.read(record, who, ZONE, found.order, 0)
    assert (found.order.total, found.searched, found.cut) == (2, 4, False)
    assert {one.resource["note"][0]["text"] for one in events} == {"Fièvre élevée", "fievre"}
    assert none.order.total == 0
    assert [(one.kind, one.year, one.n) for one in found.counts] == [(Kind("Observation", ""), 2026, 2)]


async def test_a_search_stops_at_its_limits_and_says_so(world: World, who: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await _put(world, *(_at(who, f"20{n % 30:02}") for n in range(620)))
    monkeypatch.setattr(timeline, "MOST_SEARCHED", 500)
    async with world.at("north") as record:
        found = await timeline.search(record, who, ZONE, await _shown(record, who), Search(("mmol",), str))
    assert found.cut and found.searched == found.order.total == 500
    monkeypatch.setattr(timeline, "MOST_FOUND", 40)
    async with world.at("north") as record:
        found = await timeline.search(record, who, ZONE, await _shown(record, who), Search(("mmol",), str))
    assert found.cut and found.order.total == 40


async def test_counting_and_paging_cost_what_they_show(world: World, who: str) -> None:
    """The index alone counts and places, on a store of many patients; a window reads its own bodies."""
    async with world.at("north") as record:
        others = [(await record.create(patient())).stored.id for _ in range(9)]
        for one in (who, *others):
            times = (f"{2000 + n % 20}-{1 + n % 12:02}-{1 + n % 28:02}T10:00:00Z" for n in range(600))
            made = [_at(one, when, id=f"{one}-{n}") for n, when in enumerate(times)]
            await record.write_many([Change("create", "Observation", resource, resource["id"]) for resource in made])
    await world.as_owner("checkpoint")  # commits here are asynchronous; pages become visible to all on disk only
    await world.as_owner("vacuum analyze ehr.resource")
    asked: list[tuple[str, tuple[Any, ...]]] = []
    async with world.at("north") as record:
        shown, run = await _shown(record, who), record.rows

        async def noting(sql: str, *arguments: Any) -> list[Any]:
            asked.append((sql, arguments))
            return list(await run(sql, *arguments))

        record.rows = noting  # type: ignore[method-assign]
        await _shown(record, who)
        await timeline.read(record, who, ZONE, shown, 2)
        await record.connection()
        plans = []
        for sql, arguments in asked[:3]:
            for _ in range(2):  # the first run fills the connection's catalogue caches
                rows = await run(f"explain (analyze, buffers, format json) {sql}", *arguments)
            plans.append(json.loads(rows[0][0])[0]["Plan"])
    spent = [int(plan["Shared Hit Blocks"]) + int(plan["Shared Read Blocks"]) for plan in plans]
    scans = [set(re.findall(r'"Node Type": "(\w[^"]*Scan)"[^{}]*?"Relation Name": "resource"', json.dumps(plan))) for plan in plans]
    assert scans[:2] == [{"Index Only Scan"}, {"Index Only Scan"}], (scans, spent)
    assert spent[0] <= 250 and spent[1] <= 60 and spent[2] <= 500, spent

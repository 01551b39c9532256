"""How much a chart holds, and who filed what: told from the store itself, seen only by who may see the chart."""

import pytest

from ehr_app.errors import NotFound
from ehr_app.record.contents import Kind
from tests.people import World, observation, patient


async def test_contents_count_by_type_and_category_without_what_was_in_error(world: World) -> None:
    async with world.at("north") as record:
        who = (await record.create(patient())).stored.id
        other = (await record.create(patient("Other"))).stored.id
        lab = {"category": [{"coding": [{"code": "laboratory"}]}]}
        await record.create(observation(who) | lab)
        await record.create(observation(who) | lab)
        await record.create(observation(who) | lab | {"status": "entered-in-error"})
        await record.create(observation(who))
        await record.create(observation(other) | lab)
    async with world.at("north") as record:
        found = await record.contents(who)
    assert found == {Kind("Patient", ""): 1, Kind("Observation", "laboratory"): 2, Kind("Observation", ""): 1}


async def test_contents_of_another_facility_are_empty(world: World) -> None:
    async with world.at("north") as record:
        who = (await record.create(patient())).stored.id
    async with world.at("south") as record:
        assert await record.contents(who) == {}


async def test_a_token_without_observations_counts_none(world: World) -> None:
    async with world.at("north") as record:
        who = (await record.create(patient())).stored.id
        await record.create(observation(who))
    token = await world.token("north", rules=[{"types": [93], "verbs": "r"}])
    async with world.at("north", token) as record:
        assert {kind.type for kind in await record.contents(who)} <= {"Patient"}


async def test_filings_tell_person_way_and_moment_of_every_version(world: World) -> None:
    async with world.at("north") as record:
        who = (await record.create(patient("One"))).stored.id
    token = await world.token("north")
    async with world.at("north", token) as record:
        written = await record.update(patient("Two", id=who))
        await record.delete("Patient", who)
    async with world.at("north") as record:
        told = await record.filings("Patient", who)
    assert [(one.version, one.verb, one.kind) for one in told] == [(3, 3, "token"), (2, 2, "token"), (1, 1, "token")]
    assert told[1].at == written.stored.updated and told[1].action == "test"
    assert all(one.display and one.purpose == "TREAT" for one in told)


async def test_filings_of_what_is_hidden_or_absent_are_alike(world: World) -> None:
    async with world.at("north") as record:
        who = (await record.create(patient())).stored.id
    async with world.at("south") as record:
        for name in (who, "never-was"):
            with pytest.raises(NotFound):
                await record.filings("Patient", name)


async def test_who_filed_is_not_told_to_another_facility(world: World) -> None:
    async with world.at("north") as record:
        who = (await record.create(patient())).stored.id
        access, at = record.access.id, record.access.at
        assert who and len(await record.rows("select * from ehr.filed_by($1, $2)", [access], [at])) == 1
    async with world.at("south") as record:
        assert await record.rows("select * from ehr.filed_by($1, $2)", [access], [at]) == []

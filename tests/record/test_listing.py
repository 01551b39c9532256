"""A chart's resources of some kinds in pages: complete, newest first, undated last, and only this patient's."""

import pytest

from ehr_app.errors import BadRequest
from ehr_app.record.contents import Kind
from tests.people import World, observation, patient


async def test_pages_of_several_types_are_complete_newest_first_and_undated_last(world: World) -> None:
    async with world.at("north") as record:
        who = (await record.create(patient())).stored.id
        other = (await record.create(patient("Other"))).stored.id
        mine = {"subject": {"reference": f"Patient/{who}"}}
        days = ["2026-01-03", "2026-01-01", "2026-01-02", None, None]
        for day in days:
            await record.create({"resourceType": "Condition", **mine, **({"recordedDate": day} if day else {})})
            await record.create({"resourceType": "Procedure", "status": "completed", **mine,
                                 **({"performedDateTime": day} if day else {})})  # fmt: skip
        await record.create({"resourceType": "Condition", "subject": {"reference": f"Patient/{other}"}})
    kinds = [Kind("Condition", ""), Kind("Procedure", "")]
    found, cursor, pages = [], None, 0
    async with world.at("north") as record:
        while cursor or not pages:
            page = await record.listed(who, kinds, count=3, cursor=cursor)
            found += [one.resource() for one in page.found]
            cursor, pages = page.next_cursor, pages + 1
    dates = [one.get("recordedDate") or one.get("performedDateTime") for one in found]
    assert pages == 4 and len({one["id"] for one in found}) == 10
    assert dates == ["2026-01-03"] * 2 + ["2026-01-02"] * 2 + ["2026-01-01"] * 2 + [None] * 4


async def test_a_kind_with_a_category_is_that_part_of_the_type(world: World) -> None:
    async with world.at("north") as record:
        who = (await record.create(patient())).stored.id
        social = {"category": [{"coding": [{"code": "social-history"}]}]}
        wanted = (await record.create(observation(who) | social)).stored.id
        await record.create(observation(who))
    async with world.at("north") as record:
        page = await record.listed(who, [Kind("Observation", "social-history")], count=10)
        assert [one.id for one in page.found] == [wanted]
        with pytest.raises(BadRequest):
            await record.listed(who, [Kind("Observation", "")], count=10, cursor="x" * 60)


async def test_pages_of_a_part_are_complete_when_many_share_a_day(world: World) -> None:
    async with world.at("north") as record:
        who = (await record.create(patient())).stored.id
        for number in range(16):
            for code in ("social-history", "laboratory"):
                day = {"effectiveDateTime": "2026-02-02" if number < 12 else f"2026-01-{number}"}
                await record.create(observation(who) | day | {"category": [{"coding": [{"code": code}]}]})
    kinds = [Kind("Observation", "social-history"), Kind("Observation", "sdoh")]
    found: list[str] = []
    cursor, pages = None, 0
    async with world.at("north") as record:
        while cursor or not pages:
            page = await record.listed(who, kinds, count=5, cursor=cursor)
            found += [one.id for one in page.found]
            cursor, pages = page.next_cursor, pages + 1
    assert (len(found), len(set(found)), pages) == (16, 16, 4)


async def test_named_resources_are_those_that_may_be_seen(world: World) -> None:
    async with world.at("north") as record:
        who = (await record.create(patient())).stored.id
        other = (await record.create(patient("Other"))).stored.id
        doctor = (await record.create({"resourceType": "Practitioner"})).stored.id
    asked = [("Patient", who), ("Patient", other), ("Practitioner", doctor), ("Patient", "never"), ("Nonsense", "x")]
    async with world.at("north", patient=who) as record:
        assert {(one.type, one.id) for one in await record.named(asked)} == {("Patient", who), ("Practitioner", doctor)}


async def test_who_filed_is_told_for_several_at_once_in_their_order(world: World) -> None:
    async with world.at("north") as record:
        who = (await record.create(patient())).stored
        seen = (await record.create(observation(who.id))).stored
    asked = [("Observation", seen.id), ("Observation", "never"), ("Nonsense", "x"), ("Patient", who.id)]
    async with world.at("north") as record:
        first, absent, wrong, last = await record.filed(asked)
        assert first is not None and (first.at, bool(first.display)) == (seen.updated, True)
        assert last is not None and last.at == who.updated
        assert absent is None and wrong is None and await record.filed([]) == []
    async with world.at("south") as record:
        assert await record.filed(asked) == [None] * 4

"""What a commit tells open screens: whose record was touched, by ids alone, and nothing when nothing was committed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from ehr_app.errors import EhrError
from ehr_app.record.announcing import CHANNEL, MOST, Announcer, Topic, payloads, topics
from ehr_app.record.connections import Connections
from ehr_app.record.door import Change
from ehr_app.record.ids import uid
from tests.people import World, observation, patient

MARK = UUID(int=7)


class Ear:
    """Hears what is announced."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.payloads: list[str] = []
        self.all: list[str] = []

    async def heard(self) -> set[Topic]:
        """Return what was announced until now: announcements are heard in the order in which they are made."""
        announcer = self.world.door.store.announcer
        while announcer._task is not None and not announcer._task.done():
            await announcer._task
        marked = asyncio.Event()
        self.marked = marked
        announcer.announce(99, [MARK])
        await asyncio.wait_for(marked.wait(), 10)
        found = {topic for payload in self.payloads for topic in topics(payload) if topic.facility != 99}
        self.payloads.clear()
        return found

    def hear(self, *told: Any) -> None:
        self.payloads.append(told[3])
        self.all.append(told[3])
        if Topic(99, MARK) in topics(told[3]):
            self.marked.set()


@pytest.fixture
async def ear(world: World) -> AsyncIterator[Ear]:
    made = Ear(world)
    connection = await asyncpg.connect(world.database.app)
    await connection.add_listener(CHANNEL, made.hear)
    yield made
    await connection.close()


def topic(pid: str, facility: int = 1) -> Topic:
    return Topic(facility, uid(facility, "Patient", pid))


async def test_create_update_and_delete_announce_their_patient(world: World, ear: Ear) -> None:
    async with world.at("north") as record:
        made = (await record.create(patient())).stored
    assert await ear.heard() == {topic(made.id)}
    async with world.at("north") as record:
        result = (await record.create(observation(made.id))).stored
    assert await ear.heard() == {topic(made.id)}
    async with world.at("north") as record:
        await record.update({**result.resource(), "status": "amended"})
    assert await ear.heard() == {topic(made.id)}
    async with world.at("north") as record:
        await record.delete("Observation", result.id)
    assert await ear.heard() == {topic(made.id)}


async def test_a_payload_holds_ids_and_nothing_else(world: World, ear: Ear) -> None:
    async with world.at("north") as record:
        made = (await record.create(patient("Verysecretname"))).stored
    await ear.heard()
    assert ear.all[0] == f"1 {topic(made.id).patient.hex}"
    assert set("".join(ear.all)) <= set("0123456789abcdef ")


async def test_a_transaction_announces_each_patient_once_it_is_committed(world: World, ear: Ear) -> None:
    changes = [Change("create", "Patient", patient(), id=f"p{n}") for n in range(3)]
    async with world.at("north") as record:
        await record.write_many(changes)
        assert await ear.heard() == set()
    assert await ear.heard() == {topic(f"p{n}") for n in range(3)}


async def test_what_is_rolled_back_or_unchanged_is_not_announced(world: World, ear: Ear) -> None:
    with pytest.raises(EhrError):
        async with world.at("north") as record:
            await record.write_many([Change("create", "Patient", patient(), id="p"), Change("delete", "Patient", id="nobody")])
    async with world.at("north") as record:
        made = (await record.create(patient())).stored
    await ear.heard()
    async with world.at("north") as record:
        assert (await record.update(made.resource())).unchanged
        await record.read("Patient", made.id)
    assert await ear.heard() == set()


async def test_a_result_that_moves_to_another_patient_tells_both(world: World, ear: Ear) -> None:
    async with world.at("north") as record:
        one, two = [(await record.create(patient())).stored for _ in range(2)]
        result = (await record.create(observation(one.id))).stored
    await ear.heard()
    async with world.at("north") as record:
        await record.update({**observation(two.id), "id": result.id})
    assert await ear.heard() == {topic(one.id), topic(two.id)}


async def test_the_same_id_at_another_facility_is_another_topic(world: World, ear: Ear) -> None:
    async with world.at("south") as record:
        await record.update({**patient(), "id": "p"})
    assert await ear.heard() == {topic("p", 2)} != {topic("p")}


@asynccontextmanager
async def counted(world: World) -> AsyncIterator[tuple[Announcer, list[list[str]]]]:
    sent: list[list[str]] = []

    class Counting(Connections):
        async def fetch(self, sql: str, *arguments: Any) -> list[asyncpg.Record]:
            sent.append(arguments[1])
            return await super().fetch(sql, *arguments)

    announcer = Announcer(Counting(world.database.app, 1))
    yield announcer, sent
    await announcer.stop()


async def test_many_changes_share_one_notification_and_the_last_is_told_at_the_end(world: World) -> None:
    async with counted(world) as (announcer, sent):
        for n in range(1000):
            announcer.announce(1, [UUID(int=n % 50)])
    assert len(sent) == 1
    assert len(topics(sent[0][0])) == 50


async def test_without_a_database_an_announcement_is_lost_quietly_and_the_next_is_made() -> None:
    announcer = Announcer(Connections("postgresql://nobody@127.0.0.1:1/none", 1))
    announcer.announce(1, [MARK])
    await announcer.stop()
    assert announcer._touched == set()


def test_payloads_stay_below_the_limit_and_come_back_whole() -> None:
    touched = {Topic(facility, UUID(int=n)) for facility in (1, 32767) for n in range(3 * MOST)}
    told = payloads(touched)
    assert max(len(one) for one in told) < 8000
    assert {found for one in told for found in topics(one)} == touched


@pytest.mark.parametrize(
    "payload",
    ["", "1", "x", "1 zz", f"1 {'0' * 31}", f"99999 {'0' * 32}", f"-1 {'0' * 32}", f"1  {'0' * 32}", f"1 {'0' * 32}\n", "{}",
     "1 " + "0" * 7900, f"1{' ' + '0' * 32}" * 2, f"١ {'0' * 32}"],
)  # fmt: skip
def test_payloads_of_strangers_mean_nothing(payload: str) -> None:
    assert topics(payload) == []



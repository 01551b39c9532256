"""Hearing of changes: at once by announcement, and later whatever was lost on the way."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest

from ehr_app.live.listener import Listener
from ehr_app.live.watchers import Watchers
from ehr_app.record.announcing import CHANNEL, Topic
from ehr_app.record.changes import changes
from ehr_app.record.ids import uid
from tests.live.test_watchers import Reader
from tests.people import World, observation, patient

KILL = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"


@asynccontextmanager
async def listening(world: World, watchers: Watchers, alive: Callable[[str], bool] = lambda key: True) -> AsyncIterator[Listener]:
    """A listener that hears already."""
    listener, up = Listener(lambda: world.database.app, watchers, alive), Reader()
    watchers.watch("up", [Topic(9, UUID(int=9))], up)
    async with listener.running():
        await heard(up)
        watchers.forget("up")
        yield listener


async def heard(reader: Reader) -> None:
    """Return when the reader was woken since the last time."""
    await asyncio.wait_for(reader.woken.wait(), 15)
    reader.woken.clear()


async def chart(world: World, facility: str = "north") -> tuple[str, Topic]:
    """A patient whose making is announced already."""
    async with world.at(facility) as record:
        made = (await record.create(patient())).stored
        topic = Topic(record.facility_number, uid(record.facility_number, "Patient", made.id))
    task = world.door.store.announcer._task
    assert task is not None
    await task
    return made.id, topic


async def test_a_change_wakes_who_watches_its_patient_and_nobody_else(world: World) -> None:
    (ada, ada_topic), (_, ben_topic) = await chart(world), await chart(world)
    watchers, first, other, south = Watchers(0), Reader(), Reader(), Reader()
    async with listening(world, watchers):
        watchers.watch("ada", [ada_topic], first)
        watchers.watch("ben", [ben_topic], other)
        watchers.watch("south", [Topic(2, ada_topic.patient)], south)
        async with world.at("north") as record:
            await record.create(observation(ada))
        await heard(first)
    assert (other.count, south.count) == (0, 0)


async def test_a_lost_connection_is_made_again_and_everybody_reads_again(world: World) -> None:
    _, topic = await chart(world)
    watchers, reader = Watchers(0), Reader()
    async with listening(world, watchers):
        watchers.watch("a", [topic], reader)
        await world.as_owner(KILL)
        await heard(reader)
        connection = await asyncpg.connect(world.database.app)
        await connection.execute(f"select pg_notify('{CHANNEL}', '1 {topic.patient.hex}')")
        await connection.close()
        await heard(reader)


async def test_a_database_that_is_away_for_a_while_is_waited_for(world: World) -> None:
    _, topic = await chart(world)
    watchers, reader = Watchers(0), Reader()
    name = (await world.as_owner("select current_database()"))[0][0]
    administrator = world.database.administrator.replace(f"/{name}", "/postgres")
    async with listening(world, watchers):
        watchers.watch("a", [topic], reader)
        keeper = await asyncpg.connect(administrator)
        await keeper.execute(f"alter database {name} allow_connections false")
        await keeper.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name)
        with pytest.raises(asyncpg.PostgresError):
            await asyncpg.connect(world.database.app)
        await keeper.execute(f"alter database {name} allow_connections true")
        await keeper.close()
        await heard(reader)


async def test_what_was_committed_but_never_announced_is_swept_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    (ada, topic), (_, other_topic) = await chart(world), await chart(world)
    watchers, reader, other = Watchers(0), Reader(), Reader()
    async with listening(world, watchers) as listener:
        watchers.watch("a", [topic], reader)
        watchers.watch("b", [other_topic], other)
        monkeypatch.setattr(world.door.store.announcer, "announce", lambda *_: None)
        async with world.at("north") as record:
            await record.create(observation(ada))
        sweeper = await asyncpg.connect(world.database.app)
        await listener.sweep(sweeper)
        await heard(reader)
        await listener.sweep(sweeper)
        await listener.sweep(sweeper)
        await sweeper.close()
        assert listener.floor == await _newest(world)
    assert other.count == 0


async def _newest(world: World) -> int:
    return int((await world.as_owner("select max(seq) from ehr.outbox"))[0][0])


async def test_a_sweep_forgets_windows_that_are_gone(world: World) -> None:
    watchers = Watchers(0)
    async with listening(world, watchers, lambda key: key != "gone") as listener:
        watchers.watch("gone", [Topic(1, UUID(int=1))], Reader())
        sweeper = await asyncpg.connect(world.database.app)
        await listener.sweep(sweeper)
        await sweeper.close()
    assert len(watchers) == 0


async def test_ten_thousand_announcements_and_nonsense_wake_a_window_a_few_times(world: World) -> None:
    _, topic = await chart(world)
    watchers, reader = Watchers(), Reader()
    async with listening(world, watchers):
        watchers.watch("a", [topic], reader)
        connection = await asyncpg.connect(world.database.app)
        flood = "select pg_notify($1, $2 || repeat(' ' || $3, 1 + n % 200)) from generate_series(1, 10000) n"
        await connection.execute("select pg_notify($1, n || 'x{]') from generate_series(1, 1000) n", CHANNEL)
        await connection.execute(flood, CHANNEL, "1", topic.patient.hex)
        for n in range(300):
            await connection.execute("select pg_notify($1, $2)", CHANNEL, f"1 {topic.patient.hex} {n:032x}")
        await connection.close()
        await heard(reader)
        loop = asyncio.get_running_loop()
        started = loop.time()
        while any(w.task and not w.task.done() for w in watchers._by_key.values()) and loop.time() - started < 10:
            await asyncio.sleep(0.01)
        assert 1 <= reader.count <= 2 + (loop.time() - started) / 0.2 + 20


async def test_the_application_role_learns_from_the_sweep_who_was_touched_and_no_more(world: World) -> None:
    _, topic = await chart(world)
    rows = await world.as_app("select * from ehr.touched_since(0, 10)")
    assert [tuple(row.keys()) for row in rows] == [("seq", "facility", "patient")]
    assert [(row["facility"], row["patient"]) for row in rows] == [topic]
    assert await world.as_app("select * from ehr.outbox") == []


async def test_changes_are_told_with_who_filed_them_and_only_to_who_may_see(world: World) -> None:
    pid, topic = await chart(world)
    async with world.at("north") as record:
        await record.create(observation(pid))
    long_ago = datetime(2000, 1, 1, tzinfo=UTC)
    async with world.at("north", patient=pid) as record:
        told = await changes(record, topic.patient, 0, long_ago, [])
        again = await changes(record, topic.patient, 0, long_ago, [one.seq for one in told])
    assert [(one.kind.type, one.verb, one.display) for one in told] == [
        ("Observation", 1, "Ada Admin"), ("Patient", 1, "Ada Admin"),
    ]  # fmt: skip
    assert told[0].stored is not None and told[0].stored.type == "Observation"
    assert again == []
    async with world.at("south") as record:
        assert await changes(record, topic.patient, 0, long_ago, []) == []
    only_patients = await world.token("north", [{"types": [103], "verbs": "r"}])
    async with world.at("north", only_patients) as record:
        assert [one.kind.type for one in await changes(record, topic.patient, 0, long_ago, [])] == ["Patient"]
    bound = await world.token("north", patient="somebody-else")
    async with world.at("north", bound) as record:
        assert await changes(record, topic.patient, 0, long_ago, []) == []

"""Who is woken, how often, and that nobody holds up anybody else; no database and no screen."""

import asyncio
from uuid import UUID

from ehr_app.live.watchers import AT_ONCE, Watchers
from ehr_app.record.announcing import Topic

ADA, BEN = Topic(1, UUID(int=1)), Topic(1, UUID(int=2))
ELSEWHERE = Topic(2, UUID(int=1))


class Reader:
    """Counts its wakes; `gate` holds a wake up until it is set."""

    def __init__(self, *, goes_on: bool = True, gate: asyncio.Event | None = None) -> None:
        self.count, self.goes_on, self.gate = 0, goes_on, gate
        self.woken = asyncio.Event()

    async def __call__(self) -> bool:
        self.count += 1
        self.woken.set()
        if self.gate is not None:
            await self.gate.wait()
        return self.goes_on


async def settled(watchers: Watchers) -> None:
    """Return when no wake is running or due."""
    while tasks := [w.task for w in watchers._by_key.values() if w.task is not None and not w.task.done()]:
        await asyncio.gather(*tasks)


async def test_only_who_watches_the_patient_of_that_facility_is_woken() -> None:
    watchers, ada, ben, south = Watchers(0), Reader(), Reader(), Reader()
    for key, topic, reader in (("a", ADA, ada), ("b", BEN, ben), ("s", ELSEWHERE, south)):
        watchers.watch(key, [topic], reader)
    watchers.call([ADA])
    await settled(watchers)
    assert (ada.count, ben.count, south.count) == (1, 0, 0)


async def test_a_burst_wakes_once_more_than_the_reading_that_runs_and_the_last_is_never_lost() -> None:
    watchers, gate = Watchers(0), asyncio.Event()
    reader = Reader(gate=gate)
    watchers.watch("a", [ADA], reader)
    watchers.call([ADA])
    await reader.woken.wait()
    for _ in range(10_000):
        watchers.call([ADA])
    gate.set()
    await settled(watchers)
    assert reader.count == 2


async def test_a_window_has_one_watch_and_the_newest_counts() -> None:
    watchers, first, second = Watchers(0), Reader(), Reader()
    watchers.watch("window", [ADA], first)
    watchers.watch("window", [BEN], second)
    watchers.call([ADA, BEN])
    await settled(watchers)
    assert (first.count, second.count, len(watchers)) == (0, 1, 1)
    assert watchers.watched("window") == {BEN}


async def test_a_watch_that_tells_it_is_over_hears_no_more() -> None:
    watchers, reader = Watchers(0), Reader(goes_on=False)
    watchers.watch("a", [ADA], reader)
    watchers.call([ADA])
    await settled(watchers)
    await asyncio.sleep(0)
    watchers.call([ADA])
    assert (reader.count, len(watchers), watchers._by_topic) == (1, 0, {})


async def test_one_that_fails_goes_on_and_stops_nobody() -> None:
    watchers, good, bad = Watchers(0), Reader(), 0

    async def fails() -> bool:
        nonlocal bad
        bad += 1
        raise RuntimeError("a bad screen")

    watchers.watch("bad", [ADA], fails)
    watchers.watch("good", [ADA], good)
    for _ in range(2):
        watchers.call([ADA])
        await settled(watchers)
    assert (bad, good.count) == (2, 2)


async def test_slow_readers_do_not_delay_a_fast_one() -> None:
    watchers, gate, fast = Watchers(0), asyncio.Event(), Reader()
    slow = [Reader(gate=gate) for _ in range(AT_ONCE - 1)]
    for n, reader in enumerate(slow):
        watchers.watch(f"slow {n}", [ADA], reader)
    watchers.watch("fast", [ADA], fast)
    watchers.call([ADA])
    await asyncio.wait_for(fast.woken.wait(), 5)
    assert not gate.is_set()
    gate.set()
    await settled(watchers)


async def test_watches_of_windows_that_are_gone_are_forgotten() -> None:
    watchers, reader = Watchers(0), Reader()
    watchers.watch("here", [ADA], reader)
    watchers.watch("gone", [ADA], Reader())
    watchers.keep(lambda key: key == "here")
    assert len(watchers) == 1
    watchers.call_all()
    await settled(watchers)
    assert reader.count == 1

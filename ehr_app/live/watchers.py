"""Who watches which patients, in this process: one watch per window, woken at most five times a second, the last wake never lost.

Pure of database and screens: a watch is a key, the topics it wants to hear of, and a function that reads again. A reader that is
slow, hangs or fails holds up nobody but itself.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, field

from ehr_app.record.announcing import Topic

log = logging.getLogger("ehr.live")
PAUSE_S = 0.2
SHARE = 4
"""After a reading that took long, rest so many times as long: a large chart under a flood leaves the window time for its user."""

AT_ONCE = 4
PATIENCE_S = 20.0
Wake = Callable[[], Awaitable[bool]]


@dataclass(eq=False)
class _Watch:
    """`wake` reads again and tells whether to go on; `called` is set while a wake is due."""

    key: str
    topics: frozenset[Topic]
    wake: Wake
    called: bool = False
    task: asyncio.Task[None] | None = field(default=None, repr=False)


class Watchers:
    """The watches of this process."""

    def __init__(self, pause_s: float = PAUSE_S) -> None:
        """Shape: `pause_s` is the least time between two wakes of one watch."""
        self._pause_s = pause_s
        self._by_key: dict[str, _Watch] = {}
        self._by_topic: dict[Topic, set[_Watch]] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)

    def __len__(self) -> int:
        return len(self._by_key)

    def watch(self, key: str, topics: Collection[Topic], wake: Wake) -> None:
        """Begin to watch, instead of what the same key watched before."""
        known = self._by_key.get(key)
        if known is not None and known.topics == frozenset(topics):
            known.wake = wake
            return
        self.forget(key)
        made = self._by_key[key] = _Watch(key, frozenset(topics), wake)
        for topic in made.topics:
            self._by_topic.setdefault(topic, set()).add(made)

    def forget(self, key: str) -> None:
        """End a watch; a reading that runs is finished."""
        gone = self._by_key.pop(key, None)
        if gone is None:
            return
        gone.called = False
        for topic in gone.topics:
            left = self._by_topic.get(topic, set())
            left.discard(gone)
            if not left:
                self._by_topic.pop(topic, None)

    def watched(self, key: str) -> frozenset[Topic]:
        """Return what a key watches."""
        known = self._by_key.get(key)
        return known.topics if known else frozenset()

    def keep(self, alive: Callable[[str], bool]) -> None:
        """End the watches whose windows are gone."""
        for key in [key for key in self._by_key if not alive(key)]:
            self.forget(key)

    def call(self, topics: Iterable[Topic]) -> None:
        """Wake who watches one of these."""
        for topic in topics:
            for watch in self._by_topic.get(topic, ()):
                self._call(watch)

    def call_all(self) -> None:
        """Wake everybody: something may have been missed."""
        for watch in self._by_key.values():
            self._call(watch)

    def _call(self, watch: _Watch) -> None:
        watch.called = True
        if watch.task is None or watch.task.done():
            watch.task = asyncio.get_running_loop().create_task(self._run(watch))

    async def _run(self, watch: _Watch) -> None:
        while watch.called:
            async with self._slots:
                watch.called, started = False, time.monotonic()
                try:
                    async with asyncio.timeout(PATIENCE_S):
                        if not await watch.wake() and self._by_key.get(watch.key) is watch:
                            self.forget(watch.key)
                except Exception as error:  # whatever it is: one bad reader must not stop the others
                    log.error("a screen was not brought up to date (%s)", type(error).__name__)
                took = time.monotonic() - started
            await asyncio.sleep(max(self._pause_s, SHARE * took))

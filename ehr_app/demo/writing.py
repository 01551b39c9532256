"""The processes that write the demo: each generates its portions and stores them through the door, validated and indexed.

A chart is stored in one commit, a large one in several; what is there already is left as it is, whatever people have made of it.
"""

import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as ready
from multiprocessing.context import SpawnProcess
from typing import TYPE_CHECKING, Any

from ehr_app.demo import facilities, patients
from ehr_app.demo.patients import Part
from ehr_app.demo.portions import Portion
from ehr_app.errors import Unavailable
from ehr_app.record.access import Purpose
from ehr_app.record.door import Change, Opening, Record
from ehr_app.record.importing.workers import Setup, Worker

if TYPE_CHECKING:
    Pipe = Connection[Any, Any]

WORKERS = 2
COMMIT_RESOURCES = 1000


@dataclass(frozen=True, slots=True)
class Plan:
    """What every process must know: how to connect, the seed, and the day on which every history ends."""

    setup: Setup
    seed: int
    as_of: date


@dataclass(frozen=True, slots=True)
class Done:
    """What one portion came to."""

    portion: Portion
    written: int


class Author:
    """Writes portions on the connections of one process."""

    def __init__(self, plan: Plan) -> None:
        """Connect. Raises Unavailable."""
        self._plan = plan
        self._worker = Worker(plan.setup)

    def write(self, portion: Portion) -> Done:
        """Write what is not there yet of a portion; return when it is committed."""
        return Done(portion, self._worker.run(self._write(portion)))

    def close(self) -> None:
        """Let go of the connections."""
        self._worker.close()

    async def _write(self, portion: Portion) -> int:
        written, waiting = 0, Part()
        for number in await self._missing(portion):
            for part in patients.parts(facilities.named(portion.facility), number, self._plan.seed, self._plan.as_of):
                waiting.take(part)
                if portion.large or len(waiting.fresh) >= COMMIT_RESOURCES:
                    written += await self._commit(portion, waiting)
                    waiting = Part()
        return written + await self._commit(portion, waiting)

    async def _missing(self, portion: Portion) -> list[int]:
        if portion.large:
            return list(portion.numbers)  # each of its commits is looked for
        async with self._open(portion) as record:
            return [n for n in portion.numbers if not await _is_there(record, "Patient", patients.identity(portion.facility, n))]

    async def _commit(self, portion: Portion, part: Part) -> int:
        if not part.fresh:
            return 0
        async with self._open(portion) as record:
            first = part.fresh[0]
            if portion.large and await _is_there(record, first["resourceType"], first["id"]):
                return 0
            changes = [Change("create", one["resourceType"], one, id=one["id"]) for one in part.fresh]
            changes += [Change("update", one["resourceType"], one, id=one["id"]) for one in part.revised]
            return len(await record.write_many(changes))

    def _open(self, portion: Portion) -> Opening:
        return self._worker.door.open(
            self._worker.credential,
            action="demo",
            purpose=Purpose.ADMINISTRATION,
            facility=portion.facility,
            asked="the demo's generator",
        )


def written(plan: Plan, portions: Iterable[Portion]) -> Iterator[Done]:
    """Hand out portions to the processes and yield what each came to, in the order they end.

    Raises Unavailable when a process was ended.
    """
    context = multiprocessing.get_context("spawn")
    rest = iter(portions)
    working: dict[Pipe, SpawnProcess] = {}
    try:
        for portion in islice(rest, WORKERS):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(plan, theirs), daemon=True)
            process.start()
            theirs.close()
            ours.send(portion)
            working[ours] = process
        while working:
            answered = ready(list(working))
            for pipe in [one for one in working if one in answered]:
                yield pipe.recv()
                following = next(rest, None)
                pipe.send(following)
                if following is None:
                    working.pop(pipe).join()
    except (EOFError, OSError):
        raise Unavailable("A process that writes the demo was ended: start it again.") from None
    finally:
        for left in working.values():
            left.terminate()
            left.join()


def _work(plan: Plan, pipe: "Pipe") -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the command decides when to stop
    threading.Thread(target=_end_with_parent, daemon=True).start()
    author = Author(plan)
    gc.collect()
    gc.freeze()
    gc.disable()  # a chart makes no cycles worth looking for while it is written
    while (portion := pipe.recv()) is not None:
        pipe.send(author.write(portion))
        gc.collect(1)
    author.close()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


async def _is_there(record: Record, rtype: str, fhir_id: str) -> bool:
    return await record.current(rtype, fhir_id) is not None

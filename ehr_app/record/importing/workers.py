"""Who stores the batches: this process for a small import, two spawned processes for a large one.

A spawned process has its own connections and opens its own records; it ends when the command that started it is gone.
"""

import asyncio
import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Coroutine
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import UUID

from ehr_app.errors import Unavailable
from ehr_app.record import keys
from ehr_app.record.access import Credential, Purpose
from ehr_app.record.door import Door, Opening
from ehr_app.record.importing.batch import Loader
from ehr_app.record.importing.outcome import Item, Outcome
from ehr_app.record.importing.rehearsing import Foresight, Rehearser
from ehr_app.record.importing.resolving import Resolver
from ehr_app.record.importing.scratch import Addresses
from ehr_app.record.objects import ObjectStore
from ehr_app.record.store import Store, connect

T = TypeVar("T")
WORKERS = 2
CONNECTIONS = 3


@dataclass(frozen=True, slots=True)
class Setup:
    """All that a process needs to store batches; `asked` is what the access log says about them."""

    app_dsn: str
    audit_dsn: str
    key_file: Path
    objects: Path
    facility: str
    asked: str


class Worker:
    """One process's connections and its loader; every call runs on its own event loop."""

    def __init__(self, setup: Setup) -> None:
        """Connect. Raises Unavailable."""
        self._setup = setup
        self._runner = asyncio.Runner()
        self._loader: Loader | None = None
        self._store: Store = self._runner.run(open_store(setup))
        self.door = Door(self._store)
        self.credential = Credential("local", self._store.keyfile.local_proof())
        self.facility = setup.facility

    def know(self, addresses: Path, foresight: Foresight | None = None) -> None:
        """Learn the addresses of the run; with `foresight` nothing is stored, only decided."""
        known, setup = Addresses(addresses), self._setup
        own = (self.door, self.credential, setup.facility, setup.asked)
        self._loader = Loader(*own, Resolver(known)) if foresight is None else Rehearser(*own, known, foresight)

    def store(self, items: list[Item], batch: UUID) -> Outcome:
        """Store some entries of a batch and return when they are committed."""
        if self._loader is None:
            raise RuntimeError("the addresses of the run are not known yet")
        return self.run(self._loader.store(items, batch))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something on this worker's loop, and announce what it changed: the loop stands still afterwards."""
        return self._runner.run(self._announced(work))

    async def _announced(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return await work
        finally:
            await self._store.announcer.flush()

    def prove(self) -> None:
        """Open a record once. Raises Unauthenticated for an unknown facility or a foreign key file."""
        self._runner.run(self._prove())

    async def _prove(self) -> None:
        async with self.open("import"):
            pass

    def open(self, action: str, asked: str = "") -> Opening:
        """Open the record of the facility as the local administrator."""
        purpose = Purpose.ADMINISTRATION
        return self.door.open(self.credential, action=action, purpose=purpose, facility=self.facility, asked=asked)

    def close(self) -> None:
        """Let go of the connections."""
        self._runner.run(self._store.close())
        self._runner.close()


class Crew:
    """Takes entries to store: on `many`, two processes work beside this one."""

    def __init__(self, worker: Worker, setup: Setup, addresses: Path, *, many: bool, foresight: Foresight | None = None) -> None:
        """Shape: the file of `addresses` is complete before the first entries are handed out; with `foresight` nothing is kept."""
        self._worker = worker
        self._foresight = foresight
        self._addresses: Path | None = addresses
        self._pool: ProcessPoolExecutor | None = None
        if many:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(WORKERS, context, _begin, (setup, addresses))
            self._pool.submit(_ready)  # they start while the files are read the first time

    @property
    def at_once(self) -> int:
        """How many batches it is worth handing out before waiting for one."""
        return 2 * WORKERS if self._pool else 1

    def submit(self, items: list[Item], batch: UUID) -> "Future[Outcome]":
        """Hand out some entries of a batch."""
        if self._pool is not None:
            try:
                return self._pool.submit(_store, items, batch)
            except BrokenProcessPool:
                raise Unavailable("a process of the import was ended; start the import again") from None
        if self._addresses is not None:
            self._worker.know(self._addresses, self._foresight)
            self._addresses = None
        done: Future[Outcome] = Future()
        done.set_result(self._worker.store(items, batch))
        return done

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)


async def open_store(setup: Setup) -> Store:
    """Connect to the store. Raises Unavailable with one sentence."""
    keyfile = keys.load(setup.key_file)
    objects = ObjectStore(setup.objects, keyfile.derive("objects"))
    return await connect(setup.app_dsn, setup.audit_dsn, keyfile, objects, connections=CONNECTIONS)


class _Own:
    worker: Worker | None = None
    addresses: Path | None = None


def _begin(setup: Setup, addresses: Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the command decides when to stop
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _Own.worker = Worker(setup)
    _Own.addresses = addresses
    gc.collect()
    gc.freeze()
    gc.disable()  # a batch makes no cycles worth looking for while it runs


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _ready() -> None:
    """Nothing to do: the first call starts the processes."""


def _store(items: list[Item], batch: UUID) -> Outcome:
    if _Own.worker is None:
        raise RuntimeError("this process was not set up")
    if _Own.addresses is not None:  # the first batch comes when they are complete
        _Own.worker.know(_Own.addresses)
        _Own.addresses = None
    try:
        return _Own.worker.store(items, batch)
    finally:
        gc.collect(1)

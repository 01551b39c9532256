"""One import `/admin/imports/<id>`: its rehearsal, its progress, its report, and taking it back."""

import asyncio
import sqlite3
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import reflex as rx

from ehr_app.errors import Conflict, EhrError, NotFound
from ehr_app.identity import sessions
from ehr_app.identity.roles import ADMINISTRATORS
from ehr_app.record.door import Record
from ehr_app.record.importing import batches, job, receiving, steps
from ehr_app.record.importing.batches import Batch, State
from ehr_app.record.importing.job import KEPT, REHEARSAL, REPORT, Step
from ehr_app.record.importing.listing import FILTERS, Reader
from ehr_app.settings import settings
from ehr_app.ui.admin import batch_view, working
from ehr_app.ui.admin.batch_parts import body
from ehr_app.ui.admin.batch_view import Count, Head, Pair, Progress, Share
from ehr_app.ui.admin.opening import open_administration
from ehr_app.ui.clinic.frame import Shell, framed
from ehr_app.ui.clinic.opening import kind_of, zone_of
from ehr_app.ui.gate.authz import requires

E = rx.el
PAGE = 200
MOST_PATIENTS, MOST_PAIRS = 100, 50
LOOK_EVERY_S = 0.4
FIRST: dict[Step, tuple[State, tuple[State, ...]]] = {
    "rehearse": ("rehearsing", ("receiving", "rehearsing", "rehearsed")),
    "import": ("importing", ("rehearsed", "importing", "stopped")),
    "take-back": ("taking-back", ("importing", "stopped", "imported", "taking-back")),
}


class ImportBatch(rx.State):
    """What is shown of the batch that the address names."""

    head: Head | None = None
    counts: list[Count] = []
    types: list[Share] = []
    patients: list[Share] = []
    alike: list[Pair] = []
    page: list[dict[str, Any]] = []
    start: int = 0
    view: str = ""
    progress: Progress | None = None
    running: bool = False
    asking: bool = False
    problem: str = ""
    _kind: str = ""
    _watch: int = 0
    _files: list[str] = []

    @rx.var
    def rows_of(self) -> str:
        """The name of the list of rows: another view, or another state of the batch, is another list."""
        return f"{self.view} {self.head.state if self.head else ''} {self._watch}"

    @rx.var
    def kind(self) -> str:
        """Why the batch cannot be shown."""
        return self._kind

    @rx.event
    @requires()
    async def open(self) -> Any:
        """Show the batch, and follow its step while one runs."""
        self.asking, self.view = False, "all"
        await self._load()
        return ImportBatch.follow if self.running else None

    @rx.event
    @requires(*ADMINISTRATORS)
    async def rehearse(self) -> Any:
        """Rehearse the files again."""
        return await self._begin("rehearse")

    @rx.event
    @requires(*ADMINISTRATORS)
    async def bring_in(self) -> Any:
        """Import what was rehearsed, or go on with it."""
        return await self._begin("import")

    @rx.event
    @requires(*ADMINISTRATORS)
    async def ask(self, asking: bool) -> None:
        """Ask before taking back, or not any more."""
        self.asking = asking

    @rx.event
    @requires(*ADMINISTRATORS)
    async def take_back(self) -> Any:
        """Take the batch back, or go on with that."""
        return await self._begin("take-back")

    @rx.event
    @requires(*ADMINISTRATORS)
    async def stop(self) -> None:
        """End the running step soon."""
        number = self._number()
        async with open_administration(self, f"batch {number}: stop") as record:
            await batches.one(record, number)
        job.ask_to_stop(settings().data, number)

    @rx.event
    @requires(*ADMINISTRATORS)
    async def discard(self) -> Any:
        """Forget files that were never imported."""
        number = self._number()
        async with open_administration(self, f"batch {number}: discard") as record:
            if working.is_running(number):
                raise Conflict("this batch is being worked on")
            await batches.one(record, number)
            among: tuple[State, ...] = ("receiving", "rehearsing", "rehearsed")
            if not await batches.move(record, number, "discarded", among=among, at=datetime.now(UTC)):
                raise Conflict("what was imported is taken back, not discarded")
        receiving.forget(settings().data, number)
        return rx.redirect("/admin/imports")

    @rx.event
    @requires(*ADMINISTRATORS)
    async def show(self, view: str) -> None:
        """Show the rows of one kind."""
        if view in FILTERS:
            self.view, self.start, self.page = view, 0, []
            await self._read_rows()

    @rx.event
    @requires(*ADMINISTRATORS)
    async def read_on(self, of: str, start: int) -> None:
        """Load the next page of rows; `of` names the list that is shown, `start` its length there."""
        if of == self.rows_of and start == self.start + len(self.page):
            self.start = start
            await self._read_rows()

    @rx.event(background=True)
    @requires(*ADMINISTRATORS)
    async def follow(self) -> None:
        """Show how far the running step is until it ends, the page is left or the session is over."""
        async with self:
            self._watch += 1
            mine, path = self._watch, self.router.url.path
            number, headers = self._number(), self.router.headers
        browser = headers.cookie, headers.host
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            if await sessions.ended([browser]):
                return
            told = await asyncio.to_thread(job.progress, settings().data, number)
            running = working.is_running(number)
            async with self:
                if self._watch != mine or self.router.url.path != path:
                    return
                self.progress = batch_view.progress(told, running=running)
                if not running:
                    await self._load()
                    return

    async def _begin(self, step: Step) -> Any:
        number, (state, among) = self._number(), FIRST[step]
        self.asking = False
        async with open_administration(self, f"batch {number}: {step}") as record:
            if working.is_running(number):
                raise Conflict("this batch is being worked on already")
            await batches.one(record, number)
            if not await batches.move(record, number, state, among=among):
                raise Conflict("the batch is no longer as this page showed it")
            facility = record.access.facility.slug
        await working.start(step, facility, number)
        await self._load()
        return ImportBatch.follow

    async def _load(self) -> None:
        self._kind = self.problem = ""
        try:
            shell, number = await self.get_state(Shell), self._number()
            async with open_administration(self, f"batch {number}") as record:
                await shell._tell(record)
                await self._show(record, await batches.one(record, number))
        except EhrError as error:
            self.head, self.page, self.running = None, [], False
            self._kind, self.problem = kind_of(error), error.sentence

    async def _show(self, record: Record, batch: Batch) -> None:
        data = settings().data
        self.running = working.is_running(batch.id)
        has_files = any(steps.folder_of(data, batch.id).glob("*.sealed"))
        self.head = batch_view.head(batch, zone_of(record), running=self.running, has_files=has_files)
        self.progress = batch_view.progress(job.progress(data, batch.id), running=self.running)
        self.counts, self._files = batch_view.counts(batch), [file.name for file in batch.files]
        self.start, self.page = 0, []
        await self._read_rows(summary=True)

    async def _read_rows(self, *, summary: bool = False) -> None:
        names = {"taking-back": REPORT, "taken-back": KEPT, "imported": REPORT, "stopped": REPORT}
        path = steps.folder_of(settings().data, self._number()) / names.get(self.head.state if self.head else '', REHEARSAL)
        found = await asyncio.to_thread(_read, path, self.view, self.start, self._files, summary)
        self.page = found["page"]
        if summary:
            self.types, self.patients, self.alike = found["types"], found["patients"], found["alike"]

    def _number(self) -> UUID:
        number = batch_view.number_in(self.router.url.path)
        if number is None:
            raise NotFound()
        return number


def _read(path: Any, view: str, start: int, files: list[str], summary: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"page": [], "types": [], "patients": [], "alike": []}
    if not path.exists():
        return found
    try:
        with Reader(path) as reader:
            found["page"] = [batch_view.line(one, files) for one in reader.lines(view or "all", PAGE, start)]
            if summary:
                found["types"] = [batch_view.share(name, kinds) for name, kinds in reader.types()]
                patients = reader.patients(MOST_PATIENTS)
                stored = path.name == REPORT
                found["patients"] = [batch_view.share(name, kinds, of_patient=True, stored=stored) for name, kinds in patients]
                alike = reader.lines("alike", MOST_PAIRS)
                found["alike"] = [pair for one in alike for pair in batch_view.pairs(one, files)]
    except sqlite3.Error:  # the list is being written
        return found
    return found


@rx.page(route="/admin/imports/[import_id]", title="Import", on_load=ImportBatch.open)
def import_batch() -> rx.Component:
    """Compose the page."""
    return framed(body(ImportBatch))



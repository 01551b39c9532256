"""The lead of one run: plan every file, hand out its entries wave by wave, then check targets and write Provenance; or rehearse."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from ehr_app.errors import Unavailable
from ehr_app.record import references
from ehr_app.record.codec import encode
from ehr_app.record.importing.batch import OWN
from ehr_app.record.importing.journal import Journal, Run
from ehr_app.record.importing.outcome import Finding, Item, Outcome, Result
from ehr_app.record.importing.planning import CONDITIONAL, REPEATED, Plan, plan
from ehr_app.record.importing.provenance import batch_entity, file_entity, provenances
from ehr_app.record.importing.rehearsing import Foresight
from ehr_app.record.importing.scratch import Scratch, Target
from ehr_app.record.importing.sources import Source
from ehr_app.record.importing.splitting import LARGEST_BYTES
from ehr_app.record.importing.workers import Crew, Setup, Worker
from ehr_app.record.writing import instant

BATCH_ENTRIES = 500
BATCH_BYTES = 4 << 20
PROVENANCE_BYTES = 1 << 18  # every target is an index row: few bytes, much work
WORTH_PROCESSES_BYTES = 3 << 20
TARGETS_AT_ONCE = 2000
WHO = "Local administrator, by ehr import"
NOBODY = UUID(int=0)
"""The batch of a rehearsal, which has none."""
NOT_HERE = "the reference points to nothing that is here"


class Stopped(Exception):
    """Somebody asked for the run to stop; what was stored stays."""


class Notes(Protocol):
    """Where a run tells what entries come to."""

    def note(self, finding: Finding) -> None:
        """Take a finding."""

    def took(self, results: Iterable[Result]) -> None:
        """Take entries that are in the record now."""


class Pace(Protocol):
    """Who is told how far a run is."""

    def step(self, what: str, done: int, total: int) -> None:
        """Take how far a step is. Raises Stopped to end the run."""

    def clear(self) -> None:
        """The run ended."""


class Lead:
    """One run over some files into one facility."""

    def __init__(self, sources: list[Source], worker: Worker, setup: Setup, notes: Notes, pace: Pace) -> None:
        """Shape: `sources` numbered from 0."""
        self._sources = sources
        self._worker = worker
        self._setup = setup
        self._notes = notes
        self._pace = pace
        self._total = Outcome()
        self._done = 0
        self.entries = 0

    def run(self, folder: Path, journal: Journal, batch: UUID, begin: Callable[[UUID], bool], who: str = WHO) -> Outcome:
        """Import everything and return the sum; what was found is in the notes.

        Shape: `begin` is told the batch before anything is stored, and says whether it is open to more: first the one in which
        the same files were cut off, else `batch`.
        Raises Unavailable, Forbidden, Unauthenticated, Stopped.
        """
        scratch = Scratch(folder)
        many = sum(source.size for source in self._sources) >= WORTH_PROCESSES_BYTES
        try:
            with Crew(self._worker, self._setup, scratch.addresses, many=many) as crew:
                plans = self._plan_all(scratch)
                hashes = [one.source.sha256() if one.entries else "" for one in plans]
                now = instant(datetime.now(UTC))
                runs = {sha: journal.begin(sha, now, batch) for sha in dict.fromkeys(hashes) if sha}
                before = {run.batch for run in runs.values()}
                cut_off = before.pop() if len(before) == 1 else batch
                if cut_off != batch and begin(cut_off):
                    batch = cut_off
                elif runs:
                    begin(batch)
                for wave in scratch.waves():
                    self._store(crew, scratch, wave, plans, batch)
                self._note_loose(scratch)
                self._write_provenance(crew, scratch, hashes, runs, batch, who)
            for sha in runs:
                journal.end(sha)
        finally:
            scratch.close()
            self._pace.clear()
        return self._total

    def rehearse(self, folder: Path) -> Outcome:
        """Decide about everything and store nothing; return the sum of what an import would come to."""
        scratch = Scratch(folder)
        try:
            plans = self._plan_all(scratch)
            foresight = Foresight(scratch.repeated(REPEATED), CONDITIONAL in scratch.waves())
            with Crew(self._worker, self._setup, scratch.addresses, many=False, foresight=foresight) as crew:
                for wave in scratch.waves():
                    self._store(crew, scratch, wave, plans, NOBODY)
            self._note_loose(scratch)
        finally:
            scratch.close()
            self._pace.clear()
        return self._total

    def _plan_all(self, scratch: Scratch) -> list[Plan]:
        plans = [self._plan(source, scratch) for source in self._sources]
        scratch.put_repeats_last(REPEATED)
        self.entries = sum(one.entries for one in plans)
        return plans

    def _plan(self, source: Source, scratch: Scratch) -> Plan:
        size = source.size
        found = plan(source, scratch, lambda done: self._pace.step(f"reading {source.display}", done, max(size, done)))
        if found.trouble is not None:
            trouble = found.trouble
            self._notes.note(Finding(source.number, None, "error", trouble.reason, position=trouble.position))
        return found

    def _store(self, crew: Crew, scratch: Scratch, wave: int, plans: list[Plan], batch: UUID) -> None:
        at_once = 1 if wave == REPEATED else crew.at_once

        def settle(outcome: Outcome) -> None:
            self._take(scratch, outcome)

        items = (item for one in plans if one.entries for item in _items(one, scratch, wave))
        _hand_out(crew, batch, _groups(items, BATCH_BYTES), at_once, settle)

    def _take(self, scratch: Scratch, outcome: Outcome) -> None:
        for finding in outcome.findings:
            self._notes.note(finding)
        self._notes.took(outcome.results)
        scratch.note_results(outcome.results)
        scratch.note_targets((literal, *seen) for literal, seen in outcome.targets.items())
        refused = sum(finding.severity == "error" for finding in outcome.findings)
        self._done += len(outcome.results) + outcome.skipped + refused
        self._pace.step("entries", self._done, self.entries)
        outcome.results, outcome.targets, outcome.findings = [], {}, []
        self._total.add(outcome)

    def _note_loose(self, scratch: Scratch) -> None:
        waiting: list[Target] = []
        for target in scratch.loose_targets():
            waiting.append(target)
            if len(waiting) == TARGETS_AT_ONCE:
                self._note_missing(waiting)
                waiting = []
        self._note_missing(waiting)

    def _note_missing(self, targets: list[Target]) -> None:
        places = {target.literal: references.target(target.literal) for target in targets}
        asked = [place for place in places.values() if place is not None]
        absent = set(self._worker.run(_missing(self._worker, asked))) if asked else set()
        for target in targets:
            place = places[target.literal]
            if place is None or place in absent:
                finding = Finding(target.file, target.n, "warning", NOT_HERE, reference=target.literal, cited=target.cited)
                self._notes.note(finding)

    def _write_provenance(
        self, crew: Crew, scratch: Scratch, hashes: list[str], runs: dict[str, Run], batch: UUID, who: str
    ) -> None:
        items = (
            Item(source.number, OWN, 0, encode(one), one["id"], held=False)
            for source, sha in zip(self._sources, hashes, strict=True)
            if sha
            for one in self._provenances(scratch, source, sha, runs[sha], batch, who)
        )
        _hand_out(crew, batch, _groups(items, PROVENANCE_BYTES), crew.at_once, expect_whole)

    def _provenances(self, scratch: Scratch, source: Source, sha: str, run: Run, batch: UUID, who: str) -> Iterator[dict[str, Any]]:
        brought = scratch.brought(source.number, unchanged_too=run.resumed)
        told = [file_entity(sha, source.display), batch_entity(batch)]
        return provenances(brought, run=run.id, part=sha, recorded=run.recorded, activity="import", entities=told, who=who)


async def _missing(worker: Worker, places: list[tuple[str, str]]) -> list[tuple[str, str]]:
    async with worker.open("import") as record:
        return await references.missing(record, places)


def _items(one: Plan, scratch: Scratch, wave: int) -> Iterator[Item]:
    source = one.source
    with source.open() as stream:
        for entry in scratch.planned(source.number, wave):
            raw = None
            if entry.stop - entry.start <= LARGEST_BYTES:
                stream.seek(entry.start)
                raw = stream.read(entry.stop - entry.start)
            yield Item(source.number, entry.n, entry.start, raw, entry.fhir_id, one.held)


def _groups(items: Iterator[Item], most_bytes: int) -> Iterator[list[Item]]:
    group: list[Item] = []
    size = 0
    for item in items:
        group.append(item)
        size += len(item.raw or b"")
        if len(group) == BATCH_ENTRIES or size >= most_bytes:
            yield group
            group, size = [], 0
    if group:
        yield group


def _hand_out(crew: Crew, batch: UUID, groups: Iterable[list[Item]], at_once: int, settle: Callable[[Outcome], None]) -> None:
    """Keep `at_once` groups on their way, taking the outcomes in order."""
    waiting: deque[Future[Outcome]] = deque()
    try:
        for items in groups:
            waiting.append(crew.submit(items, batch))
            if len(waiting) >= at_once:
                settle(waiting.popleft().result())
        while waiting:
            settle(waiting.popleft().result())
    except BrokenProcessPool:
        raise Unavailable("a process of the import was ended; start the import again") from None


def expect_whole(outcome: Outcome) -> None:
    """Our own Provenance is never refused; if it were, the run is not finished."""
    for finding in outcome.findings:
        if finding.severity == "error":
            raise Unavailable(f"the Provenance of an import was not stored: {finding.reason}")

"""From a batch, its progress and its rows to what the screens of imports show. Pure."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from ehr_app.record.importing.batches import Batch
from ehr_app.record.importing.listing import Line
from ehr_app.ui.format.dates import clinical_time

STATES = {
    "receiving": "Files received, not rehearsed yet",
    "rehearsing": "Being rehearsed",
    "rehearsed": "Rehearsed, nothing stored yet",
    "importing": "Being imported",
    "stopped": "Stopped before the end",
    "imported": "Imported",
    "taking-back": "Being taken back",
    "taken-back": "Taken back",
    "discarded": "Discarded",
}
KINDS = {
    "create": "New",
    "update": "New version",
    "match": "Here already, the same",
    "skip": "Left out",
    "refuse": "Refused",
}
VIEWS = {
    "all": "All entries",
    **KINDS,
    "doubt": "With a doubt",
    "alike": "May already be here",
    "directory": "New in the directory",
}
WHAT = {
    "starting": "Starting",
    "reading": "Reading the files",
    "waiting": "Waiting for another import to end",
    "entries": "Going through the entries",
    "finishing": "Finishing",
}
BACK = {
    "deleted": "Deleted",
    "restored": "Restored",
    "changed_since": "Changed since, left as it is",
    "relied_on": "Relied on by others, left",
}
RATE, NOBODYS, NO_TYPE = OTHER_WORDS = ("Resources per second", "Nobody's", "No type")
WORKING = ("rehearsing", "importing", "taking-back")


@dataclass(frozen=True)
class Row:
    """One batch in the list."""

    href: str
    began: str
    who: str
    files: str
    state: str
    came_to: str


@dataclass(frozen=True)
class Head:
    """One batch: what it is, how it stands, what may be done with it."""

    began: str = ""
    ended: str = ""
    who: str = ""
    files: list[str] = field(default_factory=list)
    state: str = ""
    words: str = ""
    cut_off: bool = False
    can_rehearse: bool = False
    can_import: bool = False
    can_go_on: bool = False
    can_take_back: bool = False
    can_discard: bool = False
    findings: str = ""


@dataclass(frozen=True)
class Count:
    """One figure; `view` is the list of rows behind it."""

    words: str
    number: str
    view: str = ""


@dataclass(frozen=True)
class Share:
    """How many of one type, or of one patient, come to what."""

    name: str
    href: str
    created: str
    updated: str
    matched: str
    left_out: str
    refused: str


@dataclass(frozen=True)
class Pair:
    """A patient who would be new and one who is here."""

    place: str
    where: str
    other: str
    href: str
    other_href: str
    reason: str


@dataclass(frozen=True)
class Progress:
    """How far a step is: words, numbers, whole percent; -1 when that cannot be said."""

    words: str = ""
    numbers: str = ""
    percent: int = -1
    trouble: str = ""


def row(batch: Batch, zone: ZoneInfo) -> Row:
    """Return a batch as the list shows it."""
    names = [file.name for file in batch.files]
    files = names[0] if len(names) == 1 else f"{len(names):,} files" if names else ""
    return Row(
        f"/admin/imports/{batch.id}", clinical_time(batch.began_at, zone), batch.who, files, STATES[batch.state],
        ", ".join(f"{one.number} {one.words.lower()}" for one in counts(batch) if one.number != "0" and one.words != RATE),
    )  # fmt: skip


def head(batch: Batch, zone: ZoneInfo, *, running: bool, has_files: bool) -> Head:
    """Return the head of a batch's page."""
    state, cut_off = batch.state, batch.state in WORKING and not running
    idle = not running and has_files
    return Head(
        clinical_time(batch.began_at, zone),
        clinical_time(batch.ended_at, zone) if batch.ended_at else "",
        batch.who,
        [file.name for file in batch.files],
        state,
        STATES[state],
        cut_off,
        can_rehearse=idle and state in ("receiving", "rehearsing"),
        can_import=idle and state == "rehearsed",
        can_go_on=cut_off and state == "taking-back" or idle and state in ("importing", "stopped"),
        can_take_back=not running and state in ("importing", "stopped", "imported"),
        can_discard=not running and state in ("receiving", "rehearsing", "rehearsed"),
        findings=f"/imports/{batch.id}/findings",
    )  # fmt: skip


def counts(batch: Batch) -> list[Count]:
    """Return the figures of the latest step that ended."""
    if "back" in batch.counts:
        told = batch.counts["back"]
        return [_count(words, told.get(name, 0), "") for name, words in BACK.items()]
    if "import" in batch.counts:
        told = batch.counts["import"]
        found = [
            _count(KINDS["create"], told["created"], "create"),
            _count(KINDS["update"], told["updated"], "update"),
            _count(KINDS["match"], told["unchanged"], "match"),
        ]
        if "refuse" in told:
            found += [_count(KINDS["refuse"], told["refuse"], "refuse"), _count(VIEWS["doubt"], told["doubt"], "doubt")]
        rate = (told["created"] + told["updated"] + told["unchanged"]) / max(told["seconds"], 0.1)
        return [*found, Count(RATE, f"{rate:,.0f}")]
    if "rehearsal" in batch.counts:
        told = batch.counts["rehearsal"]
        found = [_count(words, told.get(kind, 0), kind) for kind, words in KINDS.items()]
        return [*found, *(_count(VIEWS[view], told.get(view, 0), view) for view in ("doubt", "alike", "directory"))]
    return []


def share(name: str, kinds: dict[str, int], *, of_patient: bool = False, stored: bool = False) -> Share:
    """Return the line of a type or of a patient; a patient is linked to when she is here: known before, or `stored` by now."""
    named = name or (NOBODYS if of_patient else NO_TYPE)
    here = stored or bool(kinds.get("match") or kinds.get("update"))
    href = f"/patients/{name}" if of_patient and name and here else ""
    return Share(named, href, *(f"{kinds[kind]:,}" if kinds.get(kind) else "" for kind in KINDS))


def line(one: Line, files: list[str]) -> dict[str, Any]:
    """Return one entry as a row of the table."""
    return {
        "file": files[one.file] if one.file < len(files) else "",
        "entry": "the file" if one.n < 0 else f"{one.n:,}",
        "outcome": KINDS.get(one.kind, one.kind),
        "resource": one.place,
        "why": _why(one),
        "look": "nums",
    }


def pairs(one: Line, files: list[str]) -> list[Pair]:
    """Return whom a new patient looks like."""
    where = f"{files[one.file]}, entry {one.n:,}" if one.file < len(files) else f"entry {one.n:,}"
    return [
        Pair(one.place, where, said.reference, f"/patients/{one.place[8:]}", f"/patients/{said.reference[8:]}", said.reason)
        for said in one.remarks
        if said.reference.startswith("Patient/") and "may already be here" in said.reason
    ]


def progress(told: dict[str, Any], *, running: bool) -> Progress:
    """Return how far a step is; while one runs that has said nothing yet, it starts."""
    if running and told.get("what", "ended") == "ended":
        return Progress(WHAT["starting"])
    done, total = int(told.get("done", 0)), int(told.get("total", 0))
    words = WHAT.get(str(told.get("what", "")), "")
    if not total or told.get("what") == "reading":
        percent = 100 * done // total if total else -1
        return Progress(words, "", min(percent, 100), str(told.get("trouble", "")))
    rate = done / max(float(told.get("seconds", 0)), 0.1)
    return Progress(words, f"{done:,} / {total:,} ({rate:,.0f}/s)", min(100, 100 * done // total), str(told.get("trouble", "")))


def number_in(path: str) -> UUID | None:
    """Return the batch that an address names."""
    parts = path.split("/")
    try:
        return UUID(parts[3]) if len(parts) > 3 else None
    except ValueError:
        return None


def _count(words: str, number: int, view: str) -> Count:
    return Count(words, f"{number:,}", view if number else "")


def _why(one: Line) -> str:
    said = []
    for remark in one.remarks:
        issues = [f"{issue['expression']}: {issue['diagnostics']}" for issue in remark.details.get("issues", [])]
        text = "; ".join(issues) or remark.reason
        said.append(f"{text} ({remark.reference})" if remark.reference else text)
    return "; ".join(said)

"""What an import tells: a bar while it runs, a file of findings, a summary at the end."""

import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO
from uuid import UUID

from ehr_app.record.importing.listing import Reader
from ehr_app.record.importing.outcome import Finding, Outcome, Result, details
from ehr_app.record.importing.sources import Source
from ehr_app.record.importing.taking_back import Taken

BAR_CHARACTERS = 24
EVERY_S = 0.1
MOST_SHOWN = 10


class Progress:
    """A line on the terminal that redraws itself; silent when there is no terminal."""

    def __init__(self, out: TextIO) -> None:
        """Shape: `out` is standard error."""
        self._out = out
        self._shown = out.isatty()
        self._drawn_at = 0.0
        self._began_at = time.monotonic()

    def step(self, what: str, done: int, total: int) -> None:
        """Say how far a step is."""
        now = time.monotonic()
        if not self._shown or (now - self._drawn_at < EVERY_S and done < total):
            return
        self._drawn_at = now
        share = min(done / total, 1.0) if total else 1.0
        full = round(share * BAR_CHARACTERS)
        bar = "#" * full + "." * (BAR_CHARACTERS - full)
        self._out.write(f"\r\x1b[K{what} [{bar}] {share:4.0%}  {done:,} of {total:,}")
        self._out.flush()

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            self._out.write("\r\x1b[K")
            self._out.flush()


class Rejects:
    """The file of findings, made with mode 0600 when there is a first one."""

    def __init__(self, folder: Path, sources: list[Source]) -> None:
        """Shape: the file is named after the time and the first source."""
        self._folder = folder
        self._sources = sources
        self._out: TextIO | None = None
        self.path: Path | None = None
        self.errors = 0
        self.warnings: Counter[str] = Counter()
        self.first: list[str] = []

    def note(self, finding: Finding) -> None:
        """Write one finding."""
        if finding.severity == "information":
            return
        source = self._sources[finding.file]
        if finding.severity == "error":
            self.errors += 1
            if len(self.first) < MOST_SHOWN:
                where = f" entry {finding.n}" if finding.n is not None else ""
                self.first.append(f"{source.display}{where}: {finding.reason}")
        else:
            self.warnings[finding.reason] += 1
        entry = {} if finding.n is None else {"line" if source.by_lines else "entry": finding.n}
        line = {"file": str(source.path), **entry, **details(finding)}
        self._open().write(json.dumps(line, ensure_ascii=False) + "\n")

    def took(self, results: Iterable[Result]) -> None:
        """What is in the record needs no line here."""

    def close(self) -> None:
        """Finish the file."""
        if self._out is not None:
            self._out.close()

    def _open(self) -> TextIO:
        if self._out is None:
            self.path = _fresh(self._folder, self._sources[0], "ndjson")
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            self._out = os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace", buffering=1)
        return self._out


def summary(total: Outcome, files: int, rejects: Rejects, seconds: float, batch: UUID | None) -> str:
    """Return what is printed at the end; ids and counts only."""
    stored = total.created + total.updated + total.unchanged
    lines = [
        f"{files} {'file' if files == 1 else 'files'} in {seconds:.1f} s, {stored / max(seconds, 1e-9):,.0f} resources/s",
        f"  created    {total.created:>10,}",
        f"  updated    {total.updated:>10,}",
        f"  unchanged  {total.unchanged:>10,}",
        f"  rejected   {rejects.errors:>10,}",
    ]
    lines += [] if batch is None else [f"  batch      {batch}"]
    lines += [f"  warning    {count:>10,}  {reason}" for reason, count in rejects.warnings.most_common()]
    lines += [f"  rejected: {text}" for text in rejects.first]
    if rejects.errors > len(rejects.first):
        lines.append(f"  ... and {rejects.errors - len(rejects.first)} more")
    if rejects.path is not None:
        lines.append(f"  details: {rejects.path}")
    return "\n".join(lines)


def rehearsed(reader: Reader, sources: list[Source], folder: Path, seconds: float) -> str:
    """Write every row of a rehearsal to a file and return what is printed; ids, counts and reasons only."""
    kinds = reader.kinds()
    files = f"{len(sources)} {'file' if len(sources) == 1 else 'files'}"
    lines = [f"rehearsal of {files} in {seconds:.1f} s; nothing was stored"]
    told = (("create", "to create"), ("update", "to update"), ("match", "unchanged"), ("skip", "left out"), ("refuse", "to reject"))
    lines += [f"  {words:<10}{kinds.get(kind, 0):>11,}" for kind, words in told]
    lines += [f"  {words:<10}{reader.count(view):>11,}" for view, words in (("doubt", "doubts"), ("alike", "may be here"))]
    lines += [f"  {sum(of.values()):>8,}  {name or 'of no type'}" for name, of in reader.types()]
    for line in reader.lines("directory", MOST_SHOWN):
        lines.append(f"  new in the directory: {line.place}")
    for line in reader.lines("refuse", MOST_SHOWN):
        where = "" if line.n < 0 else f" entry {line.n}"
        lines.append(f"  to reject: {sources[line.file].display}{where}: {'; '.join(one.reason for one in line.remarks)}")
    lines.append(f"  details: {_rows_written(reader, sources, folder)}")
    return "\n".join(lines)


def taken_back(taken: Taken, reader: Reader, batch: UUID) -> str:
    """Return what is printed when a batch was taken back."""
    lines = [
        f"batch {batch} was taken back; its versions stay in the history",
        f"  deleted    {taken.deleted:>10,}",
        f"  restored   {taken.restored:>10,}",
        f"  stays      {taken.changed_since + taken.relied_on:>10,}",
    ]
    stays = reader.lines("skip", 100)
    lines += [f"  stays: {line.place}: {'; '.join(one.reason for one in line.remarks)}" for line in stays]
    return "\n".join(lines)


def _rows_written(reader: Reader, sources: list[Source], folder: Path) -> Path:
    path = _fresh(folder, sources[0], "rehearsal.ndjson")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as out:
        offset = 0
        while lines := reader.lines("all", 1000, offset):
            offset += len(lines)
            for line in lines:
                entry = {} if line.n < 0 else {"entry": line.n}
                told = [one.details for one in line.remarks]
                row = {"file": str(sources[line.file].path), **entry, "outcome": line.kind, "resource": line.place, "remarks": told}
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
    return path


def _fresh(folder: Path, source: Source, ending: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    name = re.sub(r"[^A-Za-z0-9._-]", "_", source.path.name)[:80]
    return folder / f"{stamp}-{name}.{ending}"


def tell(text: str) -> None:
    """Print a line for the person at the terminal."""
    print(text, file=sys.stderr, flush=True)

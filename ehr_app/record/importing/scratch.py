"""The notebook of one import run, on disk so that a large import needs little memory: entries, addresses, targets, results.

SQLite files in a private folder; they hold ids and offsets, never content, and go when the run ends.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ehr_app.record.importing.outcome import Result
from ehr_app.record.importing.splitting import Piece

TABLES = """
create table entry(file int, n int, start int, stop int, wave int, place text, primary key(file, n)) without rowid;
create table target(literal text primary key, file int, n int, cited int) without rowid;
create table stored(place text, file int, patient text, changed int, primary key(place, file)) without rowid;
"""
ADDRESSES = "create table addresses.url(url text, file int, place text, primary key(url, file)) without rowid;"
PRAGMAS = "".join(
    f"pragma {name}.journal_mode = off; pragma {name}.synchronous = off; pragma {name}.cache_size = -8000;"
    for name in ("main", "addresses")
)


@dataclass(frozen=True, slots=True)
class Planned:
    """One entry that waits to be written: where its bytes are and which id it will have."""

    n: int
    start: int
    stop: int
    fhir_id: str


@dataclass(frozen=True, slots=True)
class Target:
    """Something that references name: the reference, the first entry that holds it, and how many do."""

    literal: str
    file: int
    n: int
    cited: int


class Scratch:
    """The notebook; written by the process that leads the import."""

    def __init__(self, folder: Path) -> None:
        """Make an empty notebook; the addresses lie in a file of their own, which other processes read once it is complete."""
        self.addresses = folder / "addresses.db"
        self._db = sqlite3.connect(folder / "entries.db", isolation_level=None)
        self._db.execute("attach database ? as addresses", (str(self.addresses),))
        self._db.executescript(PRAGMAS + TABLES + ADDRESSES)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def plan(self, file: int, planned: Iterable[tuple[Piece, str, int]]) -> int:
        """Note the entries of a file (piece, Type/id, wave) and the addresses they go by; return how many they are."""
        rows, urls = [], []
        total = 0
        self._db.execute("begin")
        for piece, place, wave in planned:
            rows.append((file, piece.n, piece.start, piece.stop, wave, place))
            if piece.url:
                urls.append((piece.url, file, place))
            if len(rows) == 1000:
                total += self._note(rows, urls)
                rows, urls = [], []
        total += self._note(rows, urls)
        self._db.execute("commit")
        return total

    def forget(self, file: int) -> None:
        """Drop what was planned for a file that turned out to be something else."""
        self._db.execute("delete from entry where file = ?", (file,))
        self._db.execute("delete from url where file = ?", (file,))

    def put_repeats_last(self, wave: int) -> int:
        """Give the second and later entries of one resource a wave of their own; return how many they are."""
        self._db.execute("create index entry_place on entry(place, file, n)")
        again = "select place from entry group by place having count(*) > 1"
        first = "select 1 from entry e where e.place = entry.place and (e.file, e.n) < (entry.file, entry.n)"
        done = self._db.execute(f"update entry set wave = ? where place in ({again}) and exists ({first})", (wave,))
        return done.rowcount

    def waves(self) -> list[int]:
        """Return the waves that have entries, the first one first."""
        return [wave for (wave,) in self._db.execute("select distinct wave from entry order by wave")]

    def repeated(self, wave: int) -> set[str]:
        """Return the resources (Type/id) that several entries hold."""
        return {place for (place,) in self._db.execute("select distinct place from entry where wave = ?", (wave,))}

    def planned(self, file: int, wave: int) -> Iterator[Planned]:
        """Yield the entries of a file and wave in their order."""
        found = self._db.execute("select n, start, stop, place from entry where file = ? and wave = ? order by n", (file, wave))
        for n, start, stop, place in found:
            yield Planned(n, start, stop, place.partition("/")[2])

    def note_targets(self, targets: Iterable[tuple[str, int, int, int]]) -> None:
        """Note references (literal, file, entry, how often)."""
        self._db.execute("begin")
        self._db.executemany(
            "insert into target values (?, ?, ?, ?) on conflict do update set cited = cited + excluded.cited,"
            " n = case when (file, n) > (excluded.file, excluded.n) then excluded.n else n end,"
            " file = min(file, excluded.file)",
            targets,
        )
        self._db.execute("commit")

    def note_results(self, results: Iterable[Result]) -> None:
        """Note resources that are in the record now."""
        self._db.execute("begin")
        self._db.executemany(
            "insert into stored values (?, ?, ?, ?) on conflict do update set changed = max(changed, excluded.changed)",
            ((r.place, r.file, r.patient, r.how != "match") for r in results),
        )
        self._db.execute("commit")

    def loose_targets(self) -> Iterator[Target]:
        """Yield the references whose target is not among what this run stored."""
        rest = "select literal, file, n, cited from target where literal not in (select place from stored) order by file, n"
        for row in self._db.execute(rest):
            yield Target(*row)

    def brought(self, file: int, *, unchanged_too: bool) -> Iterator[tuple[str | None, str]]:
        """Yield what a file brought (patient id or None, Type/id), patient by patient, then by type and id."""
        wanted = "" if unchanged_too else " and changed"
        select = f"select patient, place from stored where file = ?{wanted} order by patient, place"
        yield from self._db.execute(select, (file,))

    def _note(self, rows: list[tuple[int, int, int, int, int, str]], urls: list[tuple[str, int, str]]) -> int:
        self._db.executemany("insert into entry values (?, ?, ?, ?, ?, ?)", rows)
        self._db.executemany("insert or ignore into url values (?, ?, ?)", urls)
        return len(rows)


class Addresses:
    """What each fullUrl of the run stands for; read by every process that writes entries."""

    def __init__(self, path: Path | None) -> None:
        """Open the notebook for reading; None knows no address."""
        self._db = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True) if path else None
        self._known: dict[tuple[int, str], str | None] = {}

    def place(self, file: int, url: str) -> str | None:
        """Return Type/id: what the address means in its own file, else what all other files agree on."""
        if self._db is None:
            return None
        key = (file, url)
        if key not in self._known:
            if len(self._known) > 20_000:
                self._known.clear()
            rows = self._db.execute("select file, place from url where url = ?", (url,)).fetchall()
            own = [place for owner, place in rows if owner == file]
            agreed = {place for _, place in rows}
            self._known[key] = own[0] if own else agreed.pop() if len(agreed) == 1 else None
        return self._known[key]

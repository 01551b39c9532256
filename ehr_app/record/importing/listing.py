"""What every entry of a batch comes to, one row each, with the remarks about it; kept on disk and read page by page.

SQLite in the batch's private folder: ids, element names and reasons, no content. The process that rehearses or imports writes it,
the screens read it.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from ehr_app.record.importing.alike import MAY_BE_HERE
from ehr_app.record.importing.outcome import Finding, Result, details
from ehr_app.standards.r4 import PATIENT_COMPARTMENT, RTYPES

FILE_ITSELF = -1
"""The number of the row that speaks about a file as a whole."""
DIRECTORY = tuple(sorted(name for name in RTYPES if name not in PATIENT_COMPARTMENT and name != "Patient"))
TABLES = """
create table row(file int, n int, kind text, place text, rtype text, patient text, primary key(file, n)) without rowid;
create table remark(file int, n int, severity text, reason text, reference text, details text);
"""
INDEXES = "create index row_kind on row(kind, file, n); create index remark_row on remark(file, n);"
KEPT = "insert into row values (?, ?, ?, ?, ?, ?) on conflict do update set kind = excluded.kind, place = excluded.place"
FILTERS = {
    "all": "true",
    "create": "kind = 'create'",
    "update": "kind = 'update'",
    "match": "kind = 'match'",
    "refuse": "kind = 'refuse'",
    "skip": "kind = 'skip'",
    "doubt": "(file, n) in (select file, n from remark where severity = 'warning')",
    "alike": f"(file, n) in (select file, n from remark where reason like '{MAY_BE_HERE}%')",
    "directory": "kind = 'create' and rtype in ({})".format(", ".join(f"'{name}'" for name in DIRECTORY)),
}
"""The views of the list; `directory`: what other records would look up, such as organizations and practitioners."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something said about a row; `reference` names another resource."""

    severity: str
    reason: str
    reference: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One row: which entry of which file, what it comes to, which resource it is, whose, and the remarks."""

    file: int
    n: int
    kind: str
    place: str
    patient: str
    remarks: list[Remark]


class Listing:
    """The list while it is written."""

    def __init__(self, path: Path) -> None:
        """Begin an empty list."""
        path.unlink(missing_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None)
        path.chmod(0o600)
        self._db.executescript("pragma journal_mode = off; pragma synchronous = off;" + TABLES)
        self.errors = 0

    def took(self, results: Iterable[Result]) -> None:
        """Note entries that are in the record, or would be."""
        self._db.execute("begin")
        self._db.executemany(KEPT, ((r.file, r.n, r.how, r.place, r.place.partition("/")[0], r.patient or "") for r in results))
        self._db.execute("commit")

    def note(self, finding: Finding) -> None:
        """Note a remark; what was refused or left out gets its row by it."""
        n = FILE_ITSELF if finding.n is None else finding.n
        if finding.severity == "error" or finding.left_out:
            place = finding.resource or ""
            kind = "refuse" if finding.severity == "error" else "skip"
            self.errors += kind == "refuse"
            self._db.execute(KEPT, (finding.file, n, kind, place, place.partition("/")[0], ""))
        told = json.dumps(details(finding), ensure_ascii=False)
        remark = (finding.file, n, finding.severity, finding.reason, finding.reference or "", told)
        self._db.execute("insert into remark values (?, ?, ?, ?, ?, ?)", remark)

    def close(self) -> None:
        """Finish the list."""
        self._db.executescript(INDEXES)
        self._db.close()


class Reader:
    """A finished list."""

    def __init__(self, path: Path) -> None:
        """Open for reading. Raises sqlite3.OperationalError when there is none."""
        self._db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)

    def __enter__(self) -> Self:
        """Read."""
        return self

    def __exit__(self, *error: object) -> None:
        """Let go of the file."""
        self._db.close()

    def count(self, view: str) -> int:
        """Return how many rows a view has. Shape: a key of FILTERS."""
        return int(self._db.execute(f"select count(*) from row where {FILTERS[view]}").fetchone()[0])

    def lines(self, view: str, limit: int, offset: int = 0) -> list[Line]:
        """Return rows of a view in the order of files and entries."""
        select = f"select file, n, kind, place, patient from row where {FILTERS[view]} order by file, n limit ? offset ?"
        rows = self._db.execute(select, (limit, offset)).fetchall()
        return [Line(file, n, kind, place, whose, self._remarks(file, n)) for file, n, kind, place, whose in rows]

    def kinds(self) -> dict[str, int]:
        """Return how many rows there are of each kind."""
        return dict(self._db.execute("select kind, count(*) from row group by kind").fetchall())

    def types(self) -> list[tuple[str, dict[str, int]]]:
        """Return the kinds by resource type, the most frequent first."""
        return self._by("rtype", 200, 0)

    def patients(self, limit: int, offset: int = 0) -> list[tuple[str, dict[str, int]]]:
        """Return the kinds by patient id, the largest first; "" stands for what is nobody's."""
        return self._by("patient", limit, offset)

    def patient_count(self) -> int:
        """Return how many patients the rows speak of."""
        return int(self._db.execute("select count(distinct patient) from row where patient <> ''").fetchone()[0])

    def findings(self) -> Iterator[tuple[int, int, str, dict[str, Any]]]:
        """Yield every remark but mere information: file, entry, Type/id, what is said."""
        select = """select m.file, m.n, coalesce(r.place, ''), m.details from remark m left join row r using (file, n)
         where m.severity <> 'information' order by m.file, m.n"""
        for file, n, place, told in self._db.execute(select):
            yield file, n, place, json.loads(told)

    def _by(self, column: str, limit: int, offset: int) -> list[tuple[str, dict[str, int]]]:
        named = f"select {column} from row where n >= 0 group by {column} order by count(*) desc, {column} limit ? offset ?"
        names = [name for (name,) in self._db.execute(named, (limit, offset)).fetchall()]
        found: dict[str, dict[str, int]] = {name: {} for name in names}
        counted = f"select {column}, kind, count(*) from row where n >= 0 group by {column}, kind"
        for name, kind, count in self._db.execute(counted):
            if name in found:
                found[name][kind] = count
        return list(found.items())

    def _remarks(self, file: int, n: int) -> list[Remark]:
        rows = self._db.execute("select severity, reason, reference, details from remark where file = ? and n = ?", (file, n))
        return [Remark(severity, reason, reference, json.loads(told)) for severity, reason, reference, told in rows]

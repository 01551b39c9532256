"""The files of an import: which ones a path means, and their bytes, plain or gzip.

A folder means every `.json`, `.ndjson` and `.jsonl` file below it, also with `.gz`; hidden files are left out. A file named by the
user is read whatever its name is. Gzip is told by its first two bytes (RFC 1952), not by the name.
"""

import gzip
import hashlib
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path
from typing import cast

from ehr_app.errors import BadRequest

SUFFIXES = (".json", ".ndjson", ".jsonl")
LINES = (".ndjson", ".jsonl")
CHUNK_BYTES = 1 << 20


class Broken(Exception):
    """The bytes of a file end or break off at `position` (of the unpacked text)."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(reason)
        self.position = position
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Source:
    """One file of an import: its number within the run, where it is, and what a report calls it."""

    number: int
    path: Path
    display: str

    @property
    def by_lines(self) -> bool:
        """Whether the name says that every line is a resource."""
        return self.path.name.removesuffix(".gz").endswith(LINES)

    def open(self) -> BufferedIOBase:
        """Return the unpacked bytes; the caller closes."""
        with self.path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
        return cast(BufferedIOBase, gzip.open(self.path, "rb")) if packed else self.path.open("rb")

    def sha256(self) -> str:
        """Return the hash of the file as it lies on disk."""
        with self.path.open("rb") as raw:
            return hashlib.file_digest(raw, "sha256").hexdigest()


def find(paths: Iterable[Path]) -> list[Source]:
    """Return the files that paths mean, each once, in order of their names. Raises BadRequest for a path that does not exist."""
    found: dict[Path, str] = {}
    for path in paths:
        if not path.exists():
            raise BadRequest(f"there is no file or folder {path}")
        if path.is_dir():
            for file in sorted(path.rglob("*")):
                inside = file.relative_to(path)
                hidden = any(part.startswith(".") for part in inside.parts)
                if not hidden and file.name.removesuffix(".gz").endswith(SUFFIXES) and file.is_file():
                    found.setdefault(file.resolve(), str(inside))
        else:
            found.setdefault(path.resolve(), path.name)
    return [Source(number, path, display) for number, (path, display) in enumerate(found.items())]


def chunks(stream: BufferedIOBase) -> Iterator[bytes]:
    """Yield the bytes of a stream. Raises Broken where a gzip file is cut off or damaged."""
    position = 0
    while True:
        try:
            chunk = stream.read1(CHUNK_BYTES)  # what there is: `read` would keep the bytes before the damage to itself
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise Broken(position, f"the gzip file is cut off or damaged ({error})") from None
        if not chunk:
            return
        position += len(chunk)
        yield chunk

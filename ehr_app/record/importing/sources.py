"""The files of an import: which ones a path means, and their bytes, plain or gzip.

A folder means every `.json`, `.ndjson` and `.jsonl` file below it, also with `.gz`; hidden files are left out. A file named by the
user is read whatever its name is. Gzip is told by its first two bytes (RFC 1952), not by the name.
"""

import gzip
import hashlib
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BufferedIOBase, BufferedReader
from pathlib import Path
from typing import cast

from ehr_app.errors import BadRequest
from ehr_app.record.importing import sealed

SUFFIXES = (".json", ".ndjson", ".jsonl")
LINES = (".ndjson", ".jsonl")
CHUNK_BYTES = 1 << 20
GZIP = b"\x1f\x8b"
UNPACKED_FREELY, MOST_RATIO = 256 << 20, 250
"""A packed file may unpack to the first number of bytes, or to so many times its size. DEFLATE reaches 1,032 with zeros."""


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
    key: bytes | None = field(default=None, repr=False)  # of a sealed file

    @property
    def by_lines(self) -> bool:
        """Whether the name says that every line is a resource."""
        return self.display.removesuffix(".gz").endswith(LINES)

    @property
    def size(self) -> int:
        """How many bytes the file has, packed ones counted as they are."""
        return self.path.stat().st_size if self.key is None else sealed.size(self.path)

    def open(self) -> BufferedIOBase:
        """Return the unpacked bytes; the caller closes."""
        raw = self._raw()
        packed = raw.peek(2)[:2] == GZIP
        return cast(BufferedIOBase, _Unpacked(raw)) if packed else raw

    def most_unpacked(self) -> int:
        """Return how many bytes may come out of the file; what packs better than records do is no record."""
        return max(UNPACKED_FREELY, MOST_RATIO * self.size)

    def sha256(self) -> str:
        """Return the hash of the file as it was given."""
        with self._raw() as raw:
            return hashlib.file_digest(raw, "sha256").hexdigest()

    def _raw(self) -> BufferedReader:
        return self.path.open("rb") if self.key is None else sealed.opened(self.path, self.key)


class _Unpacked(gzip.GzipFile):
    """A gzip stream that closes the file below it."""

    def __init__(self, raw: BufferedReader) -> None:
        super().__init__(fileobj=raw, mode="rb")
        self._raw = raw

    def close(self) -> None:
        """Close both."""
        super().close()
        self._raw.close()


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


def chunks(stream: BufferedIOBase, most_bytes: int) -> Iterator[bytes]:
    """Yield the bytes of a stream. Raises Broken where a gzip file is cut off, damaged or larger than `most_bytes`."""
    position = 0
    while True:
        try:
            chunk = stream.read1(CHUNK_BYTES)  # what there is: `read` would keep the bytes before the damage to itself
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise Broken(position, f"the gzip file is cut off or damaged ({error})") from None
        if not chunk:
            return
        position += len(chunk)
        if position > most_bytes:
            raise Broken(position, "the file unpacks to far more than its size; it is not read further")
        yield chunk

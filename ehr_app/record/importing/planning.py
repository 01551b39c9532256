"""The first reading of a file: how its entries lie, which ids they get, by which addresses they go. Nothing is stored yet."""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import msgspec

from ehr_app.record.importing.identity import conditional, id_of
from ehr_app.record.importing.scratch import Scratch
from ehr_app.record.importing.sources import Broken, Source, chunks
from ehr_app.record.importing.splitting import LARGEST_BYTES, Piece, Shape, lines, pieces, whole

PLAIN, CONDITIONAL, REPEATED = 0, 1, 2
"""Waves: first what stands by itself, then what refers by search, then the second and later entries of one resource, in order."""
CARRIERS = frozenset(("transaction", "batch", "collection", "searchset"))
DOCUMENTS = frozenset(("document", "message"))


@dataclass(slots=True)
class Plan:
    """What the first reading found; `held` is true when entries of a Bundle hold the resources."""

    source: Source
    entries: int = 0
    held: bool = False
    trouble: Broken | None = None
    bytes_read: int = 0


def plan(source: Source, scratch: Scratch, progress: Callable[[int], None]) -> Plan:
    """Read a file once. Shape: `progress` is told how many bytes were read."""
    found = Plan(source)
    try:
        with source.open() as stream:
            counted = _counted(chunks(stream, source.most_unpacked()), found, progress)
            if source.by_lines or _is_lines(source):
                found.entries = _note(found, scratch, lines(counted))
            else:
                _plan_object(found, scratch, counted)
    except OSError as error:
        found.trouble = Broken(found.bytes_read, f"the file cannot be read ({error.strerror})")
    return found


def _plan_object(found: Plan, scratch: Scratch, counted: Iterator[bytes]) -> None:
    shape = Shape()
    found.held = True
    found.entries = _note(found, scratch, pieces(counted, shape))
    if shape.rtype in ("Bundle", "") and (shape.type in CARRIERS or (found.trouble is not None and not shape.type)):
        if shape.more:
            found.trouble = Broken(shape.stop, "something follows the end of the Bundle")
        return
    scratch.forget(found.source.number)
    found.entries = 0
    if found.trouble is None:
        found.trouble = _unfit(shape)
    if found.trouble is None:
        found.held = False
        found.entries = _note(found, scratch, iter([_single(found.source, shape)]))


def _unfit(shape: Shape) -> Broken | None:
    if shape.more:
        return Broken(shape.stop, "something follows the end of the resource")
    if shape.rtype == "Bundle" and shape.type not in DOCUMENTS:
        named = "names no type" if not shape.type else f"is of type {shape.type[:40]}"
        return Broken(shape.start, f"the Bundle {named}; transaction, batch, collection and searchset are imported")
    return None


def _single(source: Source, shape: Shape) -> Piece:
    """The whole file as one entry."""
    with source.open() as stream:
        stream.seek(shape.start)
        raw = stream.read(min(shape.stop - shape.start, LARGEST_BYTES))
    return whole(raw, shape)


def _note(found: Plan, scratch: Scratch, every: Iterator[Piece]) -> int:
    def planned() -> Iterator[tuple[Piece, str, int]]:
        try:
            for piece in every:
                place = f"{piece.rtype}/{id_of(piece)}"
                yield replace(piece, raw=None), place, CONDITIONAL if conditional(piece) else PLAIN
        except Broken as trouble:
            found.trouble = trouble

    return scratch.plan(found.source.number, planned())


def _counted(parts: Iterator[bytes], found: Plan, progress: Callable[[int], None]) -> Iterator[bytes]:
    for part in parts:
        found.bytes_read += len(part)
        progress(found.bytes_read)
        yield part


def _is_lines(source: Source) -> bool:
    """Tell whether the first line is a whole JSON object and more follows."""
    with source.open() as stream:
        try:
            line, rest = stream.readline(1 << 20), stream.read(4096)
        except (OSError, EOFError, zlib.error):
            return False
    if not line.lstrip().startswith(b"{") or not rest.strip().startswith(b"{"):
        return False
    try:
        msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True

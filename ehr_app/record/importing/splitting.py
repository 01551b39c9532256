"""Where the resources of a file begin and end, without parsing them and without holding the file in memory.

A Bundle is walked member by member; of its `entry` array only the borders of each element are found. The quick way guesses a border
from the first member name of the elements and lets the JSON parser prove the guess: a JSON object that is complete between two
offsets can end nowhere else. Where the guess fails, strings and brackets are counted. What an element says is decided by whoever
parses it; an element with balanced brackets never hides the ones behind it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from ehr_app.record.importing.sources import Broken

LARGEST_BYTES = 50 * 1024 * 1024
GUESS_BYTES = 4 << 20
MEMBER_BYTES = 4096

_SPACE = re.compile(rb"[ \t\r\n]*")
_SCALAR = re.compile(rb"[^\s,\]}]*")
_BETWEEN = re.compile(rb'[^"{}\[\]]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"{}\[\]]*+)*+', re.DOTALL)
_STRING = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_FIRST = re.compile(rb'\{\s*"([A-Za-z]+)"\s*:')
_NOT_JSON = "this is not JSON"
_CUT_OFF = "the file ends in the middle"


class _Type(msgspec.Struct):
    resourceType: str = ""
    id: str = ""


class _Entry(msgspec.Struct):
    fullUrl: str = ""
    resource: _Type | None = None


_entry_head = msgspec.json.Decoder(_Entry)
_line_head = msgspec.json.Decoder(_Type)


@dataclass(frozen=True, slots=True)
class Piece:
    """One entry or line: its number in the file, its borders, what its head says, and its bytes unless they are too many."""

    n: int
    start: int
    stop: int
    url: str
    rtype: str
    id: str
    raw: bytes | None


@dataclass(slots=True)
class Shape:
    """What `pieces` learnt about the file as a whole."""

    rtype: str = ""
    type: str = ""
    start: int = 0
    stop: int = 0
    more: bool = False  # something follows the first value
    members: set[str] = field(default_factory=set)


class _Window:
    """The bytes from `base` on, as far as they are needed."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self.data = b""
        self.base = 0
        self.pos = 0
        self.kept: int | None = None  # absolute offset from which on bytes are still wanted

    @property
    def offset(self) -> int:
        return self.base + self.pos

    def fill(self) -> bool:
        """Read on; twice as much when nothing could be let go."""
        keep = self.pos
        if self.kept is not None:
            if self.offset - self.kept > LARGEST_BYTES:
                self.kept = None
            else:
                keep = self.kept - self.base
        rest = self.data[keep:]
        parts, size = [rest], 0
        while size <= len(rest):
            chunk = next(self._chunks, b"")
            if not chunk:
                break
            parts.append(chunk)
            size += len(chunk)
        self.data = b"".join(parts)
        self.base += keep
        self.pos -= keep
        return size > 0

    def peek(self) -> bytes:
        """Return the next byte that is not white space, b"" at the end."""
        while True:
            found = _SPACE.match(self.data, self.pos)
            self.pos = found.end() if found else self.pos
            if self.pos < len(self.data):
                return self.data[self.pos : self.pos + 1]
            if not self.fill():
                return b""

    def take(self, wanted: bytes) -> bool:
        """Step over one byte if it is the next one."""
        if self.peek() != wanted:
            return False
        self.pos += 1
        return True

    def value(self) -> bytes | None:
        """Step over one value; return its bytes, or None when they are more than is read."""
        self.peek()
        self.kept = start = self.offset
        self._skip()
        if self.kept is None or self.offset - start > LARGEST_BYTES:
            self.kept = None
            return None
        self.kept = None
        return self.data[start - self.base : self.pos]

    def _skip(self) -> None:
        first = self.peek()
        if first not in (b"{", b"["):
            if first == b'"':
                self.pos += 1
                self._skip_string()
            else:
                self._skip_scalar()
            return
        depth = 0
        while True:
            found = _BETWEEN.match(self.data, self.pos)
            self.pos = found.end() if found else self.pos
            if self.pos == len(self.data):
                self._more()
                continue
            byte = self.data[self.pos]
            self.pos += 1
            if byte == 0x22:
                self._skip_string()
            elif byte in b"{[":
                depth += 1
            else:
                depth -= 1
                if depth == 0:
                    return

    def _skip_string(self) -> None:
        while True:
            found = _STRING.match(self.data, self.pos)
            self.pos = found.end() if found else self.pos
            if self.data[self.pos : self.pos + 1] == b'"':
                self.pos += 1
                return
            self._more()

    def _skip_scalar(self) -> None:
        start = self.offset
        while True:
            found = _SCALAR.match(self.data, self.pos)
            self.pos = found.end() if found else self.pos
            if self.pos < len(self.data):
                if self.offset == start:
                    raise Broken(start, _NOT_JSON)
                return
            if not self.fill():
                return

    def _more(self) -> None:
        if not self.fill():
            raise Broken(self.base + len(self.data), _CUT_OFF)


def lines(chunks: Iterator[bytes]) -> Iterator[Piece]:
    """Yield the lines of NDJSON that are not blank; `n` counts from 1."""
    window = _Window(chunks)
    n = 0
    while window.pos < len(window.data) or window.fill():
        n += 1
        window.kept = start = window.offset
        while (end := window.data.find(b"\n", window.pos)) < 0:
            window.pos = len(window.data)
            if not window.fill():
                end = len(window.data)
                break
        window.pos = min(end + 1, len(window.data))
        kept, window.kept = window.kept, None
        stop = window.base + end
        whole = kept is not None and stop - start <= LARGEST_BYTES
        raw = window.data[start - window.base : end] if whole else None
        if raw is None or raw.strip():
            head = _head_of_line(raw)
            yield Piece(n, start, stop, "", head.resourceType, head.id, raw)


def whole(raw: bytes, shape: Shape) -> Piece:
    """Return the one resource that a file is."""
    head = _head_of_line(raw)
    return Piece(0, shape.start, shape.stop, "", head.resourceType, head.id, raw)


def pieces(chunks: Iterator[bytes], shape: Shape) -> Iterator[Piece]:
    """Yield the elements of the top object's `entry` array, `n` counting from 0, and fill `shape` on the way.

    Raises Broken where the text stops being JSON; what was yielded before stands.
    """
    window = _Window(chunks)
    if window.peek() == b"\xef":
        raise Broken(0, "the file starts with a byte order mark; save it as UTF-8 without one")
    shape.start = window.offset
    if not window.take(b"{"):
        raise Broken(window.offset, "this is neither a FHIR Bundle nor a resource" if window.peek() else "the file is empty")
    if not window.take(b"}"):
        while True:
            name = _name(window)
            if name in shape.members:
                raise Broken(window.offset, f"the member '{name}' appears twice")
            shape.members.add(name)
            if name == "entry" and window.peek() == b"[":
                yield from _elements(window)
            else:
                _note(shape, name, window.value())
            if window.take(b"}"):
                break
            if not window.take(b","):
                raise Broken(window.offset, _NOT_JSON if window.peek() else _CUT_OFF)
    shape.stop = window.offset
    shape.more = bool(window.peek())


def _name(window: _Window) -> str:
    if window.peek() != b'"':
        raise Broken(window.offset, _NOT_JSON if window.peek() else _CUT_OFF)
    raw = window.value() or b'""'
    if not window.take(b":"):
        raise Broken(window.offset, _NOT_JSON if window.peek() else _CUT_OFF)
    window.peek()
    return raw[1:-1].decode("utf-8", "replace")


def _note(shape: Shape, name: str, raw: bytes | None) -> None:
    if name in ("resourceType", "type") and raw is not None and raw[:1] == b'"' and len(raw) < MEMBER_BYTES:
        text = raw[1:-1].decode("utf-8", "replace")
        if name == "type":
            shape.type = text
        else:
            shape.rtype = text


def _elements(window: _Window) -> Iterator[Piece]:
    window.take(b"[")
    if window.take(b"]"):
        return
    border: re.Pattern[bytes] | None = None
    n = 0
    while True:
        if window.peek() != b"{":
            raise Broken(window.offset, _NOT_JSON if window.peek() else _CUT_OFF)
        if border is None:
            border = _border(window)
        piece = _guessed(window, border, n)
        if piece is None:
            start = window.offset
            raw = window.value()
            head = _head_of_entry(raw)
            piece = _piece(n, start, window.offset, head, raw)
        yield piece
        n += 1
        if window.take(b"]"):
            return
        if not window.take(b","):
            raise Broken(window.offset, _NOT_JSON if window.peek() else _CUT_OFF)


def _border(window: _Window) -> re.Pattern[bytes]:
    """The text between two elements, if all of them begin with the same member as this one."""
    first = _FIRST.match(window.data, window.pos)
    name = re.escape(first[1]) if first else b"resource"
    return re.compile(rb'\}\s*,\s*\{\s*"' + name + rb'"\s*:')


def _guessed(window: _Window, border: re.Pattern[bytes], n: int) -> Piece | None:
    found = border.search(window.data, window.pos)
    while found is None:
        if len(window.data) - window.pos > GUESS_BYTES or not window.fill():
            return None
        found = border.search(window.data, window.pos)
    raw = window.data[window.pos : found.start() + 1]
    try:
        head = _entry_head.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    start = window.offset
    window.pos = found.start() + 1
    return _piece(n, start, window.offset, head, raw)


def _piece(n: int, start: int, stop: int, head: _Entry, raw: bytes | None) -> Piece:
    resource = head.resource or _Type()
    return Piece(n, start, stop, head.fullUrl, resource.resourceType, resource.id, raw)


def _head_of_entry(raw: bytes | None) -> _Entry:
    try:
        return _entry_head.decode(raw or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _Entry()


def _head_of_line(raw: bytes | None) -> _Type:
    try:
        return _line_head.decode(raw or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _Type()

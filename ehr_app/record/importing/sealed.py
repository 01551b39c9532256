"""Files on their way in, sealed on disk: AES-256-GCM in chunks, under a key of each file's own, readable from any place.

The construction is STREAM (https://eprint.iacr.org/2015/189): a chunk's nonce is its number and whether it is the last one, so that
no chunk can be moved, left out or cut off unseen. Layout: 16 bytes of salt, then the chunks, each with its tag of 16 bytes.
"""

import errno
import io
import os
import secrets
from pathlib import Path
from typing import Any, BinaryIO, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PURPOSE = "import files"
CHUNK_BYTES = 1 << 18
SALT_BYTES, TAG_BYTES = 16, 16
SEALED_BYTES = CHUNK_BYTES + TAG_BYTES


class Sealer:
    """Writes one file; it has its name only when it is whole."""

    def __init__(self, path: Path, key: bytes) -> None:
        """Shape: `key` is 32 bytes, derived for PURPOSE. Raises OSError."""
        self._path = path
        self._draft = path.with_suffix(".part")
        self._out: BinaryIO = os.fdopen(os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
        salt = secrets.token_bytes(SALT_BYTES)
        self._cipher = _cipher(key, salt)
        self._waiting = bytearray()
        self._number = 0
        self._out.write(salt)

    def write(self, content: bytes) -> None:
        """Take more bytes. Raises OSError when the disk does not."""
        self._waiting += content
        while len(self._waiting) > CHUNK_BYTES:
            self._put(bytes(self._waiting[:CHUNK_BYTES]), last=False)
            del self._waiting[:CHUNK_BYTES]

    def finish(self) -> None:
        """Put the whole file in its place, durably."""
        self._put(bytes(self._waiting), last=True)
        self._out.flush()
        os.fsync(self._out.fileno())
        self._out.close()
        self._draft.rename(self._path)

    def abandon(self) -> None:
        """Leave nothing behind."""
        self._draft.unlink(missing_ok=True)
        try:
            self._out.close()
        except OSError:  # the bytes that did not fit on the disk are not wanted any more
            return

    def _put(self, content: bytes, *, last: bool) -> None:
        self._out.write(self._cipher.encrypt(_nonce(self._number, last), content, None))
        self._number += 1


class _Opened(io.RawIOBase):
    """The bytes of a sealed file; one chunk is held in memory."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._file = path.open("rb")
        self._cipher = _cipher(key, self._file.read(SALT_BYTES))
        self._size, self._chunks = _measured(path)
        self._at = 0
        self._number = -1
        self._content = b""
        self._ended = False

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        if self._at >= self._size:
            if not self._ended:  # nothing follows: that too must be proved
                self._read(self._chunks - 1)
            return 0
        number, within = divmod(self._at, CHUNK_BYTES)
        if number != self._number:
            self._content, self._number = self._read(number), number
        found = self._content[within : within + len(buffer)]
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)

    def close(self) -> None:
        self._file.close()
        super().close()

    def _read(self, number: int) -> bytes:
        self._file.seek(SALT_BYTES + number * SEALED_BYTES)
        try:
            last = number == self._chunks - 1
            content = self._cipher.decrypt(_nonce(number, last), self._file.read(SEALED_BYTES), None)
            self._ended = self._ended or last
            return content
        except InvalidTag:
            raise OSError(errno.EIO, "its sealed copy was changed or cut off") from None


def opened(path: Path, key: bytes) -> io.BufferedReader:
    """Return the bytes of a sealed file. Raises OSError, on reading too, when it was changed."""
    return io.BufferedReader(cast(io.RawIOBase, _Opened(path, key)), CHUNK_BYTES)


def size(path: Path) -> int:
    """Return how many bytes a sealed file holds."""
    return _measured(path)[0]


def _measured(path: Path) -> tuple[int, int]:
    """Bytes and chunks of a sealed file; only a file without any bytes has a chunk that is nothing but its tag."""
    sealed = path.stat().st_size - SALT_BYTES
    chunks = max(1, -(-sealed // SEALED_BYTES))
    if chunks > 1 and 0 < sealed % SEALED_BYTES <= TAG_BYTES:
        raise OSError(errno.EIO, "its sealed copy was cut off")
    return sealed - chunks * TAG_BYTES, chunks


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt, b"sealed file").derive(key))


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])

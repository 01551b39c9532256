"""The sealed form of a body: zstd with a trained dictionary, then AES-256-GCM.

Frame: format (1 byte), dictionary number (1), data key number (2, big endian), nonce (12), ciphertext with tag. The associated data
are type, key and version, so a frame moved to another row, or replayed as another version, does not open.
Large base64 values live in the object store; format 2 says that the text names some (see `ehr_app.record.objects`).
"""

import os
import struct
from uuid import UUID

import zstandard
from cryptography.exceptions import InvalidTag

from ehr_app.errors import Unavailable
from ehr_app.record.keys import DataKey

INLINE, WITH_OBJECTS = 1, 2
LEVEL = 3
_PLACE = struct.Struct(">h16si")


class Vault:
    """Seals and opens bodies with the keys and dictionaries it was given; one per process and thread."""

    def __init__(self, keys: dict[int, DataKey], dictionaries: dict[int, bytes]) -> None:
        """Shape: keys by facility number (the one that seals), dictionaries by number; the highest one is used to seal."""
        self._sealing = dict(keys)
        self._opening = {key.number: key.cipher for key in keys.values()}
        self._newest = max(dictionaries, default=0)
        prepared = {n: zstandard.ZstdCompressionDict(content) for n, content in dictionaries.items()}
        self._decompressors = {n: zstandard.ZstdDecompressor(dict_data=d) for n, d in prepared.items()}
        self._decompressors[0] = zstandard.ZstdDecompressor()
        newest = prepared.get(self._newest)
        if newest is not None:
            newest.precompute_compress(level=LEVEL)
        self._compressor = zstandard.ZstdCompressor(level=LEVEL, dict_data=newest, write_checksum=False)

    def add_key(self, facility: int, key: DataKey, *, seals: bool = True) -> None:
        """Learn one more data key; a retired key opens and does not seal."""
        self._opening[key.number] = key.cipher
        if seals:
            self._sealing[facility] = key

    def knows(self, facility: int) -> bool:
        """Tell whether this facility has a key to seal with."""
        return facility in self._sealing

    def seal(self, facility: int, rtype: int, key: UUID, version: int, text: bytes, form: int = INLINE) -> bytes:
        """Return the frame of a body."""
        number, cipher = self._sealing[facility]
        nonce = os.urandom(12)
        sealed = cipher.encrypt(nonce, self._compressor.compress(text), _bound_to(rtype, key, version))
        return struct.pack(">BBH", form, self._newest, number) + nonce + sealed

    def open(self, rtype: int, key: UUID, version: int, frame: bytes) -> bytes:
        """Return the body of a frame. Raises Unavailable when key, row or version do not fit or a bit was changed."""
        number = frame[2] << 8 | frame[3]
        try:
            packed = self._opening[number].decrypt(frame[4:16], frame[16:], _bound_to(rtype, key, version))
            return self._decompressors[frame[1]].decompress(packed)
        except (InvalidTag, KeyError, zstandard.ZstdError):
            raise Unavailable(f"a stored body does not open (data key {number})") from None

    def seal_note(self, facility: int, text: str) -> bytes:
        """Seal a short text of the access log."""
        number, cipher = self._sealing.get(facility) or self._sealing[0]
        nonce = os.urandom(12)
        return struct.pack(">H", number) + nonce + cipher.encrypt(nonce, text.encode("utf-8", "surrogatepass"), b"asked")

    def open_note(self, sealed: bytes) -> str:
        """Read what `seal_note` wrote."""
        (number,) = struct.unpack_from(">H", sealed)
        return self._opening[number].decrypt(sealed[2:14], sealed[14:], b"asked").decode("utf-8", "surrogatepass")


def _bound_to(rtype: int, key: UUID, version: int) -> bytes:
    return _PLACE.pack(rtype, key.bytes, version)

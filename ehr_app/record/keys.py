"""Keys: the key file of the installation, the data key of each facility, and the keyed hashes of the blind indexes.

The key file (mode 0600) holds one 256-bit key-encryption key; everything else is derived from it (HKDF-SHA256, RFC 5869)
or wrapped by it (AES-256-GCM). Losing it makes every body unreadable; destroying a facility's data key shreds its bodies.
It deliberately does not talk to a KMS: a KMS joins by another way to obtain the same 32 bytes.
"""

import os
import secrets
import stat
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b, sha256
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ehr_app.errors import Unavailable


@dataclass(frozen=True)
class KeyFile:
    """The key-encryption key and what is derived from it."""

    key: bytes = field(repr=False)

    @lru_cache  # noqa: B019 (one key file per process)
    def derive(self, purpose: str) -> bytes:
        """Return 32 bytes that belong to one purpose."""
        return HKDF(SHA256(), 32, None, purpose.encode()).derive(self.key)

    def local_proof(self) -> bytes:
        """The secret by which commands on this machine prove that they may read the key file."""
        return self.derive("local administrator")

    def local_proof_hash(self) -> bytes:
        """What the database knows of `local_proof`."""
        return sha256(self.local_proof()).digest()

    def wrap(self, facility: int, data_key: bytes) -> bytes:
        """Seal a facility's data key for storage in the database."""
        nonce = secrets.token_bytes(12)
        return nonce + AESGCM(self.derive("wrap")).encrypt(nonce, data_key, b"facility %d" % facility)

    def unwrap(self, facility: int, wrapped: bytes) -> bytes:
        """Open a wrapped data key. Raises Unavailable when this key file did not wrap it."""
        try:
            return AESGCM(self.derive("wrap")).decrypt(wrapped[:12], wrapped[12:], b"facility %d" % facility)
        except InvalidTag:
            raise Unavailable("the key file does not fit this database: put back the key file it was made with") from None


def load(path: Path) -> KeyFile:
    """Read the key file. Raises Unavailable when it is absent, readable by others, or damaged."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        raw = path.read_text("ascii").strip()
    except FileNotFoundError:
        raise Unavailable(f"the key file {path} is missing: restore it from its backup") from None
    if mode & 0o077:
        raise Unavailable(f"the key file {path} can be read by others: run chmod 600 on it")
    try:
        key = urlsafe_b64decode(raw.removeprefix("ehr-key-1:"))
    except ValueError:
        key = b""
    if not raw.startswith("ehr-key-1:") or len(key) != 32:
        raise Unavailable(f"the key file {path} is damaged: restore it from its backup")
    return KeyFile(key)


def load_or_create(path: Path) -> KeyFile:
    """Read the key file, or make one with mode 0600 that is complete on disk before it has its name."""
    if path.exists():
        return load(path)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write("ehr-key-1:" + urlsafe_b64encode(secrets.token_bytes(32)).decode() + "\n")
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(draft, path)  # fails when another process was first: then theirs is the key
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return load(path)


class DataKey(NamedTuple):
    """A facility's key: its number in frames and the cipher."""

    number: int
    cipher: AESGCM


def blinder(keys: KeyFile) -> Callable[..., int]:
    """Return `h(*parts)`: a keyed 64-bit hash as a signed integer, remembered for the parts that repeat.

    Source: BLAKE2b keyed mode, RFC 7693. Equal parts give equal numbers within one installation and nowhere else.
    """
    start = blake2b(digest_size=8, key=keys.derive("blind index"))

    @lru_cache(maxsize=65536)
    def h(*parts: str) -> int:
        state = start.copy()
        state.update("\x1f".join(parts).encode("utf-8", "surrogatepass"))
        return int.from_bytes(state.digest(), "big", signed=True)

    return h


@lru_cache(maxsize=4096)
def system_number(system: str) -> int:
    """Return a 16-bit number for a code system's address: a cheap filter, never a proof of equality."""
    return int.from_bytes(blake2b(system.encode("utf-8", "surrogatepass"), digest_size=2).digest(), "big", signed=True)

"""Keys: the key file of the installation, the data key of each facility, and the keyed hashes of the blind indexes.

The key file (mode 0600) holds one 256-bit key-encryption key, open or wrapped by a KMS; everything else is derived from it
(HKDF-SHA256, RFC 5869) or wrapped by it (AES-256-GCM). Losing it makes every body unreadable; destroying a facility's data key
shreds its bodies.
"""

import os
import secrets
import stat
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b, sha256
from pathlib import Path
from typing import NamedTuple, Protocol

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


class KeyForm(Protocol):
    """A way to keep the key-encryption key in a file of one line, told apart by the word it starts with."""

    word: str

    def line(self) -> str:
        """Make a key, or take over the one of `beside`, and return the line to keep. Raises Unavailable."""

    def key(self, line: str) -> bytes:
        """Return the key of a line. Raises ValueError for a damaged one, Unavailable when it cannot be opened now."""


class OpenForm:
    """The key itself: who reads the file has the key."""

    word = "ehr-key-1:"

    def line(self) -> str:
        """Make a key."""
        return self.word + urlsafe_b64encode(secrets.token_bytes(32)).decode()

    def key(self, line: str) -> bytes:
        """Decode the key."""
        return urlsafe_b64decode(line.removeprefix(self.word))


class KmsForm:
    """The key wrapped by a KMS: who reads the file has nothing without the KMS. Shape: `word key-id base64`."""

    word = "ehr-kms-1 "

    def __init__(self, key_id: str = "", beside: Path | None = None) -> None:
        """`key_id` wraps new lines; the open key file `beside`, where there is one, is wrapped instead of a new key."""
        self.key_id, self.beside = key_id, beside

    def line(self) -> str:
        """Let KMS make a key, or wrap the key in use."""
        from ehr_app.record import kms  # boto3: half a second that installations with a key file need not wait

        if self.beside is not None and self.beside.exists():
            wrapped = kms.wrap(self.key_id, load(self.beside).key)
        else:
            wrapped = kms.generate(self.key_id)[1]
        return f"{self.word}{wrapped.key_id} {b64encode(wrapped.sealed).decode()}"

    def key(self, line: str) -> bytes:
        """Let KMS unwrap the key."""
        from ehr_app.record import kms

        key_id, sealed = line.removeprefix(self.word).split(" ")
        return kms.unwrap(kms.Wrapped(key_id, b64decode(sealed, validate=True)))


FORMS: tuple[KeyForm, ...] = (OpenForm(), KmsForm())


def load(path: Path) -> KeyFile:
    """Read the key file. Raises Unavailable when it is absent, readable by others, damaged, or KMS does not open it."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        raw = path.read_text("ascii", "replace").strip()
    except FileNotFoundError:
        raise Unavailable(f"the key file {path} is missing: restore it from its backup") from None
    if mode & 0o077:
        raise Unavailable(f"the key file {path} can be read by others: run chmod 600 on it")
    try:
        key = next((form.key(raw) for form in FORMS if raw.startswith(form.word)), b"")
    except ValueError:
        key = b""
    if len(key) != 32:
        raise Unavailable(f"the key file {path} is damaged: restore it from its backup")
    return KeyFile(key)


def load_or_create(path: Path, kms_key_id: str | None = None) -> KeyFile:
    """Read the key file, or make one with mode 0600 that is complete on disk before it has its name.

    With a KMS key the file is wrapped by it; an open key file beside it is taken over, so that nothing becomes unreadable.
    """
    if path.exists():
        return load(path)
    form: KeyForm = KmsForm(kms_key_id, path.with_name("master.key")) if kms_key_id else OpenForm()
    line = form.line()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(line + "\n")
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

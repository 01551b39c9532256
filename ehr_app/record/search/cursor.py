"""The address of the next page: sealed, bound to who asked for what and where, and short-lived.

AES-256-GCM under a key derived from the key file; the associated data are facility, account, patient context and the question, so a
cursor that is changed, or used by somebody else or for another question, does not open. It carries positions only, and sealed ones;
what a page may show is decided again by policy each time.
"""

import json
import os
import re
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ehr_app.errors import BadRequest
from ehr_app.record.keys import KeyFile

if TYPE_CHECKING:
    from ehr_app.record.door import Record

LIFE_S = 600
_SHAPE = re.compile(r"[A-Za-z0-9_-]{40,600}")
REFUSAL = "this page address is not valid here any more; start the search again"


class Position(NamedTuple):
    """The last row of a page: its date in the order's column (None: it has none) and its key."""

    at: datetime | None
    id: UUID

    @classmethod
    def of(cls, row: Any) -> "Position":
        """Return the position of a fetched row (columns at, id); the driver gives an open end of time without its zone."""
        at = row["at"]
        return cls(at if at is None or at.tzinfo else at.replace(tzinfo=UTC), row["id"])


def seal(record: "Record", about: str, parts: list[str]) -> str:
    """Return a cursor that holds `parts` and opens for the same asker and the same `about` within ten minutes."""
    nonce = os.urandom(12)
    text = json.dumps([int(time.time()) + LIFE_S, *parts], separators=(",", ":")).encode()
    sealed = _cipher(record.store.keyfile).encrypt(nonce, text, _bound_to(record, about))
    return urlsafe_b64encode(nonce + sealed).rstrip(b"=").decode()


def open_sealed(record: "Record", about: str, cursor: str) -> list[str]:
    """Return the parts of a cursor. Raises BadRequest when it is not ours, not theirs, for another question, or too old."""
    if _SHAPE.fullmatch(cursor) is None:
        raise BadRequest(REFUSAL)
    try:
        raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        expires, *parts = json.loads(_cipher(record.store.keyfile).decrypt(raw[:12], raw[12:], _bound_to(record, about)))
    except (InvalidTag, ValueError):
        raise BadRequest(REFUSAL) from None
    if expires < time.time():
        raise BadRequest(REFUSAL)
    return [str(part) for part in parts]


def seal_position(record: "Record", about: str, position: Position) -> str:
    """Return the cursor that continues after a row."""
    return seal(record, about, [position.at.isoformat() if position.at else "", str(position.id)])


def open_position(record: "Record", about: str, cursor: str) -> Position:
    """Return the row after which to continue. Raises BadRequest."""
    parts = open_sealed(record, about, cursor)
    try:
        at, key = parts
        return Position(datetime.fromisoformat(at) if at else None, UUID(key))
    except ValueError:
        raise BadRequest(REFUSAL) from None


@lru_cache(maxsize=4)
def _cipher(keyfile: KeyFile) -> AESGCM:
    return AESGCM(keyfile.derive("cursor"))


def _bound_to(record: "Record", about: str) -> bytes:
    access = record.access
    return "\x1f".join((str(access.facility.number), str(access.user_id), str(access.patient), about)).encode(
        "utf-8", "surrogatepass"
    )

"""Attachments and Binary content outside the database: three verbs over sealed files.

A body keeps a marker in the place of each large base64 value; the marker cannot be base64, so no client can write one. Files are
AES-256-GCM under a key of their own purpose, named by random id, written whole before they have their name. S3 joins later behind
the same verbs.
"""

import asyncio
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ehr_app.errors import Unavailable

SMALLEST_CHARACTERS = 16_384
_MARKER = re.compile(rb'"\[object ([0-9a-f-]{36})\]"')


class ObjectStore:
    """Sealed files below one folder."""

    def __init__(self, folder: Path, key: bytes) -> None:
        """Shape: `key` is 32 bytes, derived for this purpose only."""
        self._folder = folder
        self._cipher = AESGCM(key)

    async def put(self, content: bytes) -> UUID:
        """Store bytes durably and return their id. Raises Unavailable when the disk does not take them."""
        return await asyncio.to_thread(self._put, content)

    async def get(self, name: UUID) -> bytes:
        """Return the bytes. Raises Unavailable when they are missing or were changed."""
        return await asyncio.to_thread(self._get, name)

    async def delete(self, name: UUID) -> None:
        """Forget the bytes; forgetting twice is fine."""
        await asyncio.to_thread(self._path(name).unlink, missing_ok=True)

    def _path(self, name: UUID) -> Path:
        return self._folder / name.hex[:2] / name.hex

    def _put(self, content: bytes) -> UUID:
        name = uuid4()
        path = self._path(name)
        nonce = secrets.token_bytes(12)
        draft = path.with_suffix(".draft")
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as out:
                out.write(nonce + self._cipher.encrypt(nonce, content, name.bytes))
                out.flush()
                os.fsync(out.fileno())
            draft.rename(path)
        except OSError as error:
            with suppress(OSError):
                draft.unlink()
            raise Unavailable(f"the document store cannot write ({error.strerror})") from error
        return name

    def _get(self, name: UUID) -> bytes:
        try:
            sealed = self._path(name).read_bytes()
            return self._cipher.decrypt(sealed[:12], sealed[12:], name.bytes)
        except (OSError, InvalidTag):
            raise Unavailable(f"the stored object {name} is missing or damaged") from None


async def move_out(objects: ObjectStore, value: Any) -> tuple[Any, bool]:
    """Replace every large `data` member by a marker; return the new value and whether anything was moved."""
    if isinstance(value, dict):
        changed: dict[str, Any] = {}
        moved = False
        for name, member in value.items():
            if name == "data" and isinstance(member, str) and len(member) >= SMALLEST_CHARACTERS:
                changed[name], here = f"[object {await objects.put(member.encode())}]", True
            else:
                changed[name], here = await move_out(objects, member) if isinstance(member, dict | list) else (member, False)
            moved = moved or here
        return (changed, True) if moved else (value, False)
    if isinstance(value, list):
        pairs = [await move_out(objects, item) if isinstance(item, dict | list) else (item, False) for item in value]
        return ([item for item, _ in pairs], True) if any(here for _, here in pairs) else (value, False)
    return value, False


async def bring_in(objects: ObjectStore, text: bytes) -> bytes:
    """Put the values back in the place of their markers."""
    parts, end = [], 0
    for found in _MARKER.finditer(text):
        parts += [text[end : found.start()], b'"', await objects.get(UUID(found[1].decode())), b'"']
        end = found.end()
    return b"".join([*parts, text[end:]])

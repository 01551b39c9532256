"""A file on its way from the browser to a batch: sealed as it comes, within limits, whole or not at all.

Nothing that the sender says about the file is believed: its name is shown and never used as one, its type is told by its bytes when
it is read.
"""

import asyncio
import errno
import re
import shutil
import time
import unicodedata
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

from ehr_app.errors import EhrError, Malformed, TooLarge
from ehr_app.record.importing import sealed
from ehr_app.record.importing.steps import folder_of

LARGEST_FILE_BYTES = 4 << 30
LEFT_FREE_BYTES = 1 << 30
"""The database needs room on the same disk."""
MOST_FILES = 200
LONGEST_NAME = 120
ABANDONED_S = 24 * 3600


class DiskFull(EhrError):
    """There is no room for what is sent."""

    status = 507
    code = "no-store"
    sentence = "There is not enough room on the server's disk; nothing was kept."


def shown_name(sent: str) -> str:
    """Return a name fit to be shown: the last part of a path, without what does not print or turns the writing round."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", sent))[-1]
    printed = "".join(character for character in last if unicodedata.category(character)[0] not in "CZ" or character == " ")
    name = " ".join(printed.split())
    if len(name) > LONGEST_NAME:
        name = f"{name[: LONGEST_NAME - 21]}…{name[-20:]}"
    return name.lstrip(".") or "file"


async def receive(data: Path, batch: UUID, number: int, key: bytes, chunks: AsyncIterator[bytes], announced: int | None) -> int:
    """Seal a file into the batch's folder and return its size.

    Shape: `announced` is the size the sender promised. Raises TooLarge, DiskFull, Malformed (cut off); then nothing is left.
    """
    if announced is not None and announced > LARGEST_FILE_BYTES:
        raise TooLarge(f"a file may have {LARGEST_FILE_BYTES >> 20} MB at most; split it and bring the parts")
    folder = folder_of(data, batch)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if shutil.disk_usage(folder).free < (announced or 0) + LEFT_FREE_BYTES:
            raise DiskFull()
        out = sealed.Sealer(folder / f"{number}.sealed", key)
    except OSError as error:
        raise _full(error) from error
    size = 0
    try:
        async for chunk in chunks:
            size += len(chunk)
            if size > LARGEST_FILE_BYTES:
                raise TooLarge(f"a file may have {LARGEST_FILE_BYTES >> 20} MB at most; split it and bring the parts")
            out.write(chunk)
        if announced is not None and size != announced:
            raise Malformed("the file arrived cut off; nothing of it was kept")
        await asyncio.to_thread(out.finish)
    except OSError as error:
        out.abandon()
        raise _full(error) from error
    except BaseException:
        out.abandon()
        raise
    return size


def forget(data: Path, batch: UUID) -> None:
    """Remove the files of a batch; what its steps reported stays."""
    for path in folder_of(data, batch).glob("*.sealed"):
        path.unlink(missing_ok=True)


def sweep(data: Path) -> None:
    """Remove what a server that was killed left of files that never became whole."""
    for path in (data / "imports").glob("*/*.part"):
        try:
            if time.time() - path.stat().st_mtime > ABANDONED_S:
                path.unlink()
        except FileNotFoundError:  # another process swept it
            continue


def _full(error: OSError) -> EhrError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return DiskFull()
    return DiskFull(f"the disk does not take the file ({error.strerror})")

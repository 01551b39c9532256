"""Back-off after failed sign-ins: by account and address together, by account, and by address.

The wait doubles and is short for an account alone, so that a stranger cannot lock a clinician out for good; an unknown name
counts like a known one. Source: OWASP Authentication Cheat Sheet, "Protect Against Automated Attacks".
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import blake2b
from weakref import WeakValueDictionary

from ehr_app.errors import TooManyRequests
from ehr_app.identity import ledger
from ehr_app.record.keys import load
from ehr_app.settings import settings

FAILED = "select ehr.sign_in_failed($1::bytea[])"
FAILURES = "select key, failures, latest from ehr.sign_in_failures($1::bytea[])"
SUCCEEDED = "select ehr.sign_in_succeeded($1::bytea)"


@dataclass(frozen=True, slots=True)
class Limit:
    """How many failures are free and how long the longest wait is."""

    free: int
    longest_s: int


TOGETHER, ACCOUNT, ADDRESS = Limit(5, 900), Limit(20, 30), Limit(50, 300)
LIMITS = (TOGETHER, ACCOUNT, ADDRESS)

_running: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()


def keys(facility: str, username: str, address: str) -> list[bytes]:
    """Return the keys of one attempt in the order of LIMITS; names and addresses are not stored in clear."""
    account = f"{facility}\x1f{username.lower()}"
    return [_hash("together", account, address), _hash("account", account), _hash("address", address)]


def wait_s(failures: int, latest: datetime, now: datetime, limit: Limit) -> int:
    """Return the seconds still to wait; 0 when an attempt is free.

    Shape: after `free` failures 1 s, then 2, 4, 8 ... up to the longest, counted from the latest failure.
    """
    if failures < limit.free:
        return 0
    pause = timedelta(seconds=min(limit.longest_s, 2 ** min(failures - limit.free, 20)))
    return max(0, -((now - latest - pause) // timedelta(seconds=1)))


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sign-in under way."""

    keys: list[bytes]

    async def failed(self) -> None:
        """Count a failure."""
        await ledger.rows(FAILED, self.keys)

    async def succeeded(self) -> None:
        """Forget the failures of this account from this address; those of the address stay."""
        await ledger.rows(SUCCEEDED, self.keys[0])


@asynccontextmanager
async def attempt(facility: str, username: str, address: str) -> AsyncIterator[Attempt]:
    """Hold one attempt at a time per account and address. Raises TooManyRequests while a wait runs, alike for every account."""
    known = keys(facility, username, address)
    lock = _running.setdefault(known[0], asyncio.Lock())
    async with lock:
        failures = {row[0]: (row[1], row[2]) for row in await ledger.rows(FAILURES, known)}
        now = datetime.now(UTC)
        waits = [wait_s(*failures[key], now, limit) for key, limit in zip(known, LIMITS, strict=True) if key in failures]
        if wait := max(waits, default=0):
            raise TooManyRequests(f"Too many attempts; please wait {wait} s and try again.")
        yield Attempt(known)


def _hash(*parts: str) -> bytes:
    return blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=16, key=_secret()).digest()


@cache
def _secret() -> bytes:
    return load(settings().keys).derive("sign-in failures")

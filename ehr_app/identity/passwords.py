"""Password hashes: argon2id by passlib, off the event loop, with equal work when there is no such account.

Source: OWASP Password Storage Cheat Sheet (argon2id); passlib's defaults are kept, so an old hash still verifies later.
"""

import asyncio
from functools import lru_cache

from passlib.context import CryptContext

SCHEMES = CryptContext(schemes=["argon2"], argon2__type="ID")
LONGEST = 512
AT_ONCE = asyncio.Semaphore(2)


async def hashed(password: str) -> str:
    """Return the hash to store. Raises ValueError for an empty or absurdly long password."""
    if not password or len(password) > LONGEST:
        raise ValueError(f"a password has 1 to {LONGEST} characters")
    return await asyncio.to_thread(SCHEMES.hash, password)


async def fits(password: str, stored: str | None) -> bool:
    """Tell whether a password fits; without a stored hash the same work is done and the answer is no."""
    async with AT_ONCE:
        return await asyncio.to_thread(_fits, password[:LONGEST], stored)


def _fits(password: str, stored: str | None) -> bool:
    right = SCHEMES.verify(password, stored or _nobody())
    return right and stored is not None


@lru_cache(maxsize=1)
def _nobody() -> str:
    made: str = SCHEMES.hash("no account has this hash")
    return made

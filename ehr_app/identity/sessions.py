"""Browser sessions: a 256-bit secret in an HttpOnly cookie, its hash in the database, one facility each.

Cookie names: https://www.rfc-editor.org/rfc/rfc6265 and the `__Host-` prefix of draft-ietf-httpbis-rfc6265bis. A session ends
idle, after its life, by sign-out, or when the account or its last role is gone. It deliberately knows no second factor.
"""

import math
import re
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from ehr_app.errors import EhrError, Unauthenticated
from ehr_app.identity import ledger, lockout, passwords
from ehr_app.identity.hosts import facility_slug, is_loopback
from ehr_app.settings import settings

SECURE_COOKIE, PLAIN_COOKIE = "__Host-sid", "sid"
SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
ACCOUNT = "select account, display, password_hash, roles, facility from ehr.sign_in_account($1, $2)"
OPENED = "select ehr.open_session($1, $2::smallint, $3, $4, $5)"
LIVE = "select account, username, display, facility, roles, ends_at from ehr.live_session($1)"
LEFT = "select extract(epoch from ehr.session_ends($1) - now())::float8"
ENDED = "select n from unnest($1::bytea[]) with ordinality as asked(secret, n) where ehr.session_ends(secret) is null"
CLOSED = "select ehr.close_session($1)"
CACHE_S = 2.0
CACHED_AT_MOST = 20_000


class WrongCredentials(Unauthenticated):
    """Name or password is wrong; which one, and whether the account exists, is not told."""

    sentence = "The username or the password is not right."


@dataclass(frozen=True, slots=True)
class Session:
    """A live session. `sid` names it inside the server and is no secret."""

    sid: str
    account: UUID
    username: str
    display: str
    facility: str
    roles: frozenset[str]
    ends_at: datetime


REVOKED: tuple[float, Session | None] = (math.inf, None)

_cache: dict[str, tuple[float, Session | None]] = {}


def cookie_name(secure: bool) -> str:
    """Return the name of the cookie to set."""
    return SECURE_COOKIE if secure else PLAIN_COOKIE


def secret_of(cookie_header: str, host: str) -> str | None:
    """Return the session secret a browser sent; the plain cookie counts on loopback without https only."""
    found = {name: value for name, _, value in (part.strip().partition("=") for part in cookie_header.split(";"))}
    secret = found.get(SECURE_COOKIE)
    if secret is None and is_loopback(host) and not settings().https:
        secret = found.get(PLAIN_COOKIE)
    return secret if secret is not None and SECRET.fullmatch(secret) else None


def sid_of(cookie_header: str, host: str) -> str | None:
    """Return the name of the session a browser claims, live or not."""
    secret = secret_of(cookie_header, host)
    return _sid(secret) if secret else None


async def live(cookie_header: str, host: str) -> Session | None:
    """Return the browser's session when it is alive and belongs to this host; remembered for two seconds.

    Raises Unavailable while the database does not answer.
    """
    secret = secret_of(cookie_header, host)
    if secret is None:
        return None
    sid, now = _sid(secret), time.monotonic()
    known = _cache.get(sid)
    if known is None or known[0] < now:
        if len(_cache) > CACHED_AT_MOST:
            _cache.clear()
        found = await ledger.rows(LIVE, secret.encode())
        known = (now + CACHE_S, _session(sid, found[0]) if found else None)
        known = _cache[sid] = REVOKED if _cache.get(sid) == REVOKED else known  # signed out meanwhile
    session = known[1]
    try:
        return session if session is not None and session.facility == facility_slug(host) else None
    except EhrError:
        return None


async def left_s(cookie_header: str, host: str) -> float | None:
    """Return the seconds until the browser's session ends, None when it is over; the question does not count as activity."""
    secret = secret_of(cookie_header, host)
    if secret is None:
        return None
    seconds: float | None = (await ledger.rows(LEFT, secret.encode()))[0][0]
    if seconds is None:
        _cache.pop(_sid(secret), None)
    return seconds


async def renew(cookie_header: str, host: str) -> Session | None:
    """Return the browser's session and keep it alive: somebody is there. Asks the database whatever is remembered."""
    sid = sid_of(cookie_header, host) or ""
    if _cache.get(sid) != REVOKED:
        _cache.pop(sid, None)
    return await live(cookie_header, host)


async def ended(browsers: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return those (cookie header, host) whose session has ended; the question does not count as activity."""
    asked = list(browsers)
    secrets_ = [(secret_of(*browser) or "").encode() for browser in asked]
    over = {asked[row[0] - 1] for row in await ledger.rows(ENDED, secrets_)}
    for browser in over:
        _cache.pop(sid_of(*browser) or "", None)
    return over


async def sign_in(facility: str, username: str, password: str, address: str) -> str:
    """Open a session and return its secret for the cookie.

    Raises WrongCredentials, or TooManyRequests after repeated failures; both alike for accounts that do not exist.
    """
    name = username.strip().lower()[:200].replace("\0", "")
    async with lockout.attempt(facility, name, address) as attempt:
        found = await ledger.rows(ACCOUNT, facility, name)
        if not await passwords.fits(password, found[0]["password_hash"] if found else None):
            await attempt.failed()
            raise WrongCredentials
        await attempt.succeeded()
    secret = urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")
    idle, life = timedelta(minutes=settings().session_idle_min), timedelta(hours=settings().session_life_h)
    hashed = sha256(secret.encode()).digest()
    await ledger.rows(OPENED, found[0]["account"], found[0]["facility"], hashed, idle, life)
    return secret


async def revoke(secret: str) -> None:
    """End a session now, here at once and everywhere within the two seconds of `live`."""
    _cache[_sid(secret)] = REVOKED
    await ledger.rows(CLOSED, secret.encode())


def _sid(secret: str) -> str:
    return sha256(b"name of session " + secret.encode()).hexdigest()


def _session(sid: str, row: tuple[UUID, str, str, str, list[str], datetime]) -> Session:
    account, username, display, facility, roles, ends_at = row
    return Session(sid, account, username, display, facility, frozenset(roles), ends_at)

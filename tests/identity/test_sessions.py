"""Cookies of sessions, and sessions and accounts against a real database."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from ehr_app.errors import BadRequest, NotFound, TooManyRequests
from ehr_app.identity import facilities, ledger, lockout, passwords, sessions, tokens, users
from ehr_app.record.keys import KeyFile, load_or_create
from tests.databases import Database

HOST = "north.localhost:3000"
SECRET = "A" * 43


@pytest.fixture
def keyfile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KeyFile]:
    """The key file of a fresh installation."""
    made = load_or_create(tmp_path / "keys" / "master.key")
    monkeypatch.setattr(lockout, "_secret", lambda: b"for this test")
    yield made


@pytest.fixture
async def proof(database: Database, keyfile: KeyFile) -> AsyncIterator[bytes]:
    """An installation with two facilities and one nurse at north; the value is the administrator's proof."""
    owner = await asyncpg.connect(database.owner)
    await owner.execute("select ehr.add_local_secret($1, 'test')", keyfile.local_proof_hash())
    await owner.close()
    async with ledger.opened(database.audit):
        for slug in ("north", "south"):
            await facilities.add(keyfile.local_proof(), slug, slug.title(), "Europe/Berlin")
        hashed = await passwords.hashed("right one")
        await users.add(keyfile.local_proof(), "amara", "Amara Nurse", "north", "nurse", password_hash=hashed)
        yield keyfile.local_proof()
    sessions._cache.clear()


@pytest.mark.parametrize(
    ("cookie", "host", "expected"),
    [
        (f"sid={SECRET}", HOST, SECRET),
        (f"a=b; sid={SECRET}; c", HOST, SECRET),
        (f"__Host-sid={SECRET}; sid={'B' * 43}", HOST, SECRET),
        (f"sid={SECRET}", "north.clinic.example", None),
        (f"__Host-sid={SECRET}", "north.clinic.example", SECRET),
        (f"sid={SECRET}x", HOST, None),
        ("sid=short", HOST, None),
        ("", HOST, None),
        ("sid", HOST, None),
    ],
)
def test_the_plain_cookie_counts_on_loopback_only(cookie: str, host: str, expected: str | None) -> None:
    assert sessions.secret_of(cookie, host) == expected


async def test_sign_in_opens_a_session_of_one_facility(proof: bytes) -> None:
    secret = await sessions.sign_in("north", " Amara ", "right one", "10.0.0.1")
    session = await sessions.live(f"sid={secret}", HOST)
    assert session is not None
    assert (session.username, session.facility, session.roles) == ("amara", "north", frozenset({"nurse"}))
    assert await sessions.live(f"sid={secret}", "south.localhost") is None
    assert await sessions.live(f"sid={secret}", "localhost") is None
    assert secret not in repr(session)


async def test_a_closed_session_is_dead_at_once(proof: bytes) -> None:
    secret = await sessions.sign_in("north", "amara", "right one", "10.0.0.1")
    assert await sessions.live(f"sid={secret}", HOST) is not None
    await sessions.revoke(secret)
    assert await sessions.live(f"sid={secret}", HOST) is None
    assert await sessions.ended([(f"sid={secret}", HOST)]) == {(f"sid={secret}", HOST)}


async def test_asking_whether_a_session_lives_does_not_keep_it_alive(proof: bytes, database: Database) -> None:
    secret = await sessions.sign_in("north", "amara", "right one", "10.0.0.1")
    browser = (f"sid={secret}", HOST)
    owner = await asyncpg.connect(database.owner)
    await owner.execute("update ehr.session set seen_at = now() - interval '19 minutes'")
    before = await owner.fetchval("select seen_at from ehr.session")
    assert await sessions.ended([browser, ("", HOST)]) == {("", HOST)}
    assert await owner.fetchval("select seen_at from ehr.session") == before
    assert await sessions.live(*browser) is not None
    assert await owner.fetchval("select seen_at from ehr.session") > before
    await owner.execute("update ehr.session set seen_at = now() - interval '21 minutes'")
    assert await sessions.ended([browser]) == {browser}
    assert await sessions.live(*browser) is None
    await owner.close()


async def test_a_disabled_account_is_out_within_seconds(proof: bytes) -> None:
    secret = await sessions.sign_in("north", "amara", "right one", "10.0.0.1")
    assert await sessions.live(f"sid={secret}", HOST) is not None
    await users.disable(proof, "amara")
    await asyncio.sleep(sessions.CACHE_S + 0.1)
    assert await sessions.live(f"sid={secret}", HOST) is None
    with pytest.raises(sessions.WrongCredentials):
        await sessions.sign_in("north", "amara", "right one", "10.0.0.1")


async def test_unknown_account_and_wrong_password_are_refused_alike_and_take_as_long(proof: bytes) -> None:
    await sessions.sign_in("north", "amara", "right one", "10.0.0.1")
    spent = {}
    for name in ("amara", "nobody"):
        start = time.perf_counter()
        for n in range(4):
            with pytest.raises(sessions.WrongCredentials):
                await sessions.sign_in("north", name, "wrong", f"10.0.1.{n}")
        spent[name] = time.perf_counter() - start
    assert 0.5 < spent["nobody"] / spent["amara"] < 2


async def test_parallel_guesses_are_counted_one_by_one(proof: bytes) -> None:
    guesses = [sessions.sign_in("north", "amara", f"guess {n}", "10.0.0.9") for n in range(12)]
    answers = await asyncio.gather(*guesses, return_exceptions=True)
    kinds = [type(answer) for answer in answers]
    assert kinds.count(sessions.WrongCredentials) <= 7
    assert kinds.count(TooManyRequests) >= 5
    assert await sessions.sign_in("north", "amara", "right one", "10.0.0.10")


async def test_reset_gives_a_new_password_and_ends_sessions(proof: bytes) -> None:
    secret = await sessions.sign_in("north", "amara", "right one", "10.0.0.1")
    fresh = users.fresh_password()
    await users.reset(proof, "amara", fresh)
    assert await sessions.live(f"sid={secret}", HOST) is None
    assert await sessions.sign_in("north", "amara", fresh, "10.0.0.1")
    with pytest.raises(sessions.WrongCredentials):
        await sessions.sign_in("north", "amara", "right one", "10.0.0.2")


async def test_nobody_manages_accounts_without_the_key_file(proof: bytes) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await users.disable(b"guess", "amara")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await users.add(b"guess", "eve", "Eve", "north", "nurse")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await tokens.issue(b"guess", "north", "amara", "system/*.cruds")


async def test_the_application_role_reads_no_password_and_makes_no_session(proof: bytes, database: Database) -> None:
    connection = await asyncpg.connect(database.app)
    try:
        for sql in (
            "select password_hash from ehr.account",
            "select * from ehr.session",
            "select * from ehr.token",
            "select ehr.live_session('x')",
            "select ehr.sign_in_account('north', 'amara')",
            "insert into ehr.session select * from ehr.session",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(sql)
    finally:
        await connection.close()


async def test_tokens_belong_to_an_account_that_works_there(proof: bytes) -> None:
    token = await tokens.issue(proof, "north", "amara", "patient/*.rs", patient="p1")
    assert len(token) == 43
    with pytest.raises(NotFound):
        await tokens.issue(proof, "south", "amara", "system/*.cruds")
    with pytest.raises(NotFound):
        await tokens.issue(proof, "nowhere", "amara", "system/*.cruds")
    with pytest.raises(BadRequest):
        await tokens.issue(proof, "north", "amara", "patient/*.rs")


async def test_accounts_need_a_plain_name_and_a_facility(proof: bytes) -> None:
    with pytest.raises(BadRequest):
        await users.add(proof, "two words", "Two", "north", "nurse")
    with pytest.raises(NotFound):
        await users.add(proof, "fine", "Fine", "nowhere", "nurse")
    with pytest.raises(NotFound):
        await users.reset(proof, "nobody", "x")


async def test_signing_in_failing_and_signing_out_stand_in_the_access_log(proof: bytes, database: Database) -> None:
    with pytest.raises(sessions.WrongCredentials):
        await sessions.sign_in("north", "amara", "wrong one", "10.0.0.9")
    secret = await sessions.sign_in("north", "amara", "right one", "10.0.0.9")
    await sessions.revoke(secret)
    await sessions.revoke(secret)
    administrator = await asyncpg.connect(database.administrator)
    rows = await administrator.fetch("select action, refused, account is null, expires_at <= now() from ehr.access order by at")
    await administrator.close()
    assert [tuple(row) for row in rows] == [
        ("sign-in", "password", True, True),
        ("sign-in", None, False, True),
        ("sign-out", None, False, True),
    ]

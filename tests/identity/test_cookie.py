"""The cookie that sign-in sets, with and without https."""

from collections.abc import Iterator

import httpx
import pytest

from ehr_app.identity import facilities, sessions
from ehr_app.identity.facilities import Site
from ehr_app.settings import settings
from ehr_app.ui.entry.app import application


@pytest.fixture
def signed_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Sign-in succeeds."""

    async def sign_in(*asked: str) -> str:
        return "S" * 43

    async def named(slug: str | None) -> Site:
        return Site("north", "North Clinic", "UTC")

    monkeypatch.setattr(sessions, "sign_in", sign_in)
    monkeypatch.setattr(facilities, "named", named)
    yield
    settings.cache_clear()


async def never(secret: str) -> None:
    raise AssertionError(secret)


async def cookie(address: str) -> str:
    transport = httpx.ASGITransport(app=application(never))
    async with httpx.AsyncClient(transport=transport, base_url=address) as client:
        answer = await client.post("/login", data={"username": "a", "password": "b"})
    return answer.headers["set-cookie"]


@pytest.mark.usefixtures("signed_in")
async def test_https_gets_the_host_cookie() -> None:
    made = await cookie("https://north.localhost")
    assert made.startswith("__Host-sid=")
    assert all(part in made for part in ("Secure", "HttpOnly", "Path=/", "SameSite=lax"))
    assert "Domain" not in made


@pytest.mark.usefixtures("signed_in")
async def test_behind_a_tls_proxy_the_host_cookie_is_set_and_the_plain_one_ignored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EHR_HTTPS", "true")
    settings.cache_clear()
    assert (await cookie("http://north.localhost")).startswith("__Host-sid=")
    assert sessions.secret_of("sid=" + "S" * 43, "north.localhost") is None


@pytest.mark.usefixtures("signed_in")
async def test_plain_http_gets_the_plain_cookie() -> None:
    assert (await cookie("http://north.localhost")).startswith("sid=")

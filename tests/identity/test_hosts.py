"""Which Host headers name a facility."""

import pytest

from ehr_app.identity.hosts import UnknownHost, facility_slug, is_loopback


@pytest.mark.parametrize(
    ("host", "slug"),
    [
        ("north.localhost:3000", "north"),
        ("NORTH.localhost", "north"),
        ("localhost:3000", None),
        ("localhost", None),
        ("127.0.0.1:3000", None),
        ("[::1]:3000", None),
    ],
)
def test_hosts_that_are_answered(host: str, slug: str | None) -> None:
    assert facility_slug(host) == slug
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "north.evil.example",
        "a.b.localhost",
        "-x.localhost",
        ".localhost",
        "north.localhost.evil.example",
        "north.localhost@evil.example",
        "north.localhost:port",
        "north.localhost/x",
        "nörth.localhost",
    ],
)
def test_hosts_that_are_refused(host: str) -> None:
    with pytest.raises(UnknownHost):
        facility_slug(host)
    assert host.startswith(("a.b", "-x", ".")) or not is_loopback(host)

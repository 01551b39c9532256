"""Back-off after failed sign-ins, without a database."""

from datetime import UTC, datetime, timedelta

import pytest

from ehr_app.identity.lockout import ACCOUNT, ADDRESS, TOGETHER, Limit, wait_s

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(("failures", "expected"), [(0, 0), (4, 0), (5, 1), (6, 2), (7, 4), (10, 32), (40, 900)])
def test_the_wait_doubles_up_to_its_longest(failures: int, expected: int) -> None:
    assert wait_s(failures, NOW, NOW, TOGETHER) == expected


def test_the_wait_runs_out() -> None:
    assert wait_s(7, NOW - timedelta(seconds=3), NOW, TOGETHER) == 1
    assert wait_s(7, NOW - timedelta(seconds=4), NOW, TOGETHER) == 0


@pytest.mark.parametrize("limit", [ACCOUNT, ADDRESS])
def test_a_stranger_cannot_lock_anybody_out_for_good(limit: Limit) -> None:
    assert wait_s(10_000, NOW, NOW, limit) <= 300

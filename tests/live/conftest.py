"""The world of the tests of live updates."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests import people
from tests.databases import Database


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> AsyncIterator[people.World]:
    """Two facilities in a fresh database, and the door to them."""
    async with people.world(database, tmp_path) as made:
        yield made

"""The store of the search tests, filled once."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.databases import Database
from tests.record.search.world import World, world


@pytest.fixture
async def empty(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    """A store with two facilities and nothing in them."""
    async with world(database, tmp_path) as opened:
        yield opened

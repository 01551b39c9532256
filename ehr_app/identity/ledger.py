"""Connections of identity: as the role ehr_audit, which may call the definer functions of migration 0001 and nothing else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from ehr_app.errors import Unavailable

_open: list[asyncpg.Pool] = []


@asynccontextmanager
async def opened(audit_dsn: str, connections: int = 4) -> AsyncIterator[asyncpg.Pool]:
    """Open the connections for the time of a server or a command. Shape: a postgresql:// address. Raises Unavailable."""
    try:
        pool = await asyncpg.create_pool(audit_dsn, min_size=1, max_size=connections, command_timeout=30)
    except (OSError, asyncpg.PostgresError) as error:
        raise Unavailable(f"the database does not answer ({type(error).__name__})") from error
    _open.append(pool)
    try:
        yield pool
    finally:
        _open.remove(pool)
        await pool.close()


async def rows(sql: str, *values: Any) -> list[asyncpg.Record]:
    """Call one definer function. Raises Unavailable while the database does not answer."""
    if not _open:
        raise Unavailable("the database is not connected")
    try:
        answer: list[asyncpg.Record] = await _open[-1].fetch(sql, *values)
    except (OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError) as error:
        raise Unavailable(f"the database does not answer ({type(error).__name__})") from error
    return answer

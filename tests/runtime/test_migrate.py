"""A fresh database gets the shape this version needs, once, however often it is asked."""

import asyncio

import asyncpg

from ehr_app.record.migrate import head, migrate, revisions
from tests.databases import Database


def test_migrate_brings_a_database_to_head_and_says_so(database: Database) -> None:
    assert head() is not None
    assert revisions(database.owner) == (head(), head())


def test_migrate_again_changes_nothing(database: Database) -> None:
    assert migrate(database.owner) == (head(), head())


async def test_the_application_role_owns_nothing_and_obeys_the_policies(database: Database) -> None:
    connection = await asyncpg.connect(database.app)
    try:
        row = await connection.fetchrow("select * from pg_roles where rolname = current_user")
        assert not row["rolsuper"] and not row["rolbypassrls"] and not row["rolcreaterole"] and not row["rolcreatedb"]
        owned = await connection.fetchval("select count(*) from pg_class where relowner = current_user::regrole")
        assert owned == 0
    finally:
        await connection.close()


def test_fresh_databases_do_not_see_each_other(database: Database) -> None:
    async def table_count() -> int:
        connection = await asyncpg.connect(database.owner)
        try:
            return int(await connection.fetchval("select count(*) from pg_tables where schemaname = 'ehr'"))
        finally:
            await connection.close()

    assert asyncio.run(table_count()) > 10

"""Run our migrations as the owner role, in one transaction, on the connection that `ehr migrate` hands over."""

from alembic import context
from sqlalchemy.engine import Connection


def run(connection: Connection) -> None:
    """Apply every pending migration, or none of them."""
    context.configure(connection=connection, target_metadata=None, version_table_schema="ehr", transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])

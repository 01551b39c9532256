"""The laws are tested in the same world as the record."""

from tests.record.conftest import world

__all__ = ["world"]

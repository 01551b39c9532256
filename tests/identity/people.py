"""Sessions of invented people."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from ehr_app.identity.sessions import Session

NAMESPACE = UUID("5b0c7a3e-7f8e-4a58-9a43-3f4c5f0a9b11")


def session(role: str, facility: str = "north") -> Session:
    """Return a live session of somebody with one role."""
    ends = datetime.now(UTC) + timedelta(minutes=20)
    account = uuid5(NAMESPACE, role)
    return Session(account.hex, account, f"{role}.one", f"{role.title()} One", facility, frozenset({role}), ends)

"""Roles that more than one place asks for."""

ADMINISTRATORS = frozenset(("admin", "facility-administrator"))
"""Who administers a facility; the database's `ehr.context_administers` holds the same roles."""

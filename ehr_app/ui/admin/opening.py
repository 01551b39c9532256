"""How a screen of the administration opens the record, and who may: the administrators of the facility, for this alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import reflex as rx

from ehr_app.errors import Forbidden
from ehr_app.identity.roles import ADMINISTRATORS
from ehr_app.record.access import Credential
from ehr_app.record.door import Purpose, Record, door
from ehr_app.ui.gate.session import credential_of


@asynccontextmanager
async def open_administration(state: rx.State, asked: str) -> AsyncIterator[Record]:
    """Open the record for a screen of the administration. Raises Forbidden for everybody else, and what the door raises."""
    credential, facility = credential_of(state)
    async with administration(credential, facility, asked) as record:
        yield record


@asynccontextmanager
async def administration(credential: Credential, facility: str | None, asked: str) -> AsyncIterator[Record]:
    """Open the record for an administrator of a facility."""
    opening = door().open(credential, action="administer", purpose=Purpose.ADMINISTRATION, facility=facility, asked=asked)
    async with opening as record:
        if not ADMINISTRATORS & set(record.access.roles):
            raise Forbidden()
        yield record

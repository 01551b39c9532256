"""How a screen opens the record: with the browser's credential, for the patient that the page's address names.

The address is the only place that says which patient a page is about. An event that names another one is refused here
and the refusal is in the access log, because the record is opened for it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import reflex as rx

from ehr_app.errors import EhrError, Forbidden, Gone, NotFound, Unavailable, WrongPatient
from ehr_app.record.door import Record, door
from ehr_app.ui.format.text import Json
from ehr_app.ui.gate.session import credential_of


@dataclass
class Found:
    """Resources of one search, in the order of the answer; `more` when the page was full."""

    resources: list[Json] = field(default_factory=list)
    included: list[Json] = field(default_factory=list)
    more: bool = False


def page_patient(state: rx.State) -> str:
    """Return the patient that the address `/patients/<id>/...` names; empty on other pages."""
    parts = state.router.url.path.split("/")
    return unquote(parts[2]) if len(parts) > 2 and parts[1] == "patients" else ""


def page_query(state: rx.State, name: str) -> str:
    """Return one parameter of the page's address."""
    return str(state.router.url.query_parameters.get(name, ""))


@asynccontextmanager
async def open_list(state: rx.State, asked: str) -> AsyncIterator[Record]:
    """Open the record for a screen of several patients."""
    credential, facility = credential_of(state)
    async with door().open(credential, action="search", facility=facility, asked=asked) as record:
        yield record


@asynccontextmanager
async def open_chart(state: rx.State, named: str, asked: str) -> AsyncIterator[Record]:
    """Open the record for the patient of the page; `named` is the patient that the event carries.

    Raises WrongPatient when the two differ, NotFound when the page names none, and what the door raises.
    """
    patient = page_patient(state)
    if not patient:
        raise NotFound
    credential, facility = credential_of(state)
    async with door().open(credential, action="read", facility=facility, patient=patient, asked=asked) as record:
        if named != patient:
            raise WrongPatient("an event named another patient than its page")
        yield record


async def find(record: Record, rtype: str, *params: tuple[str, str]) -> Found:
    """Search one type and decode what is found."""
    page = await record.search(rtype, list(params))
    return Found(
        [one.resource() for one in page.matches],
        [one.resource() for one in page.included],
        page.next_cursor is not None,
    )


def kind_of(error: EhrError) -> str:
    """Name the failure as the kit's `failure` knows it."""
    kinds: dict[type[EhrError], str] = {
        WrongPatient: "patient", Forbidden: "denied", NotFound: "missing", Gone: "missing", Unavailable: "unavailable",
    }  # fmt: skip
    return next((kind for cls, kind in kinds.items() if isinstance(error, cls)), "other")


def now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


def zone_of(record: Record) -> ZoneInfo:
    """Return the time zone of the record's facility."""
    return ZoneInfo(record.access.facility.time_zone)

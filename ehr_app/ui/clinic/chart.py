"""The chart's head and its open item: loaded by every page of a chart, from one opening of the record."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from ehr_app.errors import EhrError, Unavailable
from ehr_app.record.door import Record
from ehr_app.ui.clinic.chart_view import ChartHead, Labelled, NavItem, chart_head
from ehr_app.ui.clinic.domains import navigation
from ehr_app.ui.clinic.items import ItemShown, read_item
from ehr_app.ui.clinic.opening import Found, find, kind_of, now, open_chart, zone_of
from ehr_app.ui.format.dates import clinical_time
from ehr_app.ui.format.text import Json
from ehr_app.ui.gate.authz import requires

MANY = "100"


class Chart(rx.State):
    """The patient on the page: head, navigation, state of loading, and the item opened beside it."""

    head: ChartHead | None = None
    nav: list[NavItem] = []
    places: list[NavItem] = []
    ready: bool = False
    as_of: str = ""
    partial: str = ""
    stale: str = ""
    kind: str = ""
    problem: str = ""
    item: ItemShown | None = None

    def _begin(self, pid: str, keep: bool) -> None:
        """Clear what belongs to another patient or page; `keep`: the same page is only read again (a reconnect)."""
        if self.head is None or self.head.pid != pid:
            self.head, self.nav, keep = None, [], False
        if not keep:
            self.ready, self.places, self.item = False, [], None
        self.kind, self.problem, self.partial, self.stale = "", "", "", ""

    def _fail(self, error: EhrError) -> None:
        if isinstance(error, Unavailable) and self.ready and self.head is not None:
            self.stale = f"{error.sentence} What you see is of {self.as_of}."
            return
        self.head, self.nav, self.places, self.as_of = None, [], [], ""
        self.kind, self.problem = kind_of(error), error.sentence
        self.ready = True

    async def _load(self, record: Record, pid: str) -> Sequence[Json] | None:
        """Load the head; return the allergy records for pages that list them (None: they did not answer)."""
        patient = (await record.read("Patient", pid)).resource()
        allergies: Found | None = None
        try:
            allergies = await find(record, "AllergyIntolerance", ("patient", pid), ("_count", MANY))
        except Unavailable:
            self.partial = "Allergies did not answer. Ask the patient."
        vitals = await find(record, "Observation", ("patient", pid), ("category", "vital-signs"), ("_count", "60"))
        zone, moment = zone_of(record), now()
        known = allergies.resources if allergies else None
        self.head = chart_head(patient, known, vitals.resources, moment, zone)
        self.nav = navigation(pid, await record.contents(pid))
        self.as_of = clinical_time(moment, zone)
        return known

    @rx.event
    @requires()
    async def open_item(self, patient: str, ref: str) -> None:
        """Show everything about one item of this patient; an item of another one is refused and logged."""
        try:
            async with open_chart(self, patient, f"item {ref}") as record:
                self.item = await read_item(record, patient, ref, zone_of(record), whole=False)
        except EhrError as error:
            self.item = ItemShown(title="Not shown", facts=[Labelled("Why", error.sentence)])

    @rx.event
    @requires()
    async def close_item(self) -> None:
        """Close the item."""
        self.item = None


def item_opener(ref: Any) -> Any:
    """Return the event that opens an item; it carries the patient whose chart is rendered."""
    return Chart.open_item(Chart.head.pid, ref)

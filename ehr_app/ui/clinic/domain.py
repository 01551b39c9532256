"""The pages of the chart's domains, `/patients/<id>/<key>`: everything of a kind, current first, in pages of 200.

The summary, the timeline, the results and the vitals have pages of their own.
"""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from ehr_app.errors import EhrError
from ehr_app.record.door import Record
from ehr_app.ui.clinic.chart import Chart
from ehr_app.ui.clinic.chart_frame import chart_page
from ehr_app.ui.clinic.chart_view import NavItem
from ehr_app.ui.clinic.current import current, together
from ehr_app.ui.clinic.domain_view import PAGE, kinds_of, sections
from ehr_app.ui.clinic.domains import BY_KEY, DOMAINS, Domain
from ehr_app.ui.clinic.filed import filed_words, newest
from ehr_app.ui.clinic.frame import Shell
from ehr_app.ui.clinic.opening import open_chart, page_patient, zone_of
from ehr_app.ui.clinic.rows import Section
from ehr_app.ui.clinic.sections import section
from ehr_app.ui.clinic.watching import Watching
from ehr_app.ui.format.text import Json, part
from ehr_app.ui.gate.authz import requires
from ehr_app.ui.kit.controls import button
from ehr_app.ui.kit.i18n import t
from ehr_app.ui.kit.states import empty

E = rx.el
OWN_PAGES = frozenset(("summary", "timeline", "results", "vitals"))


class DomainPage(Watching, rx.State):
    """The sections of the domain and the patient in the address."""

    sections: list[Section] = []
    count: str = ""
    filed: str = ""
    older: bool = False
    newer: bool = False
    _shown: tuple[str, str] = ("", "")
    _cursors: list[str] = []
    _next: str | None = None

    @rx.event
    @requires()
    async def open(self):  # type: ignore[no-untyped-def]
        """Load the newest page of the domain that the address names."""
        pid, key = page_patient(self), _page_key(self)
        chart, shell = await self.get_state(Chart), await self.get_state(Shell)
        shown = (pid, key)
        chart._begin(pid, keep=self._shown == shown)
        if self._shown != shown:
            self.sections, self.count, self.filed, self.older, self.newer, self._shown = [], "", "", False, False, shown
            yield
        self._cursors = []
        try:
            async with open_chart(self, pid, key) as record:
                await shell._tell(record)
                await self._watch(record)
                await self._reread(record)
            chart.ready = True
        except EhrError as error:
            chart._fail(error)
        except Exception:
            chart._fail(EhrError())  # never an empty list for what could not be read
            raise

    async def _reread(self, record: Record) -> None:
        chart, pid = await self.get_state(Chart), page_patient(self)
        await chart._load(record, pid)
        await self._read(record, pid, _page_key(self), chart)

    @rx.event
    @requires()
    async def turn(self, patient: str, to_older: bool) -> None:
        """Show the older or the newer page; `patient` is the one whose list is shown."""
        chart = await self.get_state(Chart)
        if to_older and self._next:
            self._cursors = [*self._cursors, self._next]
        elif not to_older:
            self._cursors = self._cursors[:-1]
        try:
            async with open_chart(self, patient, self._shown[1]) as record:
                await self._read(record, patient, self._shown[1], chart)
        except EhrError as error:
            chart._fail(error)

    async def _read(self, record: Record, pid: str, key: str, chart: Chart) -> None:
        cursor = self._cursors[-1] if self._cursors else None
        page = await record.listed(pid, kinds_of(key), count=PAGE, cursor=cursor)
        resources = [one.resource() for one in page.found]
        if cursor is None and page.next_cursor is not None:
            resources = together(resources, await current(record, pid, key))
        zone = zone_of(record)
        drugs = await record.named(_drugs(resources)) if key == "medications" else []
        self._next = page.next_cursor
        self.older, self.newer = page.next_cursor is not None, bool(self._cursors)
        part_only = self.older or self.newer
        self.sections = sections(key, resources, zone, part_only, [one.resource() for one in drugs])
        (last,) = await record.filed([newest(resources)])
        self.filed = filed_words(last, zone)
        self.count = next((one.count for one in chart.nav if one.key == key), "")
        many = len(self.sections) > 1
        chart.places = [NavItem(one.key, one.title, one.count, f"#{one.key}") for one in self.sections] if many else []


def domain_page(domain: Domain) -> rx.Component:
    """Compose the page of a domain."""
    title = E.div(
        E.h1(t(domain.label), class_name="text-(length:--text-title)"),
        rx.cond(DomainPage.count != "", E.span(DomainPage.count, class_name="label nums")),
        rx.cond(DomainPage.filed != "", E.span(t("Last filed"), " ", DomainPage.filed, class_name="label nums ms-auto text-end")),
        class_name="flex flex-wrap items-baseline gap-3 mb-4",
    )
    body = rx.cond(
        DomainPage.sections.length() > 0,
        E.div(
            rx.foreach(DomainPage.sections, lambda one: section(one, unfolded=True)),
            class_name="grid gap-4 grid-cols-[minmax(0,1fr)] max-w-[60rem]",
        ),
        E.div(empty(t(domain.empty)), class_name="card pt-4"),
    )
    return chart_page(domain.key, title, body, _pager(), retry=DomainPage.open)


def _pager() -> rx.Component:
    pid = Chart.head.pid
    return rx.cond(
        DomainPage.older | DomainPage.newer,
        E.nav(
            rx.cond(DomainPage.newer, button(t("Newer entries"), on_click=DomainPage.turn(pid, False))),
            rx.cond(DomainPage.older, button(t("Older entries"), on_click=DomainPage.turn(pid, True))),
            E.span(t("{n} entries are shown at a time", n=PAGE), class_name="label"),
            aria_label=t("Pages"),
            class_name="flex flex-wrap items-center gap-3 mt-4 no-print",
        ),
    )


def _page_key(state: rx.State) -> str:
    parts = state.router.url.path.strip("/").split("/")
    key = parts[2] if len(parts) > 2 else ""
    return key if key in BY_KEY else "other"


def _drugs(resources: Sequence[Json]) -> list[tuple[str, str]]:
    found = []
    for one in resources:
        rtype, _, fhir_id = str(part(one, "medicationReference").get("reference") or "").rpartition("/")
        if rtype.endswith("Medication") and fhir_id:
            found.append(("Medication", fhir_id))
    return found


def _page(domain: Domain) -> Any:
    def page() -> rx.Component:
        return domain_page(domain)

    page.__name__ = f"{domain.key}_page"
    return page


for _domain in DOMAINS:
    if _domain.key not in OWN_PAGES:
        rx.page(route=f"/patients/[pid]/{_domain.key}", title=_domain.label, on_load=DomainPage.open)(_page(_domain))

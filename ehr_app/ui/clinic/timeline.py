"""The timeline page `/patients/<id>/timeline?kind=&year=&find=&print=`: everything that happened, newest first.

The browser holds the windows it has received and asks for those that come into view; the server keeps their marks only.
"""

from typing import Any
from zoneinfo import ZoneInfo

import reflex as rx

from ehr_app.errors import EhrError
from ehr_app.record import timeline as events
from ehr_app.record.door import Record
from ehr_app.record.timeline import WINDOW, Order, Search
from ehr_app.ui.clinic import timeline_view as view
from ehr_app.ui.clinic.chart import Chart, item_opener
from ehr_app.ui.clinic.chart_frame import chart_page
from ehr_app.ui.clinic.domains import DOMAINS
from ehr_app.ui.clinic.frame import Shell
from ehr_app.ui.clinic.opening import open_chart, page_patient, page_query, zone_of
from ehr_app.ui.clinic.timeline_view import Asked, Filter, Shown, Window, Year
from ehr_app.ui.clinic.watching import Watching
from ehr_app.ui.format.text import Json
from ehr_app.ui.gate.authz import requires
from ehr_app.ui.heavy.timeline import kind_mark, timeline_find, timeline_list, timeline_sheet
from ehr_app.ui.kit.controls import icon, link_button
from ehr_app.ui.kit.i18n import t
from ehr_app.ui.kit.states import empty, notice

E = rx.el
AT_ONCE = 3
KINDS = {domain.key: domain.label for domain in DOMAINS if domain.counted}


class Timeline(Watching, rx.State):
    """What surrounds the list, and the window that travels; marks of the list are kept, its rows are not."""

    shown: Shown = Shown()
    window: Window = Window()
    trouble: str = ""
    _asked: Asked = Asked()
    _order: Order = Order(0)
    _pid: str = ""
    _place: int | None = None

    @rx.event
    @requires()
    async def open(self):  # type: ignore[no-untyped-def]
        """Load the state that the address names, of the patient in the address."""
        pid = page_patient(self)
        asked = view.asked({name: page_query(self, name) for name in ("kind", "year", "find", "print")})
        chart, shell = await self.get_state(Chart), await self.get_state(Shell)
        chart._begin(pid, keep=self._pid == pid and chart.ready)
        if self._pid != pid:
            self.shown, self.window, self._order, self._pid = Shown(), Window(), Order(0), pid
            yield
        self._asked, self.trouble, self._place = asked, "", None
        try:
            async with open_chart(self, pid, f"timeline {','.join(asked.kinds)}".strip()) as record:
                await shell._tell(record)
                await self._watch(record)
                await self._reread(record)
            chart.ready = True
        except EhrError as error:
            chart._fail(error)
        except Exception:
            chart._fail(EhrError())  # never an empty list for what could not be read
            raise

    @rx.event
    @requires()
    async def read(self, patient: str, stamp: int, first: int, windows: int) -> None:
        """Send some windows of the list `stamp`, from event `first` on; `patient` is the one whose list is shown."""
        if stamp != self.shown.stamp or not 0 <= first < self.shown.total:
            return
        try:
            async with open_chart(self, patient, "timeline") as record:
                if not await self._send(record, patient, first // WINDOW, min(max(windows, 1), AT_ONCE)):
                    await self._list(record, patient)  # events were filed or taken away since they were counted
            self.trouble = ""
        except EhrError as error:
            self.trouble = error.sentence

    async def _reread(self, record: Record) -> None:
        chart, pid = await self.get_state(Chart), page_patient(self)
        await chart._load(record, pid)
        await self._list(record, pid)

    async def _list(self, record: Record, pid: str) -> None:
        """Count, place and, when words are given, search; then send the window where the reader is, or should stand."""
        zone, asked, found = record.access.facility.time_zone, self._asked, None
        counts = await events.counts(record, pid, zone)
        kinds = view.kinds_of(counts, asked.kinds)
        total = sum(one.n for one in counts if kinds is None or one.kind in kinds)
        order = await events.order(record, pid, zone, total, kinds)
        if asked.words:
            found = await events.search(record, pid, zone, order, Search(asked.words, _text_of(zone_of(record))))
            order = found.order
        self._order = order
        self.shown = view.shown(pid, asked, counts, found, self.shown.stamp + 1)
        place = self.shown.start if self._place is None else min(self._place, max(self.shown.total - 1, 0))
        await self._send(record, pid, place // WINDOW, 1)

    async def _send(self, record: Record, pid: str, first: int, windows: int) -> bool:
        """Send windows; tell whether they hold as many events as were counted."""
        found = await events.read(record, pid, record.access.facility.time_zone, self._order, first, windows)
        zone, words = zone_of(record), self._asked.words
        rows = [view.event_row(one, zone, words) for one in found]
        rows = [row for at in range(0, len(rows), WINDOW) for row in view.in_moments(rows[at : at + WINDOW])]
        self._place = first * WINDOW
        self.window = Window(self.shown.stamp, first * WINDOW, rows)
        return len(rows) == min(windows * WINDOW, self.shown.total - first * WINDOW)


def _text_of(zone: ZoneInfo) -> Any:
    def text(resource: Json) -> str:
        return view.search_text(resource, zone)

    return text


@rx.page(route="/patients/[pid]/timeline", title="Timeline", on_load=Timeline.open)
def timeline() -> rx.Component:
    """Compose the page."""
    shown = Timeline.shown
    total = E.p(t("{n} events", n=shown.count), class_name="label nums m-0", role="status")
    head = E.div(
        E.h1(t("Timeline"), class_name="text-(length:--text-title)"),
        total,
        E.div(timeline_find(shown), class_name="ms-auto min-w-40 flex-1 sm:flex-none sm:w-72 no-print"),
        rx.cond(
            shown.printing,
            link_button(t("Back to the timeline"), href=shown.plain, class_name="no-print"),
            link_button(icon("printer"), t("Print"), href=shown.printed, class_name="no-print"),
        ),
        class_name="flex flex-wrap items-center gap-x-4 gap-y-2 mb-3",
    )
    everything = rx.cond(shown.everything != "", E.li(E.a(t("Show everything"), href=shown.everything, class_name="link hair")))
    filters = E.ul(
        rx.foreach(shown.filters, kind_filter), everything, aria_label=t("Filter by kind"),
        class_name="kind-filters no-print list-none m-0 mb-3 p-0 flex flex-wrap items-center gap-1.5",
    )  # fmt: skip
    strip = rx.cond(
        (shown.years.length() > 1) & ~shown.printing,
        E.nav(
            E.ol(rx.foreach(shown.years, year_bar), class_name="year-strip"),
            aria_label=t("Years, newest first"),
            class_name="no-print",
        ),
    )
    told = rx.cond(
        shown.note != "", E.p(icon("info", 14, class_name="inline me-1"), t(shown.note), role="status", class_name="label mb-2")
    )
    trouble = rx.cond(
        Timeline.trouble != "",
        E.div(notice(t("Some events did not arrive"), E.p(Timeline.trouble), tone="warn"), class_name="mb-3"),
    )
    pid = Chart.head.pid
    ask = {"on_read": lambda stamp, first, windows: Timeline.read(pid, stamp, first, windows)}
    listed = rx.cond(
        shown.printing,
        timeline_sheet(shown, Timeline.window, KINDS, **ask),
        timeline_list(shown, Timeline.window, KINDS, on_open=item_opener, **ask),
    )
    body = rx.cond(shown.total > 0, listed, E.div(empty(t(shown.empty)), class_name="card pt-4"))
    return chart_page("timeline", head, filters, strip, told, trouble, body, retry=Timeline.open)


def kind_filter(one: rx.Var[Filter]) -> rx.Component:
    """A kind that can be put in or taken out; its state is told by a tick and in words."""
    link = E.a(
        rx.match(one.key, *((key, kind_mark(key)) for key in KINDS), kind_mark("other")),
        t(one.label),
        E.span(one.count, class_name="count nums"),
        rx.cond(one.chosen, E.span(icon("check", 14), E.span(t("chosen"), class_name="sr"))),
        href=one.href,
        aria_current=rx.cond(one.chosen, "true", "false"),
        class_name="kind-filter",
    )
    return E.li(link)


def year_bar(one: rx.Var[Year]) -> rx.Component:
    """One year of the strip: a bar that leads there, its count in words."""
    gap = rx.cond(
        one.gap != "", E.li(E.span("…", aria_hidden="true"), E.span(t(one.gap), class_name="sr"), title=one.gap, class_name="gap")
    )
    bar = E.a(
        E.span(E.span(style={"height": one.height.to_string() + "%"}), class_name="bar", aria_hidden="true"),
        E.span(t(one.label), class_name="nums"),
        E.span(t("{n} events", n=one.count), class_name="sr"),
        href=one.href,
        title=one.count,
        aria_current=rx.cond(one.current, "true", "false"),
    )
    return rx.fragment(gap, E.li(bar))

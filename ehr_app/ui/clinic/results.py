"""The results page `/patients/<id>/results`: by panel, over time with a graph of one test, or all in one long list."""

from typing import Any

import reflex as rx

from ehr_app.errors import EhrError
from ehr_app.record.door import Record
from ehr_app.ui.clinic.chart import Chart, item_opener
from ehr_app.ui.clinic.chart_frame import chart_page
from ehr_app.ui.clinic.frame import Shell
from ehr_app.ui.clinic.opening import find, open_chart, page_patient, page_query, zone_of
from ehr_app.ui.clinic.results_view import Cell, Grid, GridRow, Panel, ResultRow, grid, list_line, panels, telling_test
from ehr_app.ui.clinic.series_view import Mark, Series, series
from ehr_app.ui.gate.authz import requires
from ehr_app.ui.heavy.graph import result_graph
from ehr_app.ui.heavy.virtual_table import virtual_table
from ehr_app.ui.kit.controls import segments
from ehr_app.ui.kit.marks import chip, flag, graded, when, wrong_or
from ehr_app.ui.kit.states import empty
from ehr_app.ui.kit.surfaces import card, scroller, table

E = rx.el
LAB = ("category", "laboratory")


class Results(rx.State):
    """The shown view, its cards or its grid, and the series of the chosen test."""

    view: str = ""
    panels: list[Panel] = []
    grid: Grid | None = None
    series: Series | None = None
    lines: list[dict[str, str]] = []
    more: str = ""
    _cursor: str | None = None
    _shown: tuple[str, str] = ("", "")

    @rx.event
    @requires()
    async def open(self):  # type: ignore[no-untyped-def]
        """Load the view that the address names, of the patient in the address."""
        pid = page_patient(self)
        chart, shell = await self.get_state(Chart), await self.get_state(Shell)
        view = page_query(self, "view")
        shown = (pid, view)
        chart._begin(pid, keep=self._shown == shown)
        if self._shown != shown:
            self.view = view if view in ("time", "list") else "panel"
            self.panels, self.grid, self.series, self.lines, self.more = [], None, None, [], ""
            self._shown = shown
            yield
        try:
            async with open_chart(self, pid, f"results by {self.view}") as record:
                await shell._tell(record)
                await chart._load(record, pid)
                zone, mine = zone_of(record), ("patient", pid)
                if self.view == "list":
                    self.lines = []
                    await self._append(record, pid, None)
                    chart.ready = True
                    return
                labs = await find(record, "Observation", mine, LAB, ("_count", "400"))
                if self.view == "panel":
                    reports = await find(
                        record, "DiagnosticReport", mine, ("_count", "40"), ("_include", "DiagnosticReport:result")
                    )
                    known = {str(one.get("id")): one for one in [*labs.resources[:100], *reports.included]}
                    self.panels = panels(reports.resources, list(known.values()), pid, zone)
                    self.more = "Older reports are not shown here; the list has all results." if reports.more else ""
                else:
                    test = page_query(self, "test") or telling_test(labs.resources)
                    self.grid = grid(labs.resources, pid, zone, test)
                    who = f"{chart.head.name}, MRN {chart.head.record_number}" if chart.head else ""
                    self.series = series(labs.resources, test, who, zone)
                    self.more = "Only the newest 400 results are drawn." if labs.more else ""
            chart.ready = True
        except EhrError as error:
            chart._fail(error)
        except Exception:
            chart._fail(EhrError())  # never an empty list for what could not be read
            raise

    @rx.event
    @requires()
    async def read_on(self, patient: str, last: int) -> None:
        """Load the next page of the list; `patient` is the one whose list is shown, `last` its last row."""
        if self._cursor is None or last + 1 < len(self.lines):
            return
        try:
            async with open_chart(self, patient, "results by list") as record:
                await self._append(record, patient, self._cursor)
            self.more = ""
        except EhrError as error:
            self.more = f"{error.sentence} The list ends early."

    async def _append(self, record: Record, pid: str, cursor: str | None) -> None:
        page = await record.search("Observation", [("patient", pid), LAB, ("_count", "100")], cursor=cursor)
        zone = zone_of(record)
        self.lines = [*self.lines, *(list_line(one.resource(), zone) for one in page.matches)]
        self._cursor = page.next_cursor


@rx.page(route="/patients/[pid]/results", title="Results", on_load=Results.open)
def results() -> rx.Component:
    """Compose the page."""
    base = f"/patients/{Chart.head.pid}/results"
    switch = segments(
        "Results",
        ("By panel", base + "?view=panel", Results.view == "panel"),
        ("Over time", base + "?view=time", Results.view == "time"),
        ("List", base + "?view=list", Results.view == "list"),
    )
    title = E.div(
        E.h1("Results", class_name="text-(length:--text-title)"), switch, class_name="flex flex-wrap items-center gap-4 mb-4"
    )
    nothing = E.div(empty("No laboratory results recorded."), class_name="card pt-4")
    by_panel = rx.cond(
        Results.panels.length() > 0,
        E.div(rx.foreach(Results.panels, panel), class_name="grid gap-4 grid-cols-[minmax(0,1fr)] max-w-[53rem]"),
        nothing,
    )
    has_rows = Results.grid & (Results.grid.rows.length() > 0)
    over_time = rx.cond(has_rows, E.div(_figure(), _grid(), class_name="grid gap-4 grid-cols-[minmax(0,1fr)]"), nothing)
    listed = rx.cond(Results.lines.length() > 0, _list(), nothing)
    shown = rx.match(Results.view, ("time", over_time), ("list", listed), by_panel)
    note = rx.cond(Results.more != "", E.p(Results.more, class_name="label"))
    return chart_page("results", title, shown, note, retry=Results.open)


def panel(one: rx.Var[Panel]) -> rx.Component:
    """One report: its results with value, unit, range and flag; critical ones first."""
    tone = rx.match(one.grade, ("critical", "chip chip-critical"), ("abnormal", "chip chip-abnormal"), "chip")
    heads = ["Test", ("Value", "end"), "Flag", "Range"]
    aside = E.span(
        rx.cond(one.summary != "", E.span(one.summary, class_name=tone.to(str) + " me-2")),
        rx.cond(one.status != "", E.span(chip(one.status, tone="info"), class_name="me-2")),
        when(one.when, one.spoken),
    )
    rows = table(heads, rx.foreach(one.rows, panel_row), "Results of the report", "panel-table cards-on-phone")
    said = rx.cond(one.conclusion != "", E.p(one.conclusion, class_name="px-4 py-2 m-0 max-w-prose"))
    source = rx.cond(one.source != "", E.p("Reported by ", one.source, class_name="label px-4 pb-2 m-0"))
    body = rx.cond(one.rows.length() > 0, rows, empty("No single values came with this report."))
    return card(wrong_or(one.wrong, one.title), body, said, source, aside=aside)


def panel_row(row: rx.Var[ResultRow]) -> rx.Component:
    """One result; its name opens everything else about it, its trend is one click away."""
    name = E.button(row.name, type="button", on_click=item_opener(row.ref), class_name="opens")
    told = "Trend of " + row.name.to(str)
    trend = rx.cond(row.href != "", E.a("trend", href=row.href, class_name="link hair no-print", aria_label=told))
    status = rx.cond(row.status != "", E.span(chip(row.status, tone="info"), class_name="me-2"))
    return E.tr(
        E.td(wrong_or(row.wrong, name), " ", status, trend),
        E.td(graded(row.value, row.grade), class_name="end"),
        E.td(flag(row.code, row.mark, row.words, row.grade)),
        E.td(row.limits, class_name="label nums", custom_attrs={"data-label": "Range"}),
    )


def _figure() -> rx.Component:
    shown = Results.series
    head = Chart.head
    legend = E.ul(
        rx.foreach(shown.legend, legend_mark), aria_label="Legend", class_name="list-none m-0 p-0 flex flex-wrap gap-x-4 gap-y-1",
    )  # fmt: skip
    facts = E.div(
        E.span(shown.limits, class_name="nums"),
        rx.cond(shown.previous != "", E.span("Previous ", shown.previous, class_name="nums text-(--ink-soft)")),
        E.span("Last ", E.strong(shown.last), class_name="nums"),
        class_name="flex flex-wrap gap-x-6 gap-y-1",
    )
    figure = E.figure(
        E.figcaption(
            E.h2(shown.title, class_name="text-base"),
            E.p(name_and_number(head), class_name="label m-0"),
            class_name="mb-2",
        ),
        facts,
        result_graph(shown),
        legend,
        rx.cond(shown.left_out != "", E.p(shown.left_out, class_name="label m-0 mt-1")),
        class_name="card m-0 p-4",
    )
    return rx.cond(shown & (shown.key != ""), figure, rx.fragment())


def name_and_number(head: Any) -> rx.Component:
    """G4: whose graph it is."""
    return E.span(E.bdi(head.name), ", born ", head.born, ", MRN ", head.record_number, class_name="nums")


def legend_mark(one: rx.Var[Mark]) -> rx.Component:
    """One shape and what it means."""
    sign = rx.match(
        one.shape,
        ("dot", E.svg.circle(cx="7", cy="7", r="4.5", class_name="dot")),
        ("ring", E.svg.circle(cx="7", cy="7", r="4.5", class_name="dot-hollow")),
        ("up", E.svg.path(d="M7 1l6 11H1z", class_name="dot-abnormal")),
        ("down", E.svg.path(d="M7 13l6-11H1z", class_name="dot-abnormal")),
        ("square", E.svg.rect(x="2", y="2", width="10", height="10", class_name="dot-abnormal")),
        ("diamond", E.svg.path(d="M7 0l7 7-7 7-7-7z", class_name="dot-critical")),
        E.svg.rect(x="0", y="2", width="14", height="10", class_name="band"),
    )
    drawn = E.svg(sign, width="14", height="14", view_box="0 0 14 14", aria_hidden="true", class_name="graph inline me-1.5 -mt-0.5")
    return E.li(drawn, one.words, class_name="label")


def _list() -> rx.Component:
    columns = [("name", "Test", "look"), ("value", "Value", "strong"), ("flag", "Flag", "strong"), ("limits", "Range", ""),
               ("when", "Collected", "look"), ("status", "Status", "")]  # fmt: skip
    rows = virtual_table(Results.lines, columns, end_reached=lambda last: Results.read_on(Chart.head.pid, last))
    return E.section(rows, aria_label="All results, newest first", class_name="card overflow-hidden")


def _grid() -> rx.Component:
    shown = Results.grid
    heads = E.tr(
        E.th("Test", scope="col"),
        rx.foreach(shown.columns, lambda one: E.th(when(one.day, one.spoken), scope="col")),
    )
    rows = E.table(
        E.caption("Results over time, newest first", class_name="sr"), E.thead(heads), E.tbody(rx.foreach(shown.rows, grid_row)),
        class_name="table",
    )  # fmt: skip
    note = E.p(shown.note, class_name="label px-4 m-0 pb-2")
    return card("All tests", rx.cond(shown.note != "", note), scroller(rows, label="Results over time"), aside="newest first")


def grid_row(row: rx.Var[GridRow]) -> rx.Component:
    """One test in one unit: its name chooses the graph."""
    name = rx.cond(row.href != "", E.a(row.name, href=row.href, class_name="opens font-medium"), E.span(row.name))
    about = E.span(row.unit, rx.cond(row.unit != "", " · ", ""), row.limits, class_name="label block nums")
    return E.tr(
        E.th(name, about, scope="row"),
        rx.foreach(row.cells, grid_cell),
        aria_current=rx.cond(row.current, "true", "false"),
    )


def grid_cell(one: rx.Var[Cell]) -> rx.Component:
    """One value; opens everything else about it."""
    value = wrong_or(one.wrong, graded(one.text, one.grade), " ", flag(one.code, one.mark, one.words, one.grade))
    more = rx.cond(one.more != "", E.span(one.more, class_name="label ms-1", title="More results on this day"))
    button = E.button(value, type="button", on_click=item_opener(one.ref), class_name="opens whitespace-nowrap")
    return E.td(
        rx.cond(one.text != "", E.span(button, more), E.span("–", class_name="label", aria_label="not done")), class_name="end nums"
    )

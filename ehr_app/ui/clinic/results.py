"""The results page `/patients/<id>/results`: by panel, over time with graphs of chosen tests, or all in one long list."""

from typing import Any

import reflex as rx

from ehr_app.errors import EhrError
from ehr_app.record.door import Record
from ehr_app.ui.clinic.chart import Chart, item_opener
from ehr_app.ui.clinic.chart_frame import chart_page
from ehr_app.ui.clinic.figure import figures, grid_card
from ehr_app.ui.clinic.frame import Shell
from ehr_app.ui.clinic.opening import Found, find, now, open_chart, page_patient, zone_of
from ehr_app.ui.clinic.results_address import Asked, asked
from ehr_app.ui.clinic.results_groups import Choices, choices, condition, other_row, type_of
from ehr_app.ui.clinic.results_panels import Panel, corrected, former_value, panels
from ehr_app.ui.clinic.results_parts import panel_list, switches
from ehr_app.ui.clinic.results_view import Grid, grid, list_line, telling_test
from ehr_app.ui.clinic.series_reading import read_series
from ehr_app.ui.clinic.series_view import Series, series, together
from ehr_app.ui.clinic.watching import Watching
from ehr_app.ui.format.text import Json
from ehr_app.ui.gate.authz import requires
from ehr_app.ui.heavy.virtual_table import row_filter, virtual_table
from ehr_app.ui.kit.i18n import t
from ehr_app.ui.kit.states import empty
from ehr_app.ui.kit.surfaces import card

E = rx.el
PAGE = 100
READ_AGAIN = 500
"""A list that was read on further is not read again by itself; it says that more has come."""

GRID_PAGE = "400"
REPORTS, SINGLES = "30", "150"
MOST_CORRECTED = 12


class Results(Watching, rx.State):
    """What the address asks for: its panels, or its grid and series, or one page of its list."""

    view: str = ""
    choices: Choices | None = None
    panels: list[Panel] = []
    grid: Grid | None = None
    drawn: list[Series] = []
    page: list[dict[str, str]] = []
    start: int = 0
    of: str = ""
    note: str = ""
    _cursor: str | None = None
    _opened: int = 0

    @rx.event
    @requires()
    async def open(self):  # type: ignore[no-untyped-def]
        """Load what the address asks for, of the patient in the address."""
        pid = page_patient(self)
        wish = asked(pid, self.router.url.query_parameters)
        chart, shell = await self.get_state(Chart), await self.get_state(Shell)
        same = self.of == wish.href
        known = self.choices is not None and self.choices.pid == pid
        chart._begin(pid, keep=known)
        if not same:
            self.view, self.of = wish.view, wish.href
            self.panels, self.grid, self.drawn, self.page, self.start, self.note = [], None, [], [], 0, ""
            chart.ready = False
            yield
        try:
            async with open_chart(self, pid, f"results by {wish.view}") as record:
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
        pid = page_patient(self)
        wish = asked(pid, self.router.url.query_parameters)
        await (await self.get_state(Chart))._load(record, pid)
        self.choices = choices(wish, await record.contents(pid))
        if type_of(wish.group) or wish.view == "list":
            self.view = "list"
            await self._list(record, wish)
        elif wish.view == "time":
            await self._over_time(record, wish)
        else:
            await self._by_panel(record, wish)

    @rx.event
    @requires()
    async def read_on(self, patient: str, of: str, start: int) -> None:
        """Load the next page of the list; `patient` and `of` name the list that is shown, `start` its length there."""
        if self._cursor is None or of != self.list_name or start != self.start + len(self.page):
            return
        try:
            async with open_chart(self, patient, "results by list") as record:
                await self._turn(record, asked(patient, self.router.url.query_parameters), self._cursor)
            self.note = ""
        except EhrError as error:
            self.note = f"{error.sentence} The list ends early."

    @rx.var
    def list_name(self) -> str:
        """The name of the list that is shown: another address or another opening is another list."""
        return f"{self.of} {self._opened}"

    async def _turn(self, record: Record, wish: Asked, cursor: str | None) -> None:
        made, self._cursor = await _lines(record, wish, cursor)
        self.start, self.page = self.start + len(self.page), made

    async def _list(self, record: Record, wish: Asked) -> None:
        """Read the list from its beginning, as far as the reader has come: the rows change under her, her place does not."""
        held = self.start + len(self.page)
        if held > READ_AGAIN:
            self.note = "More has been filed since this list was opened. Reload to see it."
            return
        rows, cursor = await _lines(record, wish, None)
        while cursor is not None and len(rows) < held:
            more, cursor = await _lines(record, wish, cursor)
            rows += more
        if not held or len(rows) < held:
            self._opened += 1
        self.start, self.page, self._cursor = 0, rows, cursor

    async def _over_time(self, record: Record, wish: Asked) -> None:
        zone, moment = zone_of(record), now()
        page = await self._observations(record, wish, GRID_PAGE)
        tests = wish.tests or tuple(filter(None, (telling_test(page.resources),)))
        self.grid = grid(page.resources, wish, zone, page.more, tests)
        read = [(key, *await read_series(record, wish.pid, key, wish.since(moment))) for key in tests]
        head = (await self.get_state(Chart)).head
        who = f"{head.name}, MRN {head.record_number}" if head else ""
        self.drawn = together([series(values, key, who, zone) for key, values, _ in read], zone)
        self.note = "Only the newest 10,000 values are drawn." if any(more for *_, more in read) else ""

    async def _by_panel(self, record: Record, wish: Asked) -> None:
        zone, when = zone_of(record), wish.dates(now())
        reports = Found()
        if wish.group in ("", "laboratory"):
            reports = await find(
                record,
                "DiagnosticReport",
                ("patient", wish.pid),
                ("_count", REPORTS),
                ("_include", "DiagnosticReport:result"),
                *when,
            )
        singles = await self._observations(record, wish, SINGLES)
        known: dict[str, Json] = {str(one.get("id")): one for one in [*singles.resources, *reports.included]}
        former = await self._former(record, corrected(known.values()))
        self.panels, older = panels(reports, list(known.values()), singles, wish, zone, former)
        chosen = self.choices
        if chosen is not None:
            self.choices = chosen.paged(older)

    async def _former(self, record: Record, ids: list[str]) -> dict[str, str]:
        """R3: what corrected results were before, of the newest ones; the versions of each are one step away."""
        read = {one: await record.history("Observation", one, count=10) for one in ids[:MOST_CORRECTED]}
        return {
            f"Observation/{one}": former_value(
                [version.stored.resource() for version in page.versions if not version.stored.deleted]
            )
            for one, page in read.items()
        }

    async def _observations(self, record: Record, wish: Asked, count: str) -> Found:
        return await find(record, "Observation", ("patient", wish.pid), *condition(wish), *wish.dates(now()), ("_count", count))


async def _lines(record: Record, wish: Asked, cursor: str | None) -> tuple[list[dict[str, str]], str | None]:
    rtype = type_of(wish.group) or "Observation"
    params = [("patient", wish.pid), ("_count", str(PAGE)), *condition(wish)]
    if rtype == "Observation":
        params += wish.dates(now())
    page, zone = await record.search(rtype, params, cursor=cursor), zone_of(record)
    line = list_line if rtype == "Observation" else other_row
    return [line(one.resource(), zone) for one in page.matches], page.next_cursor


@rx.page(route="/patients/[pid]/results", title="Results", on_load=Results.open)
def results() -> rx.Component:
    """Compose the page."""
    title = E.div(E.h1(t("Results"), class_name="text-(length:--text-title)"), class_name="mb-3")
    nothing = E.div(empty(t("No results recorded that match.")), class_name="card pt-4")
    by_panel = rx.cond(Results.panels.length() > 0, panel_list(Results.panels, Results.choices), nothing)
    has_rows = Results.grid & (Results.grid.rows.length() > 0)
    graphs = figures(Results.drawn, Results.of)
    over_time = E.div(
        graphs,
        rx.cond(has_rows, grid_card(Results.grid, t("All tests")), nothing),
        class_name="grid gap-4 grid-cols-[minmax(0,1fr)]",
    )
    listed = rx.cond(Results.page.length() > 0, _list(), nothing)
    shown = rx.match(Results.view, ("time", over_time), ("list", listed), by_panel)
    note = rx.cond(Results.note != "", E.p(t(Results.note), class_name="label"))
    narrow = rx.cond(Results.view != "list", row_filter("#shown", t("Narrow the tests"), Results.of))
    tools = rx.cond(Results.choices, switches(Results.choices, Results.view, narrow))
    return chart_page("results", title, tools, E.div(shown, id="shown"), note, retry=Results.open)


def _list() -> rx.Component:
    columns = [("name", "Test", "look"), ("value", "Value", "strong"), ("flag", "Flag", "strong"), ("limits", "Range", ""),
               ("when", "Collected", "look"), ("status", "Status", "")]  # fmt: skip
    reading: Any = lambda start: Results.read_on(Chart.head.pid, Results.list_name, start)  # noqa: E731
    rows = virtual_table(Results.page, columns, start=Results.start, of=Results.list_name, on_end_reached=reading,
        on_open=item_opener,
        says=("limits", "status"),
                         label=t("All results, newest first"))  # fmt: skip
    return card(t("All results, newest first"), rows, class_name="overflow-hidden")

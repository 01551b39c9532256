"""The page of vital signs and growth `/patients/<id>/vitals`: the newest of each, graphs, growth against age, the grid of days."""

import reflex as rx

from ehr_app.errors import EhrError
from ehr_app.record.door import Record
from ehr_app.ui.clinic.chart import Chart, item_opener
from ehr_app.ui.clinic.chart_frame import chart_page
from ehr_app.ui.clinic.figure import figures, grid_card
from ehr_app.ui.clinic.frame import Shell
from ehr_app.ui.clinic.opening import find, now, open_chart, page_patient, zone_of
from ehr_app.ui.clinic.results_address import asked
from ehr_app.ui.clinic.results_parts import period_switch
from ehr_app.ui.clinic.results_view import Grid, grid
from ehr_app.ui.clinic.series_reading import read_series
from ehr_app.ui.clinic.series_view import Series, series, together
from ehr_app.ui.clinic.vitals_view import Newest, against_age, growing, growth_signs, newest, telling_signs
from ehr_app.ui.clinic.watching import Watching
from ehr_app.ui.format.dates import parse_date, today
from ehr_app.ui.gate.authz import requires
from ehr_app.ui.kit.i18n import t
from ehr_app.ui.kit.marks import chip, flag, graded, when
from ehr_app.ui.kit.states import empty, notice
from ehr_app.ui.kit.surfaces import card

E = rx.el
VITAL = ("category", "vital-signs")
MANY = ("_count", "600")


class Vitals(Watching, rx.State):
    """The newest signs, the drawn series, growth, and the grid of days."""

    newest: list[Newest] = []
    drawn: list[Series] = []
    growth: list[Series] = []
    grows: bool = False
    grid: Grid | None = None
    period: str = "all"
    periods: list[str] = []
    of: str = ""
    note: str = ""
    _shown: str = ""

    @rx.event
    @requires()
    async def open(self):  # type: ignore[no-untyped-def]
        """Load the vital signs of the patient in the address."""
        pid = page_patient(self)
        chart, shell = await self.get_state(Chart), await self.get_state(Shell)
        chart._begin(pid, keep=self._shown == pid)
        if self._shown != pid:
            self.newest, self.drawn, self.growth, self.grid, self.grows, self._shown = [], [], [], None, False, pid
            yield
        try:
            async with open_chart(self, pid, "vitals") as record:
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
        wish = asked(pid, self.router.url.query_parameters, "vitals")
        await chart._load(record, pid)
        zone, moment, mine = zone_of(record), now(), ("patient", pid)
        found = await find(record, "Observation", mine, VITAL, MANY)
        page = await find(record, "Observation", mine, VITAL, MANY, *wish.dates(moment)) if wish.href != wish.but(
            tests=(), period="all") else found  # fmt: skip
        who = f"{chart.head.name}, MRN {chart.head.record_number}" if chart.head else ""
        self.newest = newest(found.resources, moment, zone)
        self.grid = grid(page.resources, wish, zone, page.more)
        self.period, self.of, self.note = wish.period, wish.href, ""
        self.periods = [wish.but(period=one, until=wish.until) for one in ("1y", "5y", "all")]
        if wish.tests:
            read = [(key, *await read_series(record, pid, key, wish.since(moment))) for key in wish.tests]
            self.note = "Only the newest 10,000 values are drawn." if any(more for *_, more in read) else ""
            drawn = [series(values, key, who, zone) for key, values, _ in read]
        else:
            drawn = [series(page.resources, key, who, zone) for key in telling_signs(page.resources)]
            self.note = "The newest values are drawn; choose a sign in the grid to draw all of it." if page.more else ""
        self.drawn = together([one for one in drawn if one.points or one.listed], zone)
        patient = (await record.read("Patient", pid)).resource()
        self.grows = growing(patient, today(moment, zone))
        self.growth = []
        if self.grows and (born := parse_date(patient.get("birthDate"))):
            for key in growth_signs(found.resources):
                values, _ = await read_series(record, pid, key, None)
                self.growth.append(against_age(series(values, key, who, zone), born.earliest, zone))
            self.growth = [one for one in self.growth if one.points]


@rx.page(route="/patients/[pid]/vitals", title="Vitals and growth", on_load=Vitals.open)
def vitals() -> rx.Component:
    """Compose the page."""
    title = E.div(
        E.h1(t("Vitals and growth"), class_name="text-(length:--text-title)"),
        period_switch(Vitals.periods, Vitals.period),
        class_name="flex flex-wrap items-center gap-4 mb-4",
    )
    newest_card = card(
        t("Newest of each"), E.ul(rx.foreach(Vitals.newest, newest_line), class_name="row-list xl:columns-2"), key="newest"
    )  # fmt: skip
    growth = E.section(
        E.h2(t("Growth"), class_name="text-(length:--text-title) mt-2 mb-2"),
        notice(
            t("No reference curves are drawn"),
            E.p(t("The measurements are drawn against age without percentile curves of a reference population. Percentiles that the"
                  " record carries are drawn as recorded."), class_name="m-0 mt-1"),
            tone="info",
        ),
        rx.cond(
            Vitals.growth.length() > 0,
            E.div(figures(Vitals.growth, Vitals.of + "growth"), class_name="mt-4"),
            empty(t("No growth measurements recorded.")),
        ),
        id="growth",
    )  # fmt: skip
    body = E.div(
        newest_card,
        rx.cond(Vitals.note != "", E.p(t(Vitals.note), class_name="label m-0")),
        figures(Vitals.drawn, Vitals.of),
        rx.cond(Vitals.grows, growth),
        grid_card(Vitals.grid, t("All vital signs")),
        class_name="grid gap-4 grid-cols-[minmax(0,1fr)]",
    )
    nothing = E.div(empty(t("No vital signs recorded.")), class_name="card pt-4")
    return chart_page("vitals", title, rx.cond(Vitals.newest.length() > 0, body, nothing), retry=Vitals.open)


def newest_line(one: rx.Var[Newest]) -> rx.Component:
    """F1: one sign, its value and flag, its range, how old it is and who took it."""
    by = rx.cond(one.by != "", E.span(" ", t("by"), " ", one.by))
    return E.li(
        E.div(
            E.button(one.name, type="button", on_click=item_opener(one.ref), class_name="opens font-medium"),
            rx.cond(one.status != "", E.span(chip(t(one.status), tone="info"), class_name="ms-2")),
            E.p(t(one.limits), class_name="label m-0 nums"),
            class_name="min-w-0",
        ),
        E.div(
            E.p(graded(one.value, one.grade), " ", flag(one.code, one.mark, t(one.words), one.grade), class_name="m-0"),
            E.p(when(one.taken), " · ", t(one.old), by, class_name="label m-0"),
            class_name="text-end",
        ),
    )  # fmt: skip

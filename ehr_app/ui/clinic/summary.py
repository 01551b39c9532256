"""The summary page `/patients/<id>`: what matters about a patient at one look."""

import reflex as rx

from ehr_app.errors import EhrError
from ehr_app.ui.clinic import summary_view as view
from ehr_app.ui.clinic.chart import MANY, Chart, item_opener
from ehr_app.ui.clinic.chart_frame import chart_page
from ehr_app.ui.clinic.chart_view import NavItem
from ehr_app.ui.clinic.frame import Shell
from ehr_app.ui.clinic.opening import find, open_chart, page_patient, zone_of
from ehr_app.ui.clinic.summary_view import Piece, Row, Section
from ehr_app.ui.gate.authz import requires
from ehr_app.ui.kit.marks import chip, flag, graded, when, wrong_or
from ehr_app.ui.kit.states import empty
from ehr_app.ui.kit.surfaces import card

E = rx.el


class Summary(rx.State):
    """The sections of the patient on the page."""

    sections: list[Section] = []
    more: list[Section] = []
    _shown: str = ""

    @rx.event
    @requires()
    async def open(self):  # type: ignore[no-untyped-def]
        """Load the summary of the patient in the address."""
        pid = page_patient(self)
        chart, shell = await self.get_state(Chart), await self.get_state(Shell)
        chart._begin(pid, keep=self._shown == pid)
        if self._shown != pid:
            self.sections, self.more, self._shown = [], [], pid
            yield
        try:
            async with open_chart(self, pid, "summary") as record:
                await shell._tell(record)
                allergies = await chart._load(record, pid)
                zone, mine, many = zone_of(record), ("patient", pid), ("_count", MANY)
                problems = await find(record, "Condition", mine, many)
                ordered = await find(record, "MedicationRequest", mine, many, ("_include", "MedicationRequest:medication"))
                told = await find(record, "MedicationStatement", mine, many, ("_include", "MedicationStatement:medication"))
                drugs, named = [*ordered.resources, *told.resources], [*ordered.included, *told.included]
                labs = await find(record, "Observation", mine, ("category", "laboratory"), many)
                visits = await find(record, "Encounter", mine, ("_count", "50"))
                shots = await find(record, "Immunization", mine, many)
                papers = await find(record, "DocumentReference", mine, ("_count", "50"))
                payers = await find(record, "Coverage", mine, ("_count", "20"))
                self.sections = [
                    view.problems(problems.resources, zone, problems.more),
                    view.medications(drugs, zone, ordered.more or told.more, named),
                    view.encounters(visits.resources, zone, visits.more),
                ]
                self.more = [
                    view.allergies(allergies, zone),
                    view.recent_results(labs.resources, zone),
                    view.immunizations(shots.resources, zone, shots.more),
                    view.documents(papers.resources, zone, papers.more),
                    view.coverage(payers.resources, zone, payers.more),
                ]
                chart.places = [NavItem(one.key, one.title, one.count, f"#{one.key}") for one in self.sections + self.more]
            chart.ready = True
        except EhrError as error:
            chart._fail(error)
        except Exception:
            chart._fail(EhrError())  # never an empty section for what could not be read
            raise


@rx.page(route="/patients/[pid]", title="Patient", on_load=Summary.open)
def summary() -> rx.Component:
    """Compose the page."""
    columns = E.div(
        E.div(rx.foreach(Summary.sections, section), class_name="grid gap-4 content-start min-w-0"),
        E.div(rx.foreach(Summary.more, section), class_name="grid gap-4 content-start min-w-0"),
        class_name="grid gap-4 lg:grid-cols-[minmax(0,1.2fr)_minmax(0,1fr)]",
    )
    return chart_page("summary", columns, retry=Summary.open)


def section(one: rx.Var[Section]) -> rx.Component:
    """One section with its rows, its folded past, and words when there is nothing."""
    rows = E.ul(rx.foreach(one.rows, line), class_name="row-list")
    past = rx.cond(
        one.past_words != "",
        E.details(
            E.summary(one.past_words, class_name="link cursor-pointer hair px-4 py-2"),
            E.ul(rx.foreach(one.past, line), class_name="row-list border-t border-(--line)"),
            class_name="pb-1",
        ),
    )
    body = rx.cond(one.rows.length() > 0, rows, empty(one.empty))
    aside = rx.cond(one.latest != "", E.span("latest ", one.latest, class_name="nums"))
    return card(one.title, body, past, count=one.count, aside=aside, key=one.key)


def line(row: rx.Var[Row]) -> rx.Component:
    """One line: what, how much, since when; struck through with the word when entered in error."""
    title = rx.cond(
        row.pieces.length() > 0,
        E.span(rx.foreach(row.pieces, piece)),
        rx.cond(row.grave, E.strong(row.title), E.span(row.title, class_name="font-medium")),
    )
    opens = rx.cond(
        row.value != "",
        E.button(title, type="button", on_click=item_opener(row.ref), class_name="opens font-medium"),
        title,
    )
    value = E.p(
        wrong_or(row.wrong, graded(row.value, row.grade), " ", flag(row.code, row.mark, row.words, row.grade)),
        class_name="m-0",
    )
    return E.li(
        E.div(
            wrong_or(row.wrong, opens),
            rx.cond(row.status != "", E.span(chip(row.status), class_name="ms-2")),
            rx.cond((row.words != "") & (row.value == ""), E.span(chip(row.words), class_name="ms-2")),
            rx.cond(row.detail != "", E.p(row.detail, class_name="label m-0")),
            rx.cond(row.limits != "", E.p(row.limits, class_name="label m-0 nums")),
            class_name="min-w-0",
        ),
        E.div(rx.cond(row.value != "", value), E.p(when(row.when, row.spoken), class_name="label m-0"), class_name="text-end"),
    )


def piece(one: rx.Var[Piece], index: rx.Var[int]) -> rx.Component:
    """M1, M3: name and dose bold, parts joined by a spaced em dash, the label with its value."""
    shown = rx.match(
        one.kind,
        ("name", E.strong(one.text)),
        ("brand", E.span(one.text)),
        ("label", E.span(one.text, class_name="label tracking-wide")),
        ("dose", E.strong(one.text, class_name="nums whitespace-nowrap")),
        E.span(one.text),
    )
    joint = rx.match(one.kind, ("dose", "\u00a0"), rx.cond(index == 0, "", " — "))
    return rx.fragment(E.span(joint, class_name="text-(--ink-faint)"), shown)

"""The parts that the results and the vitals page share: figures of series (G4) and the dense grid of tests and days."""

from typing import Any

import reflex as rx

from ehr_app.ui.clinic.chart import Chart, item_opener
from ehr_app.ui.clinic.results_view import Cell, GridRow
from ehr_app.ui.clinic.series_view import Mark, Series
from ehr_app.ui.heavy.graph import graph_tools, result_graph
from ehr_app.ui.kit.controls import link_button
from ehr_app.ui.kit.i18n import t
from ehr_app.ui.kit.marks import flag, graded, when, wrong_or
from ehr_app.ui.kit.surfaces import card, scroller

E = rx.el


def figures(shown: Any, of: Any) -> rx.Component:
    """Small multiples under one time axis; `of` names what is drawn, so that another choice starts unzoomed."""
    several = "grid gap-4 grid-cols-[minmax(0,1fr)] xl:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]"
    columns = rx.cond(shown.length() > 1, several, "grid grid-cols-[minmax(0,1fr)]")
    graphs = E.div(rx.foreach(shown, figure), class_name=columns)
    drawn = E.div(graph_tools(of), graphs, class_name="grid gap-3 grid-cols-[minmax(0,1fr)]")
    return rx.cond(shown.length() > 0, drawn, rx.fragment())


def figure(shown: rx.Var[Series]) -> rx.Component:
    """G3, G4: title, patient, range, last and previous value, graph, legend, table."""
    limits = rx.cond(
        shown.limits != "",
        E.span(t("Range"), " ", shown.limits, class_name="nums"),
        E.span(t("No range came with the last result")),
    )
    previous = E.span(t("Previous"), " ", shown.previous, " ", shown.previous_flag, class_name="nums text-(--ink-soft)")
    last = E.span(t("Last"), " ", E.strong(shown.last, " ", shown.last_flag), class_name="nums")
    facts = E.div(limits, rx.cond(shown.previous != "", previous), last, class_name="flex flex-wrap gap-x-6 gap-y-1")
    legend = E.ul(
        rx.foreach(shown.legend, legend_mark), aria_label=t("Legend"),
        class_name="list-none m-0 mt-1 p-0 flex flex-wrap gap-x-4 gap-y-1",
    )  # fmt: skip
    nothing = E.p(t("Nothing of this test can be drawn; its values are in the table."), class_name="m-0")
    has_points = shown.points.length() > 0
    return E.figure(
        E.figcaption(
            E.h2(shown.title, class_name="text-base"), E.p(name_and_number(Chart.head), class_name="label m-0"), class_name="mb-2",
        ),
        rx.cond(has_points, facts, nothing), result_graph(shown), rx.cond(has_points, legend),
        class_name="card m-0 p-4 min-w-0", key=shown.key,
    )  # fmt: skip


def name_and_number(head: Any) -> rx.Component:
    """G4: whose graph it is."""
    return E.span(E.bdi(head.name), ", ", t("born"), " ", head.born, ", MRN ", head.record_number, class_name="nums")


def legend_mark(one: rx.Var[Mark]) -> rx.Component:
    """One shape and what it means."""
    svg = E.svg
    sign = rx.match(
        one.shape,
        ("dot", svg.circle(cx="7", cy="7", r="4.5", class_name="dot")),
        ("ring", svg.circle(cx="7", cy="7", r="4.5", class_name="dot-hollow")),
        ("up", svg.path(d="M7 1l6 11H1z", class_name="dot-abnormal")),
        ("down", svg.path(d="M7 13l6-11H1z", class_name="dot-abnormal")),
        ("under", svg.path(d="M7 13l6-11H1z", class_name="dot-hollow")),
        ("over", svg.path(d="M7 1l6 11H1z", class_name="dot-hollow")),
        ("bar", svg.path(d="M3 1h8M7 1v12M3 13h8", class_name="bar bar-plain")),
        ("square", svg.rect(x="2", y="2", width="10", height="10", class_name="dot-abnormal")),
        ("diamond", svg.path(d="M7 0l7 7-7 7-7-7z", class_name="dot-critical")),
        svg.rect(x="0", y="2", width="14", height="10", class_name="band"),
    )
    drawn = svg(sign, width="14", height="14", view_box="0 0 14 14", aria_hidden="true", class_name="graph inline me-1.5 -mt-0.5")
    return E.li(drawn, t(one.words), class_name="label")


def grid_card(shown: Any, title: Any) -> rx.Component:
    """The grid: sticky head and first column, unit and range in every row, older and newer days."""
    heads = E.tr(
        E.th(t("Test"), scope="col"), rx.foreach(shown.columns, lambda one: E.th(when(one.day, one.spoken), scope="col")),
    )  # fmt: skip
    rows = E.table(
        E.caption(t("Results over time, newest first"), class_name="sr"), E.thead(heads), E.tbody(rx.foreach(shown.rows, grid_row)),
        class_name="table", id="grid",
    )  # fmt: skip
    pages = E.nav(
        rx.cond(shown.newest != "", link_button(t("Newest days"), href=shown.newest)),
        rx.cond(shown.older != "", link_button(t("Older days"), href=shown.older)),
        aria_label=t("Days"), class_name="no-print flex gap-2 px-4 py-2",
    )  # fmt: skip
    note = rx.cond(shown.note != "", E.p(t(shown.note), class_name="label px-4 m-0 pb-2"))
    return card(title, note, scroller(rows, label=t("Results over time, newest first")), pages, aside=t("newest first"))


def grid_row(row: rx.Var[GridRow]) -> rx.Component:
    """One test in one unit: its name draws it alone, the box beside it adds it to the graphs."""
    name = rx.cond(row.href != "", E.a(row.name, href=row.href, class_name="opens font-medium"), E.span(row.name))
    about = E.span(row.unit, rx.cond(row.unit != "", " · ", ""), t(row.limits), class_name="label block nums")
    sign = rx.cond(row.current, t("Remove from the graphs"), t("Add to the graphs"))
    adds = rx.cond(
        row.toggle != "",
        E.a(sign, href=row.toggle, class_name="link hair no-print", aria_label=sign.to(str) + ": " + row.name.to(str)),
    )
    return E.tr(
        E.th(name, about, adds, scope="row"),
        rx.foreach(row.cells, grid_cell),
        aria_current=rx.cond(row.current, "true", "false"),
        custom_attrs={"data-text": row.name},
    )


def grid_cell(one: rx.Var[Cell]) -> rx.Component:
    """One value; opens everything else about it."""
    value = wrong_or(one.wrong, graded(one.text, one.grade), " ", flag(one.code, one.mark, t(one.words), one.grade))
    status = rx.cond(one.status != "", E.span(t(one.status), class_name="chip chip-info ms-1"))
    more = rx.cond(one.more != "", E.span(one.more, class_name="label ms-1", title=t("More results on this day")))
    button = E.button(value, type="button", on_click=item_opener(one.ref), class_name="opens whitespace-nowrap")
    return E.td(
        rx.cond(
            one.text != "",
            E.span(button, status, more),
            E.span(E.span("–", aria_hidden="true"), E.span(t("not done"), class_name="sr")),
        ),
        class_name="end nums",
    )

"""Switches of the results and the vitals page: view, period, group, flag, and the field that narrows tests while typing."""

from typing import Any

import reflex as rx

from ehr_app.ui.clinic.chart import item_opener
from ehr_app.ui.clinic.results_groups import Choice
from ehr_app.ui.clinic.results_panels import Panel, ResultRow
from ehr_app.ui.kit.controls import link_button, segments
from ehr_app.ui.kit.i18n import t
from ehr_app.ui.kit.marks import chip, flag, graded, when, wrong_or
from ehr_app.ui.kit.states import empty
from ehr_app.ui.kit.surfaces import card, table

E = rx.el


def period_switch(addresses: Any, period: Any) -> rx.Component:
    """The periods: one year, five years, all."""
    return segments(
        t("Period"),
        (t("1 year"), addresses[0], period == "1y"),
        (t("5 years"), addresses[1], period == "5y"),
        (t("All"), addresses[2], period == "all"),
    )


def switches(shown: Any, view: Any, narrow: Any) -> rx.Component:
    """Everything that chooses what is shown; each choice is a link."""
    views = segments(
        t("Results"),
        (t("By panel"), shown.views[0], view == "panel"),
        (t("Over time"), shown.views[1], view == "time"),
        (t("List"), shown.views[2], view == "list"),
    )
    groups = E.nav(
        rx.foreach(shown.groups, _group), aria_label=t("Groups of results"), class_name="no-print flex flex-wrap gap-1"
    )  # fmt: skip
    out = rx.cond(
        view != "list",
        E.a(
            t(shown.out.label),
            href=shown.out.href,
            aria_current=rx.cond(shown.out.current, "true", "false"),
            class_name="choice no-print",
        ),
    )
    tools = E.div(views, period_switch(shown.periods, shown.period), out, narrow, class_name="flex flex-wrap items-center gap-3")
    return E.div(tools, groups, class_name="grid gap-3 mb-4")


def _group(one: rx.Var[Choice]) -> rx.Component:
    return E.a(
        t(one.label), rx.cond(one.count != "", E.span(" ", one.count, class_name="nums label")), href=one.href,
        aria_current=rx.cond(one.current, "true", "false"), class_name="choice",
    )  # fmt: skip


def panel_list(shown: Any, choices: Any) -> rx.Component:
    """The cards of a page, with the way to the older ones."""
    pages = E.nav(
        rx.cond(choices.newest != "", link_button(t("Newest results"), href=choices.newest)),
        rx.cond(choices.older != "", link_button(t("Older results"), href=choices.older)),
        aria_label=t("Pages of results"), class_name="no-print flex gap-2",
    )  # fmt: skip
    return E.div(rx.foreach(shown, panel), pages, class_name="grid gap-4 grid-cols-[minmax(0,1fr)] max-w-[53rem]")


def panel(one: rx.Var[Panel]) -> rx.Component:
    """One report: its results with value, unit, range and flag; critical ones first."""
    tone = rx.match(one.grade, ("critical", "chip chip-critical"), ("abnormal", "chip chip-abnormal"), "chip")
    heads: list[Any] = [t("Test"), (t("Value"), "end"), t("Flag"), t("Range")]
    aside = E.span(
        rx.cond(one.summary != "", E.span(t(one.summary), class_name=tone.to(str) + " me-2")),
        rx.cond(one.status != "", E.span(chip(t(one.status), tone="info"), class_name="me-2")),
        when(one.when, one.spoken),
    )
    caption: Any = t("Results of the report")
    rows = table(heads, rx.foreach(one.rows, panel_row), caption, "panel-table cards-on-phone")
    said = rx.cond(one.conclusion != "", E.p(one.conclusion, class_name="px-4 py-2 m-0 max-w-prose"))
    files = rx.cond(one.attached != "", E.p(t("Attached"), " ", one.attached, class_name="label px-4 pb-2 m-0"))
    source = rx.cond(one.source != "", E.p(t("Reported by"), " ", one.source, class_name="label px-4 pb-2 m-0"))
    body = rx.cond(one.rows.length() > 0, rows, empty(t("No single values came with this report.")))
    title = rx.cond(
        one.ref != "", E.button(one.title, type="button", on_click=item_opener(one.ref), class_name="opens"), t(one.title)
    )
    return card(wrong_or(one.wrong, title), body, said, files, source, aside=aside)


def panel_row(row: rx.Var[ResultRow]) -> rx.Component:
    """One result; its name opens everything else about it, its trend is one click away."""
    name = E.button(row.name, type="button", on_click=item_opener(row.ref), class_name="opens")
    told = t("Trend of {name}", name=row.name)
    trend = rx.cond(row.href != "", E.a(t("trend"), href=row.href, class_name="link hair no-print", aria_label=told))
    status = rx.cond(row.status != "", E.span(chip(t(row.status), tone="info"), class_name="me-2"))
    former = rx.cond(row.former != "", E.span(t("was"), " ", E.s(row.former), class_name="label nums block"))
    return E.tr(
        E.td(wrong_or(row.wrong, name), " ", status, trend),
        E.td(graded(row.value, row.grade), former, class_name="end"),
        E.td(flag(row.code, row.mark, t(row.words), row.grade)),
        E.td(t(row.limits), class_name="label nums", custom_attrs={"data-label": t("Range")}),
        custom_attrs={"data-text": row.name},
    )

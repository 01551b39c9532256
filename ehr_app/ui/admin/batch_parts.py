"""The parts of a batch's page: how it stands and what may be done, progress, figures, rows."""

from typing import Any

import reflex as rx

from ehr_app.ui.admin.batch_view import STATES, VIEWS, Count, Pair, Share
from ehr_app.ui.heavy.virtual_table import virtual_table
from ehr_app.ui.kit.controls import button, jump
from ehr_app.ui.kit.i18n import t
from ehr_app.ui.kit.states import bones, failure, notice
from ehr_app.ui.kit.surfaces import card, scroller, table

E = rx.el
COLUMNS = [
    ("outcome", "Outcome", ""), ("resource", "Resource", ""), ("why", "Why", ""), ("file", "File", ""), ("entry", "Entry", "look"),
]  # fmt: skip
KINDS = ("New", "New version", "Here already, the same", "Left out", "Refused")


def body(state: Any) -> rx.Component:
    """Return the page of a batch; `state` is its State."""
    shown = rx.cond(state.head, _shown(state), bones(4))
    failed = failure(state.kind, t(state.problem), state.open, "/admin/imports")
    return E.main(
        E.nav(E.a(t("Imports"), href="/admin/imports", class_name="underline"), aria_label=t("Back")),
        E.h1(t("Import"), class_name="text-(length:--text-display) m-0"),
        rx.cond(state.kind != "", failed, shown),
        id="content",
        class_name="mx-auto w-full max-w-6xl px-4 py-6 grid gap-4 grid-cols-[minmax(0,1fr)]",
    )


def _shown(state: Any) -> rx.Component:
    return rx.fragment(
        _standing(state),
        rx.cond(state.running, _progress(state), rx.fragment()),
        rx.cond(~state.running & (state.counts.length() > 0), _figures(state), rx.fragment()),
        rx.cond(~state.running & (state.alike.length() > 0), _alike(state), rx.fragment()),
        rx.cond(~state.running & (state.types.length() > 0), rx.fragment(_rows(state), _shares(state)), rx.fragment()),
    )


def _standing(state: Any) -> rx.Component:
    """How the batch stands, in words, and the ways on from there."""
    head = state.head
    words = rx.match(head.state, *((code, t(text)) for code, text in STATES.items()), "")
    told = rx.match(
        head.state,
        ("rehearsed", t("This is what an import would come to. Nothing is stored yet.")),
        ("imported", t("What was imported can be taken back; what was changed since stays.")),
        ("taken-back", t("Everything reads as before the import, but for what is listed below. The versions stay in the history.")),
        ("stopped", t("What was stored stays. Going on finishes the rest; taking back removes it.")),
        "",
    )
    cut_off = notice(t("This step was cut off"), E.p(t("Nothing is lost. It can be done again from here."), class_name="m-0 mt-1"),
                     tone="warn")  # fmt: skip
    ways = E.div(
        rx.cond(head.can_import, button(t("Import now"), weight="primary", on_click=state.bring_in), rx.fragment()),
        rx.cond(head.can_rehearse, button(t("Rehearse"), weight="primary", on_click=state.rehearse), rx.fragment()),
        rx.cond(
            head.can_go_on,
            button(t("Go on"), weight="primary",
                   on_click=rx.cond(head.state == "taking-back", state.take_back, state.bring_in)),
            rx.fragment(),
        ),
        rx.cond(head.can_take_back, button(t("Take back…"), on_click=state.ask(True)), rx.fragment()),
        rx.cond(head.can_discard, button(t("Discard"), on_click=state.discard), rx.fragment()),
        rx.cond(~state.running & (state.counts.length() > 0),
                jump(t("Download the findings"), to=head.findings, download="", class_name="btn"),
                rx.fragment()),
        class_name="flex flex-wrap gap-2 mt-3",
    )  # fmt: skip
    sure = notice(
        t("Take this import back?"),
        E.p(t("Each resource it brought is deleted or gets back the content it had before. What somebody changed since, and what "
              "later entries refer to, stays and is listed. Nothing is erased from the history."), class_name="m-0 mt-1"),
        E.div(button(t("Yes, take it back"), weight="primary", on_click=state.take_back, auto_focus=True),
              button(t("No"), on_click=state.ask(False)), class_name="flex gap-2 mt-3"),
        tone="warn", role="alert",
    )  # fmt: skip
    return card(
        words,
        E.div(
            E.p(told, class_name="m-0"),
            E.dl(
                _fact(t("Begun"), E.span(head.began, class_name="nums")),
                _fact(t("By"), head.who),
                rx.cond(head.ended != "", _fact(t("Ended"), E.span(head.ended, class_name="nums")), rx.fragment()),
                _fact(t("Files"), E.ul(rx.foreach(head.files, lambda name: E.li(E.bdi(name, class_name="break-all"))),
                                       class_name="list-none m-0 p-0")),
                class_name="grid sm:grid-cols-2 gap-x-6 gap-y-2 m-0 mt-3",
            ),
            rx.cond(head.cut_off, cut_off, rx.fragment()),
            rx.cond((state.progress.trouble != "") & ~state.running,
                    notice(t("The last step did not end"), E.p(t(state.progress.trouble), class_name="m-0 mt-1"), tone="critical",
                           role="alert"), rx.fragment()),
            ways,
            rx.cond(state.asking, sure, rx.fragment()),
            class_name="px-4 pb-4 grid gap-2",
        ),
        key="standing",
    )  # fmt: skip


def _fact(name: Any, value: Any) -> rx.Component:
    return E.div(E.dt(name, class_name="label"), E.dd(value, class_name="m-0"))


def _progress(state: Any) -> rx.Component:
    told = state.progress
    bar = rx.cond(
        told.percent >= 0,
        E.progress(value=told.percent.to_string(), max="100", aria_label=t("Progress"), class_name="progress"),
        E.progress(max="100", aria_label=t("Progress"), class_name="progress"),
    )
    return card(
        t("Progress"),
        E.div(
            bar,
            E.p(t(told.words), " ", E.span(told.numbers, class_name="nums"), role="status", class_name="m-0"),
            E.p(t("You can leave this page and come back; the work goes on."), class_name="label m-0"),
            button(t("Stop"), on_click=state.stop),
            class_name="px-4 pb-4 grid gap-2 justify-items-start",
        ),
        key="progress",
    )


def _figures(state: Any) -> rx.Component:
    def figure(one: rx.Var[Count]) -> rx.Component:
        number = E.span(one.number, class_name="nums text-lg font-semibold")
        return E.li(
            rx.cond(
                one.view != "",
                button(number, " ", E.span(t(one.words)), weight="quiet", on_click=state.show(one.view),
                       aria_pressed=(state.view == one.view).to_string(), class_name="figure-button"),
                E.span(number, " ", E.span(t(one.words)), class_name="figure-plain"),
            ),
        )  # fmt: skip

    return card(
        t("In figures"),
        E.ul(rx.foreach(state.counts, figure), class_name="list-none m-0 px-2 pb-3 flex flex-wrap gap-1 items-center"),
        key="figures",
    )


def _alike(state: Any) -> rx.Component:
    def pair(one: rx.Var[Pair]) -> rx.Component:
        return E.li(
            E.a(one.other, href=one.other_href, class_name="underline break-all"),
            E.span(" – "),
            rx.cond(state.head.state == "imported", E.a(one.place, href=one.href, class_name="underline break-all"),
                    E.span(one.place, class_name="break-all")),
            E.span(" (", E.bdi(one.where), ")", class_name="label"),
            E.p(t(one.reason), class_name="label m-0"),
            class_name="px-4 py-2 border-t border-(--line)",
        )  # fmt: skip

    intro = E.p(t("The first is here, the second would be new. Nothing is merged: look at both."), class_name="px-4 m-0 label")
    return card(
        t("May already be here"), intro, E.ul(rx.foreach(state.alike, pair), class_name="list-none m-0 p-0 pb-2"), key="alike"
    )


def _rows(state: Any) -> rx.Component:
    choices = E.select(
        *(E.option(t(words), value=code) for code, words in VIEWS.items()),
        value=state.view, on_change=state.show, aria_label=t("Which entries"), class_name="field w-auto",
    )  # fmt: skip
    reading: Any = lambda start: state.read_on(state.rows_of, start)  # noqa: E731
    rows = virtual_table(
        state.page, COLUMNS, start=state.start, of=state.rows_of, on_end_reached=reading, label=t("All entries")
    )
    return card(t("Entry by entry"), rows, aside=choices, class_name="overflow-hidden", key="rows")


def _shares(state: Any) -> rx.Component:
    def line(one: rx.Var[Share]) -> rx.Component:
        name = rx.cond(one.href != "", E.a(one.name, href=one.href, class_name="underline break-all"), E.span(t(one.name)))
        cells = (one.created, one.updated, one.matched, one.left_out, one.refused)
        head = E.th(name, scope="row", class_name="text-start font-normal")
        return E.tr(head, *(E.td(cell, class_name="nums end") for cell in cells))

    heads = [t(kind) for kind in KINDS]
    return E.div(
        card(t("By type"), scroller(table([t("Type"), *heads], rx.foreach(state.types, line), t("By type")), label=t("By type"))),
        card(t("By patient"), scroller(table([t("Patient"), *heads], rx.foreach(state.patients, line), t("By patient")),
                                       label=t("By patient"))),
        class_name="grid gap-4 grid-cols-[minmax(0,1fr)]",
    )  # fmt: skip

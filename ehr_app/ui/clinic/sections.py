"""Sections of lines as they are drawn: cards with rows, a folded past, and words when there is nothing."""

import reflex as rx

from ehr_app.ui.clinic.chart import item_opener
from ehr_app.ui.clinic.rows import Piece, Row, Section
from ehr_app.ui.kit.i18n import t
from ehr_app.ui.kit.marks import chip, flag, graded, when, wrong_or
from ehr_app.ui.kit.states import empty
from ehr_app.ui.kit.surfaces import card

E = rx.el


def section(one: rx.Var[Section], unfolded: bool = False) -> rx.Component:
    """One section with its rows, its folded past, and words when there is nothing; `unfolded`: a past without present is open."""
    rows = E.ul(rx.foreach(one.rows, line), class_name="row-list")
    past = rx.cond(
        one.past_words != "",
        E.details(
            E.summary(t(one.past_words), class_name="link cursor-pointer hair px-4 py-2"),
            E.ul(rx.foreach(one.past, line), class_name="row-list border-t border-(--line)"),
            class_name="pb-1",
            open=(one.rows.length() == 0) if unfolded else False,
        ),
    )
    body = rx.cond(one.rows.length() > 0, rows, empty(t(one.empty)))
    aside = E.span(
        rx.cond(one.latest != "", E.span(t("latest"), " ", one.latest, class_name="nums")),
        rx.cond(one.filed != "", E.span(t("last filed {told}", told=one.filed), class_name="nums block")),
    )
    return card(t(one.title), body, past, count=one.count, aside=aside, key=one.key)


def line(row: rx.Var[Row]) -> rx.Component:
    """One line: what, how much, since when; struck through with the word when entered in error."""
    title = rx.cond(
        row.pieces.length() > 0,
        E.span(rx.foreach(row.pieces, piece)),
        rx.cond(row.grave, E.strong(row.title), E.span(row.title, class_name="font-medium")),
    )
    opens = E.button(title, type="button", on_click=item_opener(row.ref), class_name="opens")
    value = E.p(
        wrong_or(row.wrong, graded(row.value, row.grade), " ", flag(row.code, row.mark, row.words, row.grade)),
        class_name="m-0",
    )
    return E.li(
        E.div(
            wrong_or(row.wrong, opens),
            rx.cond(row.note != "", E.span(chip(t(row.note), tone="abnormal"), class_name="ms-2")),
            rx.cond(row.status != "", E.span(chip(t(row.status)), class_name="ms-2")),
            rx.cond((row.words != "") & (row.value == ""), E.span(chip(row.words), class_name="ms-2")),
            rx.cond(row.detail != "", E.p(row.detail, class_name="label m-0")),
            rx.cond(row.limits != "", E.p(row.limits, class_name="label m-0 nums")),
            class_name=rx.cond(row.sub, "min-w-0 ps-5", "min-w-0"),
        ),
        E.div(rx.cond(row.value != "", value), E.p(when(row.when, row.spoken), class_name="label m-0"), class_name="text-end"),
        key=row.ref,  # so that the focus stays on what it was on when a row comes in above
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

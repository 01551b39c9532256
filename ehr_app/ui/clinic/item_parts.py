"""How an item is drawn: its facts, its lines, where it comes from, its documents."""

from typing import Any

import reflex as rx

from ehr_app.ui.clinic.chart_view import Labelled
from ehr_app.ui.clinic.item_view import ItemLine
from ehr_app.ui.clinic.items import Document, ItemShown
from ehr_app.ui.kit.controls import icon, link_button
from ehr_app.ui.kit.i18n import t
from ehr_app.ui.kit.marks import chip
from ehr_app.ui.kit.states import notice

E = rx.el


def facts(rows: Any) -> rx.Component:
    """Labels with their values."""
    return E.dl(rx.foreach(rows, fact), class_name="m-0 grid gap-3")


def fact(one: rx.Var[Labelled]) -> rx.Component:
    """One label with its value."""
    return E.div(E.dt(t(one.label), class_name="label"), E.dd(one.value, class_name="m-0 break-words"))


def lines(rows: Any, pid: Any) -> rx.Component:
    """Every element, indented as it is nested; what names another item leads to it."""
    return E.dl(rx.foreach(rows, lambda one: _line(one, pid)), class_name="item-lines")


def _line(one: rx.Var[ItemLine], pid: Any) -> rx.Component:
    linked = E.a(one.value, href=f"/patients/{pid}/items/{one.ref}", class_name="link")
    return E.div(
        E.dt(one.label),
        E.dd(
            rx.cond(one.ref != "", linked, E.span(one.value)),
            rx.cond(one.note != "", E.span(" ", chip(t(one.note)))),
        ),
        custom_attrs={"data-depth": one.depth},
    )


def head_notes(item: rx.Var[ItemShown]) -> rx.Component:
    """What must be known before anything of an item is read."""
    return E.div(
        rx.cond(
            item.deleted != "", E.div(notice(t("Deleted"), E.p(item.deleted, class_name="m-0"), tone="warn"), class_name="mb-3")
        ),
        rx.cond(
            item.wrong,
            E.div(
                notice(t("Entered in error"), E.p(t("It does not count."), class_name="m-0"), tone="critical"), class_name="mb-3"
            ),
        ),
    )


def document(one: rx.Var[Document]) -> rx.Component:
    """A document in its place: a locked frame, an image, or why it is not shown and the way to have it."""
    frame = E.iframe(src=one.src, title=one.title, class_name="document-frame", custom_attrs={"sandbox": "", "loading": "lazy"})
    pdf = E.iframe(src=one.src, title=one.title, class_name="document-frame tall", custom_attrs={"loading": "lazy"})
    image = E.img(src=one.src, alt=one.title, class_name="document-image", custom_attrs={"loading": "lazy", "decoding": "async"})
    shown = rx.match(
        one.kind,
        ("short", E.pre(one.words, class_name="note-text")),
        ("text", frame),
        ("html", frame),
        ("pdf", pdf),
        ("image", image),
        E.div(notice(t(one.words), tone="warn"), class_name="p-4"),
    )
    download = link_button(
        icon("download"),
        t("Download"),
        href=one.download,
        custom_attrs={"download": ""},
        aria_label=t("Download") + " " + one.title,
    )
    return E.section(
        E.div(
            E.h2(one.title, class_name="min-w-0 break-words"), E.span(one.about, class_name="label"),
            E.div(rx.cond(one.download != "", download), class_name="aside no-print"),
            class_name="card-head",
        ),
        shown,
        aria_label=one.title,
        class_name="card overflow-hidden",
    )  # fmt: skip

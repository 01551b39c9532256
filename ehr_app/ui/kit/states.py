"""The states every screen has: loading, empty, partial, stale, denied, error, offline. Words, never a blank."""

from typing import Any, Literal

import reflex as rx

from ehr_app.ui.kit.controls import button, icon, link_button
from ehr_app.ui.kit.i18n import t

E = rx.el
Tone = Literal["critical", "warn", "info", "plain"]
_ICONS: dict[Tone, str] = {"critical": "octagon-alert", "warn": "triangle-alert", "info": "info", "plain": "info"}


def notice(title: Any, *body: Any, tone: Tone = "plain", role: str = "status") -> rx.Component:
    """A message on the page: what happened and what to do about it."""
    return E.div(
        E.div(icon(_ICONS[tone], 20), class_name="pt-0.5 shrink-0"),
        E.div(E.p(title, class_name="font-semibold m-0"), *body, class_name="min-w-0"),
        role=role,
        class_name="notice" if tone == "plain" else f"notice notice-{tone}",
    )


def empty(words: Any, *more: Any) -> rx.Component:
    """An empty place says what is not there."""
    return E.div(E.p(words, class_name="m-0 text-(--ink-soft)"), *more, class_name="px-4 pb-4 pt-1")


def failure(kind: Any, words: Any, retry: Any, elsewhere: str) -> rx.Component:
    """What could not be shown and why; `kind` is denied, missing, unavailable, patient or anything else.

    `retry` is the event that loads the page again, `elsewhere` an address to go on from.
    """
    ways = E.div(
        rx.cond(kind == "missing", rx.fragment(), button(t("Try again"), on_click=retry)),
        link_button(t("Find a patient"), href=elsewhere),
        class_name="flex gap-2 mt-3",
    )
    title = rx.match(
        kind,
        ("denied", t("You may not see this")),
        ("missing", t("Nothing is here")),
        ("unavailable", t("The record does not answer")),
        ("patient", t("This belongs to another patient")),
        t("This could not be shown"),
    )
    hint = rx.match(
        kind,
        ("denied", t("Ask the facility's privacy officer if you need it for care. This attempt was logged.")),
        ("missing", t("The address may be wrong, or the record belongs to another facility.")),
        ("unavailable", t("Nothing was lost. It is safe to try again.")),
        ("patient", t("Nothing was changed. The attempt was logged.")),
        t("Nothing was changed."),
    )
    said = (E.p(words, class_name="m-0 mt-1"), E.p(hint, class_name="label m-0 mt-1"), ways)
    calm = notice(title, *said, role="alert")
    return E.div(rx.cond(kind == "missing", calm, notice(title, *said, tone="critical", role="alert")), class_name="max-w-2xl")


def partial(words: Any) -> rx.Component:
    """Some sources did not answer."""
    return notice(t("Not everything is shown"), E.p(words, class_name="m-0 mt-1"), tone="warn")


def stale(words: Any) -> rx.Component:
    """What is shown could not be read again."""
    return notice(t("This may be out of date"), E.p(words, class_name="m-0 mt-1"), tone="warn")


def as_of(words: Any, *more: Any) -> rx.Component:
    """What is shown is of a moment."""
    return E.p(icon("history", 14, class_name="inline -mt-0.5 me-1"), words, *more, class_name="label m-0 nums")


def bones(lines: int = 3, label: Any = None) -> rx.Component:
    """A skeleton while a section loads."""
    widths = ("w-3/5", "w-4/5", "w-2/5", "w-3/4", "w-1/2")
    rows = [E.div(class_name=f"bone h-4 {widths[i % len(widths)]}", aria_hidden="true") for i in range(lines)]
    return E.div(
        E.span(t("Loading") if label is None else label, class_name="sr"), *rows, role="status", class_name="grid gap-3 px-4 py-4"
    )


def offline_bar() -> rx.Component:
    """Shown while the connection is gone; what is on the screen may be old."""
    return rx.connection_banner(
        E.div(
            t("Connection lost. What you see may be out of date; reconnecting."),
            role="status",
            class_name="offline fixed inset-x-0 bottom-0 z-50",
        )
    )

"""The strip that says what was just filed elsewhere and by whom: at the foot of the window, never over the banner."""

from typing import Any

import reflex as rx

from ehr_app.ui.clinic.chart import item_opener
from ehr_app.ui.clinic.watching import Live
from ehr_app.ui.kit.controls import button, icon, link_button
from ehr_app.ui.kit.i18n import t

E = rx.el


def news_strip() -> rx.Component:
    """Compose the strip; its box is always there, so that a screen reader hears what comes into it."""
    told: Any = Live.news
    ways = E.div(
        rx.cond(
            told.ref != "",
            button(t("Open"), on_click=[item_opener(told.ref), Live.dismiss]),
            link_button(t("Go to {domain}", domain=t(told.domain)), href=told.href, on_click=Live.dismiss),
        ),
        button(icon("x", 18), weight="quiet", on_click=Live.dismiss, aria_label=t("Dismiss")),
        class_name="flex gap-1 items-center ms-auto shrink-0",
    )
    strip = E.div(
        E.div(icon("radio", 18), class_name="shrink-0 pt-0.5"),
        E.p(_sentence(told), class_name="m-0 min-w-0 break-words"),
        ways,
        class_name="notice notice-info items-center",
    )
    return E.div(rx.cond(told, strip), role="status", aria_live="polite", class_name="news no-print")


def _sentence(told: Any) -> Any:
    what = rx.cond(told.what != "", told.what, t(told.domain))
    one = rx.match(
        told.verb,
        ("filed", _said(told, "{who} filed {what} at {when}", "You filed {what} at {when}", "{what} was filed at {when}", what)),
        (
            "removed",
            _said(told, "{who} removed {what} at {when}", "You removed {what} at {when}", "{what} was removed at {when}", what),
        ),
        _said(told, "{who} changed {what} at {when}", "You changed {what} at {when}", "{what} was changed at {when}", what),
    )
    many = _said(told, "{n} new entries by {who}, {when}", "{n} new entries by you, {when}", "{n} new entries, {when}", what)
    return rx.cond(told.count == 1, one, many)


def _said(told: Any, by: str, own: str, nobody: str, what: Any) -> Any:
    values = {"who": told.who, "what": what, "when": told.when, "n": told.count.to_string()}
    return rx.cond(told.own, t(own, **values), rx.cond(told.who != "", t(by, **values), t(nobody, **values)))

"""The way out of the app: a page without state that loads `/signed-out` anew, so that nothing stays in the browser's memory.

A redirect by Reflex to the same host changes the view only and keeps what earlier screens received.
"""

from typing import Any, ClassVar

import reflex as rx

from ehr_app.ui.gate.authz import LEAVING
from ehr_app.ui.kit.i18n import t


class Leave(rx.Component):
    """Loads `/signed-out` as soon as it is shown; needs no socket, which may be gone already."""

    library = "$/public/leave"
    tag = "Leave"


class PlainForm(rx.Component):
    """A form that the browser sends itself; `rx.el.form` prevents that, always."""

    tag = "form"
    action: rx.Var[str]
    method: rx.Var[str]
    _is_tag_in_global_scope: ClassVar[bool] = True


def sign_out_form(*children: Any, **props: Any) -> rx.Component:
    """Return the form around a button "Sign out": a full page load, so that nothing stays in the browser's memory."""
    form: rx.Component = PlainForm.create(*children, action="/logout", method="post", **props)
    return form


def add_page(app: rx.App) -> None:
    """Add the page to an app."""
    app.add_page(leaving, route=LEAVING, title="Signing out")


def leaving() -> rx.Component:
    """Show one line for the moment it takes, and a link should scripts be late."""
    page: rx.Component = rx.el.main(
        rx.el.p(t("You are being signed out.")),
        rx.el.a(t("Continue"), href="/signed-out"),
        Leave.create(),
    )
    return page

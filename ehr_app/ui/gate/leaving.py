"""The way out of the app: a page without state that loads `/signed-out` anew, so that nothing stays in the browser's memory.

A redirect by Reflex to the same host changes the view only and keeps what earlier screens received.
"""

import reflex as rx

from ehr_app.ui.gate.authz import LEAVING

REPLACE = "(() => window.location.replace('/signed-out'))"


def add_page(app: rx.App) -> None:
    """Add the page to an app."""
    app.add_page(leaving, route=LEAVING, title="Signing out")


def leaving() -> rx.Component:
    """Show one line for the moment it takes, and a link should scripts be late."""
    page: rx.Component = rx.el.main(
        rx.el.p("You are being signed out. "),
        rx.el.a("Continue", href="/signed-out"),
        on_mount=rx.call_function(rx.Var(REPLACE)),
    )
    return page

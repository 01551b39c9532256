"""What a user sees when a screen fails to draw, and the watch that takes a screen off when its session has ended.

Reflex's own error page shows a stack trace and a badge; a stack trace may quote what was on the screen.
"""

from typing import Any

import reflex as rx
from reflex.vars.function import ArgsFunctionOperation
from reflex_components_core.base.error_boundary import ErrorBoundary  # type: ignore[import-untyped]

from ehr_app.ui.kit.i18n import t


class SessionWatch(rx.Component):
    """Asks the server now and then how long the session lives; warns before it ends, leads to `/signed-out` when it has.

    In `left` and `final`, `{time}` stands for the minutes and seconds that are left.
    """

    library = "$/public/leave"
    tag = "SessionWatch"
    title: rx.Var[str]
    left: rx.Var[str]
    final: rx.Var[str]
    kept: rx.Var[str]
    stay: rx.Var[str]
    again: rx.Var[str]


def session_watch(stateful: bool) -> rx.Component | None:
    """Return the watch for every page that has state."""
    watch: rx.Component = SessionWatch.create(
        title=t("Are you still there?"),
        left=t("You will be signed out in {time}."),
        final=t("This session has lasted as long as one may; it ends in {time}."),
        kept=t("When you sign in again you come back to this place."),
        stay=t("Stay signed in"),
        again=t("Sign in again"),
    )
    return watch if stateful else None


def error_boundary(stateful: bool) -> rx.Component:
    """Return the boundary around every page."""
    shown = rx.el.main(
        rx.el.h1(t("This screen could not be shown")),
        rx.el.p(t("Nothing was changed. Reload the page; if it happens again, tell your administrator the time.")),
        rx.el.a(t("Back to the patients"), href="/patients"),
        role="alert",
    )
    props: dict[str, Any] = {} if stateful else {"on_error": rx.noop()}
    fallback = ArgsFunctionOperation.create(("event_args",), rx.Var.create(shown))
    boundary: rx.Component = ErrorBoundary.create(fallback_render=fallback, **props)
    return boundary

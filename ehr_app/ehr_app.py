"""Composition root of the browser side: the Reflex app with its gate, its pages and its entry pages. Wiring, no logic."""

import importlib
import pkgutil

import reflex as rx

from ehr_app.ui import admin, clinic
from ehr_app.ui.admin import upload
from ehr_app.ui.clinic import document_bytes, watching
from ehr_app.ui.entry import app as entry
from ehr_app.ui.gate import boundary, events, gate, headers, internals, leaving, logfilter, logout, tokens
from ehr_app.ui.gate.authz import Authz


async def end_session(secret: str) -> None:
    """Sign one browser session out of every screen."""
    await logout.end_session(app, secret)


for area in (clinic, admin):
    for module in pkgutil.walk_packages(area.__path__, area.__name__ + "."):
        importlib.import_module(module.name)

routes = [*document_bytes.ROUTES, *upload.ROUTES]
app = rx.App(
    api_transformer=[entry.application(end_session, routes), headers.Pages, gate.Gate, headers.SecurityHeaders],
    stylesheets=["/theme.css"],
    html_lang="en",
    backend_exception_handler=events.on_backend_error,
    frontend_exception_handler=events.on_frontend_error,
)
app.app_wraps[(5, "Overlay")] = boundary.session_watch  # Reflex's toast about a lost server needs eval
app.app_wraps[(55, "ErrorBoundary")] = boundary.error_boundary
leaving.add_page(app)
app.add_middleware(Authz())
internals.namespace(app)._token_manager = tokens.ProbingTokenManager(app)
internals.socket_server(app).eio.cors_allowed_origins = gate.socket_origin_allowed
events.install_event_filter(app)
logfilter.install_log_filter()
app.register_lifespan_task(logout.ended_sessions_leave, app=app)
watching.install(app)

"""The entry pages as one small Starlette app; Reflex is mounted below it, so these routes win over pages of the same name."""

from collections.abc import Awaitable, Callable, Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from ehr_app.errors import EhrError
from ehr_app.identity import facilities, sessions
from ehr_app.settings import settings
from ehr_app.ui.entry import chooser, sign_in
from ehr_app.ui.entry.page import page, safe
from ehr_app.ui.entry.words import say

WARN_S = 120.0


def application(end: Callable[[str], Awaitable[None]], more: Sequence[Route] = ()) -> Starlette:
    """Return the app. Shape: `end` closes the session of a secret on every screen, `more` are routes of other parts."""
    routes = [
        Route("/", chooser.front),
        Route("/login", sign_in.show),
        Route("/login", sign_in.submit, methods=["POST"]),
        Route("/logout", sign_in.sign_out(end), methods=["POST"]),
        Route("/signed-out", sign_in.signed_out),
        Route("/ready", ready),
        Route("/session", session, methods=["GET", "POST"]),
        *more,
    ]
    return Starlette(routes=routes, exception_handlers={EhrError: _trouble, HTTPException: _refused})


async def ready(request: Request) -> Response:
    """Tell a load balancer whether work can be done: the database answers."""
    await facilities.listed()
    return PlainTextResponse("ready")


async def session(request: Request) -> Response:
    """Tell a screen how long its session lives, or 401; POST says that somebody is there and keeps it alive, GET does not."""
    browser = request.headers.get("cookie", ""), request.headers.get("host", "")
    if request.method == "POST":
        await sessions.renew(*browser)
    left_s = await sessions.left_s(*browser)
    if left_s is None:
        return Response(status_code=401)
    warn_s = min(WARN_S, 60 * settings().session_idle_min / 3)
    return JSONResponse({"ends_in_s": round(left_s, 1), "warn_s": warn_s})


async def _trouble(request: Request, error: Exception) -> Response:
    status, sentence = (error.status, error.sentence) if isinstance(error, EhrError) else (500, EhrError.sentence)
    told = say(request, "Not available")
    return page(request, told, f"<h1>{safe(told)}</h1>\n<p>{safe(say(request, sentence))}</p>", status)


async def _refused(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    title = say(request, "Not found") if status == 404 else say(request, "Not possible")
    return page(request, title, f"<h1>{safe(say(request, 'That is not possible here'))}</h1>", status, headers)

"""Sign-in and sign-out: forms that work without script; the session goes into an HttpOnly cookie and nowhere else."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ehr_app.errors import EhrError, TooManyRequests
from ehr_app.identity import facilities, sessions
from ehr_app.identity.facilities import Site
from ehr_app.identity.hosts import facility_slug
from ehr_app.settings import settings
from ehr_app.ui.entry.chooser import HOME, address
from ehr_app.ui.entry.page import page, safe
from ehr_app.ui.entry.words import ON_THIS_HOST, say

FORM_LIMIT = 16_384
END = Callable[[str], Awaitable[None]]


def next_page(asked: str) -> str:
    """Return where to go after signing in: a path of this host with one leading slash, or the front page of the app."""
    return asked if ON_THIS_HOST.fullmatch(asked) and not asked.startswith(("/login", "/logout", "/signed-out")) else HOME


async def show(request: Request) -> Response:
    """Show the form, or go on when there is a live session already."""
    site = await _site(request)
    if site is None:
        return RedirectResponse("/", 303)
    target = next_page(request.query_params.get("next", ""))
    if await sessions.live(request.headers.get("cookie", ""), request.headers.get("host", "")) is not None:
        return RedirectResponse(target, 303)
    return _form(request, site, target)


async def submit(request: Request) -> Response:
    """Sign in and go on, or show the form again with what is wrong."""
    site = await _site(request)
    if site is None:
        return RedirectResponse("/", 303)
    if int(request.headers.get("content-length") or FORM_LIMIT + 1) > FORM_LIMIT:
        return _form(request, site, HOME, say(request, "That was too long."), 413)
    async with request.form(max_files=0, max_fields=5) as form:
        username, password, target = (str(form.get(name, "")) for name in ("username", "password", "next"))
    target = next_page(target)
    came_from = request.client.host if request.client else ""
    try:
        secret = await sessions.sign_in(site.slug, username, password, came_from)
    except TooManyRequests as error:
        return _form(request, site, target, say(request, error.diagnostics), error.status, username)
    except EhrError as error:
        return _form(request, site, target, say(request, error.sentence), error.status, username)
    answer = RedirectResponse(target, 303)
    _set_cookie(answer, request, secret)
    return answer


def sign_out(end: END) -> Callable[[Request], Awaitable[Response]]:
    """Return the handler of POST /logout. Shape: `end` closes a session by its secret on every screen."""

    async def leave(request: Request) -> Response:
        secret = sessions.secret_of(request.headers.get("cookie", ""), request.headers.get("host", ""))
        if secret is not None:
            await end(secret)
        answer = RedirectResponse("/signed-out", 303)
        for name, secure in ((sessions.PLAIN_COOKIE, False), (sessions.SECURE_COOKIE, True)):
            answer.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="lax")
        return answer

    return leave


async def signed_out(request: Request) -> Response:
    """Say that the session is over; with `next`, a path of this host, offer to come back to it."""
    asked = request.query_params.get("next", "")
    target = next_page(asked)
    told, way = say(request, "You are signed out"), f'<a class="button" href="/login">{safe(say(request, "Sign in"))}</a>'
    if target == asked:
        way = f"""<p>{safe(say(request, "You come back to the page you were on."))}</p>
<a class="button" href="/login?{safe(urlencode({"next": target}))}">{safe(say(request, "Sign in again"))}</a>"""
    body = f"""<h1>{safe(told)}</h1>
<p>{safe(say(request, "Nothing of the record is left on this screen."))}</p>
{way}"""
    return page(request, told, body)


async def _site(request: Request) -> Site | None:
    return await facilities.named(facility_slug(request.headers.get("host", "")))


def _form(request: Request, site: Site, target: str, trouble: str = "", status: int = 200, username: str = "") -> Response:
    alert = f'<p class="alert" id="trouble" role="alert">{safe(trouble)}</p>' if trouble else ""
    blame = ' aria-invalid="true" aria-describedby="trouble"' if trouble else ""
    front = address(request, None) + "/"
    focus = ("", " autofocus") if username else (" autofocus", "")
    body = f"""<p class="facility">{safe(site.name)}</p>
<h1>{safe(say(request, "Sign in"))}</h1>
{alert}
<form method="post" action="/login">
<input type="hidden" name="next" value="{safe(target)}">
<label for="username">{safe(say(request, "Username"))}</label>
<input id="username" name="username" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="200"
 required value="{safe(username[:200])}"{focus[0]}{blame}>
<label for="password">{safe(say(request, "Password"))}</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="512" required{focus[1]}{blame}>
<button type="submit">{safe(say(request, "Sign in"))}</button>
</form>
<p class="quiet">{safe(say(request, "Not at {facility}?", facility=site.name))}
<a href="{safe(front)}">{safe(say(request, "Choose another facility"))}</a></p>"""
    return page(request, f"{say(request, 'Sign in')} – {site.name}", body, status)


def _set_cookie(answer: Response, request: Request, secret: str) -> None:
    secure = settings().https or request.url.scheme == "https"
    name = sessions.cookie_name(secure)
    answer.set_cookie(name, secret, path="/", secure=secure, httponly=True, samesite="lax")

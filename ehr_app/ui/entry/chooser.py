"""The bare host: which facility do you work at? Each one has its own address."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ehr_app.identity import facilities
from ehr_app.identity.hosts import facility_slug
from ehr_app.settings import settings
from ehr_app.ui.entry.page import page, safe
from ehr_app.ui.entry.words import say

HOME = "/patients"


async def front(request: Request) -> Response:
    """Answer `/`: the app on a facility's host, the list of facilities on the bare one."""
    if facility_slug(request.headers.get("host", "")) is not None:
        return RedirectResponse(HOME, 303)
    sites = await facilities.listed()
    if not sites:
        told = say(request, "No facility yet")
        how = safe(say(request, "Load the demo with {command}.", command="ehr demo"))
        return page(request, told, f"<h1>{safe(told)}</h1><p>{how}</p>")
    links = "\n".join(
        f'<li><a href="{safe(address(request, site.slug))}/"><strong>{safe(site.name)}</strong>'
        f"<span>{safe(site.slug)}</span></a></li>"
        for site in sites
    )
    told, named = safe(say(request, "Choose your facility")), safe(say(request, "Facilities"))
    body = f'<h1>{told}</h1>\n<nav aria-label="{named}"><ul class="choices">\n{links}\n</ul></nav>'
    return page(request, say(request, "Choose your facility"), body)


def address(request: Request, slug: str | None) -> str:
    """Return the address of a facility, or of the bare host, as this browser reaches it."""
    scheme = "https" if settings().https else request.url.scheme
    name = f"{slug}.{settings().base_domain}" if slug else settings().base_domain
    return f"{scheme}://{name}" + (f":{request.url.port}" if request.url.port else "")

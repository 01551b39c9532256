"""The bound: the same server program answering a constant, with no database behind it."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

BODY = b'{"resourceType":"Observation","id":"constant","status":"final","note":[{"text":"' + b"x" * 850 + b'"}]}'


async def constant(request: Request) -> Response:
    """Answer the same kilobyte to everyone."""
    return Response(BODY, media_type="application/fhir+json")


application = Starlette(routes=[Route("/{path:path}", constant)])

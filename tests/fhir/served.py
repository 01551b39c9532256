"""What the FHIR tests serve: the edge with a real door, without the browser side."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from ehr_app.fhir.app import application
from ehr_app.record import door
from ehr_app.settings import settings


@asynccontextmanager
async def running(_: Starlette) -> AsyncIterator[None]:
    await door.start(settings())
    yield
    await door.stop()


async def constant(_: object) -> PlainTextResponse:
    return PlainTextResponse("ok")


def create() -> Starlette:
    """Return the application; granian calls this in its worker."""
    return Starlette(routes=[Route("/constant", constant), Mount("", application())], lifespan=running)

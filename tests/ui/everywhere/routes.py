"""Every page of the app, found from the app itself, with addresses that show data."""

from dataclasses import dataclass

from reflex_base.registry import RegistrationContext

from ehr_app import ehr_app as composed

PATIENT = "north-p0002"
ITEM = "Observation/north-p0002-obs-0001"


@dataclass(frozen=True)
class Place:
    """An address and whether it is a page of a chart."""

    path: str
    chart: bool


def routes() -> list[str]:
    """Return the routes that the clinic's page modules declare."""
    assert composed.app is not None
    return sorted({str(options["route"]) for _, options in RegistrationContext.ensure_context().decorated_pages})


def places() -> list[Place]:
    """Return an address per route; an import is shown by its own tests, which bring one in."""
    found: dict[str, bool] = {}
    for route in routes():
        path = route.replace("[pid]", PATIENT).replace("[item_type]/[item_id]", ITEM)
        paths = [path] if "[" not in path else []
        found |= dict.fromkeys(paths, "[pid]" in route)
    return [Place(path, chart) for path, chart in found.items()]

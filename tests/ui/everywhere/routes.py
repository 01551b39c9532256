"""Every page of the app, found from the app itself, with addresses that show data."""

from dataclasses import dataclass

from reflex_base.registry import RegistrationContext

from ehr_app import ehr_app as composed
from ehr_app.ui.clinic.domains import DOMAINS, address

PATIENT = "north-p0002"


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
    """Return an address per route that can be shown without an item; a route by domain is shown for each domain."""
    found: dict[str, bool] = {}
    for route in routes():
        path = route.replace("[pid]", PATIENT)
        paths = [path] if "[" not in path else [address(PATIENT, one.key) for one in DOMAINS] if path.count("[") == 1 else []
        found |= dict.fromkeys(paths, "[pid]" in route)
    return [Place(path, chart) for path, chart in found.items()]

"""References between resources: which ones a body holds, and which of them point to nothing that is visible.

Absent and hidden targets answer alike: the question runs under the same policy as every read.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ehr_app.errors import DanglingReference, Issue
from ehr_app.record.ids import uid
from ehr_app.standards.r4 import RTYPES

if TYPE_CHECKING:
    from ehr_app.record.door import Record

EXISTING = """select u.n from unnest($1::smallint[], $2::smallint[], $3::uuid[]) with ordinality u(facility, rtype, id, n)
 join ehr.resource r on r.facility = u.facility and r.rtype = u.rtype and r.id = u.id"""


def literals(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield (path, text) of every Reference.reference inside a resource."""
    if isinstance(value, dict):
        for name, member in value.items():
            if name == "reference" and isinstance(member, str):
                yield path, member
            elif isinstance(member, dict | list):
                yield from literals(member, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for position, item in enumerate(value):
            if isinstance(item, dict | list):
                yield from literals(item, f"{path}[{position}]")


def target(literal: str) -> tuple[str, str] | None:
    """Return (type, id) of a relative reference, without its version; None for contained, absolute, urn and odd ones."""
    parts = literal.split("/")
    if len(parts) in (2, 4) and parts[0] in RTYPES and parts[1] and (len(parts) == 2 or parts[2] == "_history"):
        return parts[0], parts[1]
    return None


async def missing(record: "Record", targets: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return those targets that are not visible in this facility or the network, in the order given, each once."""
    wanted = list(dict.fromkeys(targets))
    if not wanted:
        return []
    places = [(facility, rtype, fhir_id) for facility in (record.facility_number, 0) for rtype, fhir_id in wanted]
    rows = await record.rows(
        EXISTING,
        [facility for facility, _, _ in places],
        [RTYPES[rtype] for _, rtype, _ in places],
        [uid(facility, rtype, fhir_id) for facility, rtype, fhir_id in places],
    )
    there = {places[row["n"] - 1][1:] for row in rows}
    return [place for place in wanted if place not in there]


async def refuse_dangling(record: "Record", resources: list[dict[str, Any]], places: list[str] | None = None) -> None:
    """Where the facility enforces integrity, raise DanglingReference naming each element that points to nothing.

    Shape: `places` says where each resource lies; by default its type (`Observation.subject`).
    """
    if not record.access.facility.settings.get("integrity"):
        return
    among = {(r["resourceType"], r["id"]) for r in resources if "id" in r}
    roots = places or [resource["resourceType"] for resource in resources]
    found = [
        (f"{root}.{path}", place)
        for root, resource in zip(roots, resources, strict=True)
        for path, literal in literals(resource)
        if (place := target(literal)) is not None and place not in among
    ]
    absent = set(await missing(record, [place for _, place in found]))
    issues = [Issue(path, "not-found", f"{'/'.join(place)} does not exist here") for path, place in found if place in absent]
    if issues:
        raise DanglingReference("", issues)

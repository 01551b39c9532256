"""Which sections the page of a domain has, and with what.

Pure: the resources of a domain in, sections out. What no own view knows gets a section for its type, so nothing is left out.
"""

from collections.abc import Callable, Mapping, Sequence
from zoneinfo import ZoneInfo

from ehr_app.record.contents import Kind
from ehr_app.standards.r4 import RTYPES
from ehr_app.ui.clinic import (
    allergies_view,
    care_view,
    coverage_view,
    devices_view,
    documents_view,
    generic_view,
    history_view,
    immunizations_view,
    medications_view,
    problems_view,
    visits_view,
)
from ehr_app.ui.clinic.documents_view import documents
from ehr_app.ui.clinic.domains import BY_KEY, DOMAINS, NOT_SHOWN
from ehr_app.ui.clinic.immunizations_view import immunizations
from ehr_app.ui.clinic.medications_view import ORDER, reconciled
from ehr_app.ui.clinic.problems_view import problems
from ehr_app.ui.clinic.rows import Row, Section
from ehr_app.ui.clinic.summary_view import result_row
from ehr_app.ui.clinic.visits_view import encounters
from ehr_app.ui.format.text import Json

PAGE = 200
"""At most so many rows stand on a page."""

Builder = Callable[[Sequence[Json], ZoneInfo, bool], list[Section]]
BUILDERS: Mapping[str, tuple[str, Builder]] = {
    "visits": ("Encounter", lambda found, zone, more: [encounters(found, zone, more, PAGE)]),
    "problems": ("Condition", lambda found, zone, more: [problems(found, zone, more, PAGE)]),
    "allergies": ("AllergyIntolerance", lambda found, zone, more: allergies_view.listed(found, zone)),
    "immunizations": ("Immunization", lambda found, zone, more: [immunizations(found, zone, more, PAGE)]),
    "documents": ("DocumentReference", lambda found, zone, more: [documents(found, zone, more, PAGE)]),
    "devices": ("Device", lambda found, zone, more: [devices_view.devices(found, zone, more)]),
}
"""Key -> the type that is the domain's own list, and how it is made."""

SEVERAL: Mapping[str, Mapping[str, Callable[[Sequence[Json], ZoneInfo, bool], Section]]] = {
    "plans": {"CarePlan": care_view.plans, "Goal": care_view.goals, "CareTeam": care_view.teams},
    "history": {"FamilyMemberHistory": history_view.family, "Observation": history_view.social},
    "coverage": {"Coverage": coverage_view.coverage, "RelatedPerson": coverage_view.contacts},
}
"""Key -> types that have a section of their own, in the order of the page."""

ROWS: Mapping[str, Callable[[Json, ZoneInfo], Row]] = {
    "Observation": result_row,
    "Condition": problems_view.row,
    "Encounter": visits_view.row,
    "Immunization": immunizations_view.row,
    "DocumentReference": documents_view.row,
    "CarePlan": care_view.plan_row,
    "Goal": care_view.goal_row,
    "CareTeam": care_view.team_row,
    "FamilyMemberHistory": history_view.relative_row,
    "Device": devices_view.row,
    "Coverage": coverage_view.payer_row,
    "RelatedPerson": coverage_view.contact_row,
    **dict.fromkeys(ORDER, lambda one, zone: medications_view.row(one, zone, {})),
}
"""Type -> how one of it is told in a line; every other type is told by `generic_view`."""

MEDICINES = tuple(ORDER)


def kinds_of(key: str) -> list[Kind]:
    """Return what a domain lists; `other` takes every type that no domain names."""
    if key != "other":
        return [Kind(*_parted(kind)) for kind in BY_KEY[key].kinds]
    owned = {kind.partition("/")[0] for domain in DOMAINS for kind in domain.kinds}
    return [Kind(rtype, "") for rtype in RTYPES if rtype not in owned | NOT_SHOWN]


def sections(key: str, resources: Sequence[Json], zone: ZoneInfo, more: bool = False, named: Sequence[Json] = ()) -> list[Section]:
    """Return the sections of a domain's page; a type without entries has none, but for the domain's own lists."""
    types: dict[str, list[Json]] = {}
    for one in resources:
        types.setdefault(str(one.get("resourceType") or ""), []).append(one)
    found: list[Section] = []
    if key == "medications":
        found.append(reconciled([one for rtype in MEDICINES for one in types.pop(rtype, [])], zone, more, named))
    if key in BUILDERS:
        rtype, build = BUILDERS[key]
        found += build(types.pop(rtype, []), zone, more)
    found += [build(types.pop(rtype, []), zone, more) for rtype, build in SEVERAL.get(key, {}).items()]
    if key == "procedures":
        found.append(generic_view.of_type("Procedure", types.pop("Procedure", []), zone, more))
    rest = [one for members in types.values() for one in members]
    return found + generic_view.by_type(rest, zone, more)


def recorded(resources: Sequence[Json], zone: ZoneInfo, more: bool = False) -> list[Section]:
    """Return what belongs together for another reason (a visit) by type, each line as its own domain tells it."""
    return generic_view.by_type(resources, zone, more, row_of)


def row_of(resource: Json, zone: ZoneInfo) -> Row:
    """Return the line of any resource, as its domain tells it."""
    return ROWS.get(str(resource.get("resourceType")), generic_view.row)(resource, zone)


def _parted(kind: str) -> tuple[str, str]:
    rtype, _, category = kind.partition("/")
    return rtype, category

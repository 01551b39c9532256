"""An entry on its way into the record: linked, parsed and checked, but not stored; and what the record knows of it already."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from ehr_app.errors import BadRequest, EhrError, Malformed, TooLarge, Unavailable
from ehr_app.record import references
from ehr_app.record.codec import decode_object, encode
from ehr_app.record.door import Record
from ehr_app.record.ids import uid
from ehr_app.record.importing.outcome import Item, Kind, Outcome, Result
from ehr_app.record.importing.resolving import Resolver
from ehr_app.record.writing import refuse_invalid, stamp
from ehr_app.standards.r4 import RTYPES

NEWEST = """select u.n::int, r.facility, r.rtype, r.id, r.ver, r.updated, r.patient, r.content
 from unnest($2::smallint[], $3::uuid[]) with ordinality u(rtype, id, n)
 join ehr.resource r on r.facility = $1 and r.rtype = u.rtype and r.id = u.id"""
OLDER = """select h.facility, h.rtype, h.id, h.ver, h.verb, h.updated, h.patient, h.content,
  exists(select 1 from ehr.import_part p where p.kind = 'back' and p.access = h.access) as back,
  exists(select 1 from ehr.import_part p where p.kind = 'back' and p.access = coalesce(s.access, r.access)) as undone
 from ehr.resource_history h
 left join ehr.resource_history s on s.facility = h.facility and s.rtype = h.rtype and s.id = h.id and s.ver = h.ver + 1
 left join ehr.resource r on r.facility = h.facility and r.rtype = h.rtype and r.id = h.id and r.ver = h.ver + 1
 where h.facility = $1 and h.rtype = $2 and h.id = $3 order by h.ver desc"""
"""`back`: written when a batch was taken back; `undone`: what such a version undid."""
DELETED = 3
METHODS = (None, "POST", "PUT")
DELETED_HERE = "the resource was deleted here; an import does not bring it back"


@dataclass(slots=True)
class Incoming:
    """A checked resource that is not stored yet."""

    item: Item
    resource: dict[str, Any]
    key: UUID
    citations: set[str]

    @property
    def place(self) -> str:
        """Type/id."""
        return f"{self.resource['resourceType']}/{self.item.fhir_id}"


async def take(record: Record, item: Item, resolver: Resolver, outcome: Outcome) -> Incoming | None:
    """Return an entry's checked resource; None when it is refused or nothing to store, which the outcome says."""
    named = None
    try:
        if item.raw is None:
            raise TooLarge("the entry has more bytes than are read at once")
        raw, citations = await resolver.link(record, item)
        value = decode_object(raw)
        resource = _held(value) if item.held else value
        if resource is None:
            outcome.skip(item)
            return None
        if isinstance(resource.get("resourceType"), str):
            named = f"{resource['resourceType'][:64]}/{item.fhir_id[:64]}"
        resource.setdefault("id", item.fhir_id)
        for issue in refuse_invalid(resource, keep_unknown=True):
            outcome.doubt(item, issue, named)
    except EhrError as error:
        if error.status >= Unavailable.status:
            raise
        outcome.refuse(item, error, named)
        return None
    key = uid(record.facility_number, resource["resourceType"], item.fhir_id)
    return Incoming(item, resource, key, citations)


async def newest(record: Record, incoming: list[Incoming]) -> dict[UUID, asyncpg.Record]:
    """Return the current version of each that is here, by key."""
    rtypes = [RTYPES[one.resource["resourceType"]] for one in incoming]
    rows = await record.rows(NEWEST, record.facility_number, rtypes, [one.key for one in incoming])
    return {row["id"]: row for row in rows}


async def older(record: Record, one: Incoming) -> list[asyncpg.Record]:
    """Return the superseded versions and the deletion of a resource, newest first."""
    return await record.rows(OLDER, record.facility_number, RTYPES[one.resource["resourceType"]], one.key)


async def is_known(record: Record, one: Incoming, row: Any) -> bool:
    """Tell whether the record says this now (`row`), or said it before and somebody changed it since.

    A version that was taken back with its batch does not count: the corrected file may say the same.
    """
    if await says_the_same(record, one, row):
        return True
    if row["ver"] == 1:
        return False
    for was in await older(record, one):
        if was["verb"] != DELETED and not was["undone"] and await says_the_same(record, one, was):
            return True
    return False


async def says_the_same(record: Record, one: Incoming, row: Any) -> bool:
    """Tell whether a version holds this very content."""
    was = await record.stored(row)
    return encode(stamp(one.resource, one.item.fhir_id, row["ver"], row["updated"])) == was.body


def done(record: Record, one: Incoming, patient: UUID | None, outcome: Outcome, how: Kind) -> None:
    """Note what an entry came to and what it refers to."""
    for literal in one.citations:
        outcome.cite(one.item, literal)
    outcome.count(Result(one.item.file, one.item.n, _patient_id(record, one, patient), one.place, how))


def _held(entry: dict[str, Any]) -> dict[str, Any] | None:
    """The resource of a Bundle's entry; None where the entry is a remark of the server that made the Bundle."""
    request, search, resource = entry.get("request"), entry.get("search"), entry.get("resource")
    method = request.get("method") if isinstance(request, dict) else None
    if method not in METHODS:
        raise BadRequest("an import adds and changes resources; this entry asks for something else and was not carried out")
    if isinstance(search, dict) and search.get("mode") == "outcome":
        return None
    if not isinstance(resource, dict):
        raise Malformed("the entry holds no resource")
    return resource


def _patient_id(record: Record, one: Incoming, patient: UUID | None) -> str | None:
    if patient is None:
        return None
    if patient == one.key:
        return one.item.fhir_id
    for literal in one.citations:
        place = references.target(literal)
        if place is not None and place[0] == "Patient" and uid(record.facility_number, *place) == patient:
            return place[1]
    return None

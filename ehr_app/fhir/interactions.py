"""Read, write, search and history of one type or one resource: each function is one FHIR interaction.

https://hl7.org/fhir/R4/http.html. An interaction opens the record once, calls one verb, and turns what came back into an answer;
who may see what is decided behind the door.
"""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from ehr_app.errors import BadRequest, EhrError, Forbidden, Gone, Issue, Malformed, MultipleMatches, NotFound, UnknownParameter
from ehr_app.fhir import bundle, negotiate, outcome, subset
from ehr_app.fhir.request import Answer, Pairs, Request
from ehr_app.identity.scopes import FORM, parsed
from ehr_app.record.door import Record
from ehr_app.record.store import SearchPage, Stored, Written
from ehr_app.standards.r4 import RTYPES

FHIR_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
PATIENT_OPERATION = ("_since", "_type", "_count", "_cursor")
HISTORY = ("_since", "_count", "_cursor")
MOST_VERSION = 2**31 - 1


class MismatchedBody(BadRequest):
    """The resource is not the one that the address names."""

    sentence = "The content is not the resource that the address names."


async def read(request: Request) -> Answer:
    """Answer the current version, or 304 when the client has it."""
    refuse_unknown(request, subset.PARAMETERS)
    check_id(request.id)
    async with request.open("read") as record:
        permit(record, request.rtype, "r")
        stored = await record.read(request.rtype, request.id)
    return shown(request, stored)


async def vread(request: Request) -> Answer:
    """Answer one version."""
    refuse_unknown(request, subset.PARAMETERS)
    check_id(request.id)
    number = request.version
    async with request.open("vread") as record:
        permit(record, request.rtype, "r")
        if not (number.isascii() and number.isdecimal() and 0 < int(number[:11]) <= MOST_VERSION):
            raise NotFound()
        stored = await record.vread(request.rtype, request.id, int(number))
    return shown(request, stored)


async def create(request: Request) -> Answer:
    """Store a new resource; with If-None-Exist only when nothing matches, else answer 200 with the one match."""
    refuse_unknown(request, ())
    criteria = request.header(b"if-none-exist")
    async with request.open("create") as record:
        permit(record, request.rtype, "c")
        resource = resource_of(await request.content(), request.rtype)
        done = await record.create(resource, if_none_exist=without_question(criteria) if criteria else None)
    return written(request, done)


async def update(request: Request) -> Answer:
    """Store the next version of a resource, or the first one under the id in the address."""
    refuse_unknown(request, ())
    check_id(request.id, BadRequest)
    async with request.open("update") as record:
        permit(record, request.rtype, "u")
        resource = resource_of(await request.content(), request.rtype, request.id)
        done = await record.update(resource, if_match=expected_version(request))
    return written(request, done)


async def update_matching(request: Request) -> Answer:
    """Conditional update: change the one match, or create when nothing matches."""
    criteria = criteria_of(request)
    async with request.open("update") as record:
        permit(record, request.rtype, "u")
        resource = resource_of(await request.content(), request.rtype)
        found = await only_match(record, request.rtype, criteria)
        if found is None and "id" in resource:
            check_id(str(resource["id"]), BadRequest)
            done = await record.update(resource, if_match=expected_version(request))
        elif found is None:
            done = await record.create(resource, if_none_exist=urlencode(criteria))
        elif resource.get("id", found.id) != found.id:
            raise MismatchedBody("the resource's id is not that of the match", [Issue(f"{found.type}.id", "value", "")])
        else:
            expected = expected_version(request)
            resource["id"] = found.id
            done = await record.update(resource, if_match=found.version if expected is None else expected)
    return written(request, done)


async def delete(request: Request) -> Answer:
    """Delete a resource; deleting it again is fine."""
    refuse_unknown(request, ())
    check_id(request.id)
    async with request.open("delete") as record:
        permit(record, request.rtype, "d")
        return await deleted(record, request.rtype, request.id, expected_version(request))


async def delete_matching(request: Request) -> Answer:
    """Conditional delete of the one match."""
    criteria = criteria_of(request)
    async with request.open("delete") as record:
        permit(record, request.rtype, "d")
        found = await only_match(record, request.rtype, criteria)
        if found is None:
            raise NotFound()
        return await deleted(record, request.rtype, found.id, found.version)


async def deleted(record: Record, rtype: str, fhir_id: str, if_match: int | None) -> Answer:
    """Delete, and answer 204 also for what this facility had deleted before."""
    try:
        done = await record.delete(rtype, fhir_id, if_match=if_match)
    except Gone:
        return Answer(204)
    return Answer(204, b"", [(b"etag", f'W/"{done.stored.version}"'.encode())])


async def search(request: Request) -> Answer:
    """Answer one page of a search by GET."""
    pairs = request.parameters()
    cursor = control(pairs, "_cursor")
    asked = [pair for pair in pairs if pair[0] != "_cursor"]
    view = subset.view(asked)
    async with request.open("search") as record:
        permit(record, request.rtype, "s")
        page = await record.search(request.rtype, asked, lenient=request.prefer.lenient, cursor=cursor)
    if view is not None:
        page = SearchPage([subset.of_stored(s, view) for s in page.matches], page.included, page.total,
                          page.next_cursor, page.applied)  # fmt: skip
    if ("_summary", "count") in asked:
        return Answer(200, bundle.counted(request.base, request.rtype, page))
    return Answer(200, bundle.searchset(request.base, request.rtype, page))


async def search_by_form(request: Request) -> Answer:
    """Answer one page of a search by POST; parameters may stand in the body, where logs and proxies do not see them."""
    await request.add_form()
    return await search(request)


async def history(request: Request) -> Answer:
    """Answer a page of versions of a resource, a type, or the facility."""
    refuse_unknown(request, HISTORY)
    pairs = request.parameters()
    rtype, fhir_id = request.rtype, request.id
    if fhir_id.startswith("_"):
        fhir_id = ""
    if rtype.startswith("_"):
        rtype = ""
    if fhir_id:
        check_id(fhir_id)
    applied = [pair for pair in pairs if pair[0] in ("_since", "_count")]
    async with request.open("history") as record:
        permit(record, rtype or "*", "r")
        page = await record.history(
            rtype or None, fhir_id or None, since=since(pairs), count=count(pairs) or 50, cursor=control(pairs, "_cursor")
        )
    return Answer(200, bundle.history(request.base, "/".join(request.parts), page, applied))


async def everything(request: Request) -> Answer:
    """Answer a patient's whole record (`Patient/[id]/$everything`)."""
    if request.method == "POST":
        await request.add_form()
    refuse_unknown(request, PATIENT_OPERATION)
    check_id(request.id)
    pairs = request.parameters()
    named = control(pairs, "_type")
    types = named.split(",") if named else None
    for name in types or ():
        if name not in RTYPES:
            raise BadRequest("_type names something that is not an R4 resource type")
    applied = [pair for pair in pairs if pair[0] in ("_since", "_type", "_count")]
    async with request.open("everything") as record:
        permit(record, "Patient", "r")
        page = await record.everything(
            request.id, types=types, since=since(pairs), count=count(pairs), cursor=control(pairs, "_cursor")
        )
    page.applied[:] = applied
    return Answer(200, bundle.searchset(request.base, "/".join(request.parts), page))


async def system_search(request: Request) -> Answer:
    """Refuse a search over all types, in words."""
    raise UnknownParameter("searching all types at once is not supported; search one type, such as Patient?name=")


def shown(request: Request, stored: Stored) -> Answer:
    """Answer a stored version with its version headers."""
    headers = request.headers
    place = f"{request.base}/{stored.type}/{stored.id}/_history/{stored.version}"
    marks = [
        (b"etag", f'W/"{stored.version}"'.encode()),
        (b"last-modified", negotiate.http_date(stored.updated).encode()),
        (b"content-location", place.encode()),
    ]
    if (b"if-none-match" in headers or b"if-modified-since" in headers) and negotiate.not_modified(
        request.header(b"if-none-match"), request.header(b"if-modified-since"), stored.version, stored.updated
    ):
        return Answer(304, b"", marks)
    view = subset.view(request.parameters())
    body = stored.body if view is None else subset.of_stored(stored, view).body
    return Answer(200, body, marks)


def written(request: Request, done: Written) -> Answer:
    """Answer a write: 201 or 200 with the version's headers, and the body that Prefer asks for."""
    stored = done.stored
    marks = version_headers(request.base + "/", stored)
    answer = Answer(201 if done.created else 200, stored.body, marks, bundle.instant(stored.updated))
    wish = request.prefer.returns
    if wish == "minimal":
        answer.body = b""
    elif wish == "operationoutcome":
        verb = "created" if done.created else "unchanged" if done.unchanged else "updated"
        answer.body = outcome.success(request.number, f"{stored.type}/{stored.id} was {verb}")
    return answer


def version_headers(base: str, stored: Stored) -> list[tuple[bytes, bytes]]:
    """Return Location, ETag and Last-Modified of a version."""
    return [
        (b"location", f"{base}{stored.type}/{stored.id}/_history/{stored.version}".encode()),
        (b"etag", f'W/"{stored.version}"'.encode()),
        (b"last-modified", negotiate.http_date(stored.updated).encode()),
    ]


def resource_of(content: Any, rtype: str, fhir_id: str = "") -> dict[str, Any]:
    """Return the body as the resource that the address names. Raises Malformed and MismatchedBody."""
    if not isinstance(content, dict):
        raise Malformed("the content is not a JSON object")
    if content.get("resourceType") != rtype:
        told = f"the resourceType must be {rtype}, as in the address"
        raise MismatchedBody(told, [Issue("resourceType", "invalid", told)])
    if fhir_id and content.get("id") != fhir_id:
        told = "the id must be the one in the address"
        raise MismatchedBody(told, [Issue(f"{rtype}.id", "value" if "id" in content else "required", told)])
    return content


def check_id(fhir_id: str, refusal: type[EhrError] = NotFound) -> None:
    """Refuse what cannot be an id: nothing is stored there (404), nothing can be (400)."""
    if FHIR_ID.fullmatch(fhir_id) is None:
        raise refusal("" if refusal is NotFound else "an id is 1 to 64 letters, digits, '-' and '.'")


def refuse_unknown(request: Request, known: tuple[str, ...]) -> None:
    """Raise UnknownParameter for a parameter this interaction does not have, unless the client asked for leniency."""
    if request.has_parameters and not request.prefer.lenient:
        for name, _ in request.parameters():
            if name not in known:
                raise UnknownParameter(f"the parameter {name[:60]!r} is not known to this interaction")


def criteria_of(request: Request) -> Pairs:
    """Return the criteria of a conditional change. Raises BadRequest when there are none."""
    criteria = request.parameters()
    if not criteria:
        raise BadRequest("a change without an id in the address needs search criteria")
    return criteria


async def only_match(record: Record, rtype: str, criteria: Pairs) -> Stored | None:
    """Return the one match of criteria, or None. Raises MultipleMatches."""
    page = await record.search(rtype, [*criteria, ("_count", "2")])
    if len(page.matches) > 1:
        raise MultipleMatches()
    return page.matches[0] if page.matches else None


def without_question(criteria: str) -> str:
    """Return the criteria of an If-None-Exist header, which some clients start with the type or a question mark."""
    return criteria.rpartition("?")[2] if "?" in criteria.split("=")[0] else criteria


def expected_version(request: Request) -> int | None:
    """Return the version that If-Match names; None when it was not sent."""
    sent = request.header(b"if-match")
    return negotiate.version_matched(sent) if sent else None


def control(pairs: Pairs, name: str) -> str | None:
    """Return the value of a parameter that stands at most once. Raises BadRequest when it stands twice."""
    values = [value for key, value in pairs if key == name]
    if len(values) > 1:
        raise BadRequest(f"{name} may be sent once")
    return values[0] if values else None


def count(pairs: Pairs) -> int | None:
    """Return `_count`. Raises BadRequest when it is not a whole number."""
    text = control(pairs, "_count")
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise BadRequest("_count must be a whole number")
    return max(1, int(text))


def since(pairs: Pairs) -> datetime | None:
    """Return `_since` as an instant; a date without time starts in UTC. Raises BadRequest."""
    text = control(pairs, "_since")
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise BadRequest("_since must be an instant, such as 2026-01-31T08:00:00Z") from None


def permit(record: Record, rtype: str, verb: str) -> None:
    """Refuse an interaction that no scope of the token names; which rows it may touch is decided in the database.

    Raises Forbidden. Shape: verb is one letter of SMART's c, r, u, d, s.
    """
    if not _covered(record.access.scopes, rtype, verb):
        raise Forbidden("the access token has no scope for this interaction")


@lru_cache(maxsize=4096)
def _covered(scopes: tuple[str, ...], rtype: str, verb: str) -> bool:
    rights = parsed(" ".join(word for word in scopes if FORM.fullmatch(word)))
    return any(scope.rtype in ("*", rtype) and verb in scope.verbs for scope in rights)

"""A transaction Bundle: all of it in one commit, or none; answered in the order asked.

https://hl7.org/fhir/R4/http.html#trules: DELETE, POST, PUT, then GET. Work that needs no database is cut into slices, so that other
requests are served in between. PATCH is not supported.
"""

import asyncio
import re
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ehr_app.errors import BadRequest, DanglingReference, EhrError, Issue, MultipleMatches, NotFound, UnknownParameter
from ehr_app.fhir import bundle, interactions, outcome, placeholders
from ehr_app.fhir.entries import Entry, entry_of
from ehr_app.fhir.negotiate import version_matched
from ehr_app.fhir.request import Answer, Request, parameters
from ehr_app.record import writing
from ehr_app.record.door import Change, Record
from ehr_app.record.ids import fresh_id
from ehr_app.record.store import Stored
from ehr_app.standards.r4 import RTYPES

SLICE = 40
T = TypeVar("T")
LETTERS = {"POST": "c", "PUT": "u", "DELETE": "d"}
_PLACE = re.compile(r"^Bundle\.entry\[(\d+)\]")


@dataclass(slots=True)
class Plan:
    """What the entries will do: the ids they get, the resources that already match, the answers found so far."""

    entries: list[Entry]
    ids: dict[int, str] = field(default_factory=dict)
    matched: dict[int, Stored] = field(default_factory=dict)
    alike: dict[int, int] = field(default_factory=dict)
    answers: dict[int, Answer] = field(default_factory=dict)


async def process(request: Request, record: Record, raw: list[Any]) -> bytes:
    """Perform a transaction and return its response Bundle. Any failure raises and undoes everything."""
    plan = Plan(await _entries(request, raw))
    for entry in plan.entries:
        _check(record, entry)
    await record.connection()
    await _decide(record, plan)
    await _link(record, plan)
    await _delete(record, plan)
    await _write(request, record, plan)
    for entry in plan.entries:
        if entry.method in ("GET", "HEAD"):
            plan.answers[entry.position] = await _at(entry, _read(request, record, entry))
    return bundle.responses("transaction-response", [bundle.response(plan.answers[e.position]) for e in plan.entries])


async def _entries(request: Request, raw: list[Any]) -> list[Entry]:
    entries: list[Entry] = []
    issues: list[Issue] = []
    for position, item in enumerate(raw):
        try:
            entries.append(entry_of(position, item, request.base))
        except EhrError as error:
            issues += error.issues
        if position % SLICE == SLICE - 1:
            await asyncio.sleep(0)
    if issues:
        raise BadRequest("", issues)
    return entries


def _check(record: Record, entry: Entry) -> None:
    """Refuse an address or resource that a transaction cannot take, and what no scope covers."""
    if entry.rtype not in RTYPES:
        _refuse(entry, "request.url", "this is not an R4 resource type")
    if entry.method not in LETTERS:
        interactions.permit(record, entry.rtype, "r" if len(entry.parts) > 1 else "s")
        return
    interactions.permit(record, entry.rtype, LETTERS[entry.method])
    with_id = len(entry.parts) == 2
    if len(entry.parts) > 2 or (entry.method == "POST" and with_id):
        _refuse(entry, "request.url", "this address is not supported in a transaction")
    if entry.method == "POST" and entry.query:
        _refuse(entry, "request.url", "a POST takes no parameters")
    if entry.method != "POST" and not with_id and not entry.query:
        _refuse(entry, "request.url", "a change without an id needs search criteria")
    if with_id and interactions.FHIR_ID.fullmatch(entry.parts[1]) is None:
        _refuse(entry, "request.url", "an id is 1 to 64 letters, digits, '-' and '.'")
    if entry.resource is not None and entry.resource.get("resourceType") != entry.rtype:
        _refuse(entry, "resource.resourceType", f"the resourceType must be {entry.rtype}, as in the address")
    if entry.method == "PUT" and with_id and entry.resource is not None and entry.resource.get("id") != entry.parts[1]:
        _refuse(entry, "resource.id", "the id must be the one in the address")


def _refuse(entry: Entry, where: str, text: str) -> None:
    raise BadRequest(text, [Issue(f"{entry.at}.{where}", "invalid", text)])


async def _decide(record: Record, plan: Plan) -> None:
    """Give every entry that writes its id; conditional ones look first, in one order so that two transactions cannot block."""
    waiting = [e for e in plan.entries if _criteria(e)]
    first: dict[tuple[str, str], int] = {}
    for entry in sorted(waiting, key=lambda e: (e.rtype, _criteria(e))):
        asked = (entry.rtype, _criteria(entry))
        if entry.method == "POST" and asked in first:
            plan.alike[entry.position] = first[asked]
            continue
        found = await _at(entry, writing.match_exclusively(record, *asked))
        if found is not None:
            plan.matched[entry.position] = found
            plan.ids[entry.position] = found.id
        first.setdefault(asked, entry.position)
    for entry in plan.entries:
        if entry.method in LETTERS and entry.position not in plan.ids and entry.position not in plan.alike:
            named = entry.parts[1] if len(entry.parts) == 2 else ""
            if not named and entry.method == "PUT" and entry.resource is not None:
                named = str(entry.resource.get("id", ""))
            plan.ids[entry.position] = named or fresh_id()
    for position, original in plan.alike.items():
        plan.ids[position] = plan.ids[original]
    _refuse_twice(plan)


def _refuse_twice(plan: Plan) -> None:
    seen: set[tuple[str, str]] = set()
    for entry in plan.entries:
        creates = entry.method == "POST" and bool(_criteria(entry))
        if entry.method in LETTERS and not creates:
            place = (entry.rtype, plan.ids[entry.position])
            if place in seen:
                _refuse(entry, "request.url", "two entries of a transaction change the same resource")
            seen.add(place)


def _criteria(entry: Entry) -> str:
    if entry.method == "POST":
        return interactions.without_question(entry.precondition(b"if-none-exist"))
    return entry.query if entry.method in LETTERS and len(entry.parts) == 1 else ""


async def _link(record: Record, plan: Plan) -> None:
    """Replace references to entries by the ids these get, and conditional references by what they find."""
    known = placeholders.known_addresses(plan.entries, plan.ids)
    looked_up: dict[str, str] = {}
    for entry in plan.entries:
        if entry.resource is None:
            continue
        for reference in placeholders.conditional(entry.resource):
            if reference not in looked_up:
                looked_up[reference] = await _at(entry, _look_up(record, plan, reference))
    known.update(looked_up)
    for count, entry in enumerate(plan.entries):
        if entry.resource is not None:
            placeholders.rewrite(entry.resource, known)
            entry.resource["id"] = plan.ids[entry.position]
        if count % SLICE == SLICE - 1:
            await asyncio.sleep(0)


async def _look_up(record: Record, plan: Plan, reference: str) -> str:
    rtype, _, criteria = reference.partition("?")
    for entry in plan.entries:
        if entry.method == "POST" and entry.rtype == rtype and _criteria(entry) == criteria:
            return f"{rtype}/{plan.ids[entry.position]}"
    page = await record.search(rtype, [*parameters(criteria.encode()), ("_count", "2")])
    if not page.matches:
        raise DanglingReference("a conditional reference matches nothing here")
    if len(page.matches) > 1:
        raise MultipleMatches("a conditional reference matches more than one resource")
    return f"{rtype}/{page.matches[0].id}"


def _in_lock_order(plan: Plan) -> list[Entry]:
    """New resources as they stand, then those that exist in one order for everybody: two transactions wait, but do not block."""
    new = [e for e in plan.entries if e.method == "POST"]
    others = [e for e in plan.entries if e.method != "POST" and e.position in plan.ids]
    return [*new, *sorted(others, key=lambda e: (e.rtype, plan.ids[e.position]))]


async def _delete(record: Record, plan: Plan) -> None:
    for entry in _in_lock_order(plan):
        if entry.method == "DELETE":
            plan.answers[entry.position] = await _at(entry, _delete_one(record, plan, entry))


async def _delete_one(record: Record, plan: Plan, entry: Entry) -> Answer:
    if len(entry.parts) == 1 and entry.position not in plan.matched:
        return Answer(204)
    sent = entry.precondition(b"if-match")
    expected = version_matched(sent) if sent else None
    try:
        return await interactions.deleted(record, entry.rtype, plan.ids[entry.position], expected)
    except NotFound:
        return Answer(204)


async def _write(request: Request, record: Record, plan: Plan) -> None:
    changes: list[Change] = []
    positions: list[int] = []
    for entry in _in_lock_order(plan):
        if entry.method not in ("POST", "PUT") or entry.position in plan.alike:
            continue
        found = plan.matched.get(entry.position)
        if entry.method == "POST" and found is not None:
            plan.answers[entry.position] = _told(request, found, created=False)
            continue
        positions.append(entry.position)
        changes.append(_change(entry, plan.ids[entry.position], found))
    try:
        done = await record.write_many(changes) if changes else []
    except EhrError as error:
        error.issues = [_moved(issue, positions) for issue in error.issues]
        raise
    for position, result in zip(positions, done, strict=True):
        plan.answers[position] = _told(request, result.stored, created=result.created)
    for position, original in plan.alike.items():
        first = plan.answers[original]
        plan.answers[position] = Answer(200, first.body, first.headers, first.updated)


def _change(entry: Entry, fhir_id: str, found: Stored | None) -> Change:
    if entry.method == "POST":
        return Change("create", entry.rtype, entry.resource, id=fhir_id)
    sent = entry.precondition(b"if-match")
    expected = version_matched(sent) if sent else found.version if found is not None else None
    return Change("update", entry.rtype, entry.resource, id=fhir_id, if_match=expected)


def _told(request: Request, stored: Stored, *, created: bool) -> Answer:
    body = stored.body if request.prefer.returns == "representation" else b""
    marks = interactions.version_headers("", stored)
    return Answer(201 if created else 200, body, marks, bundle.instant(stored.updated))


async def _read(request: Request, record: Record, entry: Entry) -> Answer:
    pairs = parameters(entry.query.encode())
    if len(entry.parts) == 2 and not pairs:
        interactions.check_id(entry.parts[1])
        stored = await record.read(entry.rtype, entry.parts[1])
        return Answer(200, stored.body, interactions.version_headers("", stored)[1:], bundle.instant(stored.updated))
    if len(entry.parts) == 1:
        page = await record.search(entry.rtype, pairs, lenient=request.prefer.lenient)
        return Answer(200, bundle.searchset(request.base, entry.rtype, page))
    raise UnknownParameter("in a transaction, read by id or search one type")


async def _at(entry: Entry, work: Awaitable[T]) -> T:
    try:
        return await work
    except EhrError as error:
        raise _placed(error, entry) from None


def _placed(error: EhrError, entry: Entry) -> EhrError:
    found = error.issues or [Issue("", error.code, error.diagnostics)]
    error.issues = [Issue(outcome.within(f"{entry.at}.resource", i.expression), i.code, i.diagnostics, i.severity) for i in found]
    return error


def _moved(issue: Issue, positions: list[int]) -> Issue:
    """Turn the position among the changes into the position in the Bundle."""

    def place(found: re.Match[str]) -> str:
        return f"Bundle.entry[{positions[int(found[1])]}]"

    return Issue(_PLACE.sub(place, issue.expression), issue.code, issue.diagnostics, issue.severity)

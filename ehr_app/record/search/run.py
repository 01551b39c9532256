"""A search from its parameters to one page: parse, plan, fetch, look again where hashes are not enough, count, include.

Spec: https://hl7.org/fhir/R4/search.html (4.0.1). Every statement runs under the record's access row, so what policy
hides is in no match, total, include, order or cursor.
"""

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any

from ehr_app.errors import TooCostly
from ehr_app.record.codec import decode_object
from ehr_app.record.search import cursor as cursors
from ehr_app.record.search import including
from ehr_app.record.search.cursor import Position
from ehr_app.record.search.matching import matches
from ehr_app.record.search.plan import Plan, plan
from ehr_app.record.search.query import parse
from ehr_app.record.store import SearchPage
from ehr_app.standards.extract import extract

if TYPE_CHECKING:
    from ehr_app.record.door import Record

MOST_CANDIDATES = 10_000
STEP = 500


async def search(
    record: "Record", rtype: str, params: Sequence[tuple[str, str]], *, lenient: bool = False, cursor: str | None = None
) -> SearchPage:
    """Return one page of matches with what was included.

    Shape: `params` as they came, in order; `applied` is what of them was used. Raises UnknownParameter, BadRequest, TooCostly.
    """
    query = parse(rtype, params, lenient=lenient)
    about = f"search/{query.digest()}"
    after = cursors.open_position(record, about, cursor) if cursor is not None else None
    made = plan(query, record.h, record.facility_number)
    if query.only_total or query.count == 0:
        return SearchPage([], [], await _total(record, made), None, query.applied)
    rows = await _page(record, made, after, query.count + 1)
    shown, more = rows[: query.count], len(rows) > query.count
    found = await record.stored_many(shown)
    included = await including.included(record, query, found, shown) if query.includes or query.revincludes else []
    total = None
    if query.total:
        total = len(rows) if after is None and not more else await _total(record, made)
    following = None
    if more:
        following = cursors.seal_position(record, about, Position.of(shown[-1]))
    return SearchPage(found, included, total, following, query.applied)


async def _page(record: "Record", made: Plan, after: Position | None, limit: int) -> list[Any]:
    if not made.rechecks:
        return await _candidates(record, made, after, limit)
    found: list[Any] = []
    async for row in _rechecked(record, made, after):
        found.append(row)
        if len(found) == limit:
            break
    return found


async def _total(record: "Record", made: Plan) -> int:
    if made.rechecks:
        return sum([1 async for _ in _rechecked(record, made, None)])
    sql, arguments = made.count()
    return int((await record.rows(sql, *arguments))[0][0])


async def _candidates(record: "Record", made: Plan, after: Position | None, limit: int) -> list[Any]:
    """The next rows in page order, merged from all branches, each resource once."""
    sql, arguments = made.page(after, limit)
    rows = await record.rows(sql, *arguments)
    if not made.merges:
        return rows[:limit]
    once = {(row["facility"], row["id"]): row for row in sorted(rows, key=made.sorting())}
    return list(once.values())[:limit]


async def _rechecked(record: "Record", made: Plan, after: Position | None) -> AsyncIterator[Any]:
    """Candidates whose bodies meet the terms that no index decides. Raises TooCostly after MOST_CANDIDATES bodies."""
    looked_at = 0
    while True:
        rows = await _candidates(record, made, after, STEP)
        for row in rows:
            index = extract(decode_object(await record.store.open_frame(row["rtype"], row["id"], row["ver"], row["content"])))
            if all(matches(term, index) for term in made.rechecks):
                yield row
        looked_at += len(rows)
        if len(rows) < STEP:
            return
        if looked_at >= MOST_CANDIDATES:
            names = ", ".join(sorted({term.parameter.code for term in made.rechecks}))
            raise TooCostly(
                f"more than {MOST_CANDIDATES} resources would have to be read for '{names}'; add a patient, a code or a date"
            )
        after = Position.of(rows[-1])

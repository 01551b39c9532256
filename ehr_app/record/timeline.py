"""A chart in order of time: counted by kind and year in an index, read in windows, searched in its text.

The order is that of the facility's calendar, newest first: an instant stands at its local time, a bare date at the end of its day,
what has no date last. A window lies between two marks, so what is written elsewhere moves nothing out of it.
Bodies are read without the large files they name. What was entered in error is an event like any other.
"""

import unicodedata
from asyncio import sleep
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from ehr_app.record.codec import decode_object
from ehr_app.record.contents import NAMES, Kind
from ehr_app.record.filing import FILED_BY
from ehr_app.record.ids import uid
from ehr_app.standards.r4 import RTYPES

if TYPE_CHECKING:
    from ehr_app.record.door import Record

WINDOW = 100
MOST_SEARCHED = 20_000
MOST_FOUND = 1_000
AT_ONCE = 5
"""Windows that a search reads in one statement."""

# A bare date is kept as its UTC day, or a longer span that starts with one; it belongs to that day in every zone.
_BARE = "r.date_hi >= r.date_lo + interval '1 day' and (r.date_lo at time zone 'UTC')::time = '00:00'"
_DATED = "r.date_lo is not null and isfinite(r.date_lo)"
_STAMP = f"case when {_DATED} then r.date_lo at time zone case when {_BARE} then 'UTC' else $2 end end"
_MINE = f"r.patient = $1 and r.rtype <> {RTYPES['Patient']}"
_CHOSEN = """ and r.class in (select c.id from ehr.class c
 join unnest($3::smallint[], $4::text[]) k(rtype, category) on k.rtype = c.rtype and k.category = c.category)"""
_ORDER = "stamp desc nulls last, rtype, facility, id"

COUNTED = f"""select k.rtype, c.category, k.year, sum(k.n)::int as n from (
  select r.rtype, r.class, extract(year from {_STAMP})::int as year, count(*) as n from ehr.resource r
  where {_MINE} group by 1, 2, 3) k join ehr.class c on c.id = k.class group by 1, 2, 3"""
MARKS = f"""select stamp, rtype, facility, id, n from (
  select stamp, rtype, facility, id, row_number() over (order by {_ORDER}) as n from (
    select {_STAMP} as stamp, r.rtype, r.facility, r.id from ehr.resource r where {_MINE}{{chosen}}) e) m
 where n % {WINDOW} = 0 order by n"""
_COLUMNS = (
    f"r.facility, r.rtype, r.id, r.ver, r.updated, r.patient, r.access, r.class, r.content, {_STAMP} as stamp, {_BARE} as bare"
)
_BODIES = f"select {_COLUMNS} from ehr.resource r where {_MINE}{{chosen}} and {{reach}}"
_BETWEEN = """select e.*, c.category from ({bodies}) e join ehr.class c on c.id = e.class{after}
 order by {order}"""
KEYED = f"""select {_COLUMNS}, c.category from unnest($3::smallint[], $4::smallint[], $5::uuid[]) k(facility, rtype, id)
 join ehr.resource r on r.facility = k.facility and r.rtype = k.rtype and r.id = k.id join ehr.class c on c.id = r.class
 where {_MINE} order by stamp desc nulls last, r.rtype, r.facility, r.id"""


class Mark(NamedTuple):
    """A place in the order: local time (None: without a date) and key of one event."""

    stamp: datetime | None
    rtype: int
    facility: int
    id: UUID


class Count(NamedTuple):
    """How many events of a kind a year has; year None: without a date."""

    kind: Kind
    year: int | None
    n: int


@dataclass(frozen=True, slots=True)
class Order:
    """The events of one chart that are shown, in windows of `WINDOW`; small enough to be kept per reader.

    `ends` are the last events of full windows; `found`, when a text was searched, are all events instead.
    """

    total: int
    kinds: tuple[Kind, ...] | None = None
    ends: tuple[Mark, ...] = ()
    found: tuple[Mark, ...] | None = None


@dataclass(frozen=True, slots=True)
class Filed:
    """How the shown version arrived: kind and action of the access it was written under, by whom, when."""

    kind: str = ""
    action: str = ""
    display: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One resource of the chart. `bare`: a date without a time; `facility` is the name of where it is kept."""

    resource: dict[str, Any]
    kind: Kind
    stamp: datetime | None
    bare: bool
    facility: str
    updated: datetime
    filed: Filed


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for: folded words that all must occur, and the text of a resource in which they count."""

    words: tuple[str, ...]
    text: Callable[[dict[str, Any]], str]


@dataclass(frozen=True, slots=True)
class Found:
    """The outcome of a search: the hits in order and counted, how many bodies were read, whether older ones were left out."""

    order: Order
    counts: list[Count]
    searched: int
    cut: bool


def folded(text: str) -> str:
    """Return a text as it is compared: without case and without accents."""
    if text.isascii():
        return text.lower()
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))


async def counts(record: "Record", patient_id: str, zone: str) -> list[Count]:
    """Return how many events of each kind each year of the zone's calendar has."""
    rows = await record.rows(COUNTED, _patient(record, patient_id), zone)
    return [Count(Kind(NAMES[row["rtype"]], row["category"]), row["year"], row["n"]) for row in rows]


async def order(record: "Record", patient_id: str, zone: str, total: int, kinds: Sequence[Kind] | None = None) -> Order:
    """Return the windows of all events, or of those of `kinds`; `total` is what `counts` told of them."""
    if total < WINDOW:
        return Order(total, None if kinds is None else tuple(kinds))
    chosen, given = _chosen(kinds)
    rows = await record.rows(MARKS.format(chosen=chosen), _patient(record, patient_id), zone, *given)
    ends = tuple(Mark(row["stamp"], row["rtype"], row["facility"], row["id"]) for row in rows)
    return Order(total, None if kinds is None else tuple(kinds), ends)


async def read(record: "Record", patient_id: str, zone: str, shown: Order, first: int, windows: int = 1) -> list[Event]:
    """Return the events of some windows from window `first` on, in order."""
    if shown.found is not None:
        marks = shown.found[first * WINDOW : (first + windows) * WINDOW]
        keys = [[mark.facility for mark in marks], [mark.rtype for mark in marks], [mark.id for mark in marks]]
        rows = await record.rows(KEYED, _patient(record, patient_id), zone, *keys)
    else:
        rows = await _rows(record, patient_id, zone, shown, first, windows)
    return await _events(record, rows)


async def search(record: "Record", patient_id: str, zone: str, shown: Order, asked: Search) -> Found:
    """Return the events whose text has every word, the newest first; reads at most the newest `MOST_SEARCHED`."""
    hits: list[Mark] = []
    tally: Counter[tuple[Kind, int | None]] = Counter()
    searched, cut = 0, False
    for first in range(0, len(shown.ends) + 1, AT_ONCE):
        if cut := cut or searched >= MOST_SEARCHED:
            break
        rows = await _rows(record, patient_id, zone, shown, first, AT_ONCE)
        searched += len(rows)
        for row in rows:
            if await _says(record, row, asked):
                if cut := len(hits) == MOST_FOUND:
                    break
                hits.append(Mark(row["stamp"], row["rtype"], row["facility"], row["id"]))
                tally[Kind(NAMES[row["rtype"]], row["category"]), row["stamp"].year if row["stamp"] else None] += 1
        await sleep(0)  # others are served between two reads
    if searched:
        record.saw(_patient(record, patient_id), searched)
    told = [Count(kind, year, n) for (kind, year), n in tally.items()]
    return Found(Order(len(hits), shown.kinds, (), tuple(hits)), told, searched, cut)


async def _says(record: "Record", row: Any, asked: Search) -> bool:
    """Say whether a body has the words; most are ruled out before they are parsed."""
    raw = await record.store.open_frame(row["rtype"], row["id"], row["ver"], row["content"])
    if not _all(asked.words, folded(raw.decode())):
        return False
    return _all(asked.words, folded(asked.text(decode_object(raw))))


def _all(words: Sequence[str], text: str) -> bool:
    return all(word in text for word in words)


async def _rows(record: "Record", patient_id: str, zone: str, shown: Order, first: int, windows: int) -> list[Any]:
    """The rows between the marks before window `first` and after the last one asked for; the driver sees two branches at most."""
    ends = shown.ends
    if first > len(ends):
        return []
    after = ends[first - 1] if first else None
    last = ends[first + windows - 1] if first + windows <= len(ends) else None
    chosen, arguments = _chosen(shown.kinds)
    arguments = [_patient(record, patient_id), zone, *arguments]

    def bind(value: Any) -> str:
        arguments.append(value)
        return f"${len(arguments)}"

    # A zone is at most 14 hours from UTC and a bare date stands in its own day: a day on either side holds every candidate.
    dated = [_DATED]
    if after is not None and after.stamp is not None:
        dated.append(f"r.date_lo <= ({bind(after.stamp)}::timestamp at time zone 'UTC') + interval '1 day'")
    if last is not None and last.stamp is not None:
        dated.append(f"r.date_lo >= ({bind(last.stamp)}::timestamp at time zone 'UTC') - interval '1 day'")
    branches = []
    if after is None or after.stamp is not None:
        branches.append(_BODIES.format(chosen=chosen, reach=" and ".join(dated)))
    if last is None or last.stamp is None:
        branches.append(_BODIES.format(chosen=chosen, reach=f"(r.date_lo is null or not ({_DATED}))"))
    limits = [f"({_place(mark, bind, side)})" for mark, side in ((after, ">"), (last, "<=")) if mark is not None]
    where = f" where {' and '.join(limits)}" if limits else ""
    sql = _BETWEEN.format(bodies=" union all ".join(branches), after=where, order=_ORDER)
    return await record.rows(sql, *arguments)


def _place(mark: Mark, bind: Callable[[Any], str], side: str) -> str:
    """The condition that an event stands after a mark (`>`), or at it or before (`<=`)."""
    key = (
        f"(e.rtype, e.facility, e.id) {side} ({bind(mark.rtype)}::smallint, {bind(mark.facility)}::smallint, {bind(mark.id)}::uuid)"
    )
    if mark.stamp is None:
        return f"e.stamp is null and {key}" if side == ">" else f"e.stamp is not null or {key}"
    stamp = f"{bind(mark.stamp)}::timestamp"
    if side == ">":
        return f"e.stamp is null or e.stamp < {stamp} or (e.stamp = {stamp} and {key})"
    return f"e.stamp > {stamp} or (e.stamp = {stamp} and {key})"


async def _events(record: "Record", rows: Sequence[Any]) -> list[Event]:
    written = {row["access"]: row["updated"] for row in rows}
    told = await record.rows(FILED_BY, list(written), list(written.values())) if written else []
    filed = {row["access"]: Filed(row["kind"], row["action"], row["display"] or "", row["at"]) for row in told}
    names = {facility.number: facility.name for facility in record.store.audit.facilities.values()}
    found = []
    for row in rows:
        raw = await record.store.open_frame(row["rtype"], row["id"], row["ver"], row["content"])
        record.saw(row["patient"])
        where, how = names.get(row["facility"], ""), filed.get(row["access"], Filed())
        kind = Kind(NAMES[row["rtype"]], row["category"])
        found.append(Event(decode_object(raw), kind, row["stamp"], bool(row["bare"]), where, row["updated"], how))
    return found


def _chosen(kinds: Sequence[Kind] | None) -> tuple[str, list[Any]]:
    if kinds is None:
        return "", []
    return _CHOSEN, [[RTYPES[kind.type] for kind in kinds], [kind.category for kind in kinds]]


def _patient(record: "Record", patient_id: str) -> UUID:
    return uid(record.facility_number, "Patient", patient_id)

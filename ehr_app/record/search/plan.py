"""From a query to SQL: fixed texts put together by shape, every value bound, every row through `ehr.resource` and its policy.

Plan: what narrows most drives (ids, an encounter, the patient, an equality in `eq`), the rest filters. `eq` and the patient's
indexes are walked in the order of the page, so a page costs what it shows. Rows without a date come last, in either direction. Only
operators that PostgreSQL calls leak-proof can use an index under row-level security; array filters run on rows already found.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from ehr_app.record.rows import UNDATED, date_param
from ehr_app.record.search import hashes
from ehr_app.record.search.branches import COLUMNS, EQ, RESOURCE, Branch, branches
from ehr_app.record.search.conditions import Binder, bounds, date_condition, instant_condition, number_condition
from ehr_app.record.search.cursor import Position
from ehr_app.record.search.hashes import Hash
from ehr_app.record.search.query import Query, Term
from ehr_app.record.search.values import DateValue, NumberValue
from ehr_app.standards.promote import MAIN_DATES, OTHER_DATES

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Plan:
    """A query as branches that are merged, conditions that all rows meet, and terms that need the body."""

    order: str  # "date" or "updated"
    descending: bool
    branches: list[Branch]
    conditions: list[str]
    arguments: list[Any]
    rechecks: list[Term] = field(default_factory=list)
    dated_only: bool = False
    bounds: list[tuple[str, datetime]] = field(default_factory=list)
    """What the conditions imply for the main date, and whether they exclude rows without one."""

    def page(self, after: Position | None, limit: int) -> tuple[str, list[Any]]:
        """Return the statement for the next `limit` rows after a position; the caller merges and drops repeats."""
        bind = Binder(list(self.arguments))
        parts: list[str] = []
        for branch in self.branches:
            parts += self._parts(branch, after, limit, bind)
        return " union all ".join(f"({part})" for part in parts), bind.arguments

    @property
    def merges(self) -> bool:
        """Tell whether a page comes from several selects, whose order the caller makes."""
        return len(self.branches) > 1 or (self.order == "date" and self.branches[0].ordered and not self.dated_only)

    def count(self) -> tuple[str, list[Any]]:
        """Return the statement that counts the matches, each once."""
        parts = [
            f"select r.facility, r.id from {branch.source} where {' and '.join([*branch.conditions, *self.conditions])}"
            for branch in self.branches
        ]
        once = len(parts) == 1 and self.branches[0].source is RESOURCE
        if once:
            return f"select count(*) from ({parts[0]}) x", self.arguments
        return f"select count(*) from (select distinct facility, id from ({' union all '.join(parts)}) x) y", self.arguments

    def _parts(self, branch: Branch, after: Position | None, limit: int, bind: Binder) -> list[str]:
        if self.order == "updated":
            return [self._select(branch, "r.updated", "r.id", "", after, limit, bind)]
        column, key = ("e.date", "e.id") if branch.source is EQ else ("r.date_lo", "r.id")
        if not branch.ordered:
            return [self._select(branch, column, key, "any", after, limit, bind)]
        parts = []
        if after is None or after.at is not None:
            parts.append(self._select(branch, column, key, "dated", after, limit, bind))
        if self.dated_only:
            return parts
        undated = after if after is not None and after.at is None else None
        return [*parts, self._select(branch, column, key, "undated", undated, limit, bind)]

    def _select(self, branch: Branch, column: str, key: str, which: str, after: Position | None, limit: int, bind: Binder) -> str:
        where = [*branch.conditions, *self.conditions]
        if which in ("dated", "undated"):
            where.append(f"{column} is {'not null' if which == 'dated' else 'null'}")
        if self.order == "date" and which != "undated":
            where += [f"{column} {comparison} {bind(at)}" for comparison, at in self.bounds]
        if after is not None:
            where.append(self._following(column, key, which, after, bind))
        distinct = f"distinct on ({column}, {key}) " if branch.source is EQ else ""
        return (
            f"select {distinct}{COLUMNS}, {column} as at from {branch.source} where {' and '.join(where)}"
            f" order by {self._ordering(branch, column, key, which)} limit {limit:d}"
        )

    def _ordering(self, branch: Branch, column: str, key: str, which: str) -> str:
        """The order of the page, in words that let an index give it."""
        if self.order == "updated":
            return f"{column} desc, {key} desc" if self.descending else f"{column}, {key}"
        if which == "any":
            return f"{column} desc nulls last, {key}" if self.descending else f"{column} nulls last, {key} desc"
        if branch.source is EQ:
            return f"{column} desc nulls last, {key}" if self.descending else f"{column} nulls first, {key} desc"
        return f"{column} desc, {key}" if self.descending else f"{column}, {key} desc"

    def _following(self, column: str, key: str, which: str, after: Position, bind: Binder) -> str:
        down = self.descending
        key_after = (
            f"{key} {'>' if self.order == 'date' and down or self.order == 'updated' and not down else '<'} {bind(after.id)}"
        )
        if which == "undated" or after.at is None:
            return f"{column} is null and {key_after}" if which == "any" else key_after
        at = bind(after.at)
        beyond = f"{column} {'<=' if down else '>='} {at} and ({column} {'<' if down else '>'} {at} or {key_after})"
        return f"({column} is null or ({beyond}))" if which == "any" else beyond

    def sorting(self) -> Callable[[Any], Any]:
        """Return the key by which merged rows stand in page order."""
        sign = -1 if self.descending else 1
        key_sign = sign if self.order == "updated" else -sign

        def place(row: Any) -> Any:
            at, key = Position.of(row)
            return (at is None, timedelta(0) if at is None else sign * (at - EPOCH), key_sign * key.int)

        return place


def plan(query: Query, h: Hash, facility: int) -> Plan:
    """Return how to answer a query; `facility` is where ids and references are looked up, beside the network."""
    bind = Binder([])
    made = Plan(query.sort or "date", query.descending, [], [], bind.arguments)
    equalities: list[tuple[Term, list[int]]] = []
    for term in query.terms:
        found = hashes.hashes(h, query.rtype, term)
        if found is None:
            _measure(made, term, h, query.rtype, bind)
            continue
        if term.modifier == "not":
            made.conditions.append(f"not (r.tokens && {bind(found)})")
            continue
        equalities.append((term, found))
        if not hashes.exact(term):
            made.rechecks.append(term)
    made.branches = branches(query, equalities, h, facility, bind)
    for _, found in equalities:
        made.conditions.append(f"r.tokens && {bind(found)}")
    if not query.sort and _walks_the_type(made, query):
        made.order = "updated"
    return made


def _walks_the_type(made: Plan, query: Query) -> bool:
    """Tell whether nothing narrows the type and the time of change is the better order: it is asked for, or there is no date."""
    dated = query.rtype in MAIN_DATES or query.rtype in OTHER_DATES
    changed = any(term.parameter.code == "_lastUpdated" for term in query.terms)
    return made.branches[0].whole_type and (changed or not dated)


def _measure(made: Plan, term: Term, h: Hash, rtype: str, bind: Binder) -> None:
    """Add the condition of a date, number or quantity; what has no condition is decided on the body."""
    parameter = term.parameter
    if parameter.code == "_lastUpdated":
        made.conditions.append(_any(instant_condition(v, "r.updated", bind) for v in term.values if isinstance(v, DateValue)))
        return
    if term.missing is None and parameter.type == "date":
        if parameter.stored == (date_param(rtype),):
            made.conditions.append(
                _any(date_condition(v, "r.date_lo", "r.date_hi", bind) for v in term.values if isinstance(v, DateValue))
            )
            made.dated_only = True
            if len(term.values) == 1 and isinstance(term.values[0], DateValue):
                made.bounds += bounds(term.values[0])
            if len(MAIN_DATES[rtype]) > 1 or rtype in OTHER_DATES:
                made.conditions.append(f"not (r.tokens && {bind([h(UNDATED, rtype)])})")
            return
        inside = _any(date_condition(v, "d.lo", "d.hi", bind) for v in term.values if isinstance(v, DateValue))
        made.conditions.append(_measured("dat d", "d", [h("d", rtype, s) for s in parameter.stored], inside, bind))
        return
    made.rechecks.append(term)
    if term.missing is None and parameter.type in ("number", "quantity"):
        inside = _any(number_condition(v, "d.val", bind) for v in term.values if isinstance(v, NumberValue))
        made.conditions.append(_measured("qty d", "d", [h("q", rtype, s) for s in parameter.stored], inside, bind))


def _measured(table: str, alias: str, found: list[int], inside: str, bind: Binder) -> str:
    return (
        f"exists (select 1 from ehr.{table} where {alias}.h = any({bind(found)}) and {alias}.facility = r.facility"
        f" and {alias}.rtype = r.rtype and {alias}.id = r.id and {inside})"
    )


def _any(conditions: Any) -> str:
    return "(" + " or ".join(conditions) + ")"

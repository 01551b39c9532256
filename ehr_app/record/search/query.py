r"""From the parameters of a search to a tree of terms that knows nothing of SQL.

Spec: https://hl7.org/fhir/R4/search.html (4.0.1). Each named parameter is one term; terms are joined by AND, the comma-separated
values of one term by OR. Not read here: `_elements`, `_summary` other than `count`, `_format`, `_pretty`: the edge shapes answers.
Errors name the parameter and never its value.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from ehr_app.errors import BadRequest, TooCostly, UnknownParameter
from ehr_app.record.rows import date_param
from ehr_app.record.search.values import READERS, TextValue, Value, reference, split
from ehr_app.standards.extract import fold
from ehr_app.standards.r4 import RTYPES
from ehr_app.standards.search_parameters import SearchParameter, parameters

DEFAULT_COUNT, MOST = 50, 1000
MOST_TERMS, MOST_VALUES = 50, 1000
EDGE = frozenset(("_elements", "_summary", "_format", "_pretty"))
MODIFIERS = {
    "token": ("not", "missing"),
    "reference": ("missing",),
    "date": ("missing",),
    "string": ("exact", "contains", "missing"),
    "uri": ("missing",),
    "number": ("missing",),
    "quantity": ("missing",),
}
LATER = {
    "_has": "reverse chaining",
    "_text": "full-text search",
    "_content": "full-text search",
    "_list": "list search",
    "_filter": "filter expressions",
    "_query": "named queries",
    "_contained": "search in contained resources",
    "_containedType": "search in contained resources",
}


@dataclass(frozen=True, slots=True)
class Term:
    """One parameter: any of `values` must match (`missing`: the element is absent, or is not)."""

    parameter: SearchParameter
    modifier: str | None
    values: tuple[Value, ...]
    missing: bool | None = None


@dataclass(frozen=True, slots=True)
class Include:
    """`_include` and `_revinclude`: resources of `source` name others by `parameter` (None: by any); `target` narrows."""

    source: str
    parameter: SearchParameter | None
    target: str | None


@dataclass(slots=True)
class Query:
    """A search of one type."""

    rtype: str
    terms: list[Term] = field(default_factory=list)
    ids: tuple[str, ...] | None = None
    count: int = DEFAULT_COUNT
    sort: str = ""
    """"date": the type's main date, "updated": `_lastUpdated`, "": the caller does not care"""
    descending: bool = True
    total: bool = False
    only_total: bool = False
    includes: list[Include] = field(default_factory=list)
    revincludes: list[Include] = field(default_factory=list)
    applied: list[tuple[str, str]] = field(default_factory=list)

    def digest(self) -> str:
        """Return what a cursor is bound to: the same parameters give the same text."""
        return sha256(repr((self.rtype, self.applied)).encode("utf-8", "surrogatepass")).hexdigest()


def parse(rtype: str, params: Sequence[tuple[str, str]], *, lenient: bool = False) -> Query:
    """Read the parameters of a search; with `lenient`, what is not understood is dropped and missing from `applied`.

    Raises UnknownParameter, BadRequest or TooCostly, naming the parameter.
    """
    if rtype not in RTYPES:
        raise BadRequest("this is not an R4 resource type")
    if len(params) > MOST_TERMS:
        raise TooCostly(f"at most {MOST_TERMS} parameters are read in one search")
    query = Query(rtype)
    for name, value in params:
        try:
            _read(query, name, value)
        except UnknownParameter:
            if lenient:
                continue
            raise
        query.applied.append((name, value))
    return query


def _read(query: Query, name: str, value: str) -> None:
    if name in EDGE:
        if name == "_summary" and value == "count":
            query.only_total = query.total = True
        return
    if value == "":
        raise BadRequest(f"the parameter '{shown(name)}' has no value")
    base, _, modifier = name.partition(":")
    if base in ("_count", "_sort", "_total") and modifier:
        raise UnknownParameter(f"the parameter '{base}' takes no modifier")
    if base == "_count":
        query.count = _count(value)
    elif base == "_sort":
        _sort(query, value)
    elif base == "_total":
        if value not in ("none", "estimate", "accurate"):
            raise BadRequest("the value of '_total' is none, estimate or accurate")
        query.total = query.only_total or value != "none"
    elif base in ("_include", "_revinclude"):
        _include(query, base, modifier, value)
    else:
        _term(query, name, base, modifier or None, value)


def _count(value: str) -> int:
    if re.fullmatch(r"\d{1,9}", value, re.ASCII) is None:
        raise BadRequest("the value of '_count' is not a whole number")
    return min(int(value), MOST)


def _sort(query: Query, value: str) -> None:
    if query.sort:
        raise BadRequest("the parameter '_sort' is given twice")
    name = value.removeprefix("-")
    if name == "_lastUpdated":
        query.sort = "updated"
    elif name == date_param(query.rtype):
        query.sort = "date"
    else:
        known = [n for n in (date_param(query.rtype), "_lastUpdated") if n]
        raise UnknownParameter(f"'_sort' of {query.rtype} takes one of {', '.join(known)}, with or without a minus sign")
    query.descending = value.startswith("-")


def _include(query: Query, name: str, modifier: str, value: str) -> None:
    if modifier:
        raise UnknownParameter(f"the parameter '{name}' takes no modifier here; ':iterate' is not supported")
    parts = value.split(":")
    if len(parts) > 3 or parts[0] not in RTYPES or (len(parts) > 2 and parts[2] not in RTYPES):
        raise BadRequest(f"the value of '{name}' has the form Type:parameter or Type:parameter:TargetType")
    source, code, target = parts[0], parts[1] if len(parts) > 1 else "", parts[2] if len(parts) > 2 else None
    parameter = None
    if code != "*":
        parameter = parameters(source).get(code)
        if parameter is None or parameter.type != "reference" or not parameter.stored:
            raise BadRequest(f"the value of '{name}' names no reference parameter of {source}")
    elif name == "_revinclude":
        raise UnknownParameter("the parameter '_revinclude' takes no '*'")
    if name == "_include" and source != query.rtype:
        raise BadRequest(f"the value of '_include' begins with {query.rtype}, the type that is searched")
    (query.includes if name == "_include" else query.revincludes).append(Include(source, parameter, target))


def _term(query: Query, name: str, base: str, modifier: str | None, value: str) -> None:
    if "." in name:
        raise UnknownParameter(f"the parameter '{shown(name)}' is a chain; chained search is not supported")
    if base in LATER:
        raise UnknownParameter(f"the parameter '{base}' is not supported ({LATER[base]})")
    parameter = parameters(query.rtype).get(base)
    if parameter is None:
        raise UnknownParameter(f"{query.rtype} has no search parameter '{shown(base)}'")
    values = split(value, ",")
    if len(values) > MOST_VALUES:
        raise TooCostly(f"the parameter '{base}' takes at most {MOST_VALUES} values")
    if base == "_id":
        _ids(query, modifier, values)
        return
    if not parameter.stored and base != "_lastUpdated":
        raise UnknownParameter(f"the parameter '{base}' of {query.rtype} is not supported ({parameter.type})")
    if modifier == "missing" and base != "_lastUpdated":
        query.terms.append(_missing(parameter, value))
        return
    target = modifier if parameter.type == "reference" and modifier in RTYPES else None
    if modifier is not None and target is None and modifier not in MODIFIERS.get(parameter.type, ()):
        raise UnknownParameter(f"the modifier ':{shown(modifier)}' of '{base}' is not supported")
    query.terms.append(Term(parameter, None if target else modifier, tuple(_values(parameter, target, values))))


def _ids(query: Query, modifier: str | None, values: list[str]) -> None:
    if modifier is not None:
        raise UnknownParameter("the parameter '_id' takes no modifier")
    query.ids = tuple(v for v in dict.fromkeys(values) if query.ids is None or v in query.ids)


def _missing(parameter: SearchParameter, value: str) -> Term:
    if value not in ("true", "false"):
        raise BadRequest(f"the value of '{parameter.code}:missing' is true or false")
    return Term(parameter, None, (), missing=value == "true")


def _values(parameter: SearchParameter, target: str | None, values: Iterable[str]) -> Iterable[Value]:
    for text in dict.fromkeys(values):
        read: Value | None = None
        if text:
            is_reference = parameter.type == "reference"
            read = reference(text, parameter, target) if is_reference else READERS[parameter.type](text)
        if read is None or (isinstance(read, TextValue) and not fold(read.text)):
            raise BadRequest(f"a value of the parameter '{parameter.code}' is not a {parameter.type}")
        yield read


def shown(name: str) -> str:
    """Return a parameter's name if it looks like one, else a mark: names come from outside and go into error texts."""
    return name if re.fullmatch(r"[A-Za-z0-9_.:-]{1,80}", name) else "…"

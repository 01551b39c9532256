"""Where a search starts: the tables and conditions that find its candidates, the narrowest first.

Ids, then an identifier, an encounter, the patient, another reference, and so on down to a status; without any of them, the type.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ehr_app.record.ids import uid
from ehr_app.record.rows import code_param
from ehr_app.record.search import hashes
from ehr_app.record.search.conditions import Binder
from ehr_app.record.search.hashes import Hash
from ehr_app.record.search.query import Query, Term
from ehr_app.record.search.values import ReferenceValue, TokenValue
from ehr_app.standards.r4 import RTYPES
from ehr_app.standards.search_parameters import parameters

COLUMNS = "r.facility, r.rtype, r.id, r.ver, r.updated, r.patient, r.content"
RESOURCE = "ehr.resource r"
EQ = "ehr.eq e join ehr.resource r on r.facility = e.facility and r.rtype = e.rtype and r.id = e.id"
MOST_WALKED = 4
"""Up to so many equal values are walked one by one in page order; more are gathered and sorted."""

WEAK = frozenset(
    (
        "status",
        "category",
        "clinical-status",
        "verification-status",
        "intent",
        "gender",
        "active",
        "class",
        "_tag",
        "_security",
        "_profile",
        "_source",
        "address-use",
        "address-country",
        "priority",
        "deceased",
        "language",
        "type",
    )
)
"""Parameters that many rows share: the last ones to start from."""

COLUMN_OF = {"Encounter": "r.encounter", "Patient": "r.patient"}
"""The promoted columns, the narrower first."""

Equality = tuple[Term, list[int]]


@dataclass(frozen=True, slots=True)
class Branch:
    """One way to candidates: its tables, the conditions that find them, and whether an index has them in page order."""

    source: str
    conditions: tuple[str, ...]
    ordered: bool = True
    whole_type: bool = False


def branches(query: Query, equalities: Sequence[Equality], h: Hash, facility: int, bind: Binder) -> list[Branch]:
    """Return the ways that together find every match; each match may be found by several.

    Shape: `equalities` are terms with their hashes; `facility` is where ids are looked up, for `_id` the network too.
    """
    typed = f"r.rtype = {RTYPES[query.rtype]:d}"
    if query.ids is not None:
        keys = [uid(f, query.rtype, i) for i in query.ids for f in {facility, 0}]
        return [Branch(RESOURCE, (f"r.facility = any({bind([facility, 0])}) and {typed} and r.id = any({bind(keys)})",), False)]
    if not equalities:
        return [Branch(RESOURCE, (typed,), whole_type=True)]
    term, found = min(equalities, key=lambda pair: _rank(pair[0]))
    owned = _owned(term)
    if not owned:
        return _equal(hashes.driving(h, query.rtype, term, found), bind)
    ways = []
    for owner, ids in owned.items():
        keys = [uid(facility, owner, i) for i in ids]
        column = COLUMN_OF[owner]
        conditions = [f"{column} = {bind(keys[0])}" if len(keys) == 1 else f"{column} = any({bind(keys)})", typed]
        code = _code_condition(query.rtype, equalities, h, bind) if owner == "Patient" else None
        ordered = owner == "Patient" and len(keys) == 1 and code is None
        ways.append(Branch(RESOURCE, (*conditions, code) if code else tuple(conditions), ordered))
    complete = len(owned) == 1 and len(next(iter(owned.values()))) == len(found)
    if not complete or not _always_promoted(query.rtype, term, next(iter(owned))):
        ways += _equal(found, bind)
    return ways


def _rank(term: Term) -> tuple[int, int]:
    """How few rows a term is likely to leave, fewest first."""
    code, kind = term.parameter.code, term.parameter.type
    if code == "identifier":
        return 0, len(term.values)
    if code in WEAK:
        return 7, len(term.values)
    if kind == "reference":
        owned, literals = _owned(term), _literals(term)
        for place, owner in enumerate(COLUMN_OF, start=1):
            if len(owned.get(owner, ())) == len(literals):
                return place, len(literals)
        return 3, len(literals)
    return {"string": 4, "token": 5, "uri": 6}[kind], len(term.values)


def _literals(term: Term) -> list[str]:
    return [literal for v in term.values if isinstance(v, ReferenceValue) for literal in v.literals]


def _owned(term: Term) -> dict[str, list[str]]:
    """The ids of patients and encounters that a reference term names, by type: promoted columns can find them."""
    found: dict[str, list[str]] = {}
    for literal in dict.fromkeys(_literals(term)):
        rtype, _, fhir_id = literal.partition("/")
        if rtype in COLUMN_OF:
            found.setdefault(rtype, []).append(fhir_id)
    return found


def _code_condition(rtype: str, equalities: Sequence[Equality], h: Hash, bind: Binder) -> str | None:
    code = code_param(rtype)
    for term, _ in equalities:
        if term.parameter.stored == (code,) and all(isinstance(v, TokenValue) for v in term.values):
            return f"r.code = any({bind(hashes.code_hashes(h, rtype, term))})"
    return None


def _equal(found: list[int], bind: Binder) -> list[Branch]:
    if 0 < len(found) <= MOST_WALKED:
        return [Branch(EQ, (f"e.h = {bind(h)}",)) for h in found]
    return [Branch(EQ, (f"e.h = any({bind(found)})",), ordered=False)]


def _always_promoted(rtype: str, term: Term, owner: str) -> bool:
    """Tell whether every row that names such an owner by this parameter has it in the promoted column."""
    parameter = term.parameter
    first = "encounter"
    if owner == "Patient":
        first = next((c for c in ("subject", "patient") if c in parameters(rtype)), "")
        first = parameters(rtype)[first].stored[0] if first else ""
    single = all(not step.many for path in parameter.paths for step in path.steps)
    return parameter.stored == (first,) and len(parameter.paths) == 1 and single

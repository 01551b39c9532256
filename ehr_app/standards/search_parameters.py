"""The search parameters of R4 (and US Core), resolved to the JSON properties they read.

Source: `ehr_app/standards/r4/search_parameters.tsv`, from https://hl7.org/fhir/R4/searchparameter-registry.html.
Expressions in use are few (paths, `|`, `ofType`, `where(a='b')`, `where(resolve() is X)`); the rest is in `BY_HAND`.
Nothing here looks at a resource; `extract.py` compiles these paths.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

from ehr_app.standards import r4

LEAVES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "token": frozenset(
            [
                "code",
                "Coding",
                "CodeableConcept",
                "Identifier",
                "ContactPoint",
                "boolean",
                "string",
                "uri",
                "id",
                "canonical",
                "url",
                "oid",
                "uuid",
            ]
        ),
        "reference": frozenset(["Reference", "canonical", "uri", "url", "oid", "uuid"]),
        "date": frozenset(["date", "dateTime", "instant", "Period", "Timing"]),
        "string": frozenset(["string", "markdown", "HumanName", "Address"]),
        "uri": frozenset(["uri", "url", "canonical", "oid", "uuid"]),
        "quantity": frozenset(["Quantity", "Age", "Count", "Distance", "Duration", "Money", "Range", "SampledData"]),
        "number": frozenset(["decimal", "integer", "positiveInt", "unsignedInt", "Range"]),
    }
)
"""Search type -> the data types it can index; other types of a choice element are left out."""

BY_COLUMN = frozenset({"_id", "_lastUpdated"})
"""Parameters the store answers from its own columns; they have no index rows."""

BY_HAND = frozenset({("Patient", "deceased"), ("Bundle", "composition"), ("Bundle", "message")})
"""Parameters whose expression is outside the compiled forms and whose rows `extract.py` writes by hand."""


@dataclass(frozen=True, slots=True)
class Step:
    """One JSON property on the way; `many` when it is an array; `where` keeps items whose property has the value."""

    name: str
    many: bool
    where: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Path:
    """The properties from the resource to a leaf, the leaf's data type, and the type a reference must resolve to."""

    steps: tuple[Step, ...]
    type: str
    targets: tuple[str, ...] = ()
    resolves_to: str = ""


@dataclass(frozen=True, slots=True)
class SearchParameter:
    """One search parameter of one resource type."""

    code: str
    type: str
    expression: str
    paths: tuple[Path, ...]
    targets: tuple[str, ...]
    """Reference parameters: the types to look for; when `stored` names another parameter, filter by these."""
    base: str
    url: str
    stored: tuple[str, ...]
    """The codes its index rows are written under; empty when nothing is indexed (composite, special, columns)."""


@cache
def parameters(rtype: str) -> Mapping[str, SearchParameter]:
    """Every search parameter of a resource type, by code, common ones (`_tag` ...) included.

    Shape: sorted by code. Raises KeyError for an unknown type.
    """
    if rtype not in r4.RTYPES:
        raise KeyError(rtype)
    found = {p.code: p for base in ("Resource", rtype) for p in _of_base(rtype, base)}
    return MappingProxyType({code: replace(p, stored=_stored(p, found)) for code, p in sorted(found.items())})


@cache
def _table() -> Mapping[str, list[list[str]]]:
    by_base: dict[str, list[list[str]]] = {}
    for row in r4.rows("search_parameters.tsv"):
        by_base.setdefault(row[0], []).append(row)
    return by_base


def _of_base(rtype: str, base: str) -> Iterator[SearchParameter]:
    for _, code, kind, expression, targets, url in _table().get(base, []):
        paths = tuple(dict.fromkeys(_paths(rtype, expression, kind)))
        yield SearchParameter(
            code=code,
            type=kind,
            expression=expression,
            paths=paths,
            targets=_targets(paths, targets) if kind == "reference" else (),
            base=rtype,
            url=url,
            stored=(),
        )


def _targets(paths: tuple[Path, ...], declared: str) -> tuple[str, ...]:
    """What the elements allow, narrowed by `resolve() is X` and by the declared targets where they overlap."""
    allowed: set[str] = set()
    for path in paths:
        if path.resolves_to:
            allowed.add(path.resolves_to)
        elif not path.targets:
            allowed.update(declared.split(",") if declared else r4.RTYPES)
        else:
            allowed.update(path.targets)
    both = allowed.intersection(declared.split(",")) if declared else allowed
    return tuple(sorted((both or allowed) & r4.RTYPES.keys()))


def _paths(rtype: str, expression: str, kind: str) -> Iterator[Path]:
    leaves = LEAVES.get(kind)
    if leaves is None:
        return
    for alternative in expression.split(" | "):
        if not _readable(alternative):
            continue
        for path in _walk(rtype, list(_tokens(alternative))):
            if path.type in leaves:
                yield path


def _readable(alternative: str) -> bool:
    return re.search(r"\[\d|\.exists\(|\.not\(| and | or ", alternative) is None


def _tokens(alternative: str) -> Iterator[str]:
    """The dotted steps of one alternative, grouping brackets removed (`(A.b.ofType(C)).d` -> A, b, ofType(C), d)."""
    depth, current, grouped = 0, "", 0
    for char in alternative:
        if char == "(" and not current:
            grouped += 1
        elif char == ")" and grouped and depth == 0:
            grouped -= 1
        elif char == "." and depth == 0:
            yield current
            current = ""
        else:
            depth += (char == "(") - (char == ")")
            current += char
    yield current


def _walk(rtype: str, tokens: list[str]) -> list[Path]:
    paths = [Path((), rtype)]
    for token in tokens[1:] if tokens[0] in (rtype, "Resource") else tokens:
        name, _, argument = token.partition("(")
        argument = argument[:-1]
        if name in ("ofType", "as"):
            paths = [p for p in paths if p.type == argument]
        elif name == "where" and (resolved := re.fullmatch(r"resolve\(\) is (\w+)", argument)):
            paths = [replace(p, resolves_to=resolved[1]) for p in paths]
        elif name == "where" and (equal := re.fullmatch(r"(\w+) ?= ?'([^']*)'", argument)):
            paths = [_filtered(p, (equal[1], equal[2])) for p in paths]
        else:
            paths = [longer for p in paths for longer in _step(p, token)]
    return paths


def _filtered(path: Path, where: tuple[str, str]) -> Path:
    return replace(path, steps=(*path.steps[:-1], replace(path.steps[-1], where=where)))


def _step(path: Path, name: str) -> Iterator[Path]:
    """The path made longer by one property; a choice element gives one path for each of its types."""
    if path.type in r4.PRIMITIVES:
        return
    element = r4.children(path.type).get(name)
    if element is not None:
        for own, kind in element.properties():
            yield Path((*path.steps, Step(own, element.many)), kind.code, kind.targets)
    elif found := r4.property_of(path.type, name):
        yield Path((*path.steps, Step(name, found[0].many)), found[1].code, found[1].targets)


def _reads(parameter: SearchParameter) -> frozenset[tuple[tuple[Step, ...], str]]:
    return frozenset((path.steps, path.type) for path in parameter.paths)


def _stored(parameter: SearchParameter, every: Mapping[str, SearchParameter]) -> tuple[str, ...]:
    """Under which codes the rows are: its own, its wider twin's, or those of the parameters it unites."""
    if (parameter.base, parameter.code) in BY_HAND:
        return (parameter.code,)
    if parameter.code in BY_COLUMN or not parameter.paths:
        return ()
    own = _reads(parameter)
    peers = [p for p in every.values() if p.type == parameter.type and p.paths and p.code not in BY_COLUMN]
    twins = [p for p in peers if _reads(p) == own]
    first = min(twins, key=lambda p: (any(path.resolves_to for path in p.paths), len(p.code), p.code))
    if first.code != parameter.code:
        return (first.code,)
    parts = [p for p in peers if _reads(p) < own and not any(path.resolves_to for path in p.paths)]
    if parts and frozenset().union(*map(_reads, parts)) == own:
        return tuple(sorted({code for p in parts for code in _stored(p, every)}))
    return (parameter.code,)

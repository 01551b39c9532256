"""The structure of R4 (4.0.1): resource types, elements, required codes, the patient compartment.

Source: the tables in `ehr_app/standards/r4/`, written by `generate.py` from https://hl7.org/fhir/R4/ (CC0).
Nothing here looks at a resource; `validation.py` and `extract.py` do.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

VERSION = "4.0.1"

PRIMITIVES = frozenset(
    [
        "base64Binary",
        "boolean",
        "canonical",
        "code",
        "date",
        "dateTime",
        "decimal",
        "id",
        "instant",
        "integer",
        "markdown",
        "oid",
        "positiveInt",
        "string",
        "time",
        "unsignedInt",
        "uri",
        "url",
        "uuid",
        "xhtml",
    ]
)


@dataclass(frozen=True, slots=True)
class ElementType:
    """One type an element may have. `code` is a data type, a resource type, or the path of a nested element."""

    code: str
    targets: tuple[str, ...] = ()
    """Resource types a Reference (or canonical) may point to; empty means any."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element as its definition has it; a choice element keeps its bare name (`value`) and `choice` is true."""

    path: str
    name: str
    min: int
    many: bool
    choice: bool
    types: tuple[ElementType, ...]
    value_set: str

    def properties(self) -> Iterator[tuple[str, ElementType]]:
        """The JSON property of each type: `value[x]` gives `valueQuantity`, `valueString`, ..."""
        for kind in self.types:
            yield (self.name + kind.code[0].upper() + kind.code[1:] if self.choice else self.name), kind


@dataclass(frozen=True, slots=True)
class _Structure:
    kind: str
    base: str
    own: dict[str, Element]


def rows(table: str) -> Iterator[list[str]]:
    """The rows of one fact table, split at tabs, without its header."""
    text = files("ehr_app.standards").joinpath("r4", table).read_text(encoding="utf-8")
    for line in text.splitlines():
        if not line.startswith("#"):
            yield line.split("\t")


def _types(path: str, cell: str) -> Iterator[ElementType]:
    for part in cell.split("|"):
        if part.startswith("#"):
            yield ElementType(part[1:])
        elif part in ("BackboneElement", "Element"):
            yield ElementType(path)
        elif part.endswith(")"):
            code, _, targets = part[:-1].partition("(")
            yield ElementType(code, tuple(targets.split(",")))
        else:
            yield ElementType(part)


@cache
def _structures() -> dict[str, _Structure]:
    found: dict[str, _Structure] = {}
    for row in rows("elements.tsv"):
        path = row[0]
        if "." not in path:
            found[path] = _Structure(row[1], row[2] if len(row) > 2 else "", {})
            continue
        parent, _, last = path.rpartition(".")
        name = last.removesuffix("[x]")
        low, _, high = row[1].partition("..")
        element = Element(
            path=path,
            name=name,
            min=int(low),
            many=high != "1",
            choice=name != last,
            types=tuple(_types(path, row[2])),
            value_set=row[3] if len(row) > 3 else "",
        )
        found[parent].own[name] = element
        if row[2] in ("BackboneElement", "Element"):
            found[path] = _Structure("nested", row[2], {})
    return found


@cache
def children(code: str) -> Mapping[str, Element]:
    """The elements of a type or nested path, inherited ones first. Raises KeyError for an unknown type."""
    structure = _structures()[code]
    inherited = children(structure.base) if structure.base else {}
    return MappingProxyType({**inherited, **structure.own})


@cache
def property_of(code: str, name: str) -> tuple[Element, ElementType] | None:
    """The element and type behind a JSON property of a type (`Observation`, `valueQuantity`), if there is one."""
    for element in children(code).values():
        for own, kind in element.properties():
            if own == name:
                return element, kind
    return None


@cache
def value_set(name: str) -> Mapping[str, tuple[str, ...]]:
    """Code system -> codes of a required value set; empty when R4 does not list its codes."""
    return MappingProxyType(_value_sets().get(name, {}))


@cache
def _value_sets() -> dict[str, dict[str, tuple[str, ...]]]:
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for name, system, codes in rows("codes.tsv"):
        found.setdefault(name, {})[system] = tuple(codes.split(" "))
    return found


def _concrete() -> Iterator[str]:
    for code, structure in _structures().items():
        if structure.kind == "resource" and code not in ("Resource", "DomainResource"):
            yield code


RTYPES: Mapping[str, int] = MappingProxyType({name: n for n, name in enumerate(sorted(_concrete()), start=1)})
"""Stable number of each of the 146 concrete resource types, by alphabetical order."""

RTYPE_NAMES: Mapping[int, str] = MappingProxyType({number: name for name, number in RTYPES.items()})
"""Number -> resource type."""

PATIENT_COMPARTMENT: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {row[0]: tuple(row[1].split(" ")) for row in rows("compartment.tsv")}
)
"""Resource type -> search parameters that put it in a patient's compartment, in the definition's order."""

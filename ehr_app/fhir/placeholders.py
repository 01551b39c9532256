"""References inside a transaction: what names one of its entries becomes the id that entry gets; conditional ones are looked up.

https://hl7.org/fhir/R4/http.html#trules. Rewritten are Reference.reference and elements of the types uri, url, oid and uuid whose
value is the fullUrl of an entry; canonical addresses, identifiers and narrative are left alone.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from ehr_app.fhir.entries import Entry
from ehr_app.standards.r4 import RTYPES, children

ADDRESS_TYPES = frozenset(("uri", "url", "oid", "uuid"))
PLACEHOLDER = ("urn:uuid:", "urn:oid:")


def known_addresses(entries: list[Entry], ids: Mapping[int, str]) -> dict[str, str]:
    """Return full address -> `Type/id` for the entries that get an id; relative forms of re-numbered ones included.

    Shape: `ids` by entry position.
    """
    known: dict[str, str] = {}
    tails: dict[str, set[str]] = {}
    for entry in entries:
        fhir_id = ids.get(entry.position)
        if fhir_id is None or not entry.full_url:
            continue
        literal = f"{entry.rtype}/{fhir_id}"
        known[entry.full_url] = literal
        if entry.full_url.startswith(("http://", "https://")):
            tail = "/".join(entry.full_url.split("/")[-2:])
            tails.setdefault(tail, set()).add(literal)
    for tail, literals in tails.items():
        if len(literals) == 1:
            known.setdefault(tail, next(iter(literals)))
    return known


def conditional(value: Any) -> Iterator[str]:
    """Yield every conditional reference (`Patient?identifier=...`) of a resource."""
    if isinstance(value, dict):
        for name, member in value.items():
            if name == "reference":
                if isinstance(member, str) and is_conditional(member):
                    yield member
            elif isinstance(member, dict | list):
                yield from conditional(member)
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, dict | list):
                yield from conditional(item)


def is_conditional(reference: str) -> bool:
    """Tell whether a reference is a search for its target."""
    rtype, mark, _ = reference.partition("?")
    return mark == "?" and rtype in RTYPES


def rewrite(value: Any, known: Mapping[str, str]) -> None:
    """Replace in place what names an entry of the transaction."""
    if isinstance(value, dict):
        for name, member in value.items():
            if isinstance(member, str):
                if (name == "reference" or (member.startswith(PLACEHOLDER) and name in _address_names())) and (member in known):
                    value[name] = known[member]
            elif isinstance(member, dict | list):
                rewrite(member, known)
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, dict | list):
                rewrite(item, known)


@cache
def _address_names() -> frozenset[str]:
    """The names of all R4 properties that hold an address, `system` aside: an identifier's system is no link."""
    found: set[str] = set()
    seen: set[str] = set()
    todo = [*RTYPES, "Extension", "Attachment", "Reference", "Meta", "Annotation"]
    while todo:
        code = todo.pop()
        if code in seen:
            continue
        seen.add(code)
        try:
            elements = children(code)
        except KeyError:
            continue
        for element in elements.values():
            for name, kind in element.properties():
                if kind.code in ADDRESS_TYPES:
                    found.add(name)
                elif kind.code[:1].isupper() and kind.code not in RTYPES:
                    todo.append(kind.code)
    return frozenset(found - {"system"})

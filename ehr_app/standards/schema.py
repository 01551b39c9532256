"""A JSON Schema (draft 2020-12) for each R4 type, built from the element tables when it is first needed.

Source: https://hl7.org/fhir/R4/json.html (4.0.1). Each rule carries a `$comment` from which `validation.py` words its
message. Resources inside a resource are only checked to be objects here; `validation.py` checks them by their own type.
"""

from collections.abc import Iterator
from typing import Any

from ehr_app.standards import r4
from ehr_app.standards.primitives import Schema, schema

FEW = 12
"""Choices of up to this many types forbid each other by name; wider ones list the names that remain."""

_ID = r"[A-Za-z0-9.\-]{1,64}"
_NO_EXTENSION = frozenset({"Extension.url", "Narrative.div"})


def build(rtype: str) -> Schema:
    """The schema of a resource type with the definitions of everything it reaches."""
    definitions: dict[str, Schema] = {}
    wanted = [_Name(rtype)]
    while wanted:
        name = wanted.pop()
        if name.text not in definitions:
            needs: list[_Name] = []
            definitions[name.text] = _definition(name, needs)
            wanted.extend(needs)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": f"#/$defs/{rtype}",
        "$defs": definitions,
    }


class _Name:
    """A definition's name: the type, and what one use of it adds (allowed targets, a value set, null)."""

    def __init__(self, code: str, targets: tuple[str, ...] = (), value_set: str = "", *, nullable: bool = False) -> None:
        self.code, self.targets, self.value_set, self.nullable = code, targets, value_set, nullable
        self.text = ".".join([code, *targets, *([f"!{value_set}"] if value_set else []), *(["null"] if nullable else [])])

    def ref(self, needs: list["_Name"]) -> Schema:
        needs.append(self)
        return {"$ref": f"#/$defs/{self.text}"}


def _definition(name: _Name, needs: list[_Name]) -> Schema:
    elements = r4.children(name.code)
    properties: dict[str, Any] = {}
    rules: list[Schema] = []
    required: list[str] = []
    choices: list[list[str]] = []
    if name.code in r4.RTYPES:
        properties["resourceType"] = {"const": name.code}
        required.append("resourceType")
    for element in elements.values():
        own: list[str] = []
        for key, kind in element.properties():
            one = _one(element, kind, needs)
            own.append(key)
            if kind.code in r4.PRIMITIVES:
                properties[key] = _nullable_list(one) if element.many else one
                if element.name != "id" and element.path not in _NO_EXTENSION:
                    own.append(f"_{key}")
                    properties[f"_{key}"] = _extensions(element.many, needs)
                    if element.many:
                        rules.append(_nulls(key))
            else:
                properties[key] = _list(one) if element.many else one
        if element.min and len(own) == 1:
            required.append(own[0])
        elif element.min:
            rules.append({"$comment": f"required {element.name}", "anyOf": [{"required": [key]} for key in own]})
        if element.choice and len(element.types) > 1:
            choices.append(own)
    if name.code == "Reference":
        properties["reference"] = _literal(name.targets)
        properties["type"] = _target(name.targets)
    if name.value_set:
        rules.append(_bound(name.value_set))
    found: Schema = {
        "type": ["object", "null"] if name.nullable else "object",
        "minProperties": 1,
        "additionalProperties": False,
        "properties": properties,
    }
    if required:
        found["required"] = required
    if rules:
        found["allOf"] = rules
    exclusive = {key: rule for own in choices for key, rule in _exclusive(own, properties)}
    if exclusive:
        found["dependentSchemas"] = exclusive
    return found


def _one(element: r4.Element, kind: r4.ElementType, needs: list[_Name]) -> Schema:
    if kind.code in r4.PRIMITIVES:
        if element.value_set and kind.code == "code":
            listed = r4.value_set(element.value_set).values()
            return {"$comment": "code", "enum": sorted({code for codes in listed for code in codes})}
        return schema(kind.code)
    if kind.code == "Resource" or kind.code in r4.RTYPES:
        return {"$comment": "resource", "type": "object"}
    value_set = element.value_set if kind.code == "CodeableConcept" else ""
    return _Name(kind.code, kind.targets if kind.code == "Reference" else (), value_set).ref(needs)


def _list(one: Schema) -> Schema:
    return {"$comment": "list", "type": "array", "minItems": 1, "items": one}


def _nullable_list(one: Schema) -> Schema:
    item = dict(one)
    if "enum" in item:
        item["enum"] = [*item["enum"], None]
    else:
        item["type"] = [item["type"], "null"]
    return _list(item)


def _extensions(many: bool, needs: list[_Name]) -> Schema:
    """What `_name` may hold beside a primitive: its id and extensions."""
    return _list(_Name("Element", nullable=True).ref(needs)) if many else _Name("Element").ref(needs)


def _nulls(key: str) -> Schema:
    """A null keeps a place for an extension: only where `_key` is."""
    filled = {"properties": {key: {"items": {"not": {"type": "null"}}}}}
    return {"$comment": f"null {key}", "anyOf": [{"required": [f"_{key}"]}, filled]}


def _exclusive(own: list[str], properties: dict[str, Any]) -> Iterator[tuple[str, Schema]]:
    """For each property of a choice, a rule that forbids the properties of its other types."""
    for key in own:
        same = {key, key.removeprefix("_"), f"_{key}"}
        others = [other for other in own if other not in same]
        if len(own) <= FEW:
            yield key, {"$comment": "choice", "properties": dict.fromkeys(others, False)}
        else:
            allowed = [name for name in properties if name not in others]
            yield key, {"propertyNames": {"$comment": "choice", "enum": allowed}}


def _literal(targets: tuple[str, ...]) -> Schema:
    types = "|".join(targets or r4.RTYPES)
    relative = rf"(?:{types})/{_ID}(?:/_history/{_ID})?|(?:{types})\?\S+"
    return {
        "$comment": f"target {' '.join(targets)}".strip(),
        "type": "string",
        "pattern": rf"^(?:#\S*|urn:\S+|https?://\S+|{relative})$",
    }


def _target(targets: tuple[str, ...]) -> Schema:
    types = "|".join(targets or r4.RTYPES)
    return {
        "$comment": f"type {' '.join(targets)}".strip(),
        "type": "string",
        "pattern": rf"^(?:{types}|[a-z]+:\S+)$",
    }


def _bound(value_set: str) -> Schema:
    """A CodeableConcept with codings has one of the required value set; text alone may stand for it."""
    listed = [
        {"required": ["system", "code"], "properties": {"system": {"const": system}, "code": {"enum": list(codes)}}}
        for system, codes in r4.value_set(value_set).items()
    ]
    return {"$comment": f"coding {value_set}", "properties": {"coding": {"contains": {"anyOf": listed}}}}

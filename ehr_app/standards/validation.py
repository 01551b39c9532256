"""Whether a resource follows the structure of R4: `is_valid` quickly says yes, `check` says what is wrong and where.

Source: https://hl7.org/fhir/R4/validation.html (4.0.1): structure, cardinality, value domains, required codes, reference
targets. Not checked: invariants, profiles, bindings that are not required, whether a reference's target exists.
Messages name elements, types and allowed codes; they never quote a value.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema_rs

from ehr_app.errors import Issue
from ehr_app.standards import primitives, r4
from ehr_app.standards.schema import build

MOST_ISSUES = 50
MOST_CODES = 12
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)


def is_valid(resource: dict[str, Any]) -> bool:
    """Whether `check` would find nothing."""
    rtype = resource.get("resourceType")
    if not isinstance(rtype, str) or rtype not in r4.RTYPES or not _validator(rtype).is_valid(resource):
        return False
    if "contained" in resource or rtype == "Bundle" or rtype == "Parameters":
        return all(is_valid(inner) and not (held and "contained" in inner) for _, inner, held in _inner(resource, ""))
    return True


def check(resource: dict[str, Any]) -> list[Issue]:
    """Everything wrong with a resource.

    Shape: in document order of discovery, at most `MOST_ISSUES`; empty when the resource is valid.
    """
    return list(dict.fromkeys(_issues(resource)))[:MOST_ISSUES]


def _issues(resource: Any, at: str = "") -> Iterator[Issue]:
    rtype = resource.get("resourceType") if isinstance(resource, dict) else None
    if not isinstance(rtype, str) or rtype not in r4.RTYPES:
        yield Issue(
            expression=f"{at or 'Resource'}.resourceType",
            code="structure" if rtype is not None else "required",
            diagnostics="This is not a resource type of FHIR R4." if rtype else "A resource must say its resourceType.",
        )
        return
    for error in _validator(rtype).iter_errors(resource):
        yield from _explain(error, at or rtype, _schema(rtype))
    for where, inner, held in _inner(resource, at or rtype):
        if held and "contained" in inner:
            yield Issue(f"{where}.contained", "structure", "A contained resource may not contain others.")
        yield from _issues(inner, where)


def _inner(resource: dict[str, Any], at: str) -> Iterator[tuple[str, Any, bool]]:
    """The resources held directly by `resource`: where, what, and whether it is a contained one."""
    for n, inner in _objects(resource.get("contained")):
        yield f"{at}.contained[{n}]", inner, True
    if resource["resourceType"] == "Bundle":
        for n, entry in _objects(resource.get("entry")):
            if isinstance(entry.get("resource"), dict):
                yield f"{at}.entry[{n}].resource", entry["resource"], False
            response = entry.get("response")
            if isinstance(response, dict) and isinstance(response.get("outcome"), dict):
                yield f"{at}.entry[{n}].response.outcome", response["outcome"], False
    elif resource["resourceType"] == "Parameters":
        yield from _parameters(resource.get("parameter"), f"{at}.parameter")


def _parameters(parameters: Any, at: str) -> Iterator[tuple[str, Any, bool]]:
    for n, parameter in _objects(parameters):
        if isinstance(parameter.get("resource"), dict):
            yield f"{at}[{n}].resource", parameter["resource"], False
        yield from _parameters(parameter.get("part"), f"{at}[{n}].part")


def _objects(value: Any) -> list[tuple[int, dict[str, Any]]]:
    """The objects in a list and their places; anything else is reported by the schema of the resource around it."""
    return [(n, item) for n, item in enumerate(value) if isinstance(item, dict)] if isinstance(value, list) else []


@cache
def _schema(rtype: str) -> dict[str, Any]:
    return build(rtype)


@cache
def _validator(rtype: str) -> Any:
    return jsonschema_rs.validator_for(_schema(rtype), pattern_options=jsonschema_rs.RegexOptions())


def _explain(error: Any, root: str, schema: dict[str, Any]) -> Iterator[Issue]:
    """The issues behind one finding of the schema."""
    *above, keyword = error.schema_path
    rule: Any = schema
    for part in above:
        rule = rule[part]
    comment = rule.get("$comment", "") if isinstance(rule, dict) else ""
    word, _, rest = comment.partition(" ")
    at = _expression(root, error.instance_path)
    last = next((p for p in reversed(error.instance_path) if isinstance(p, str)), root).removeprefix("_")
    match keyword:
        case "additionalProperties":
            for name in error.kind.unexpected:
                if NAME.fullmatch(name):
                    yield Issue(f"{at}.{name}", "structure", f"'{name}' is not an element of {_type_of(above)}.", unknown=True)
                else:
                    yield Issue(at, "structure", f"There is a property here that is not an element of {_type_of(above)}.")
        case "required":
            name = error.kind.property
            yield Issue(f"{at}.{name}", "required", f"'{name}' is required here.")
        case "anyOf" if word == "required":
            yield Issue(f"{at}.{rest}", "required", f"'{rest}' is required here.")
        case "anyOf" if word == "null":
            yield Issue(f"{at}.{rest}", "structure", f"null may stand in '{rest}' only where '_{rest}' has an extension.")
        case "contains":
            allowed = [code for codes in r4.value_set(_value_set(schema, above)).values() for code in codes]
            yield Issue(at, "code-invalid", f"'{_owner(error.instance_path, root)}' must have a coding out of {_list(allowed)}.")
        case "enum" if word == "choice":
            known = schema["$defs"][above[1]]["properties"]
            for name in (n for n in error.instance if n in known and n not in rule["enum"]):
                yield _second(f"{at}.{name.removeprefix('_')}", name.removeprefix("_"))
        case "enum":
            allowed = [code for code in error.kind.options if code is not None]
            yield Issue(at, "code-invalid", f"'{last}' must be one of {_list(allowed)}.")
        case "minItems" | "minProperties":
            yield Issue(at, "structure", f"'{last}' is empty; leave it out instead.")
        case "type" if word == "list":
            yield Issue(at, "structure", f"'{last}' must be a list, even for a single value.")
        case "type" if word in primitives.SENTENCES and error.instance is not None:
            yield Issue(at, "structure", f"'{last}' {primitives.SENTENCES[word]}.")
        case "type" if error.instance is None:
            yield Issue(at, "structure", f"'{last}' may not be null; leave it out instead.")
        case "type" if isinstance(error.instance, list):
            yield Issue(at, "structure", f"'{last}' may have one value only, not a list.")
        case "type":
            kind = "text" if word in ("target", "type") else "an object"
            yield Issue(at, "structure", f"'{last}' must be {kind}.")
        case "pattern" if word in ("target", "type"):
            yield Issue(at, "value", f"'{_owner(error.instance_path, root)}' must refer to {_list(rest.split()) or 'a resource'}.")
        case "maxLength":
            yield Issue(at, "too-long", f"'{last}' is longer than a megabyte.")
        case _ if word in primitives.SENTENCES:
            yield Issue(at, "value", f"'{last}' {primitives.SENTENCES[word]}.")
        case _:
            yield _second(at, last)


def _second(at: str, name: str) -> Issue:
    return Issue(at, "structure", f"'{name}' is a second type of the same choice element; keep one.")


def _expression(root: str, path: list[str | int]) -> str:
    return root + "".join(f"[{p}]" if isinstance(p, int) else f".{p.removeprefix('_')}" for p in path)


def _owner(path: list[str | int], root: str) -> str:
    """The element that has the last property of a path (`subject` for `subject.reference`)."""
    names = [p for p in path if isinstance(p, str)]
    return names[-2] if len(names) > 1 else root


def _type_of(above: list[str | int]) -> str:
    """The type whose definition a rule stands in."""
    name = str(above[1]) if len(above) > 1 else "this resource"
    return name.partition(".!")[0].removesuffix(".null") if not name.startswith("Reference.") else "Reference"


def _value_set(schema: dict[str, Any], above: list[str | int]) -> str:
    """The value set of the nearest `coding` rule around a rule."""
    rule: Any = schema
    found = ""
    for part in above:
        rule = rule[part]
        comment = rule.get("$comment", "") if isinstance(rule, dict) else ""
        if comment.startswith("coding "):
            found = comment.removeprefix("coding ")
    return found


def _list(codes: list[str]) -> str:
    if len(codes) > MOST_CODES:
        return ", ".join(codes[:MOST_CODES]) + f" and {len(codes) - MOST_CODES} more"
    return " or ".join([", ".join(codes[:-1]), codes[-1]]) if len(codes) > 1 else "".join(codes)

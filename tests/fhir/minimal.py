"""The smallest resource of each R4 type, made from the same tables that validate it."""

from typing import Any

from ehr_app.standards.r4 import RTYPES, Element, children, value_set

VALUES: dict[str, Any] = {
    "boolean": True, "integer": 1, "positiveInt": 1, "unsignedInt": 1, "decimal": 1, "string": "text", "markdown": "text",
    "code": "code", "id": "id", "uri": "http://example.org/x", "url": "http://example.org/x", "canonical": "http://example.org/x",
    "oid": "urn:oid:1.2.3", "uuid": "urn:uuid:53fefa32-fcbb-4ff8-8a92-55ee120877b7", "base64Binary": "aGk=", "date": "2020-01-31",
    "dateTime": "2020-01-31", "instant": "2020-01-31T08:00:00Z", "time": "08:00:00",
    "xhtml": "<div xmlns='http://www.w3.org/1999/xhtml'>x</div>",
    "CodeableConcept": {"text": "text"}, "Coding": {"code": "code"}, "Identifier": {"value": "1"}, "Period": {"start": "2020"},
    "Quantity": {"value": 1}, "Money": {"value": 1}, "Range": {"low": {"value": 1}}, "Attachment": {"title": "text"},
    "Timing": {"event": ["2020-01-31"]},
    "HumanName": {"text": "text"}, "ContactPoint": {"value": "1"}, "Dosage": {"text": "text"},
    "Ratio": {"numerator": {"value": 1}, "denominator": {"value": 1}},
    "ContactDetail": {"name": "text"}, "Meta": {"tag": [{"code": "x"}]},
}  # fmt: skip


def minimal(code: str) -> dict[str, Any]:
    """Return the smallest resource or backbone element of a type."""
    made: dict[str, Any] = {"resourceType": code} if code in RTYPES else {}
    for element in children(code).values():
        if element.min:
            name, kind = next(iter(element.properties()))
            value = _value(element, kind.code, kind.targets)
            made[name] = [value] if element.many else value
    return made


def _value(element: Element, code: str, targets: tuple[str, ...]) -> Any:
    if code == "Reference":
        return {"reference": f"{targets[0] if targets and targets[0] in RTYPES else 'Patient'}/example"}
    if code == "code" and element.value_set and value_set(element.value_set):
        return next(iter(value_set(element.value_set).values()))[0]
    if code in ("Resource", "DomainResource"):
        return minimal("Basic")
    return VALUES[code] if code in VALUES else minimal(code)

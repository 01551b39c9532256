"""The primitive types of R4 as JSON Schema fragments, with the sentence shown when a value breaks one.

Source: https://hl7.org/fhir/R4/datatypes.html (4.0.1). Dates must exist: the pattern of `date` knows leap years.
`string` and `markdown` accept any characters (R4 only advises against control characters).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

Schema = dict[str, Any]

_YEAR = r"(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"
_MONTH = r"(?:0[1-9]|1[0-2])"
_DAY_OF_MONTH = (
    r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
_LEAP_YEAR = r"(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
_DAY = rf"(?:{_YEAR}-{_DAY_OF_MONTH}|{_LEAP_YEAR}-02-29)"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?"
_ZONE = r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
_MOST_CHARACTERS = 1_048_576
_INT32 = 2_147_483_647

_PATTERNS = {
    "base64Binary": r"^\s*(?:[0-9A-Za-z+/]{4}\s*)*(?:[0-9A-Za-z+/]{2}==|[0-9A-Za-z+/]{3}=)?\s*$",
    "canonical": r"^\S+$",
    "code": r"^\S+(?:\s\S+)*$",
    "date": rf"^(?:{_DAY}|{_YEAR}(?:-{_MONTH})?)$",
    "dateTime": rf"^(?:{_DAY}(?:T{_TIME}{_ZONE})?|{_YEAR}(?:-{_MONTH})?)$",
    "id": r"^[A-Za-z0-9.\-]{1,64}$",
    "instant": rf"^{_DAY}T{_TIME}{_ZONE}$",
    "oid": r"^urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+$",
    "time": rf"^{_TIME}$",
    "uri": r"^\S+$",
    "url": r"^\S+$",
    "uuid": r"^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
    "xhtml": r"^\s*<div(?:\s[^>]*)?(?:/>|>[\s\S]*</div>)\s*$",
}

SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "base64Binary": "is not base64 text",
        "boolean": "must be true or false, without quotation marks",
        "canonical": "is not an address: it is empty or has white space in it",
        "code": "is not a code: it is empty, or begins, ends or is divided by more than one space",
        "date": "is not a date that exists, written YYYY, YYYY-MM or YYYY-MM-DD",
        "dateTime": "is not a date that exists, written YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with a time zone",
        "decimal": "must be a number, without quotation marks",
        "id": "is not an id: 1 to 64 letters, digits, '-' and '.'",
        "instant": "is not an instant that exists, written YYYY-MM-DDThh:mm:ss with a time zone",
        "integer": "must be a whole number between -2147483648 and 2147483647, without quotation marks",
        "markdown": "must be text that is not empty",
        "oid": "is not an object identifier written urn:oid:...",
        "positiveInt": "must be a whole number of 1 or more, without quotation marks",
        "string": "must be text that is not empty",
        "time": "is not a time of day written hh:mm:ss",
        "unsignedInt": "must be a whole number of 0 or more, without quotation marks",
        "uri": "is not an address: it is empty or has white space in it",
        "url": "is not an address: it is empty or has white space in it",
        "uuid": "is not a UUID written urn:uuid: with lower-case letters",
        "xhtml": "must be one XHTML <div>...</div>",
    }
)
"""Primitive type -> what to say about a value that breaks its rules."""


def schema(code: str) -> Schema:
    """A JSON Schema fragment for one primitive type; its `$comment` is the type's name."""
    match code:
        case "boolean":
            rules: Schema = {"type": "boolean"}
        case "decimal":
            rules = {"type": "number"}
        case "integer":
            rules = {"type": "integer", "minimum": -_INT32 - 1, "maximum": _INT32}
        case "unsignedInt":
            rules = {"type": "integer", "minimum": 0, "maximum": _INT32}
        case "positiveInt":
            rules = {"type": "integer", "minimum": 1, "maximum": _INT32}
        case "string" | "markdown":
            rules = {"type": "string", "minLength": 1, "maxLength": _MOST_CHARACTERS}
        case "base64Binary":
            rules = {"type": "string", "minLength": 1, "pattern": _PATTERNS[code]}
        case _:
            rules = {"type": "string", "pattern": _PATTERNS[code]}
    return {"$comment": code, **rules}

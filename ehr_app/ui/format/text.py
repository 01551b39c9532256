"""Plain words out of FHIR data types: safe text, the text of a concept, the words for what is missing.

R4 data types: https://hl7.org/fhir/R4/datatypes.html
Nothing here returns markup: every text is shown as a text node.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

Json = Mapping[str, Any]

NOT_KNOWN = "Not known"
NOT_RECORDED = "Not recorded"

# Direction overrides and isolates can make one text look like another; the screen isolates names with <bdi> itself.
_BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


_TAG = re.compile(
    r" \((disorder|finding|situation|procedure|regime/therapy|event|morphologic abnormality|observable entity|substance"
    r"|product|medicinal product|qualifier value|physical object|organism|person|record artifact|environment)\)$"
)


def plain(text: object) -> str:
    """Return `text` in one line, without control characters, direction controls or doubled spaces."""
    if text is None:
        return ""
    kept = (
        " " if unicodedata.category(char) in ("Cc", "Zl", "Zp") else char
        for char in str(text)
        if char not in _BIDI_CONTROLS and unicodedata.category(char) not in ("Cs", "Cn", "Co")
    )
    return " ".join("".join(kept).split())


def items(resource: Json, key: str) -> list[Json]:
    """Return the objects of the list `key` of a resource; anything else counts as empty."""
    value = resource.get(key)
    if isinstance(value, Mapping):
        return [value]
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [one for one in value if isinstance(one, Mapping)]
    return []


def part(resource: Json, key: str) -> Json:
    """Return the object `key` of a resource, or an empty one."""
    value = resource.get(key)
    return value if isinstance(value, Mapping) else {}


def concept_text(concept: Json | None) -> str:
    """Return what a CodeableConcept says: its text, else the first display, else the first code; empty when nothing."""
    if not concept:
        return ""
    if text := plain(concept.get("text")):
        return text
    codings = items(concept, "coding")
    for key in ("display", "code"):
        for coding in codings:
            if text := plain(coding.get(key)):
                return text
    return ""


def clinical_text(concept: Json | None) -> str:
    """Return what a concept says, without the hierarchy tag that SNOMED CT puts behind its full names."""
    return _TAG.sub("", concept_text(concept))


def has_code(concept: Json | None, *codes: str) -> bool:
    """Say whether one of the codings of a concept carries one of `codes`."""
    return bool(concept) and any(coding.get("code") in codes for coding in items(concept or {}, "coding"))


def is_coded(concept: Json | None) -> bool:
    """Say whether a concept has at least one code with its system: what decision support can use."""
    return any(coding.get("code") and coding.get("system") for coding in items(concept or {}, "coding"))


def in_error(resource: Json) -> bool:
    """Say whether a resource was entered in error: shown struck through, kept out of counts and trends."""
    told = (resource.get("status"), resource.get("lifecycleStatus"))
    return "entered-in-error" in told or has_code(part(resource, "verificationStatus"), "entered-in-error")


def reference_text(reference: Json | None) -> str:
    """Return the display of a reference, else nothing: an id is no name."""
    return plain((reference or {}).get("display"))


def sentence_case(text: str) -> str:
    """Return `text` with a capital first letter and the rest as it is."""
    return text[:1].upper() + text[1:]

"""The references of an entry, found and rewritten in its text before it is parsed.

Spec: https://hl7.org/fhir/R4/bundle.html#references. An address that is some entry's `fullUrl` becomes `Type/id`; search criteria
(`Practitioner?identifier=...`) become `Type/id` when exactly one resource matches. All others stay as they are. In JSON text the
member `"reference"` cannot be mistaken: inside a string its quotes would be escaped.
"""

import json
import re
from collections.abc import Callable

_REFERENCE = re.compile(rb'("reference"\s*:\s*)("(?:[^"\\]|\\.)*")')
_ADDRESS = re.compile(r"(?:urn:|https?:)")
_CRITERIA = re.compile(r"[A-Z][A-Za-z]+\?.+")


def literals(raw: bytes) -> set[str]:
    """Return every Reference.reference in a JSON text."""
    return {_text(found) for _, found in set(_REFERENCE.findall(raw))}


def is_address(literal: str) -> bool:
    """Tell whether a reference is an absolute address that an entry may go by."""
    return _ADDRESS.match(literal) is not None


def is_criteria(literal: str) -> bool:
    """Tell whether a reference is a search."""
    return _CRITERIA.fullmatch(literal) is not None


def rewrite(raw: bytes, place: Callable[[str], str | None]) -> bytes:
    """Return the text with each reference that `place` knows replaced by what it says."""

    def replaced(found: re.Match[bytes]) -> bytes:
        known = place(_text(found[2]))
        return found[0] if known is None else found[1] + b'"' + known.encode() + b'"'

    return _REFERENCE.sub(replaced, raw)


def _text(quoted: bytes) -> str:
    if b"\\" in quoted:
        try:
            return str(json.loads(quoted))
        except ValueError:
            return ""
    return quoted[1:-1].decode("utf-8", "replace")

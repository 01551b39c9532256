"""SMART App Launch 2.0 scopes, as far as they name rights on resources, and the rules they stand for.

https://hl7.org/fhir/smart-app-launch/STU2/scopes-and-launch-context.html (v1 forms `.read`, `.write`, `.*` are read too).
It deliberately refuses what it cannot honour: search restrictions after `?` and scopes that are not of this form.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ehr_app.errors import BadRequest
from ehr_app.standards.r4 import RTYPES

FORM = re.compile(r"(?P<level>patient|user|system)/(?P<rtype>\*|[A-Za-z]+)\.(?P<verbs>read|write|\*|c?r?u?d?s?)")
OLD = {"read": "rs", "write": "cud", "*": "cruds"}


@dataclass(frozen=True, slots=True)
class Scope:
    """One right: at which level, on which type (`*` for all), with which of the verbs c, r, u, d, s."""

    level: str
    rtype: str
    verbs: str


def parsed(text: str) -> list[Scope]:
    """Return the scopes of a space-separated list. Raises BadRequest that names the first one not understood."""
    found = []
    for word in text.split():
        match = FORM.fullmatch(word)
        if match is None or not match["verbs"] or (match["rtype"] != "*" and match["rtype"] not in RTYPES):
            raise BadRequest(f"the scope {word!r} is not understood; an example is system/*.cruds")
        found.append(Scope(match["level"], match["rtype"], OLD.get(match["verbs"], match["verbs"])))
    if not found:
        raise BadRequest("at least one scope is needed; an example is system/*.cruds")
    return found


def rules(scopes: Sequence[Scope]) -> list[dict[str, Any]]:
    """Return what the database enforces: per scope the type's number (or `*`) and `r`, `w` or both."""
    made = []
    for scope in scopes:
        verbs = ("r" if set(scope.verbs) & set("rs") else "") + ("w" if set(scope.verbs) & set("cud") else "")
        made.append({"types": ["*" if scope.rtype == "*" else RTYPES[scope.rtype]], "verbs": verbs})
    return made

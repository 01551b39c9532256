"""From an expected failure to an OperationOutcome, and from an unexpected one to an OperationOutcome that gives nothing away.

https://hl7.org/fhir/R4/operationoutcome.html. The id of the outcome is the number of the request, as in the X-Request-Id header
and in the log. Neither a stack nor a stored value leaves here.
"""

import logging
import traceback
from pathlib import PurePath
from typing import Any

from ehr_app.errors import EhrError, Issue, MethodNotAllowed, TooManyRequests, Unauthenticated, Unavailable
from ehr_app.fhir.request import Answer
from ehr_app.record.codec import encode

log = logging.getLogger(__name__)

CHALLENGE = (b"www-authenticate", b'Bearer realm="fhir"')
REFUSED_TOKEN = (b"www-authenticate", b'Bearer realm="fhir", error="invalid_token"')
LATER = (b"retry-after", b"5")


class WrongVerb(MethodNotAllowed):
    """The address exists and `allowed` are its verbs."""

    allowed = ""


def of_error(error: EhrError, number: str, *, prefix: str = "", presented: bool = False) -> Answer:
    """Return the answer to an expected failure.

    `prefix` is put before each expression (`Bundle.entry[3].resource`); `presented` tells that a token was sent and refused.
    """
    headers: list[tuple[bytes, bytes]] = []
    if isinstance(error, Unauthenticated):
        headers.append(REFUSED_TOKEN if presented else CHALLENGE)
    elif isinstance(error, WrongVerb):
        headers.append((b"allow", error.allowed.encode()))
    elif isinstance(error, TooManyRequests | Unavailable):
        headers.append(LATER)
    return Answer(error.status, encode(outcome(error, number, prefix)), headers)


def outcome(error: EhrError, number: str, prefix: str = "") -> dict[str, Any]:
    """Return the OperationOutcome of an expected failure."""
    found = error.issues or [Issue("", error.code, error.diagnostics)]
    return _outcome(number, [_issue(issue, error.sentence, prefix) for issue in found])


def unexpected(error: Exception, number: str, route: str) -> Answer:
    """Log where it broke, without any value, and return a 500 that says only how to find the log line."""
    trail = [place for place in traceback.extract_tb(error.__traceback__) if "ehr_app" in place.filename]
    places = " < ".join(f"{PurePath(place.filename).name}:{place.lineno}" for place in reversed(trail[-6:]))
    log.error("request %s (%s) failed: %s at %s", number, route, type(error).__name__, places)
    told = Issue("", "exception", f"please report the request id {number}")
    return Answer(500, encode(_outcome(number, [_issue(told, EhrError.sentence, "")])))


def success(number: str, text: str) -> bytes:
    """Return the OperationOutcome of something that went well."""
    return encode(_outcome(number, [{"severity": "information", "code": "informational", "diagnostics": text}]))


def _outcome(number: str, issues: list[dict[str, Any]]) -> dict[str, Any]:
    return {"resourceType": "OperationOutcome", "id": number, "issue": issues}


def _issue(issue: Issue, sentence: str, prefix: str) -> dict[str, Any]:
    made: dict[str, Any] = {"severity": issue.severity, "code": issue.code, "details": {"text": sentence}}
    if issue.diagnostics:
        made["diagnostics"] = issue.diagnostics
    if where := within(prefix, issue.expression):
        made["expression"] = [where]
    return made


def within(prefix: str, expression: str) -> str:
    """Return where an element lies: `Observation.code` inside `Bundle.entry[3].resource` is `...resource.code`."""
    if not prefix or expression.startswith("Bundle."):
        return expression
    if not expression:
        return prefix.removesuffix(".resource")
    _, _, path = expression.partition(".")
    return f"{prefix}.{path}" if path else prefix

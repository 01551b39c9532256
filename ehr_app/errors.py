"""Every expected failure of the product: HTTP status, FHIR issue type and one sentence a clinician understands.

Issue types: https://hl7.org/fhir/R4/valueset-issue-type.html
Texts carry ids and element names only, never patient data.
"""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

Severity = Literal["fatal", "error", "warning", "information"]


@dataclass(frozen=True, slots=True)
class Issue:
    """One finding about a payload: what is wrong (`diagnostics`) and where (`expression`, FHIRPath-like).

    `unknown` marks an element that R4 does not have: nothing that is known is wrong because of it.
    """

    expression: str
    code: str
    diagnostics: str
    severity: Severity = "error"
    unknown: bool = False


@dataclass(eq=False)
class EhrError(Exception):
    """An expected failure; raised where it is known, caught only at the edges."""

    diagnostics: str = ""
    issues: list[Issue] = field(default_factory=list)

    status: ClassVar[int] = 500
    code: ClassVar[str] = "exception"
    sentence: ClassVar[str] = "Something went wrong on our side; nothing was saved."

    def __post_init__(self) -> None:
        super().__init__(self.diagnostics or self.sentence)


class Malformed(EhrError):
    """The bytes are not the JSON they claim to be."""

    status = 400
    code = "structure"
    sentence = "The content could not be read as FHIR JSON."


class BadRequest(EhrError):
    """The request itself (not a resource) makes no sense."""

    status = 400
    code = "invalid"
    sentence = "The request could not be understood."


class UnknownParameter(EhrError):
    """A search parameter this server does not know, or does not support in this form."""

    status = 400
    code = "not-supported"
    sentence = "A search parameter is not supported."


class TooCostly(EhrError):
    """The answer would need more work than one request may cost."""

    status = 400
    code = "too-costly"
    sentence = "The search is too broad; add a patient, a code or a date."


class InvalidResource(EhrError):
    """The resource breaks the rules of its type; `issues` names each element."""

    status = 422
    code = "invalid"
    sentence = "The resource does not follow the rules of its type."


class DanglingReference(EhrError):
    """A reference points to nothing that is visible here, and the facility enforces integrity."""

    status = 422
    code = "not-found"
    sentence = "A reference points to a resource that does not exist here."


class Unauthenticated(EhrError):
    """No live session or token was presented."""

    status = 401
    code = "login"
    sentence = "Please sign in."


class Forbidden(EhrError):
    """Known, but not allowed to do this."""

    status = 403
    code = "forbidden"
    sentence = "You are not allowed to do this."


class WrongPatient(EhrError):
    """A read or write names another patient than the page or token does."""

    status = 403
    code = "forbidden"
    sentence = "This belongs to another patient than the one on the page; nothing was changed."


class NotFound(EhrError):
    """Missing, or not yours: the two answer alike."""

    status = 404
    code = "not-found"
    sentence = "There is no such resource here."


class MethodNotAllowed(EhrError):
    """The address exists, the verb does not."""

    status = 405
    code = "not-supported"
    sentence = "This interaction is not supported here."


class Conflict(EhrError):
    """The change collides with another one."""

    status = 409
    code = "conflict"
    sentence = "Someone else changed this at the same moment; please look again."


class Gone(EhrError):
    """It was here, it was yours, and it was deleted."""

    status = 410
    code = "deleted"
    sentence = "This resource was deleted."


class StaleVersion(EhrError):
    """If-Match names a version that is no longer the current one."""

    status = 412
    code = "conflict"
    sentence = "This was changed since you opened it; please reload and try again."


class MultipleMatches(EhrError):
    """Conditional criteria match more than one resource."""

    status = 412
    code = "multiple-matches"
    sentence = "The criteria match more than one resource."


class TooLarge(EhrError):
    """The payload is larger than this edge accepts."""

    status = 413
    code = "too-long"
    sentence = "The content is too large."


class UnsupportedMedia(EhrError):
    """The content type is not one we read."""

    status = 415
    code = "not-supported"
    sentence = "Only FHIR JSON is accepted here."


class TooManyRequests(EhrError):
    """Asked too often."""

    status = 429
    code = "throttled"
    sentence = "Too many attempts; please wait a moment."


class Unavailable(EhrError):
    """A part we depend on does not answer; trying again later is right."""

    status = 503
    code = "transient"
    sentence = "The record is not available at this moment; please try again."

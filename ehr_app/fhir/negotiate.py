"""What the client sends and wants back: media types, `_format`, `Prefer`, version headers, compression.

https://hl7.org/fhir/R4/http.html (general considerations) and RFC 9110. Only JSON is read and written; XML and Turtle are
refused with 406 or 415.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from ehr_app.errors import BadRequest, EhrError, UnsupportedMedia

FHIR_JSON = "application/fhir+json"
JSON = "application/json"
JSON_PATCH = "application/json-patch+json"
FORM = "application/x-www-form-urlencoded"
CHARSET = "; charset=utf-8"

_FORMATS = {"json": FHIR_JSON, FHIR_JSON: FHIR_JSON, JSON: JSON, "text/json": JSON}
_RANGES = {FHIR_JSON: FHIR_JSON, JSON: JSON, "text/json": JSON, "*/*": FHIR_JSON, "application/*": FHIR_JSON}
_TAG = re.compile(r'(?:W/)?"([^"]*)"|([0-9]+)')
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class NotAcceptable(EhrError):
    """The client wants a format that is not written here."""

    status = 406
    code = "not-supported"
    sentence = "Only FHIR JSON is written here."


@dataclass(frozen=True, slots=True)
class Prefer:
    """What the Prefer header asks for."""

    returns: str = ""
    lenient: bool = False


@lru_cache(maxsize=512)
def reply_type(accept: str, wanted: str) -> bytes:
    """Return the Content-Type of the answer; `wanted` is the `_format` parameter and wins. Raises NotAcceptable."""
    if wanted:
        media, parameters = _media(wanted.replace(" ", "+"))
        if media not in _FORMATS or not _is_r4(parameters):
            raise NotAcceptable("the requested _format is not supported; use application/fhir+json")
        return (_FORMATS[media] + CHARSET).encode()
    best, found = 0.0, ""
    for part in accept.split(",") if accept.strip() else ["*/*"]:
        media, parameters = _media(part)
        quality = _quality(parameters)
        if media in _RANGES and quality > best and _is_r4(parameters):
            best, found = quality, _RANGES[media]
    if not found:
        raise NotAcceptable("the Accept header names no supported format; use application/fhir+json")
    return (found + CHARSET).encode()


@lru_cache(maxsize=256)
def check_content(content_type: str, encoding: str, *allowed: str) -> None:
    """Accept a request body of one of the media types in UTF-8. Raises UnsupportedMedia."""
    if encoding not in ("", "identity"):
        raise UnsupportedMedia("compressed request bodies are not read; send them without Content-Encoding")
    media, parameters = _media(content_type)
    if media not in allowed:
        raise UnsupportedMedia(f"the Content-Type must be {allowed[0]}")
    if parameters.get("charset", "utf-8").strip('"') not in ("utf-8", "utf8", "us-ascii"):
        raise UnsupportedMedia("the charset must be utf-8")
    if not _is_r4(parameters):
        raise UnsupportedMedia("the fhirVersion must be 4.0")


@lru_cache(maxsize=256)
def prefer(header: str) -> Prefer:
    """Read a Prefer header; preferences that are not known are ignored, as RFC 7240 wants."""
    asked: dict[str, str] = {}
    for part in header.replace(";", ",").split(","):
        name, _, value = part.strip().partition("=")
        asked.setdefault(name.strip().lower(), value.strip().strip('"').lower())
    return Prefer(asked.get("return", ""), asked.get("handling") == "lenient")


def version_matched(header: str) -> int:
    """Return the version that an If-Match header names. Raises BadRequest when it names none of ours."""
    found = _TAG.fullmatch(header.strip())
    text = (found[1] or found[2] or "") if found else ""
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise BadRequest('If-Match must name one version, such as W/"3"')
    return int(text)


def not_modified(if_none_match: str, if_modified_since: str, version: int, updated: datetime) -> bool:
    """Tell whether the client already has this version (RFC 9110 section 13.2.2: the tag decides when there is one)."""
    if if_none_match:
        tags = {(tag[0] or tag[1]) for tag in _TAG.findall(if_none_match)}
        return if_none_match.strip() == "*" or str(version) in tags
    if if_modified_since:
        return http_date(updated) == if_modified_since.strip()
    return False


def http_date(moment: datetime) -> str:
    """Return an instant as HTTP writes it (RFC 9110 section 5.6.7)."""
    at = moment.astimezone(UTC)
    return f"{_DAYS[at.weekday()]}, {at.day:02} {_MONTHS[at.month - 1]} {at.year:04} {at.hour:02}:{at.minute:02}:{at.second:02} GMT"


@lru_cache(maxsize=256)
def takes_gzip(accept_encoding: str) -> bool:
    """Tell whether the client reads gzip."""
    for part in accept_encoding.split(","):
        coding, parameters = _media(part)
        if coding in ("gzip", "*"):
            return _quality(parameters) > 0
    return False


def _media(text: str) -> tuple[str, dict[str, str]]:
    media, *rest = text.split(";")
    parameters = {}
    for item in rest:
        name, _, value = item.partition("=")
        parameters[name.strip().lower()] = value.strip().lower()
    return media.strip().lower(), parameters


def _quality(parameters: dict[str, str]) -> float:
    try:
        return float(parameters.get("q", "1"))
    except ValueError:
        return 0.0


def _is_r4(parameters: dict[str, str]) -> bool:
    return parameters.get("fhirversion", "4.0").strip('"') in ("4.0", "4.0.1")

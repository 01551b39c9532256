"""Documents' bytes: what a resource carries, what the bytes really are, and how large an image would be.

Pure. The first bytes decide, never the claimed type. Attachment: https://hl7.org/fhir/R4/datatypes.html#Attachment
PNG: https://www.w3.org/TR/png-3/#11IHDR ; GIF 89a section 18; JPEG ITU T.81 B.2.2; WebP:
https://developers.google.com/speed/webp/docs/riff_container ; PDF ISO 32000-1, 7.5.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ehr_app.standards.r4 import PRIMITIVES, RTYPES, property_of
from ehr_app.ui.format.text import Json, plain

Kind = Literal["text", "html", "pdf", "image", "broken", "large", "other", "empty", "elsewhere"]
LARGEST_IMAGE = 40_000_000
"""More pixels than this take hundreds of megabytes to decode; such an image is offered for download."""

_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_SOF = frozenset((*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)))


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes with what they are: `mime` is safe to send, `words` say what is wrong or large, `suffix` names a download."""

    kind: Kind
    mime: str
    suffix: str
    words: str = ""


def attachments(resource: Json) -> list[Json]:
    """Return every Attachment of a resource in its order; a Binary is one itself."""
    rtype = str(resource.get("resourceType") or "")
    if rtype == "Binary":
        return [resource]
    return list(_walk(resource, rtype)) if rtype in RTYPES else []


def data_of(attachment: Json) -> bytes | None:
    """Return the bytes inside an Attachment; None when it has none or they are no base64."""
    text = attachment.get("data")
    if not isinstance(text, str) or not text:
        return None
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def binary_of(attachment: Json) -> str:
    """Return the id of the Binary that an Attachment names by its address; empty when it names none."""
    found = re.search(r"(?:^|/)Binary/([A-Za-z0-9.-]{1,64})(?:$|/_history/)", str(attachment.get("url") or ""))
    return found[1] if found else ""


def content_of(data: bytes, claimed: str = "") -> Content:
    """Say what bytes are."""
    head = data[:1024]
    claimed = claimed.partition(";")[0].strip().lower()
    if not data:
        return Content("empty", "application/octet-stream", "bin", "This document is empty.")
    if (at := head.find(b"%PDF-")) >= 0:
        whole = b"%%EOF" in data[-2048:] and b"startxref" in data[-4096:] and at < 1024
        return Content("pdf", "application/pdf", "pdf") if whole else _broken("This PDF is damaged or incomplete.", "pdf")
    if image := _image(data):
        mime, suffix, size = image
        if size is None:
            return _broken("This image is damaged.", suffix)
        width, height = size
        if width * height > LARGEST_IMAGE:
            about = f"{width:,} × {height:,} pixels ({width * height / 1e6:,.0f} megapixels)"
            return Content("large", mime, suffix, f"This image is too large to show here: {about}.")
        return Content("image", mime, suffix)
    if claimed == "application/pdf":
        return _broken("This says that it is a PDF, but it is not one.", "bin")
    if _is_text(data):
        start = data[:512].lstrip().lower()
        html = claimed in ("text/html", "application/xhtml+xml") or start.startswith((b"<!doctype html", b"<html"))
        return Content("html", "text/html", "html") if html else Content("text", "text/plain", _suffix(claimed))
    return Content("other", "application/octet-stream", "bin", "This kind of document cannot be shown here.")


def text_of(data: bytes, claimed: str = "") -> str:
    """Return the text of bytes: in the claimed character set when it fits, else UTF-8, else Windows-1252."""
    charset = re.search(r"charset=\"?([\w-]{1,30})", claimed)
    for name in ((charset[1],) if charset else ()) + ("utf-8-sig", "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"):
        try:
            return data.decode(name)
        except (LookupError, UnicodeDecodeError):
            continue
    return data.decode("cp1252", "replace")


def file_name(attachment: Json, content: Content, fallback: str) -> str:
    """Return a name for a download: letters, digits, dots and dashes of the title, with the suffix of what it really is."""
    title = re.sub(r"[^\w .-]+", " ", plain(attachment.get("title"))[:80], flags=re.ASCII).strip(" .")
    stem = re.sub(r"\.\w{1,5}$", "", title) or fallback
    return f"{re.sub(r'[ -]+', '-', stem)}.{content.suffix}"


def _walk(value: Mapping[str, Any], code: str) -> Iterator[Json]:
    for key, member in value.items():
        if key == "contained" and isinstance(member, list):
            for one in member:
                if isinstance(one, Mapping) and str(one.get("resourceType")) in RTYPES:
                    yield from _walk(one, str(one["resourceType"]))
            continue
        known = property_of(code, key)
        for one in member if isinstance(member, list) else (member,):
            if not known or not isinstance(one, Mapping):
                continue
            if known[1].code == "Attachment":
                yield one
            elif known[1].code not in PRIMITIVES and known[1].code != "Resource":
                yield from _walk(one, known[1].code)


def _broken(words: str, suffix: str) -> Content:
    return Content("broken", "application/octet-stream", suffix, words)


def _suffix(claimed: str) -> str:
    return {"application/xml": "xml", "text/xml": "xml", "application/json": "json", "text/rtf": "rtf"}.get(claimed, "txt")


def _is_text(data: bytes) -> bool:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return True
    return _CONTROLS.search(data[:65536]) is None


def _image(data: bytes) -> tuple[str, str, tuple[int, int] | None] | None:
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        size = (_int(data, 16, 4), _int(data, 20, 4)) if data[12:16] == b"IHDR" and len(data) > 32 else None
        return "image/png", "png", size
    if data[:6] in (b"GIF87a", b"GIF89a"):
        size = (_int(data, 6, 2, "little"), _int(data, 8, 2, "little")) if len(data) > 13 else None
        return "image/gif", "gif", size
    if data[:3] == b"\xff\xd8\xff":
        return "image/jpeg", "jpg", _jpeg(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp", "webp", _webp(data)
    return None


def _jpeg(data: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 < len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _SOF:
            return _int(data, at + 7, 2), _int(data, at + 5, 2)
        else:
            at += 2 + _int(data, at + 2, 2)
    return None


def _webp(data: bytes) -> tuple[int, int] | None:
    form = data[12:16]
    if len(data) < 30:
        return None
    if form == b"VP8X":
        return _int(data, 24, 3, "little") + 1, _int(data, 27, 3, "little") + 1
    if form == b"VP8L":
        bits = _int(data, 21, 4, "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return (_int(data, 26, 2, "little") & 0x3FFF, _int(data, 28, 2, "little") & 0x3FFF) if form == b"VP8 " else None


def _int(data: bytes, at: int, length: int, order: Literal["little", "big"] = "big") -> int:
    return int.from_bytes(data[at : at + length], order)

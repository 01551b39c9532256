"""The bytes of documents, `/documents/<patient>/<type>/<id>/<number>`: for frames, images and downloads of our pages.

Each answer is opened through the door for the patient of its address, so it is in the access log and what is hidden is missing.
What is shown is told by the bytes, in a document of its own that may run nothing and load nothing.
"""

import html
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ehr_app.errors import NotFound, Unauthenticated
from ehr_app.identity import sessions
from ehr_app.identity.hosts import facility_slug
from ehr_app.record.access import Credential
from ehr_app.record.door import door
from ehr_app.standards.r4 import RTYPES
from ehr_app.ui.clinic.attachments import Content, attachments, binary_of, content_of, data_of, file_name, text_of
from ehr_app.ui.clinic.item_law import belongs_to
from ehr_app.ui.format.narrative import safe_html
from ehr_app.ui.format.text import Json, plain

LOCKED = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox"
IN_VIEWER = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'self'"
BLOCK = 30
PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>Document</title>'
    "<style>body{{font:0.9375rem/1.5 ui-sans-serif,system-ui,sans-serif;margin:1rem;overflow-wrap:anywhere}}"
    "pre{{white-space:pre-wrap;font:inherit;margin:0;content-visibility:auto;contain-intrinsic-size:auto 45rem}}"
    "table{{border-collapse:collapse}}td,th{{border:1px solid;padding:.3rem;text-align:start;vertical-align:top}}</style>"
    "<body>{body}</body></html>"
)


async def show(request: Request) -> Response:
    """Send one document. Raises Unauthenticated, and NotFound alike for what is missing, hidden or of another patient."""
    place: dict[str, Any] = request.path_params
    pid, rtype, fhir_id, number = place["pid"], place["rtype"], place["fhir_id"], int(place["number"])
    attachment, data = await _read(_credential(request), pid, rtype, fhir_id, number)
    claimed = plain(attachment.get("contentType"))
    content = content_of(data, claimed)
    download = request.query_params.get("download") == "1" or content.kind in ("broken", "large", "other", "empty")
    name = file_name(attachment, content, f"{rtype}-{number + 1}")
    return _answer(content, data, claimed, name, download)


ROUTES = [Route("/documents/{pid}/{rtype}/{fhir_id}/{number:int}", show)]


async def _read(shown: tuple[Credential, str | None], pid: str, rtype: str, fhir_id: str, number: int) -> tuple[Json, bytes]:
    if rtype not in RTYPES:
        raise NotFound
    credential, facility = shown
    asked = f"document {rtype}/{fhir_id}/{number}"
    async with door().open(credential, action="read", facility=facility, patient=pid, asked=asked) as record:
        resource = (await record.read(rtype, fhir_id)).resource()
        belongs_to(resource, pid)
        found = attachments(resource)
    if number >= len(found):
        raise NotFound
    attachment = found[number]
    data = data_of(attachment)
    if data is None and (named := binary_of(attachment)):
        # A Binary belongs to no patient, so a record that is bound to one does not show it; the document that names it was seen.
        async with door().open(credential, action="read", facility=facility, asked=f"{asked} Binary/{named}") as record:
            binary = (await record.read("Binary", named)).resource()
        data = data_of(binary)
        attachment = {"contentType": binary.get("contentType"), **attachment}
    if data is None:
        raise NotFound
    return attachment, data


def _credential(request: Request) -> tuple[Credential, str | None]:
    host = request.headers.get("host", "")
    secret = sessions.secret_of(request.headers.get("cookie", ""), host)
    if secret is None:
        raise Unauthenticated
    return Credential("session", secret), facility_slug(host)


def _answer(content: Content, data: bytes, claimed: str, name: str, download: bool) -> Response:
    policy, mime = LOCKED, content.mime
    if download:
        mime = content.mime if content.kind != "html" else "application/octet-stream"
    elif content.kind in ("text", "html"):
        told = text_of(data, claimed)
        body = safe_html(told) if content.kind == "html" else _blocks(told)
        data, mime = PAGE.format(body=body).encode("utf-8", "replace"), "text/html; charset=utf-8"
    elif content.kind == "pdf":
        policy = IN_VIEWER
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Security-Policy": policy,
        "Content-Disposition": f'{"attachment" if download else "inline"}; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "SAMEORIGIN",
    }
    return Response(data, media_type=mime, headers=headers)


def _blocks(text: str) -> str:
    """Text in blocks of some lines each: the browser lays out only those that are seen."""
    lines = html.escape(text).split("\n")
    return "".join("<pre>" + "\n".join(lines[at : at + BLOCK]) + "\n</pre>" for at in range(0, len(lines), BLOCK))

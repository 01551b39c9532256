"""One item of a chart with everything around it: content, who filed it, its versions, its documents, what names it.

It reads through the open record of the page's patient; what another patient owns is refused, what is hidden is missing.
"""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import msgspec

from ehr_app.errors import EhrError, Gone, NotFound
from ehr_app.record.codec import encode
from ehr_app.record.door import Record
from ehr_app.record.filing import Filing
from ehr_app.standards.r4 import RTYPES
from ehr_app.ui.clinic import generic_view
from ehr_app.ui.clinic.attachments import attachments, binary_of, content_of, data_of, text_of
from ehr_app.ui.clinic.chart_view import Labelled
from ehr_app.ui.clinic.domain_view import recorded, row_of
from ehr_app.ui.clinic.filed import person, way
from ehr_app.ui.clinic.item_law import belongs_to
from ehr_app.ui.clinic.item_view import ItemLine, item_lines, references
from ehr_app.ui.clinic.patients_view import chart_address
from ehr_app.ui.clinic.results_view import details
from ehr_app.ui.clinic.rows import Section
from ehr_app.ui.clinic.versions_view import VersionRow, version_rows
from ehr_app.ui.format.dates import clinical_time
from ehr_app.ui.format.elements import element_words
from ehr_app.ui.format.narrative import safe_html
from ehr_app.ui.format.text import Json, clinical_text, in_error, items, part, plain, reference_text

MOST_NAMES = 60
RAW_CHARACTERS = 200_000
IN_PANEL = 120
RECORDED = 200
SHORT = 20_000
"""A text of so many bytes stands on the page itself."""


@dataclass(frozen=True)
class Document:
    """One document of an item: how it can be shown and where its bytes are."""

    title: str = ""
    kind: str = ""
    about: str = ""
    words: str = ""
    src: str = ""
    download: str = ""


@dataclass(frozen=True)
class ItemShown:
    """An item, ready to show beside a page or on its own."""

    ref: str = ""
    title: str = ""
    kind: str = ""
    href: str = ""
    wrong: bool = False
    deleted: str = ""
    facts: list[Labelled] = field(default_factory=list)
    source: list[Labelled] = field(default_factory=list)
    lines: list[ItemLine] = field(default_factory=list)
    narrative: str = ""
    raw: str = ""
    versions: list[VersionRow] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    recorded: list[Section] = field(default_factory=list)


def item_address(pid: str, ref: str) -> str:
    """Return the address of an item (`Condition/12`) of a chart."""
    rtype, _, fhir_id = ref.partition("/")
    return f"{chart_address(pid)}/items/{quote(rtype, safe='')}/{quote(fhir_id, safe='')}"


async def read_item(record: Record, pid: str, ref: str, zone: ZoneInfo, *, whole: bool) -> ItemShown:
    """Return an item of this patient; `whole` for its own page. Raises NotFound, WrongPatient."""
    rtype, _, fhir_id = ref.partition("/")
    if rtype not in RTYPES:
        raise NotFound
    filings = await record.filings(rtype, fhir_id)
    resource, deleted = await _content(record, rtype, fhir_id, filings, zone)
    belongs_to(resource, pid)
    names = await _names(record, resource)
    address = item_address(pid, ref)
    lines = item_lines(resource, zone, names)
    shown = ItemShown(
        ref=ref,
        title=row_of(resource, zone).title,
        kind=element_words(rtype),
        href=address,
        wrong=in_error(resource),
        deleted=deleted,
        facts=_facts(resource, zone),
        source=await _source(record, ref, filings, zone),
        lines=lines if whole else lines[:IN_PANEL],
        documents=_documents(resource, pid, ref),
    )
    if not whole:
        return shown
    known: dict[str, Any] = vars(shown)
    return ItemShown(
        **{
            **known,
            "narrative": safe_html(part(resource, "text").get("div")),
            "raw": _raw(resource),
            "versions": version_rows(filings, address, record.access.facility.name, zone),
            "recorded": await _recorded(record, rtype, fhir_id, zone),
        }
    )


async def _content(record: Record, rtype: str, fhir_id: str, filings: list[Filing], zone: ZoneInfo) -> tuple[Json, str]:
    """The current content, or the last one before a deletion and a sentence about that."""
    try:
        return (await record.read(rtype, fhir_id)).resource(), ""
    except Gone:
        last = next((one for one in filings if one.verb != 3), None)
        if last is None:
            raise
        gone = filings[0]
        told = f"Deleted {clinical_time(gone.at, zone)} by {person(gone)}. What it said before is below."
        return (await record.vread(rtype, fhir_id, last.version)).resource(), told


async def _names(record: Record, resource: Json) -> dict[str, str]:
    """What the items that a resource refers to are called, as far as they may be seen."""
    places = list(dict.fromkeys(references(resource)))[:MOST_NAMES]
    asked = [(rtype, fhir_id) for rtype, _, fhir_id in (place.partition("/") for place in places)]
    return {f"{one.type}/{one.id}": generic_view.title(one.resource()) for one in await record.named(asked)}


async def _source(record: Record, ref: str, filings: list[Filing], zone: ZoneInfo) -> list[Labelled]:
    """Who filed it, how it arrived and what Provenance says, newest first."""
    first, newest = filings[-1], filings[0]
    facility = record.access.facility.name if newest.facility else "Network directory"
    told = [
        Labelled("Filed by", person(first)),
        Labelled("Filed", clinical_time(first.at, zone)),
        Labelled("Arrived", way(first)),
        Labelled("Facility", facility),
    ]
    if len(filings) > 1:
        told.append(Labelled("Last changed", f"{clinical_time(newest.at, zone)} by {person(newest)}, {way(newest)}"))
    told.append(Labelled("Version", f"{newest.version} of {newest.version}"))
    try:
        found = await record.search("Provenance", [("target", ref), ("_count", "10")])
    except EhrError:
        return told
    for one in found.matches:
        told += _provenance(one.resource(), zone)
    return told


def _provenance(one: Json, zone: ZoneInfo) -> list[Labelled]:
    sources = ", ".join(filter(None, (reference_text(part(entity, "what")) for entity in items(one, "entity"))))
    agents = ", ".join(filter(None, (reference_text(part(agent, "who")) for agent in items(one, "agent"))))
    activity = clinical_text(part(one, "activity"))
    label = "Imported from" if activity == "import" else "Source"
    told = " · ".join(filter(None, (sources, agents, activity if activity != "import" else "")))
    return [Labelled(label, f"{told or 'Not named'}, {clinical_time(one.get('recorded'), zone)}")]


def _facts(resource: Json, zone: ZoneInfo) -> list[Labelled]:
    """What matters first: of a result everything that rule R2 asks, of others when, who and where."""
    if resource.get("resourceType") == "Observation":
        return [Labelled(label, value) for label, value in details(resource, zone)]
    row = row_of(resource, zone)
    found = (("When", clinical_time(generic_view.day(resource), zone, "")), ("About", row.detail), ("Status", row.status))
    return [Labelled(label, value) for label, value in found if value]


def _documents(resource: Json, pid: str, ref: str) -> list[Document]:
    base = f"/documents/{quote(pid, safe='')}/{'/'.join(quote(one, safe='') for one in ref.split('/'))}"
    return [_document(one, f"{base}/{number}", number) for number, one in enumerate(attachments(resource))]


def _document(one: Json, src: str, number: int) -> Document:
    title = plain(one.get("title")) or f"Document {number + 1}"
    claimed = plain(one.get("contentType"))
    data = data_of(one)
    if data is None:
        if binary_of(one):
            kind = "pdf" if "pdf" in claimed else "image" if claimed.startswith("image/") else "html"
            return Document(title, kind, claimed, "", src, f"{src}?download=1")
        words = f"Its content is elsewhere: {plain(one['url'])}" if one.get("url") else "It came without content."
        return Document(title, "elsewhere", claimed, words)
    content = content_of(data, claimed)
    if content.kind == "text" and len(data) <= SHORT:
        about = f"{claimed or content.mime}, {_size(len(data))}"
        return Document(title, "short", about, text_of(data, claimed), src, f"{src}?download=1")
    return Document(title, content.kind, f"{claimed or content.mime}, {_size(len(data))}", content.words, src, f"{src}?download=1")


def _size(count: int) -> str:
    return f"{count:,} bytes" if count < 10_000 else f"{count / 1000:,.0f} kB" if count < 10_000_000 else f"{count / 1e6:,.0f} MB"


def _raw(resource: Json) -> str:
    text = msgspec.json.format(encode(resource), indent=2).decode()
    if len(text) <= RAW_CHARACTERS:
        return text
    return f"{text[:RAW_CHARACTERS]}\n… {len(text) - RAW_CHARACTERS:,} more characters; read them over the API or by export."


async def _recorded(record: Record, rtype: str, fhir_id: str, zone: ZoneInfo) -> list[Section]:
    if rtype != "Encounter":
        return []
    found = await record.recorded_in(fhir_id, count=RECORDED + 1)
    return recorded([one.resource() for one in found[:RECORDED]], zone, len(found) > RECORDED)

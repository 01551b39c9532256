"""Documents as lines: what they are, who wrote them, and what was replaced.

Pure. DocumentReference: https://hl7.org/fhir/R4/documentreference.html
"""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from ehr_app.ui.clinic.rows import Row, Section, joined, line, section, split
from ehr_app.ui.format.text import Json, clinical_text, in_error, items, part, plain, reference_text

SHOWN = 8


def documents(records: Sequence[Json], zone: ZoneInfo, more: bool = False, shown: int = SHOWN) -> Section:
    """Documents, newest first."""
    ordered = sorted(records, key=lambda one: str(one.get("date") or ""), reverse=True)
    usable, wrong = split(ordered, lambda one: not in_error(one))
    return section(
        "documents", "Documents", usable, wrong, lambda one: row(one, zone), more, "No documents recorded.", "in error", shown
    )


def row(one: Json, zone: ZoneInfo) -> Row:
    """Return the line of a document."""
    author = ", ".join(filter(None, (reference_text(who) for who in items(one, "author"))))
    description = plain(one.get("description"))
    title = clinical_text(part(one, "type")) or description or "Document"
    state = "Replaced" if one.get("status") == "superseded" else "Not signed" if one.get("docStatus") == "preliminary" else ""
    detail = joined(description if description != title else "", author, reference_text(part(one, "custodian")))
    return line(one, zone, title, one.get("date"), detail=detail, status=state)

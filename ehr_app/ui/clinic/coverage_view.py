"""Insurance and the people around a patient: payer, member number, period; related persons with their phones.

Pure. Coverage: https://hl7.org/fhir/R4/coverage.html ; RelatedPerson: https://hl7.org/fhir/R4/relatedperson.html
"""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from ehr_app.ui.clinic.rows import Row, Section, joined, line, section, split
from ehr_app.ui.format import people
from ehr_app.ui.format.dates import clinical_range
from ehr_app.ui.format.text import Json, clinical_text, in_error, items, part, plain, reference_text, sentence_case


def coverage(records: Sequence[Json], zone: ZoneInfo, more: bool = False) -> Section:
    """Insurance, the active one first."""
    active, past = split(records, lambda one: one.get("status") == "active")
    return section(
        "coverage", "Coverage", active, past, lambda one: payer_row(one, zone), more, "No insurance recorded.", "not active"
    )


def contacts(records: Sequence[Json], zone: ZoneInfo, more: bool = False) -> Section:
    """Related persons: those who are no longer in touch are folded away."""
    active, past = split(records, lambda one: one.get("active") is not False and not in_error(one))
    return section(
        "contacts", "Contacts", active, past, lambda one: contact_row(one, zone), more, "No contacts recorded.", "no longer active"
    )


def payer_row(one: Json, zone: ZoneInfo) -> Row:
    """Return the line of an insurance."""
    period = part(one, "period")
    payor = ", ".join(filter(None, (reference_text(who) for who in items(one, "payor"))))
    number = f"member {plain(one.get('subscriberId'))}" if one.get("subscriberId") else ""
    plans = [f"{clinical_text(part(c, 'type')) or 'class'} {plain(c.get('name') or c.get('value'))}" for c in items(one, "class")]
    span = clinical_range(period.get("start"), period.get("end"), zone) if period else ""
    status = "" if one.get("status") == "active" or in_error(one) else plain(one.get("status"))
    return line(
        one, zone, payor or clinical_text(part(one, "type")) or "Payer not named", None,
        detail=joined(clinical_text(part(one, "type")) if payor else "", number, *plans, span), status=sentence_case(status),
    )  # fmt: skip


def contact_row(one: Json, zone: ZoneInfo) -> Row:
    """Return the line of a related person."""
    relation = ", ".join(filter(None, (clinical_text(kind) for kind in items(one, "relationship"))))
    return line(
        one, zone, people.spoken_name(items(one, "name")), None,
        detail=joined(relation, ", ".join(people.phones(one)), people.address(one)),
    )  # fmt: skip

"""Immunizations: vaccine, day, dose of the series, lot, site, who gave it; those not given say so.

Pure. Immunization: https://hl7.org/fhir/R4/immunization.html
"""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from ehr_app.ui.clinic.rows import Row, Section, by, joined, line, section, split
from ehr_app.ui.format.numbers import measure
from ehr_app.ui.format.text import Json, clinical_text, in_error, items, part, plain, reference_text

SHOWN = 8


def immunizations(records: Sequence[Json], zone: ZoneInfo, more: bool = False, shown: int = SHOWN) -> Section:
    """Immunizations, newest first; those not given say so."""
    ordered = sorted(records, key=lambda one: str(one.get("occurrenceDateTime") or ""), reverse=True)
    usable, wrong = split(ordered, lambda one: not in_error(one))
    return section(
        "immunizations", "Immunizations", usable, wrong, lambda one: row(one, zone), more, "No immunizations recorded.",
        "in error", shown,
    )  # fmt: skip


def row(one: Json, zone: ZoneInfo) -> Row:
    """Return the line of an immunization."""
    lot = f"lot {plain(one.get('lotNumber'))}" if one.get("lotNumber") else ""
    told = "reported, not given here" if one.get("primarySource") is False else ""
    dose = measure(part(one, "doseQuantity")).text if part(one, "doseQuantity").get("value") is not None else ""
    number = next((plain(p.get("doseNumberPositiveInt") or p.get("doseNumberString")) for p in items(one, "protocolApplied")), "")
    return line(
        one, zone, clinical_text(part(one, "vaccineCode")) or "Vaccine not named", one.get("occurrenceDateTime"),
        detail=joined(
            clinical_text(part(one, "statusReason")), f"dose {number}" if number else "", dose, lot,
            clinical_text(part(one, "site")), told, by(one, "performer"), reference_text(part(one, "location")),
        ),
        status="Not given" if one.get("status") == "not-done" else "",
    )  # fmt: skip

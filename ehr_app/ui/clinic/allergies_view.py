"""Allergies, gravest first (rules A1 to A3): reaction, criticality, kind, verification, who said it; denials apart.

Pure. AllergyIntolerance: https://hl7.org/fhir/R4/allergyintolerance.html
"""

from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from ehr_app.ui.clinic.chart_view import count_text
from ehr_app.ui.clinic.rows import Row, Section, by, joined, line, past_words, section, split
from ehr_app.ui.format.allergies import Allergy, allergy_state
from ehr_app.ui.format.text import Json, clinical_text, part, plain, sentence_case

CRITICALITY = {"high": "high criticality", "low": "low criticality", "unable-to-assess": "criticality not assessable"}


def allergies(records: Sequence[Json] | None, zone: ZoneInfo) -> Section:
    """The allergy list behind the state of the banner, gravest first."""
    state = allergy_state(records, zone)
    by_id = {plain(one.get("id")): one for one in records or ()}
    rows = [_row(one, by_id.get(one.id, {})) for one in state.allergies]
    active, past = split(rows, lambda row: not row.wrong and not row.status)
    return Section(
        "allergies", "Allergies", active, past, past_words(len(past), "past or in error"), count_text(len(active), False),
        f"{state.words}. {state.note}".strip(), state.updated,
    )  # fmt: skip


def listed(records: Sequence[Json], zone: ZoneInfo) -> list[Section]:
    """The page's sections: the allergies, then what was denied (A2: a denial is no allergy, and it has an author and a date)."""
    shown = allergies(records, zone)
    state = allergy_state(records, zone)
    known = {one.id for one in state.allergies}
    denials = [one for one in records if plain(one.get("id")) not in known]
    said = section(
        "denials", "Denied", denials, [], lambda one: _denial(one, zone), False, "", "", 200,
    )  # fmt: skip
    first = replace(shown, empty=f"{state.words}. {state.note}".strip())
    return [first, *([said] if denials else [])]


def _row(one: Allergy, record: Json) -> Row:
    kinds = record.get("category")
    return Row(
        ref=f"AllergyIntolerance/{one.id}", title=one.name, when=one.recorded, spoken=one.recorded,
        detail=joined(
            one.reaction, CRITICALITY.get(str(record.get("criticality")), ""), plain(record.get("type")),
            ", ".join(map(plain, kinds)) if isinstance(kinds, list) else "", by(record, "asserter", "recorder"),
        ),
        status=one.status if not one.wrong else "", wrong=one.wrong, grave=one.grave,
        words=joined("unconfirmed" if one.unconfirmed else "", "" if one.coded else "not coded"),
    )  # fmt: skip


def _denial(one: Json, zone: ZoneInfo) -> Row:
    doubt = clinical_text(part(one, "verificationStatus"))
    return line(
        one, zone, clinical_text(part(one, "code")), one.get("recordedDate"),
        detail=joined(by(one, "asserter", "recorder") or "Author not recorded", sentence_case(doubt)),
    )  # fmt: skip

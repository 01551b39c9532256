"""Medications: one list that reads as reconciled, from orders, statements, dispenses and administrations (rules M1 to M4).

Pure. Lines of the same ingredient stand together, the current order first; when two current sources give different doses both are
shown and it is said. Nothing is decided here: the list shows what the record says and why a line counts as current or past.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from ehr_app.ui.clinic.chart_view import count_text
from ehr_app.ui.clinic.rows import Piece, Row, Section, by, joined, line, past_words, section
from ehr_app.ui.format.dates import clinical_day
from ehr_app.ui.format.medications import MedicationLine, medication_line
from ehr_app.ui.format.text import Json, clinical_text, in_error, items, part, reference_text

CURRENT = ("active", "on-hold", "unknown", "intended", None)
ORDER = {"MedicationRequest": 0, "MedicationStatement": 1, "MedicationDispense": 2, "MedicationAdministration": 3}
SOURCES = {
    "MedicationRequest": "ordered",
    "MedicationStatement": "told, not ordered here",
    "MedicationDispense": "dispensed",
    "MedicationAdministration": "given",
}
EVENTS = ("MedicationDispense", "MedicationAdministration")
DIFFER = "Two sources differ"


def medications(requests: Sequence[Json], zone: ZoneInfo, more: bool = False, named: Iterable[Json] = ()) -> Section:
    """Current medications as lines, requests and statements in one list; stopped and completed ones are folded away.

    `named` are the Medication resources that the lines refer to.
    """
    drugs = _named(named)
    current = [one for one in requests if one.get("status") in CURRENT]
    past = [one for one in requests if one not in current]
    return section(
        "medications", "Medications", current, past, lambda one: row(one, zone, drugs), more, "No medications recorded.",
        "stopped or past",
    )  # fmt: skip


def reconciled(resources: Sequence[Json], zone: ZoneInfo, more: bool = False, named: Iterable[Json] = ()) -> Section:
    """One list of everything about medicines, grouped by ingredient; groups without a current line are folded away.

    The count is that of all entries but those in error, as in the navigation.
    """
    drugs = _named(named)
    groups: dict[str, list[Json]] = {}
    for one in resources:
        groups.setdefault(ingredient(_line(one, drugs)) or str(one.get("id")), []).append(one)
    rows: list[Row] = []
    past: list[Row] = []
    for members in groups.values():
        members.sort(key=lambda one: (not is_current(one), in_error(one), ORDER.get(str(one.get("resourceType")), 4)))
        lines = [row(one, zone, drugs) for one in members]
        if not is_current(members[0]):
            past += [lines[0], *(replace(one, sub=True) for one in lines[1:])]
            continue
        differing = doses_differ([_line(one, drugs) for one in members if is_current(one)])
        lines[0] = replace(lines[0], note=DIFFER if differing else "")
        rows += [lines[0], *(replace(one, sub=True) for one in lines[1:])]
    counted = sum(not in_error(one) for one in resources)
    words = "No current medications." if past else "No medications recorded."
    latest = rows[0].when if rows else ""
    return Section("medications", "Medications", rows, past, past_words(len(past), "stopped or past"),
                   count_text(counted, more), words, latest)  # fmt: skip


def row(resource: Json, zone: ZoneInfo, drugs: Mapping[str, Json]) -> Row:
    """Return the line of a medication with where it comes from and why it counts as it does."""
    told = _line(resource, drugs)
    rtype = str(resource.get("resourceType"))
    period = part(resource, "effectivePeriod")
    when = (
        resource.get("authoredOn") or resource.get("effectiveDateTime") or period.get("start")
        or resource.get("whenHandedOver") or resource.get("whenPrepared") or resource.get("dateAsserted")
    )  # fmt: skip
    reasons = [clinical_text(reason) for reason in items(resource, "reasonCode")]
    reasons += [reference_text(reason) for reason in items(resource, "reasonReference")]
    reason = ", ".join(filter(None, reasons))
    ended = period.get("end")
    causes = [*items(resource, "statusReason"), *items(resource, "statusReasonCodeableConcept")]
    why = ", ".join(filter(None, (clinical_text(one) for one in causes)))
    source = SOURCES.get(rtype, "")
    return line(
        resource, zone, told.text, when, pieces=[Piece(piece.kind, piece.text) for piece in told.parts],
        detail=joined(
            "" if rtype == "MedicationRequest" else source,
            f"for {reason}" if reason else "",
            by(resource, "requester", "informationSource", "performer"),
            f"until {clinical_day(ended, zone)}" if ended else "",
            why,
        ),
        status="" if told.wrong else told.status,
    )  # fmt: skip


def is_current(resource: Json) -> bool:
    """Say whether a line counts as current: an order or statement that is neither stopped, completed nor in error."""
    return resource.get("resourceType") not in EVENTS and resource.get("status") in CURRENT


def ingredient(told: MedicationLine) -> str:
    """Name what the line is of: its generic names, without strength, form or brand."""
    return " ".join(part.text for part in told.parts if part.kind == "name").casefold()


def doses_differ(lines: Sequence[MedicationLine]) -> bool:
    """Say whether current lines of one ingredient give different strengths or doses; a line that gives none says nothing."""
    told = [{part.text for part in one.parts if part.kind in ("strength", "dose")} for one in lines]
    given = [one for one in told if one]
    return any(one != given[0] for one in given[1:])


def _line(resource: Json, drugs: Mapping[str, Json]) -> MedicationLine:
    reference = str(part(resource, "medicationReference").get("reference") or "")
    return medication_line(_as_dosed(resource), drugs.get("/".join(reference.split("/")[-2:])))


def _as_dosed(resource: Json) -> Json:
    """An administration gives one dose, in the form that an order's dosage has."""
    dosage = part(resource, "dosage")
    if resource.get("resourceType") != "MedicationAdministration" or not dosage:
        return resource
    rate = {"doseQuantity": dosage.get("dose"), "rateRatio": dosage.get("rateRatio"), "rateQuantity": dosage.get("rateQuantity")}
    given = {key: value for key, value in rate.items() if value}
    return {**resource, "dosage": [{**dosage, **({"doseAndRate": [given]} if given else {})}]}


def _named(named: Iterable[Json]) -> dict[str, Json]:
    return {f"Medication/{one.get('id')}": one for one in named}

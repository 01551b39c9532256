"""The sections of the summary page: problems, medications, allergies, results, visits, immunizations, documents, coverage.

Pure: FHIR resources in, rows out. What was entered in error stays visible, struck through, and does not count.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from ehr_app.ui.clinic.chart_view import count_text, taken_at
from ehr_app.ui.format.allergies import allergy_state
from ehr_app.ui.format.dates import clinical_day, clinical_range, local_day, spoken_date
from ehr_app.ui.format.medications import medication_line
from ehr_app.ui.format.text import (
    Json,
    clinical_text,
    has_code,
    in_error,
    items,
    part,
    plain,
    reference_text,
    sentence_case,
)  # fmt: skip
from ehr_app.ui.format.values import NO_RANGE, UNIT_MISSING, result

SHOWN = 8
T = TypeVar("T")


@dataclass(frozen=True)
class Piece:
    """A piece of a line: name, brand, strength, form, label, dose, text or gap."""

    kind: str = "text"
    text: str = ""


@dataclass(frozen=True)
class Row:
    """One line of a section. `ref` is the resource (`Condition/12`)."""

    ref: str = ""
    title: str = ""
    pieces: list[Piece] = field(default_factory=list)
    detail: str = ""
    when: str = ""
    spoken: str = ""
    status: str = ""
    wrong: bool = False
    grave: bool = False
    value: str = ""
    limits: str = ""
    code: str = ""
    mark: str = ""
    words: str = ""
    grade: str = "ungraded"


@dataclass(frozen=True)
class Section:
    """One section: rows that count now, `past` rows folded away, and words for when there is nothing."""

    key: str = ""
    title: str = ""
    rows: list[Row] = field(default_factory=list)
    past: list[Row] = field(default_factory=list)
    past_words: str = ""
    count: str = ""
    empty: str = ""
    latest: str = ""


def problems(conditions: Sequence[Json], zone: ZoneInfo, more: bool = False) -> Section:
    """Active problems, newest first; resolved ones are folded away."""

    def row(one: Json) -> Row:
        onset, end = one.get("onsetDateTime") or part(one, "onsetPeriod").get("start"), one.get("abatementDateTime")
        since = f"since {clinical_day(onset, zone)}" if onset else ""
        until = f"until {clinical_day(end, zone)}" if end else ""
        doubt = clinical_text(part(one, "verificationStatus")) if _doubtful(one) else ""
        grade = clinical_text(part(one, "severity"))
        return _row(
            one, zone, clinical_text(part(one, "code")) or "Unnamed problem", onset or one.get("recordedDate"),
            detail=_joined(grade, since, until, _by(one, "asserter", "recorder")), status=sentence_case(doubt),
        )  # fmt: skip

    active = [one for one in conditions if not in_error(one) and not _over(one)]
    past = [one for one in conditions if in_error(one) or _over(one)]
    return _section("problems", "Problems", active, past, row, more, "No problems recorded.", "resolved or past")


def medications(requests: Sequence[Json], zone: ZoneInfo, more: bool = False, named: Iterable[Json] = ()) -> Section:
    """Current medications as lines, requests and statements in one list; stopped and completed ones are folded away.

    `named` are the Medication resources that the lines refer to.
    """
    by_ref = {f"Medication/{one.get('id')}": one for one in named}

    def row(one: Json) -> Row:
        line = medication_line(one, by_ref.get(str(part(one, "medicationReference").get("reference"))))
        started = one.get("authoredOn") or one.get("effectiveDateTime") or part(one, "effectivePeriod").get("start")
        reasons = [clinical_text(reason) for reason in items(one, "reasonCode")]
        reasons += [reference_text(reason) for reason in items(one, "reasonReference")]
        reason = ", ".join(filter(None, reasons))
        return _row(
            one, zone, line.text, started, pieces=[Piece(piece.kind, piece.text) for piece in line.parts],
            detail=_joined(
                "told, not ordered here" if one.get("resourceType") == "MedicationStatement" else "",
                f"for {reason}" if reason else "",
                _by(one, "requester", "informationSource"),
            ),
            status="" if line.wrong else line.status,
        )  # fmt: skip

    current = [one for one in requests if one.get("status") in ("active", "on-hold", "unknown", "intended", None)]
    past = [one for one in requests if one not in current]
    return _section("medications", "Medications", current, past, row, more, "No medications recorded.", "stopped or past")


def allergies(records: Sequence[Json] | None, zone: ZoneInfo) -> Section:
    """The allergy list behind the state of the banner, gravest first."""
    state = allergy_state(records, zone)
    rows = [
        Row(
            ref=f"AllergyIntolerance/{one.id}", title=one.name, detail=one.reaction, when=one.recorded, spoken=one.recorded,
            status=one.status if not one.wrong else "", wrong=one.wrong, grave=one.grave,
            words=_joined("unconfirmed" if one.unconfirmed else "", "" if one.coded else "not coded"),
        )
        for one in state.allergies
    ]  # fmt: skip
    active, past = _split(rows, lambda row: not row.wrong and not row.status)
    return Section(
        "allergies", "Allergies", active, past, _past_words(len(past), "past or in error"), count_text(len(active), False),
        f"{state.words}. {state.note}".strip(), state.updated,
    )  # fmt: skip


def recent_results(observations: Sequence[Json], zone: ZoneInfo) -> Section:
    """R3: the newest result of each test, critical ones first."""
    newest: dict[str, Json] = {}
    for one in sorted(observations, key=lambda one: str(taken_at(one) or ""), reverse=True):
        newest.setdefault(clinical_text(part(one, "code")), one)
    rows = [result_row(one, zone) for one in newest.values()]
    ranks = {"critical": 0, "abnormal": 1}
    rows.sort(key=lambda row: (row.wrong, ranks.get(row.grade, 2) == 2, ranks.get(row.grade, 2)))
    latest = next((row.when for row in rows if not row.wrong), "")
    return Section("results", "Recent results", rows[:SHOWN], empty="No laboratory results recorded.", latest=latest)


def result_row(observation: Json, zone: ZoneInfo) -> Row:
    """One result with value, unit, range, flag and time."""
    shown = result(observation)
    value = f"{shown.value}, {UNIT_MISSING}" if shown.unit_missing else shown.value or "No value"
    return _row(
        observation, zone, shown.name, taken_at(observation), value=value, code=shown.flag.code, mark=shown.flag.mark,
        words=shown.flag.words, grade=shown.flag.grade, status="" if shown.wrong else shown.status,
        limits=shown.range if shown.range == NO_RANGE else f"range {shown.range}",
    )  # fmt: skip


def encounters(records: Sequence[Json], zone: ZoneInfo, more: bool = False) -> Section:
    """Visits, newest first."""

    def row(one: Json) -> Row:
        period = part(one, "period")
        kind = next((text for coded in items(one, "type") if (text := clinical_text(coded))), "")
        reason = ", ".join(filter(None, (clinical_text(coded) for coded in items(one, "reasonCode"))))
        who = next((text for p in items(one, "participant") if (text := reference_text(part(p, "individual")))), "")
        where = reference_text(part(one, "serviceProvider"))
        where = where or next((reference_text(part(p, "location")) for p in items(one, "location")), "")
        status = "" if one.get("status") == "finished" else plain(one.get("status")).replace("-", " ")
        return _row(
            one, zone, kind or _class_text(one) or "Visit", period.get("start"),
            detail=_joined(f"for {reason}" if reason else "", who, where, _stay(period, zone)), status=sentence_case(status),
        )  # fmt: skip

    def newest(one: Json) -> str:
        return str(part(one, "period").get("start") or "")

    usable, wrong = _split(sorted(records, key=newest, reverse=True), lambda one: not in_error(one))
    return _section("visits", "Visits", usable, wrong, row, more, "No visits recorded.", "in error", SHOWN)


def immunizations(records: Sequence[Json], zone: ZoneInfo, more: bool = False) -> Section:
    """Immunizations, newest first; those not given say so."""

    def row(one: Json) -> Row:
        refused = one.get("status") == "not-done"
        reason = clinical_text(part(one, "statusReason"))
        lot = f"lot {plain(one.get('lotNumber'))}" if one.get("lotNumber") else ""
        told = "reported, not given here" if one.get("primarySource") is False else ""
        return _row(
            one, zone, clinical_text(part(one, "vaccineCode")) or "Vaccine not named",
            one.get("occurrenceDateTime"), detail=_joined(reason, lot, told, _by(one, "performer")),
            status="Not given" if refused else "",
        )  # fmt: skip

    ordered = sorted(records, key=lambda one: str(one.get("occurrenceDateTime") or ""), reverse=True)
    usable, wrong = _split(ordered, lambda one: not in_error(one))
    return _section("immunizations", "Immunizations", usable, wrong, row, more, "No immunizations recorded.", "in error",
                    SHOWN)  # fmt: skip


def documents(records: Sequence[Json], zone: ZoneInfo, more: bool = False) -> Section:
    """Documents, newest first."""

    def row(one: Json) -> Row:
        author = ", ".join(filter(None, (reference_text(who) for who in items(one, "author"))))
        title = clinical_text(part(one, "type")) or plain(one.get("description")) or "Document"
        replaced = "Replaced" if one.get("status") == "superseded" else ""
        return _row(one, zone, title, one.get("date"), detail=_joined(plain(one.get("description")), author), status=replaced)

    ordered = sorted(records, key=lambda one: str(one.get("date") or ""), reverse=True)
    usable, wrong = _split(ordered, lambda one: not in_error(one))
    return _section("documents", "Documents", usable, wrong, row, more, "No documents recorded.", "in error", SHOWN)


def coverage(records: Sequence[Json], zone: ZoneInfo, more: bool = False) -> Section:
    """Insurance, the active one first."""

    def row(one: Json) -> Row:
        period = part(one, "period")
        payor = ", ".join(filter(None, (reference_text(who) for who in items(one, "payor"))))
        number = f"member {plain(one.get('subscriberId'))}" if one.get("subscriberId") else ""
        span = clinical_range(period.get("start"), period.get("end"), zone) if period else ""
        status = "" if one.get("status") == "active" else plain(one.get("status"))
        return _row(
            one, zone, payor or clinical_text(part(one, "type")) or "Payer not named", None,
            detail=_joined(clinical_text(part(one, "type")) if payor else "", number, span), status=sentence_case(status),
        )  # fmt: skip

    active, past = _split(records, lambda one: one.get("status") == "active")
    return _section("coverage", "Coverage", active, past, row, more, "No insurance recorded.", "not active")


def _section(
    key: str, title: str, now: Sequence[Json], past: Sequence[Json], row: Callable[[Json], Row], more: bool,
    empty: str, past_kind: str, shown: int = 50,
) -> Section:  # fmt: skip
    rows, rest = [row(one) for one in now], [row(one) for one in past]
    folded = rows[shown:] + rest
    kind = f"earlier, {past_kind}" if rows[shown:] and rest else "earlier" if rows[shown:] else past_kind
    latest = rows[0].when if rows else ""
    words = f"No current {title.lower()}." if past else empty
    return Section(key, title, rows[:shown], folded, _past_words(len(folded), kind), count_text(len(now), more), words, latest)


def _row(resource: Json, zone: ZoneInfo, title: str, when: object, **more: Any) -> Row:
    day = local_day(when, zone)
    return Row(
        ref=f"{resource.get('resourceType', '')}/{resource.get('id', '')}", title=title,
        when=clinical_day(when, zone, ""), spoken=spoken_date(day, "date not recorded"), wrong=in_error(resource), **more,
    )  # fmt: skip


def _past_words(count: int, kind: str) -> str:
    return f"{count} {kind}" if count else ""


def _split(rows: Iterable[T], keep: Callable[[T], bool]) -> tuple[list[T], list[T]]:
    kept: list[T] = []
    rest: list[T] = []
    for row in rows:
        (kept if keep(row) else rest).append(row)
    return kept, rest


def _joined(*texts: str) -> str:
    return " · ".join(filter(None, texts))


def _by(resource: Json, *keys: str) -> str:
    for key in keys:
        for person in items(resource, key):
            if name := reference_text(person) or reference_text(part(person, "actor")):
                return name
    return ""


def _over(condition: Json) -> bool:
    return has_code(part(condition, "clinicalStatus"), "resolved", "inactive", "remission")


def _doubtful(condition: Json) -> bool:
    return has_code(part(condition, "verificationStatus"), "unconfirmed", "provisional", "differential", "refuted")


_CLASSES = {"AMB": "Ambulatory visit", "EMER": "Emergency visit", "IMP": "Inpatient stay", "HH": "Home visit",
            "VR": "Virtual visit", "OBSENC": "Observation stay", "SS": "Short stay", "ACUTE": "Inpatient stay"}  # fmt: skip


def _class_text(encounter: Json) -> str:
    coding = part(encounter, "class")
    return _CLASSES.get(str(coding.get("code")), plain(coding.get("display")))


def _stay(period: Json, zone: ZoneInfo) -> str:
    start, end = local_day(period.get("start"), zone), local_day(period.get("end"), zone)
    return f"until {clinical_day(period.get('end'), zone)}" if start and end and start != end else ""

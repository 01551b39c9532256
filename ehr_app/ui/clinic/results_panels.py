"""Results by panel: each report with its results, then what came without a report, day by day; critical first (R3).

Pure. A page shows what both searches have read completely; older cards are on the next one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from ehr_app.ui.clinic.chart_view import taken_at
from ehr_app.ui.clinic.opening import Found
from ehr_app.ui.clinic.results_address import OUT, Asked, instant
from ehr_app.ui.clinic.results_view import over_time, series_key
from ehr_app.ui.format.dates import clinical_time, local_day, spoken_date
from ehr_app.ui.format.text import Json, clinical_text, in_error, items, part, plain, reference_text
from ehr_app.ui.format.values import UNIT_MISSING, result, worst

NO_FORMER: Mapping[str, str] = {}
_FINAL = {"final": "", "amended": "Amended", "corrected": "Corrected", "appended": "Amended", "preliminary": "Preliminary",
          "partial": "Partial", "registered": "Registered", "cancelled": "Cancelled"}  # fmt: skip


@dataclass(frozen=True)
class ResultRow:
    """One result: name, value with unit, range, flag, state; `href` shows it over time."""

    ref: str = ""
    name: str = ""
    value: str = ""
    limits: str = ""
    code: str = ""
    mark: str = ""
    words: str = ""
    grade: str = "ungraded"
    status: str = ""
    former: str = ""
    wrong: bool = False
    href: str = ""


@dataclass(frozen=True)
class Panel:
    """A report with its results, or the results of a day that came without one."""

    ref: str = ""
    title: str = ""
    when: str = ""
    spoken: str = ""
    status: str = ""
    wrong: bool = False
    source: str = ""
    conclusion: str = ""
    attached: str = ""
    summary: str = ""
    grade: str = "ungraded"
    rows: list[ResultRow] = field(default_factory=list)


def panels(
    reports: Found,
    observations: Sequence[Json],
    singles: Found,
    asked: Asked,
    zone: ZoneInfo,
    former: Mapping[str, str] = NO_FORMER,
) -> tuple[list[Panel], str]:
    """Return cards, newest first, and the address of the older ones: each report, then each day's results that no report names.

    Shape of `former`: the reference of a corrected result to the value it had before.
    """
    by_ref = {f"Observation/{one.get('id')}": one for one in observations}
    told: set[str] = set()
    cards: list[tuple[str, Panel]] = []
    for report in reports.resources:
        refs = [_relative(reference) for reference in items(report, "result")]
        results = [by_ref[ref] for ref in refs if ref in by_ref]
        told.update(refs)
        when = taken_at(report) or next((moment for one in results if (moment := taken_at(one))), None)
        cards.append((_stamp(when), _report_card(report, results, when, asked.pid, zone)))
    loose: dict[str, list[Json]] = {}
    for one in singles.resources:
        if f"Observation/{one.get('id')}" not in told:
            loose.setdefault(str(local_day(taken_at(one), zone)), []).append(one)
    for results in loose.values():
        when = max((moment for one in results if (moment := taken_at(one))), default=None)
        cards.append((_stamp(when), _card("", "Single results", when, results, asked.pid, zone)))
    edge = _complete_since(reports, singles)
    ordered = sorted(cards, key=lambda pair: (pair[0], pair[1].grade == "critical"), reverse=True)
    shown = [card for stamp, card in ordered if not edge or stamp >= edge.isoformat()]
    if asked.flag == OUT:
        shown = [replace(card, rows=_out(card)) for card in shown if _out(card)]
    corrected_too = [replace(card, rows=[replace(row, former=former.get(row.ref, "")) for row in card.rows]) for card in shown]
    return corrected_too, asked.but(until=instant(edge)) if edge else ""


def _out(card: Panel) -> list[ResultRow]:
    return [row for row in card.rows if row.grade in ("critical", "abnormal")]


def _complete_since(*found: Found) -> datetime | None:
    """Return the moment since which every search has read all; None when nothing is left."""
    edges = [
        min(moments) for one in found if one.more and (moments := [when for that in one.resources if (when := taken_at(that))])
    ]
    return max(edges).astimezone(UTC).replace(microsecond=0) if edges else None


def corrected(observations: Iterable[Json]) -> list[str]:
    """R3: the ids of the results that replaced a former value."""
    return [str(one.get("id")) for one in observations if one.get("status") in ("corrected", "amended")]


def former_value(versions: Iterable[Json]) -> str:
    """R3: the newest value that differs from the present one; `versions` newest first; empty when none does."""
    values = [shown.value for one in versions if (shown := result(one)).value]
    return next((value for value in values[1:] if value != values[0]), "")


def row_of(observation: Json, pid: str) -> ResultRow:
    """Return one result as a line of a card."""
    shown = result(observation)
    return ResultRow(
        ref=f"Observation/{observation.get('id', '')}",
        name=shown.name,
        value=f"{shown.value}, {UNIT_MISSING}" if shown.unit_missing else shown.value or "No value",
        limits=shown.range,
        code=shown.flag.code,
        mark=shown.flag.mark,
        words=shown.flag.words,
        grade=shown.flag.grade,
        status="" if shown.wrong else shown.status,
        wrong=shown.wrong,
        href=over_time(pid, series_key(observation)) if shown.magnitude is not None else "",
    )


def _report_card(report: Json, results: list[Json], when: datetime | None, pid: str, zone: ZoneInfo) -> Panel:
    title = clinical_text(part(report, "code")) or "Report"
    card = _card(f"DiagnosticReport/{report.get('id', '')}", title, when, results, pid, zone)
    source = ", ".join(filter(None, (reference_text(who) for who in items(report, "performer"))))
    status = _FINAL.get(str(report.get("status")), "")
    known: Mapping[str, object] = vars(card)
    return Panel(**{**known, "status": status, "wrong": in_error(report), "source": source,
                    "conclusion": plain(report.get("conclusion")), "attached": _attached(report)})  # type: ignore[arg-type]  # fmt: skip


def _card(ref: str, title: str, when: datetime | None, results: list[Json], pid: str, zone: ZoneInfo) -> Panel:
    rows = [row_of(one, pid) for one in results]
    flags = [result(one).flag for one in results if not in_error(one)]
    critical, abnormal = (sum(one.grade == grade for one in flags) for grade in ("critical", "abnormal"))
    told = [f"{critical} critical" if critical else "", f"{abnormal} out of range" if abnormal else ""]
    return Panel(
        ref=ref,
        title=title,
        when=clinical_time(when, zone),
        spoken=spoken_date(local_day(when, zone)),
        summary=", ".join(filter(None, told)),
        grade=worst(flags).grade,
        rows=sorted(rows, key=lambda row: row.grade != "critical"),
    )


def _relative(reference: Json) -> str:
    return "/".join(str(reference.get("reference") or "").split("/_history/")[0].split("/")[-2:])


def _stamp(when: datetime | None) -> str:
    return when.astimezone(UTC).isoformat() if when else ""


def _attached(report: Json) -> str:
    return ", ".join(plain(one.get("title")) or plain(one.get("contentType")) or "file" for one in items(report, "presentedForm"))

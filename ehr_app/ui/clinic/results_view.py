"""Results by panel and over time.

Pure: DiagnosticReports and Observations in, cards and a grid out. Units are never mixed in one row; what was entered in
error stays visible and never enters a trend.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from ehr_app.ui.clinic.chart_view import taken_at
from ehr_app.ui.format.dates import clinical_date, clinical_time, local_day, spoken_date
from ehr_app.ui.format.text import Json, clinical_text, in_error, items, part, plain, reference_text
from ehr_app.ui.format.values import NO_RANGE, UNIT_MISSING, Result, result, worst

COLUMNS = 12
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
    summary: str = ""
    grade: str = "ungraded"
    rows: list[ResultRow] = field(default_factory=list)


@dataclass(frozen=True)
class Column:
    """One day of the grid."""

    key: str = ""
    day: str = ""
    spoken: str = ""


@dataclass(frozen=True)
class Cell:
    """One value of the grid; empty `text` means that the test was not done that day."""

    ref: str = ""
    text: str = ""
    code: str = ""
    mark: str = ""
    words: str = ""
    grade: str = "ungraded"
    wrong: bool = False
    more: str = ""


@dataclass(frozen=True)
class GridRow:
    """One test in one unit."""

    key: str = ""
    name: str = ""
    unit: str = ""
    limits: str = ""
    href: str = ""
    current: bool = False
    cells: list[Cell] = field(default_factory=list)


@dataclass(frozen=True)
class Grid:
    """Tests down, days across (newest first)."""

    columns: list[Column] = field(default_factory=list)
    rows: list[GridRow] = field(default_factory=list)
    note: str = ""


def panels(reports: Sequence[Json], observations: Sequence[Json], pid: str, zone: ZoneInfo) -> list[Panel]:
    """Return cards, newest first: each report with its results, then each day's results that no report names."""
    by_ref = {f"Observation/{one.get('id')}": one for one in observations}
    told: set[str] = set()
    cards: list[tuple[str, Panel]] = []
    for report in reports:
        refs = [_relative(reference) for reference in items(report, "result")]
        results = [by_ref[ref] for ref in refs if ref in by_ref]
        told.update(refs)
        when = taken_at(report) or next((moment for one in results if (moment := taken_at(one))), None)
        cards.append((_stamp(when), _report_card(report, results, when, pid, zone)))
    loose: dict[str, list[Json]] = {}
    for ref, one in by_ref.items():
        if ref not in told:
            loose.setdefault(str(local_day(taken_at(one), zone)), []).append(one)
    for results in loose.values():
        when = max((moment for one in results if (moment := taken_at(one))), default=None)
        cards.append((_stamp(when), _card("", "Single results", when, results, pid, zone)))
    return [card for _, card in sorted(cards, key=lambda pair: pair[0], reverse=True)]


def grid(observations: Iterable[Json], pid: str, zone: ZoneInfo, current: str = "") -> Grid:
    """Return the newest days of all numeric and coded results; each row is one test in one unit."""
    days: dict[str, tuple[datetime, str]] = {}
    tests: dict[str, dict[str, list[tuple[Json, Result]]]] = {}
    for when, one in sorted(_dated(observations), key=lambda pair: pair[0], reverse=True):
        shown = result(one)
        day = str(local_day(when, zone))
        days.setdefault(day, (when, day))
        tests.setdefault(series_key(one), {}).setdefault(day, []).append((one, shown))
    columns = list(days)[:COLUMNS]
    rows = [_grid_row(key, by_day, columns, pid, current) for key, by_day in tests.items()]
    rows = [row for row in rows if any(cell.text for cell in row.cells)]
    rows.sort(key=lambda row: (not row.current, row.name.lower()))
    note = f"The newest {len(columns)} of {len(days)} days are shown." if len(days) > len(columns) else ""
    heads = []
    for key in columns:
        date = local_day(days[key][0], zone)
        heads.append(Column(key, clinical_date(date), spoken_date(date)))
    return Grid(heads, rows, note)


def series_key(observation: Json) -> str:
    """Name one test in one unit: `system|code|unit`, else its text; this is what the address of a graph carries."""
    quantity = part(observation, "valueQuantity")
    unit = plain(quantity.get("code") or quantity.get("unit"))
    for coding in items(part(observation, "code"), "coding"):
        if coding.get("code"):
            return f"{plain(coding.get('system'))}|{plain(coding['code'])}|{unit}"
    return f"|{clinical_text(part(observation, 'code'))}|{unit}"


def telling_test(observations: Iterable[Json]) -> str:
    """Return the test to draw when none is chosen: the gravest newest result, then the longest series."""
    tests: dict[str, list[Result]] = {}
    for _, one in sorted(_dated(observations), key=lambda pair: pair[0], reverse=True):
        if (shown := result(one)).magnitude is not None:
            tests.setdefault(series_key(one), []).append(shown)
    return min(tests, key=lambda key: (tests[key][0].flag.rank, -len(tests[key])), default="")


def over_time(pid: str, key: str = "") -> str:
    """Return the address of the results over time, of one test when `key` names it."""
    address = f"/patients/{quote(pid, safe='')}/results?view=time"
    return f"{address}&test={quote(key, safe='')}" if key else address


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


def list_line(observation: Json, zone: ZoneInfo) -> dict[str, str]:
    """Return one result as a line of the long list; `look` and `strong` are the classes of its cells."""
    shown = result(observation)
    grade = "" if shown.wrong else {"critical": "value-critical", "abnormal": "value-abnormal"}.get(shown.flag.grade, "")
    words = "" if shown.flag.grade in ("normal", "ungraded") else shown.flag.words
    return {
        "when": clinical_time(taken_at(observation), zone),
        "name": shown.name,
        "value": f"{shown.value}, {UNIT_MISSING}" if shown.unit_missing else shown.value or "No value",
        "flag": " ".join(filter(None, (shown.flag.mark, shown.flag.code, words))),
        "limits": shown.range,
        "status": shown.status,
        "look": "wrong" if shown.wrong else "",
        "strong": "nums wrong" if shown.wrong else f"nums {grade}".strip(),
    }


def details(observation: Json, zone: ZoneInfo) -> list[tuple[str, str]]:
    """R2: everything else about a result, one step away: exact value, times, laboratory, method, notes, version."""
    shown = result(observation)
    notes = "; ".join(filter(None, (plain(one.get("text")) for one in items(observation, "note"))))
    performer = ", ".join(filter(None, (reference_text(who) for who in items(observation, "performer"))))
    coding = next((one for one in items(part(observation, "code"), "coding") if one.get("code")), {})
    return [
        (label, value)
        for label, value in (
            ("Value", shown.value),
            ("Exact value", f"{shown.exact} {shown.unit}".strip() if shown.exact != shown.number else ""),
            ("Flag", shown.flag.words + (", by comparison with the range" if shown.flag.own and shown.flag.words else "")),
            ("Range", shown.range if shown.range != NO_RANGE else "No range came with this result"),
            ("Status", shown.status or plain(observation.get("status")).capitalize()),
            ("Collected", clinical_time(taken_at(observation), zone)),
            ("Reported", clinical_time(observation.get("issued"), zone, "Not recorded")),
            ("Performed by", performer or "Not recorded"),
            ("Specimen", reference_text(part(observation, "specimen"))),
            ("Method", clinical_text(part(observation, "method"))),
            ("Note", notes),
            ("Code", " ".join(filter(None, (plain(coding.get("code")), plain(coding.get("display")))))),
            ("Version", plain(part(observation, "meta").get("versionId"))),
        )
        if value
    ]


def _report_card(report: Json, results: list[Json], when: datetime | None, pid: str, zone: ZoneInfo) -> Panel:
    title = clinical_text(part(report, "code")) or "Report"
    card = _card(f"DiagnosticReport/{report.get('id', '')}", title, when, results, pid, zone)
    source = ", ".join(filter(None, (reference_text(who) for who in items(report, "performer"))))
    status = _FINAL.get(str(report.get("status")), "")
    known: Mapping[str, object] = vars(card)
    return Panel(**{**known, "status": status, "wrong": in_error(report), "source": source,
                    "conclusion": plain(report.get("conclusion"))})  # type: ignore[arg-type]  # fmt: skip


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


def _grid_row(key: str, by_day: dict[str, list[tuple[Json, Result]]], columns: list[str], pid: str, current: str) -> GridRow:
    newest_first = [pair for day in by_day.values() for pair in day]
    newest = next((shown for _, shown in newest_first if not shown.wrong), newest_first[0][1])
    return GridRow(
        key=key,
        name=newest.name,
        unit=newest.unit,
        limits=newest.range,
        href=over_time(pid, key) if any(shown.magnitude is not None for _, shown in newest_first) else "",
        current=key == current,
        cells=[_cell(by_day.get(day, [])) for day in columns],
    )


def _cell(found: list[tuple[Json, Result]]) -> Cell:
    if not found:
        return Cell()
    one, shown = next((pair for pair in found if not pair[1].wrong), found[0])
    return Cell(
        ref=f"Observation/{one.get('id', '')}",
        text=(f"{shown.number} {UNIT_MISSING}" if shown.unit_missing else shown.number) or "No value",
        code=shown.flag.code,
        mark=shown.flag.mark,
        words=shown.flag.words if shown.flag.grade != "normal" else "",
        grade=shown.flag.grade,
        wrong=shown.wrong,
        more=f"+{len(found) - 1}" if len(found) > 1 else "",
    )


def _dated(observations: Iterable[Json]) -> Iterable[tuple[datetime, Json]]:
    return ((when, one) for one in observations if (when := taken_at(one)))


def _relative(reference: Json) -> str:
    return "/".join(str(reference.get("reference") or "").split("/_history/")[0].split("/")[-2:])


def _stamp(when: datetime | None) -> str:
    return when.isoformat() if when else ""

"""Results by panel and over time.

Pure: DiagnosticReports and Observations in, cards and a grid out. Units are never mixed in one row; what was entered in
error stays visible and never enters a trend.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from zoneinfo import ZoneInfo

from ehr_app.ui.clinic.chart_view import taken_at
from ehr_app.ui.clinic.results_address import OUT, Asked, instant
from ehr_app.ui.format.dates import clinical_date, clinical_time, local_day, spoken_date
from ehr_app.ui.format.text import Json, clinical_text, items, part, plain, reference_text
from ehr_app.ui.format.values import NO_RANGE, UNIT_MISSING, Result, result

COLUMNS = 12
CONFLICT = "Some tests came in more than one unit; each unit has a row of its own."
DAY_CUT = "This day has more results than the grid holds; the list has all of them."


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
    status: str = ""
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
    toggle: str = ""
    current: bool = False
    rank: int = 2
    cells: list[Cell] = field(default_factory=list)


@dataclass(frozen=True)
class Grid:
    """Tests down, days across (newest first); `older` and `newest` are addresses of other pages of days."""

    columns: list[Column] = field(default_factory=list)
    rows: list[GridRow] = field(default_factory=list)
    older: str = ""
    newest: str = ""
    note: str = ""


def grid(observations: Iterable[Json], asked: Asked, zone: ZoneInfo, more: bool = False, drawn: Sequence[str] = ()) -> Grid:
    """Return the newest days of these results; each row is one test in one unit.

    `more`: older ones were not read, so the oldest day may be cut in two and waits for the next page.
    """
    days: dict[str, datetime] = {}
    tests: dict[str, dict[str, list[tuple[Json, Result]]]] = {}
    for when, one in sorted(_timed(observations), key=lambda pair: pair[0], reverse=True):
        day = str(local_day(when, zone))
        days.setdefault(day, when)
        tests.setdefault(series_key(one), {}).setdefault(day, []).append((one, result(one)))
    whole = list(days)[:-1] if more and len(days) > 1 else list(days)
    columns = whole[:COLUMNS]
    seen = {key: {day: by_day[day] for day in columns if day in by_day} for key, by_day in tests.items()}
    rows = [_grid_row(key, by_day, columns, asked, drawn) for key, by_day in seen.items() if by_day]
    if asked.flag == OUT:
        rows = [row for row in rows if any(cell.grade in ("critical", "abnormal") for cell in row.cells)]
    rows.sort(key=lambda row: (row.rank, row.name.lower()))
    older = ""
    if columns and (more or len(days) > len(columns)):
        local = days[columns[-1]].astimezone(zone).date()
        older = asked.but(until=instant(datetime.combine(local, time(), zone)))
    heads = [Column(key, clinical_date(local_day(days[key], zone)), spoken_date(local_day(days[key], zone))) for key in columns]
    note = DAY_CUT if more and len(days) == 1 else CONFLICT if _conflict(tests) else ""
    return Grid(heads, rows, older, asked.but() if asked.until else "", note)


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
    for _, one in sorted(_timed(observations), key=lambda pair: pair[0], reverse=True):
        if (shown := result(one)).magnitude is not None:
            tests.setdefault(series_key(one), []).append(shown)
    return min(tests, key=lambda key: (tests[key][0].flag.rank, -len(tests[key])), default="")


def over_time(pid: str, key: str = "") -> str:
    """Return the address of the results over time, of one test when `key` names it."""
    return Asked(pid, view="time", tests=(key,) if key else ()).href


def list_line(observation: Json, zone: ZoneInfo) -> dict[str, str]:
    """Return one result as a line of the long list; `look` and `strong` are the classes of its cells."""
    shown = result(observation)
    grade = "" if shown.wrong else {"critical": "value-critical", "abnormal": "value-abnormal"}.get(shown.flag.grade, "")
    words = "" if shown.flag.grade in ("normal", "ungraded") else shown.flag.words
    return {
        "ref": f"Observation/{observation.get('id', '')}",
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


def _grid_row(
    key: str, by_day: dict[str, list[tuple[Json, Result]]], columns: list[str], asked: Asked, drawn: Sequence[str]
) -> GridRow:
    newest_first = [pair for day in columns for pair in by_day.get(day, [])]
    newest = next((shown for _, shown in newest_first if not shown.wrong), newest_first[0][1])
    drawable = any(_drawable(shown) for _, shown in newest_first)
    current = key in (drawn or asked.tests)
    return GridRow(
        key=key,
        name=newest.name,
        unit=newest.unit,
        limits=newest.range,
        href=asked.but(tests=(key,), until=asked.until) if drawable else "",
        toggle=asked.toggled(key) if drawable else "",
        current=current,
        rank=0 if current else 1 if newest.flag.grade == "critical" else 2,
        cells=[_cell(by_day.get(day, [])) for day in columns],
    )


def _drawable(shown: Result) -> bool:
    return not shown.unit_missing and (shown.magnitude is not None or "/" in shown.number)


def _conflict(tests: Iterable[str]) -> bool:
    units: dict[str, set[str]] = {}
    for key in tests:
        system, code, unit = [*key.split("|", 2), "", ""][:3]
        if unit:
            units.setdefault(f"{system}|{code}", set()).add(unit)
    return any(len(one) > 1 for one in units.values())


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
        status="" if shown.wrong else shown.status,
        wrong=shown.wrong,
        more=f"+{len(found) - 1}" if len(found) > 1 else "",
    )


def _timed(observations: Iterable[Json]) -> Iterable[tuple[datetime, Json]]:
    return ((when, one) for one in observations if (when := taken_at(one)))

"""The newest result of each test, and a result as a line.

Pure: FHIR resources in, rows out. What was entered in error stays visible, struck through, and does not count.
"""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from ehr_app.ui.clinic.chart_view import taken_at
from ehr_app.ui.clinic.rows import Row, Section, line
from ehr_app.ui.format.text import Json, clinical_text, part
from ehr_app.ui.format.values import NO_RANGE, UNIT_MISSING, result

SHOWN = 8


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
    return line(
        observation, zone, shown.name, taken_at(observation), value=value, code=shown.flag.code, mark=shown.flag.mark,
        words=shown.flag.words, grade=shown.flag.grade, status="" if shown.wrong else shown.status,
        limits=shown.range if shown.range == NO_RANGE else f"range {shown.range}",
    )  # fmt: skip

"""Reads whole series of observations by their code, page by page, through the record of the page."""

from collections.abc import Sequence
from datetime import datetime

from ehr_app.record.door import Record
from ehr_app.ui.clinic.results_address import instant
from ehr_app.ui.format.text import Json, clinical_text, part

MOST_READ = 10_000
PAGE = "1000"


async def read_series(record: Record, pid: str, key: str, since: datetime | None) -> tuple[list[Json], bool]:
    """Return the observations of a series' code, newest first, and whether there are more than are read.

    Shape of `key`: `system|code|unit` as `series_key` makes it; `|text|unit` is a test without code, found among the uncoded ones.
    """
    system, code = [*key.split("|", 2), "", ""][:2]
    told = [("code", _token(system, code))]
    if system:
        return await _read(record, pid, told, since)
    uncoded, more = await _read(record, pid, [("code:missing", "true")], since)
    named = [one for one in uncoded if clinical_text(part(one, "code")) == code]
    coded, more_coded = await _read(record, pid, told, since) if code else ([], False)
    return [*named, *coded], more or more_coded


async def _read(record: Record, pid: str, told: list[tuple[str, str]], since: datetime | None) -> tuple[list[Json], bool]:
    params = [("patient", pid), ("_count", PAGE), *told, *([("date", f"ge{instant(since)}")] if since else [])]
    found: list[Json] = []
    cursor: str | None = None
    while True:
        page = await record.search("Observation", params, cursor=cursor)
        found.extend(one.resource() for one in page.matches)
        cursor = page.next_cursor
        if cursor is None or len(found) >= MOST_READ:
            return found, cursor is not None


def _token(system: str, code: str) -> str:
    escaped: Sequence[str] = [one.replace("\\", "\\\\").replace("|", "\\|").replace(",", "\\,") for one in (system, code)]
    return "|".join(escaped)

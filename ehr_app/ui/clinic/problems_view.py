"""Problems: active ones newest first, with severity, verification, since when, who recorded them.

Pure. Condition: https://hl7.org/fhir/R4/condition.html
"""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from ehr_app.ui.clinic.rows import Row, Section, by, joined, line, section
from ehr_app.ui.format.dates import clinical_day
from ehr_app.ui.format.text import Json, clinical_text, has_code, in_error, items, part, plain, sentence_case


def problems(conditions: Sequence[Json], zone: ZoneInfo, more: bool = False, shown: int = 50) -> Section:
    """Active problems, newest first; resolved ones are folded away."""
    active = [one for one in conditions if not in_error(one) and not _over(one)]
    past = [one for one in conditions if in_error(one) or _over(one)]
    return section(
        "problems", "Problems", active, past, lambda one: row(one, zone), more, "No problems recorded.", "resolved or past", shown
    )


def row(condition: Json, zone: ZoneInfo) -> Row:
    """Return the line of a problem."""
    onset = condition.get("onsetDateTime") or part(condition, "onsetPeriod").get("start")
    end = condition.get("abatementDateTime") or part(condition, "abatementPeriod").get("end")
    since = f"since {clinical_day(onset, zone)}" if onset else plain(condition.get("onsetString"))
    until = f"until {clinical_day(end, zone)}" if end else ""
    doubt = clinical_text(part(condition, "verificationStatus")) if _doubtful(condition) else ""
    body = ", ".join(filter(None, (clinical_text(site) for site in items(condition, "bodySite"))))
    return line(
        condition, zone, clinical_text(part(condition, "code")) or "Unnamed problem", onset or condition.get("recordedDate"),
        detail=joined(clinical_text(part(condition, "severity")), body, since, until, by(condition, "asserter", "recorder")),
        status=sentence_case(doubt),
    )  # fmt: skip


def _over(condition: Json) -> bool:
    return has_code(part(condition, "clinicalStatus"), "resolved", "inactive", "remission")


def _doubtful(condition: Json) -> bool:
    return has_code(part(condition, "verificationStatus"), "unconfirmed", "provisional", "differential", "refuted")

"""Family history by relative, social history by its newest answers.

Pure. FamilyMemberHistory: https://hl7.org/fhir/R4/familymemberhistory.html
"""

from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from ehr_app.ui.clinic.chart_view import count_text
from ehr_app.ui.clinic.rows import Row, Section, joined, line, section, split
from ehr_app.ui.clinic.summary_view import result_row
from ehr_app.ui.format.dates import clinical_date
from ehr_app.ui.format.numbers import measure
from ehr_app.ui.format.text import Json, clinical_text, in_error, items, part, plain, sentence_case


def family(records: Sequence[Json], zone: ZoneInfo, more: bool = False) -> Section:
    """One line for each relative with what they had."""
    usable, wrong = split(records, lambda one: not in_error(one))
    usable.sort(key=_relation)
    return section(
        "family", "Family history", usable, wrong, lambda one: relative_row(one, zone), more, "No family history recorded.",
        "in error", 200,
    )  # fmt: skip


def social(records: Sequence[Json], zone: ZoneInfo, more: bool = False) -> Section:
    """Social history: the newest answer to each question; earlier ones are folded away."""
    usable, wrong = split(records, lambda one: not in_error(one))
    asked: set[str] = set()
    newest: list[Json] = []
    earlier: list[Json] = []
    for one in usable:
        question = clinical_text(part(one, "code"))
        (earlier if question in asked else newest).append(one)
        asked.add(question)
    shown = section(
        "social", "Social history", newest, [*earlier, *wrong], lambda one: answer_row(one, zone), more,
        "No social history recorded.", "earlier or in error", 200,
    )  # fmt: skip
    return replace(shown, count=count_text(len(usable), more))


def answer_row(one: Json, zone: ZoneInfo) -> Row:
    """Return the line of an answer; a range is told only where the answer is a measured value."""
    told = result_row(one, zone)
    return replace(told, title=clinical_text({"text": told.title}), limits=told.limits if "valueQuantity" in one else "")


def relative_row(one: Json, zone: ZoneInfo) -> Row:
    """Return the line of a relative."""
    name = plain(one.get("name"))
    conditions = [_condition(condition) for condition in items(one, "condition")]
    died = one.get("deceasedBoolean") is True or any(key.startswith("deceased") and key != "deceasedBoolean" for key in one)
    at = measure(part(one, "deceasedAge")).text if part(one, "deceasedAge") else clinical_date(one.get("deceasedDate"), "")
    dead = f"died {at}".strip() if died else ""
    return line(
        one, zone, sentence_case(_relation(one)) + (f", {name}" if name and name.lower() != _relation(one).lower() else ""),
        one.get("date"), detail=joined("; ".join(filter(None, conditions)) or "No conditions recorded", dead),
        status="Partial" if one.get("status") == "partial" else "",
    )  # fmt: skip


def _relation(one: Json) -> str:
    return clinical_text(part(one, "relationship")) or "relative"


def _condition(condition: Json) -> str:
    onset = measure(part(condition, "onsetAge")).text if part(condition, "onsetAge") else plain(condition.get("onsetString"))
    outcome = clinical_text(part(condition, "outcome"))
    about = ", ".join(filter(None, (f"at {onset}" if onset else "", outcome.lower())))
    return " ".join(filter(None, (clinical_text(part(condition, "code")), f"({about})" if about else "")))

"""Care plans with their activities, goals with their targets and how they stand, care teams with their members.

Pure. CarePlan: https://hl7.org/fhir/R4/careplan.html ; Goal: https://hl7.org/fhir/R4/goal.html
"""

from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from ehr_app.ui.clinic import generic_view
from ehr_app.ui.clinic.rows import Row, Section, joined, line, section, split
from ehr_app.ui.format.dates import clinical_day
from ehr_app.ui.format.numbers import measure, range_text, unit_text
from ehr_app.ui.format.text import Json, clinical_text, in_error, items, part, plain, reference_text, sentence_case

OVER = ("completed", "revoked", "cancelled", "rejected", "entered-in-error")


def plans(records: Sequence[Json], zone: ZoneInfo, more: bool = False) -> Section:
    """Care plans, current ones first, each with what is to be done."""
    current, past = split(records, lambda one: one.get("status") not in OVER)
    return section("plans", "Care plans", current, past, lambda one: plan_row(one, zone), more, "No care plans recorded.", "past")


def goals(records: Sequence[Json], zone: ZoneInfo, more: bool = False) -> Section:
    """Goals, current ones first, each with its targets and how it stands."""
    current, past = split(records, lambda one: one.get("lifecycleStatus") not in OVER)
    return section("goals", "Goals", current, past, lambda one: goal_row(one, zone), more, "No goals recorded.", "past")


def teams(records: Sequence[Json], zone: ZoneInfo, more: bool = False) -> Section:
    """Care teams with their members."""
    current, past = split(records, lambda one: one.get("status") not in ("inactive", "entered-in-error"))
    return section("teams", "Care teams", current, past, lambda one: team_row(one, zone), more, "No care team recorded.", "past")


def plan_row(one: Json, zone: ZoneInfo) -> Row:
    """Return the line of a care plan."""
    activities = []
    for activity in items(one, "activity"):
        detail = part(activity, "detail")
        told = clinical_text(part(detail, "code")) or plain(detail.get("description"))
        told = told or reference_text(part(activity, "reference"))
        state = plain(detail.get("status"))
        activities.append(f"{told} ({state.replace('-', ' ')})" if told and state else told)
    name = plain(one.get("title")) or _kind(one) or "Care plan"
    concern = ", ".join(filter(None, (reference_text(about) for about in items(one, "addresses"))))
    return line(
        one, zone, name, part(one, "period").get("start") or one.get("created"),
        detail=joined(f"for {concern}" if concern else "", "; ".join(filter(None, activities))),
        status="" if in_error(one) else generic_view.status(one),
    )  # fmt: skip


def goal_row(one: Json, zone: ZoneInfo) -> Row:
    """Return the line of a goal."""
    targets = [_target(target, zone) for target in items(one, "target")]
    reached = clinical_text(part(one, "achievementStatus"))
    wrong = one.get("lifecycleStatus") == "entered-in-error"
    told = line(
        one, zone, clinical_text(part(one, "description")) or "Goal not described", one.get("startDate"),
        detail=joined("; ".join(filter(None, targets)), sentence_case(reached), reference_text(part(one, "expressedBy"))),
        status="" if wrong else generic_view.status(one),
    )  # fmt: skip
    return replace(told, wrong=wrong)


def team_row(one: Json, zone: ZoneInfo) -> Row:
    """Return the line of a care team."""
    members = []
    for member in items(one, "participant"):
        name = reference_text(part(member, "member")) or reference_text(part(member, "onBehalfOf"))
        role = ", ".join(filter(None, (clinical_text(role) for role in items(member, "role"))))
        members.append(f"{name}, {role.lower()}" if name and role else name or role)
    return line(
        one, zone, plain(one.get("name")) or "Care team", part(one, "period").get("start"),
        detail="; ".join(filter(None, members)), status="" if in_error(one) else generic_view.status(one),
    )  # fmt: skip


def _kind(one: Json) -> str:
    told = [clinical_text(kind) for kind in items(one, "category")]
    return next((text for text in reversed(told) if text and text != "assess-plan"), "")


def _target(target: Json, zone: ZoneInfo) -> str:
    what = clinical_text(part(target, "measure"))
    quantity, span = part(target, "detailQuantity"), part(target, "detailRange")
    value = measure(quantity).text if quantity.get("value") is not None else ""
    if span:
        low = part(span, "low") or part(span, "high")
        value = f"{range_text(part(span, 'low'), part(span, 'high'), unit_text(low))} {unit_text(low)}".strip()
    value = value or plain(target.get("detailString")) or clinical_text(part(target, "detailCodeableConcept"))
    due = f"by {clinical_day(target.get('dueDate'), zone)}" if target.get("dueDate") else ""
    return " ".join(filter(None, (what, value, due)))

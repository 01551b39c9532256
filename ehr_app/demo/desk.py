"""The work around the visits: appointments kept, missed and to come, tasks, and messages between patient and clinic.

Spec: https://hl7.org/fhir/R4/appointment.html, task.html, communication.html.
"""

from datetime import date, datetime, timedelta
from random import Random

from ehr_app.demo import codes
from ehr_app.demo.chart import Chart, Visit
from ehr_app.demo.elements import Resource, concept, instant, reference
from ehr_app.demo.staff import members

_TASKS = (
    ("Refill request: check and answer", "requested", "routine"),
    ("Call with the laboratory results", "in-progress", "routine"),
    ("Ask the insurance about the imaging order", "on-hold", "routine"),
    ("Send the record to the specialist", "completed", "routine"),
    ("Arrange a home visit", "requested", "urgent"),
)
_MESSAGES = (
    ("May I take the new tablets together with the old ones?", "Yes, in the morning. Please call if you feel dizzy."),
    ("The cough is better, but I still wake up at night.", "Please come in this week; the desk will call you."),
    ("Can you send my results to my daughter?", "We need your written consent first; the form is at the desk."),
)


def record(chart: Chart, as_of: date) -> None:
    """Add what the desk knows of the last visits and of the weeks after `as_of`."""
    dice = Random(f"{chart.identity}:desk:{chart.birth}")
    kept = [visit for visit in chart.visits if visit.kind in ("wellness", "follow-up")]
    for visit in kept[-3:]:
        _appointment(chart, visit, "fulfilled")
    if not chart.died and kept:
        start = chart.moment(_weekday(as_of + timedelta(days=dice.randint(1, 60))), dice.randint(8, 15), 20)
        to_come = Visit("follow-up", start, chart.later(start, 20), None, chart.primary, kept[-1].nurse)
        _appointment(chart, to_come, "booked")
        if dice.random() < 0.15:
            missed = chart.moment(_weekday(kept[-1].day + timedelta(days=1)), 16, 40)
            if missed.date() <= chart.last_day:
                not_come = Visit("follow-up", missed, chart.later(missed, 15), None, chart.primary, kept[-1].nurse)
                _appointment(chart, not_come, "noshow")
    if chart.visits and dice.random() < 0.35:
        _task(chart, *dice.choice(_TASKS), owner_role=dice.choice(("nurse", "front-desk", "physician")))
    if chart.visits and chart.age(chart.last_day) >= 16 and dice.random() < 0.3:
        _messages(chart, *dice.choice(_MESSAGES))


def _appointment(chart: Chart, visit: Visit, state: str) -> None:
    appointment: Resource = {
        "resourceType": "Appointment",
        "id": chart.identify("app"),
        "status": state,
        "specialty": [concept(codes.GENERAL_PRACTICE)],
        "appointmentType": concept(codes.CHECK_UP_APPOINTMENT),
        "description": "Check-up" if visit.kind == "wellness" else "Follow-up",
        "start": instant(visit.start),
        "end": instant(visit.end),
        "created": instant(max(visit.start - timedelta(days=21), chart.moment(chart.birth, 0))),
        "participant": [
            {"actor": chart.subject, "required": "required", "status": "accepted"},
            {"actor": visit.clinician.reference, "required": "required", "status": "accepted"},
            {"actor": chart.facility.clinic, "status": "accepted"},
        ],
    }
    if visit.problem is not None:
        appointment["reasonCode"] = [concept(visit.problem.code)]
    chart.add(appointment)


def _task(chart: Chart, text: str, state: str, priority: str, owner_role: str) -> None:
    visit = chart.visits[-1]
    chart.add(
        {
            "resourceType": "Task",
            "id": chart.identify("tsk"),
            "status": state,
            "intent": "order",
            "priority": priority,
            "code": {"text": text},
            "description": text,
            "for": chart.subject,
            "encounter": reference("Encounter", visit.encounter_id),
            "authoredOn": instant(visit.end),
            "lastModified": instant(visit.end),
            "requester": visit.clinician.reference,
            "owner": members(chart.facility, owner_role)[0].reference,
        }
    )


def _messages(chart: Chart, question: str, answer: str) -> None:
    asked = chart.moment(chart.visits[-1].day + timedelta(days=1), 19, 12)
    if asked.date() > chart.last_day:
        return
    first = _message(chart, question, chart.subject, chart.primary.reference, asked)
    answered = chart.later(asked, 14 * 60)
    if answered.date() <= chart.last_day:
        reply = _message(chart, answer, chart.primary.reference, chart.subject, answered)
        reply["inResponseTo"] = [reference("Communication", first["id"])]


def _message(chart: Chart, text: str, sender: Resource, recipient: Resource, sent: datetime) -> Resource:
    message: Resource = {
        "resourceType": "Communication",
        "id": chart.identify("msg"),
        "status": "completed",
        "medium": [concept(codes.WRITTEN)],
        "subject": chart.subject,
        "sent": instant(sent),
        "recipient": [recipient],
        "sender": sender,
        "payload": [{"contentString": text}],
    }
    chart.add(message)
    return message


def _weekday(day: date) -> date:
    return day + timedelta(days=7 - day.weekday()) if day.weekday() > 4 else day

"""Visits: kind, reason, diagnoses, who took part, where and how long.

Pure. Encounter: https://hl7.org/fhir/R4/encounter.html ; class codes: https://terminology.hl7.org/CodeSystem-v3-ActCode.html
"""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from ehr_app.ui.clinic.rows import Row, Section, joined, line, section, split
from ehr_app.ui.format.dates import clinical_day, local_day
from ehr_app.ui.format.text import Json, clinical_text, in_error, items, part, plain, reference_text, sentence_case

SHOWN = 8
CLASSES = {"AMB": "Ambulatory visit", "EMER": "Emergency visit", "IMP": "Inpatient stay", "HH": "Home visit",
           "VR": "Virtual visit", "OBSENC": "Observation stay", "SS": "Short stay", "ACUTE": "Inpatient stay"}  # fmt: skip


def encounters(records: Sequence[Json], zone: ZoneInfo, more: bool = False, shown: int = SHOWN) -> Section:
    """Visits, newest first."""

    def newest(one: Json) -> str:
        return str(part(one, "period").get("start") or "")

    usable, wrong = split(sorted(records, key=newest, reverse=True), lambda one: not in_error(one))
    return section(
        "visits", "Visits", usable, wrong, lambda one: row(one, zone), more, "No visits recorded.", "in error", shown
    )


def row(encounter: Json, zone: ZoneInfo) -> Row:
    """Return the line of a visit."""
    period = part(encounter, "period")
    kind = next((text for coded in items(encounter, "type") if (text := clinical_text(coded))), "")
    status = "" if encounter.get("status") == "finished" else plain(encounter.get("status")).replace("-", " ")
    group = _class_text(encounter)
    people = dict.fromkeys(text for p in items(encounter, "participant") if (text := reference_text(part(p, "individual"))))
    diagnoses = [reference_text(part(one, "condition")) for one in items(encounter, "diagnosis")]
    return line(
        encounter, zone, kind or group or "Visit", period.get("start"),
        detail=joined(group if kind else "", _reason(encounter), ", ".join(filter(None, diagnoses)), ", ".join(people),
                      _place(encounter), _stay(period, zone)),
        status=sentence_case(status) if not in_error(encounter) else "",
    )  # fmt: skip


def _reason(encounter: Json) -> str:
    told = [clinical_text(coded) for coded in items(encounter, "reasonCode")]
    told += [reference_text(one) for one in items(encounter, "reasonReference")]
    reason = ", ".join(filter(None, told))
    return f"for {reason}" if reason else ""


def _place(encounter: Json) -> str:
    where = reference_text(part(encounter, "serviceProvider"))
    return where or next((told for p in items(encounter, "location") if (told := reference_text(part(p, "location")))), "")


def _class_text(encounter: Json) -> str:
    coding = part(encounter, "class")
    return CLASSES.get(str(coding.get("code")), plain(coding.get("display")))


def _stay(period: Json, zone: ZoneInfo) -> str:
    start, end = local_day(period.get("start"), zone), local_day(period.get("end"), zone)
    return f"until {clinical_day(period.get('end'), zone)}" if start and end and start != end else ""

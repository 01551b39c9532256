"""Rows of the patient list and of the palette."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from ehr_app.ui.format import people
from ehr_app.ui.format.text import Json, plain


@dataclass(frozen=True)
class PatientRow:
    """One patient in a list of several (no clinical data there)."""

    pid: str = ""
    href: str = ""
    name: str = ""
    preferred: str = ""
    born: str = ""
    born_spoken: str = ""
    age: str = ""
    sex: str = ""
    record_number: str = ""
    phone: str = ""
    died: str = ""
    facility: str = ""


def patient_rows(patients: Iterable[Json], on: date, facility: str) -> list[PatientRow]:
    """Return rows in the given order; `on` is the facility's today."""
    return [_row(patient, on, facility) for patient in patients]


def chart_address(pid: str) -> str:
    """Return the address of a patient's summary."""
    return f"/patients/{quote(pid, safe='')}"


def _row(patient: Json, on: date, facility: str) -> PatientRow:
    shown = people.identity(patient, on)
    pid = plain(patient.get("id"))
    return PatientRow(
        pid=pid,
        href=chart_address(pid),
        name=shown.name,
        preferred=shown.preferred,
        born=shown.born,
        born_spoken=shown.born_spoken,
        age=shown.age,
        sex=shown.sex,
        record_number=shown.record_number,
        phone=next(iter(people.phones(patient)), ""),
        died=shown.died,
        facility=facility,
    )

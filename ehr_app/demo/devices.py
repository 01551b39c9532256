"""Implants and things at home: pacemaker and knee prosthesis with their UDI, a blood pressure monitor.

Profile: US Core 6.1 Implantable Device. The device identifiers are those of the sample records read (us-core udi-1,
Device-knee); serial and lot numbers are invented.
"""

from datetime import timedelta
from random import Random

from ehr_app.demo import codes
from ehr_app.demo.chart import Chart
from ehr_app.demo.elements import Code, Resource, concept, instant, profile, reference

_IMPLANTS: dict[str, tuple[Code, str, str]] = {
    "heart-failure": (codes.PACEMAKER, "09504000059118", "Dual chamber pacemaker"),
    "knee-osteoarthritis": (codes.KNEE_PROSTHESIS, "09504000059118", "Knee replacement"),
}


def record(chart: Chart) -> None:
    """Add the implant of every second long knee or heart disease, and the monitor of those who measure at home."""
    dice = Random(f"{chart.identity}:devices:{chart.birth}")
    for problem in chart.problems:
        if problem.key in _IMPLANTS and problem.condition_id and problem.years(chart.last_day) > 2 and dice.random() < 0.5:
            _implant(chart, problem.key, dice)
    if chart.problem("hypertension", chart.last_day) and dice.random() < 0.4:
        chart.add(_device(chart, "Home blood pressure monitor", None))


def _implant(chart: Chart, key: str, dice: Random) -> None:
    code, identifier, name = _IMPLANTS[key]
    later = [v for v in chart.visits if v.problem is not None and v.problem.key == key and v.setting == "clinic"]
    if len(later) < 2:
        return
    visit = later[len(later) // 2]
    made, expires = visit.day - timedelta(days=dice.randint(90, 400)), visit.day + timedelta(days=dice.randint(300, 900))
    lot, serial = f"L{dice.randint(1000, 9999)}", f"S{dice.randint(100000, 999999)}"
    device = _device(chart, name, code)
    device |= {
        "meta": profile("implantable-device"),
        "udiCarrier": [
            {
                "deviceIdentifier": identifier,
                "carrierHRF": f"(01){identifier}(11){made:%y%m%d}(17){expires:%y%m%d}(10){lot}(21){serial}",
                "entryType": "barcode",
            }
        ],
        "manufacturer": "Example Implants",
        "manufactureDate": made.isoformat(),
        "expirationDate": expires.isoformat(),
        "lotNumber": lot,
        "serialNumber": serial,
        "distinctIdentifier": serial,
    }
    chart.add(device)
    if code == codes.PACEMAKER:
        chart.add(
            {
                "resourceType": "Procedure",
                "id": chart.identify("prc"),
                "meta": profile("procedure"),
                "status": "completed",
                "code": concept(codes.PACEMAKER_INSERTION),
                "subject": chart.subject,
                "encounter": reference("Encounter", visit.encounter_id),
                "performedPeriod": {"start": instant(visit.start), "end": instant(visit.end)},
                "performer": [{"actor": visit.clinician.reference, "onBehalfOf": chart.facility.organization}],
                "focalDevice": [{"manipulated": reference("Device", device["id"], name)}],
            }
        )


def _device(chart: Chart, name: str, code: Code | None) -> Resource:
    return {
        "resourceType": "Device",
        "id": chart.identify("dev"),
        "status": "active",
        "deviceName": [{"name": name, "type": "user-friendly-name"}],
        "type": concept(code) if code else {"text": name},
        "patient": chart.subject,
    }

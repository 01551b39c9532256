"""Devices: what they are, their UDI, lot and serial number, until when they may be used.

Pure. Device: https://hl7.org/fhir/R4/device.html
"""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from ehr_app.ui.clinic.rows import Row, Section, joined, line, section, split
from ehr_app.ui.format.dates import clinical_day
from ehr_app.ui.format.text import Json, clinical_text, in_error, items, part, plain, sentence_case


def devices(records: Sequence[Json], zone: ZoneInfo, more: bool = False) -> Section:
    """Devices in use first."""
    active, past = split(records, lambda one: one.get("status") in ("active", None))
    return section("devices", "Devices", active, past, lambda one: row(one, zone), more, "No devices recorded.", "not in use")


def row(one: Json, zone: ZoneInfo) -> Row:
    """Return the line of a device."""
    names = [plain(name.get("name")) for name in items(one, "deviceName")]
    kind = clinical_text(part(one, "type"))
    title = kind or next(filter(None, names), "") or "Device"
    udi = next((plain(c.get("carrierHRF") or c.get("deviceIdentifier")) for c in items(one, "udiCarrier")), "")
    number = {"serialNumber": "serial", "lotNumber": "lot", "modelNumber": "model"}
    told = [f"{word} {plain(one.get(key))}" for key, word in number.items() if one.get(key)]
    until = f"expires {clinical_day(one['expirationDate'], zone)}" if one.get("expirationDate") else ""
    status = "" if one.get("status") == "active" or in_error(one) else plain(one.get("status")).replace("-", " ")
    return line(
        one, zone, title, one.get("manufactureDate"),
        detail=joined(*(name for name in names if name != title), f"UDI {udi}" if udi else "", *told,
                      plain(one.get("manufacturer")), until),
        status=sentence_case(status),
    )  # fmt: skip

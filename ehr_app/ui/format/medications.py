"""Medication lines (rules M1-M4): generic, brand, strength, form, dose, rate, duration, route, frequency.

MedicationRequest: https://hl7.org/fhir/R4/medicationrequest.html  Dosage: https://hl7.org/fhir/R4/dosage.html
RxNorm names: https://www.nlm.nih.gov/research/umls/rxnorm/docs/appendix5.html
A name that does not read as RxNorm writes it is shown as recorded. The stored text is never changed.
Tall-man letters (M5) are not applied: the complete FDA and ISMP lists are not part of the product yet.
"""

import re
from dataclasses import dataclass
from typing import Literal

from ehr_app.ui.format.numbers import measure, number, range_text, unit_text
from ehr_app.ui.format.text import Json, concept_text, in_error, items, part, plain

Kind = Literal["name", "brand", "strength", "form", "label", "dose", "text"]

SEPARATOR = " — "

_INGREDIENT = re.compile(r"(?P<name>[^\d\W].*?) (?P<amount>\d[\d.,]*) (?P<unit>[A-Za-z%]+)(?P<per>/[A-Za-z\d.]+)?(?P<rest> .*)?")
_LEAD = re.compile(r"^(?:NDA\d+ )?(?:Abuse-Deterrent )?(?P<pack>[\d.]+ (?:HR|ML|ACTUAT) )?")
_BRAND = re.compile(r" ?\[(?P<brand>[^\]]+)\]$")
_UNITS = {
    "MG": "mg", "ML": "mL", "MCG": "mcg", "UG": "mcg", "G": "g", "UNT": "units", "MEQ": "mEq", "ACTUAT": "actuation",
    "HR": "hours", "MMOL": "mmol", "%": "%", "L": "L",
}  # fmt: skip
_PERIODS = {"s": "second", "min": "minute", "h": "hour", "d": "day", "wk": "week", "mo": "month", "a": "year"}
_TIMES = {1: "once", 2: "twice"}
_COUNTED = {3: "three times", 4: "four times", 5: "five times", 6: "six times"}
_COUNTED_UNITS = {"tablet", "capsule", "unit", "puff", "drop", "spray", "actuation", "application", "lozenge", "sachet"}
_DAYS = {"mon": "Monday", "tue": "Tuesday", "wed": "Wednesday", "thu": "Thursday", "fri": "Friday", "sat": "Saturday",
         "sun": "Sunday"}  # fmt: skip
_WHEN = {
    "MORN": "in the morning", "NOON": "at noon", "AFT": "in the afternoon", "EVE": "in the evening",
    "NIGHT": "at night", "HS": "at bedtime", "WAKE": "after waking", "C": "with meals", "CM": "with breakfast",
    "CD": "with lunch",
    "CV": "with dinner", "AC": "before meals", "ACM": "before breakfast", "ACD": "before lunch",
    "ACV": "before dinner",
    "PC": "after meals", "PCM": "after breakfast", "PCD": "after lunch", "PCV": "after dinner",
}  # fmt: skip
_STATUS = {
    "active": "", "on-hold": "On hold", "cancelled": "Cancelled", "completed": "Completed", "stopped": "Stopped",
    "draft": "Draft", "intended": "Intended", "not-taken": "Not taken", "entered-in-error": "Entered in error",
    "unknown": "Status unknown",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the line with its weight: names and doses are bold, labels weaker."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class MedicationLine:
    """A medication as it is shown: parts joined by a spaced em dash (M3); `recorded` is the stored text."""

    parts: tuple[Part, ...]
    recorded: str
    status: str
    wrong: bool

    @property
    def text(self) -> str:
        """The whole line as plain text; a label stays with its value."""
        return SEPARATOR.join(part.text for part in self.parts).replace(f"DOSE{SEPARATOR}", "DOSE ")


def medication_line(request: Json, named: Json | None = None) -> MedicationLine:
    """Return the line of a MedicationRequest, -Statement or -Dispense; several doses are several parts.

    `named` is the Medication that it refers to, when it is not contained.
    """
    concept = part(request, "medicationCodeableConcept") or part(named or _contained(request), "code")
    recorded = concept_text(concept) or plain(part(request, "medicationReference").get("display"))
    parts = drug_name(recorded) if recorded else [Part("text", "Medication not named")]
    dosages = items(request, "dosageInstruction") or items(request, "dosage")
    for index, dosage in enumerate(sorted(dosages, key=_sequence)):
        if index:
            parts.append(Part("text", "then" if dosage.get("sequence") else "and"))
        parts += _dose(dosage)
    return MedicationLine(
        parts=tuple(parts),
        recorded=recorded,
        status=_STATUS.get(str(request.get("status")), ""),
        wrong=in_error(request),
    )


def drug_name(recorded: str) -> list[Part]:
    """M1, M2, M4: split an RxNorm-style name into generic, brand, strength and form; else show it as recorded."""
    brand = _BRAND.search(recorded)
    body = _BRAND.sub("", recorded)
    lead = _LEAD.match(body)
    pack = (lead["pack"] or "").strip() if lead else ""
    body = body[lead.end() :] if lead else body
    parts: list[Part] = []
    form = ""
    for ingredient in body.split(" / "):
        found = _INGREDIENT.fullmatch(ingredient.strip())
        if not found or found["unit"].upper() not in _UNITS:
            return [Part("name", recorded)]
        name = " ".join(word if len(word) == 1 else word.lower() for word in found["name"].split())
        parts += [Part("name", f"and {name}" if parts else name), Part("strength", _strength(found))]
        form = (found["rest"] or "").strip().lower()
    if brand:
        parts.insert(1, Part("brand", brand["brand"].upper()))
    release = f"{pack.split()[0]}-hour " if pack.endswith("HR") else ""
    parts += [Part("form", release + form)] if form else []
    return parts if release or not pack else [*parts, Part("text", _plural(_spell_units(pack), pack.split()[0]))]


def frequency(dosage: Json) -> str:
    """How often: `twice a day`, `every 8 hours`, `once a week on Monday`, with the meal or hour when given."""
    timing = part(dosage, "timing")
    repeat = part(timing, "repeat")
    days = ", ".join(_DAYS.get(str(day), str(day)) for day in repeat.get("dayOfWeek", []))
    hours = ", ".join(str(hour)[:5] for hour in repeat.get("timeOfDay", []))
    told = [_rhythm(repeat), f"on {days}" if days else ""]
    told += [_WHEN.get(str(when), "") for when in repeat.get("when", [])]
    told += [f"at {hours}"] if hours else []
    told = [text for text in told if text]
    return " ".join(told) if told else concept_text(part(timing, "code"))


def _dose(dosage: Json) -> list[Part]:
    amounts = items(dosage, "doseAndRate")
    given = amounts[0] if amounts else {}
    dose = _quantity_or_range(given, "doseQuantity", "doseRange")
    rate = _rate(given)
    repeat = part(part(dosage, "timing"), "repeat")
    structured = bool(dose or rate or _rhythm(repeat))
    told: list[Part] = [Part("label", "DOSE"), Part("dose", dose)] if dose else []
    if not structured:
        text = plain(dosage.get("text"))
        return [Part("text", text)] if text else _as_needed(dosage)
    rest = [
        f"at {rate}" if rate else "",
        _duration(repeat),
        concept_text(part(dosage, "route")).removesuffix(" (qualifier value)").lower(),
        frequency(dosage),
        plain(dosage.get("patientInstruction")),
    ]
    return told + [Part("text", text) for text in rest if text] + _as_needed(dosage)


def _as_needed(dosage: Json) -> list[Part]:
    if reason := concept_text(part(dosage, "asNeededCodeableConcept")):
        return [Part("text", f"as needed for {reason.lower()}")]
    return [Part("text", "as needed")] if dosage.get("asNeededBoolean") is True else []


def _quantity_or_range(given: Json, quantity_key: str, range_key: str) -> str:
    if quantity := part(given, quantity_key):
        shown = measure(quantity)
        unit = _plural(shown.unit, quantity.get("value")) if shown.unit in _COUNTED_UNITS else shown.unit
        told = f"{shown.number} {unit or 'unit not recorded'}"
        return told if quantity.get("value") is not None else ""
    if span := part(given, range_key):
        low = part(span, "low")
        return f"{range_text(low, part(span, 'high'), unit_text(low))} {unit_text(low)}".strip()
    return ""


def _rate(given: Json) -> str:
    if ratio := part(given, "rateRatio"):
        below = part(ratio, "denominator")
        unit = _PERIODS.get(str(below.get("code")), unit_text(below))
        count = number(below.get("value"))
        per = unit if count == "1" else f"{count} {_plural(unit, count)}"
        return f"{measure(part(ratio, 'numerator')).text} per {per}"
    return _quantity_or_range(given, "rateQuantity", "rateRange").replace("/", " per ")


def _duration(repeat: Json) -> str:
    bounds = part(repeat, "boundsDuration")
    if bounds.get("value") is not None:
        unit = _PERIODS.get(str(bounds.get("code")), unit_text(bounds))
        return f"for {number(bounds['value'])} {_plural(unit, bounds['value'])}"
    return ""


def _rhythm(repeat: Json) -> str:
    unit = _PERIODS.get(str(repeat.get("periodUnit")))
    period, count, most = repeat.get("period"), repeat.get("frequency") or 1, repeat.get("frequencyMax")
    if not unit or period is None:
        return f"{number(repeat['count'])} {_plural('time', repeat['count'])}" if repeat.get("count") else ""
    up_to = repeat.get("periodMax")
    if number(period) == "1" and not up_to:
        often = _TIMES.get(count) or _COUNTED.get(count) or f"{number(count)} times"
        often = f"{number(count)} to {number(most)} times" if most else often
        return f"{often} {'an' if unit == 'hour' else 'a'} {unit}"
    span = f"{number(period)} to {number(up_to)} {unit}s" if up_to else f"{number(period)} {_plural(unit, period)}"
    return f"every {span}" if count == 1 else f"{_TIMES.get(count) or f'{number(count)} times'} every {span}"


def _plural(word: str, count: object) -> str:
    return word if number(count) == "1" or word.endswith(("s", "mL", "mg")) else f"{word}s"


def _strength(found: re.Match[str]) -> str:
    told = f"{number(found['amount'].replace(',', ''))} {_UNITS[found['unit'].upper()]}"
    return f"{told} per {_spell_units(found['per'][1:])}" if found["per"] else told


def _spell_units(text: str) -> str:
    spelt = re.sub(r"[A-Za-z%]+", lambda word: _UNITS.get(word[0].upper(), word[0].lower()), text)
    return re.sub(r"(\d)([A-Za-z])", r"\1 \2", spelt)


def _sequence(dosage: Json) -> int:
    order = dosage.get("sequence")
    return order if isinstance(order, int) else 0


def _contained(request: Json) -> Json:
    wanted = str(part(request, "medicationReference").get("reference") or "").removeprefix("#")
    return next((one for one in items(request, "contained") if one.get("id") == wanted), {})

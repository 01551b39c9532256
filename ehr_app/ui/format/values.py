"""A result as clinicians read it: value, unit, range, flag, time (rules R1, R2, R3).

Observation: https://hl7.org/fhir/R4/observation.html
Interpretation codes: https://terminology.hl7.org/CodeSystem-v3-ObservationInterpretation.html
The laboratory's flag comes first; without one the value is compared with the range the result itself carries.
No range of our own is ever used.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from ehr_app.ui.format.numbers import decimal, measure, number, range_text, unit_text
from ehr_app.ui.format.text import Json, concept_text, has_code, in_error, items, part, plain

Grade = Literal["critical", "abnormal", "normal", "ungraded"]

NO_RANGE = "No range"
UNIT_MISSING = "unit missing"

# code: (grade, mark beside the code, words); arrows are doubled for critical ones, so shape tells what colour tells.
_FLAGS: dict[str, tuple[Grade, str, str]] = {
    "HH": ("critical", "↑↑", "Critically high"), "LL": ("critical", "↓↓", "Critically low"),
    "AA": ("critical", "!!", "Critically abnormal"), "HU": ("abnormal", "↑", "Significantly high"),
    "LU": ("abnormal", "↓", "Significantly low"), "H": ("abnormal", "↑", "High"), "L": ("abnormal", "↓", "Low"),
    "A": ("abnormal", "!", "Abnormal"), "POS": ("abnormal", "!", "Positive"), "DET": ("abnormal", "!", "Detected"),
    "R": ("abnormal", "!", "Resistant"), "<": ("abnormal", "↓", "Off scale low"),
    ">": ("abnormal", "↑", "Off scale high"),
    "N": ("normal", "", "Normal"), "NEG": ("normal", "", "Negative"), "ND": ("normal", "", "Not detected"),
    "S": ("normal", "", "Susceptible"), "I": ("ungraded", "", "Intermediate"), "IND": ("ungraded", "", "Indeterminate"),
}  # fmt: skip
_RANK: dict[Grade, int] = {"critical": 0, "abnormal": 1, "ungraded": 2, "normal": 3}
_STATUS = {
    "registered": "Registered, no result yet", "preliminary": "Preliminary", "amended": "Amended",
    "corrected": "Corrected", "cancelled": "Cancelled", "entered-in-error": "Entered in error",
    "unknown": "Status unknown",
}  # fmt: skip


SYSTOLIC, DIASTOLIC = "8480-6", "8462-4"


@dataclass(frozen=True, slots=True)
class Flag:
    """How a result stands to its range: a code, a mark and words; colour only repeats them."""

    code: str
    mark: str
    words: str
    grade: Grade
    own: bool = False

    @property
    def rank(self) -> int:
        """Critical first (R3)."""
        return _RANK[self.grade]


UNGRADED = Flag("", "", "", "ungraded")


@dataclass(frozen=True, slots=True)
class Result:
    """One observation, ready to show on every surface."""

    name: str
    value: str
    number: str
    unit: str
    exact: str
    range: str
    flag: Flag
    status: str
    wrong: bool
    unit_missing: bool
    magnitude: Decimal | None

    @property
    def spoken(self) -> str:
        """The whole result in one sentence for screen readers."""
        said = [f"{self.name}: {self.value}" if self.value else f"{self.name}: no value"]
        said += [self.flag.words, "no range" if self.range == NO_RANGE else f"range {self.range}"]
        said += [self.status, UNIT_MISSING if self.unit_missing else ""]
        return ", ".join(filter(None, said))


def result(observation: Json, name: str = "") -> Result:
    """Return an Observation (or one of its components) as a Result; components are joined into the parent's value."""
    quantity = part(observation, "valueQuantity")
    shown = measure(quantity) if quantity.get("value") is not None else None
    told = shown.text if shown else _other_value(observation)
    unit = shown.unit if shown else ""
    wrong = in_error(observation)
    return Result(
        name=name or concept_text(part(observation, "code")) or "Unnamed result",
        value=told,
        number=shown.number if shown else told,
        unit=unit,
        exact=shown.exact if shown else told,
        range=_ranges(observation, unit) or NO_RANGE,
        flag=UNGRADED if wrong else flag(observation),
        status=_STATUS.get(str(observation.get("status")), ""),
        wrong=wrong,
        unit_missing=bool(shown and shown.unit_missing),
        magnitude=None if wrong or quantity.get("comparator") else decimal(quantity.get("value")),
    )


def components(observation: Json) -> list[Result]:
    """Return the components of a panel-like observation (blood pressure, for example), in the given order."""
    return [result({**one, "status": observation.get("status")}) for one in items(observation, "component")]


def flag(observation: Json) -> Flag:
    """R1: the laboratory's interpretation first, the carried range second; nothing to grade by gives UNGRADED."""
    codes = [plain(coding.get("code")) for concept in items(observation, "interpretation") for coding in items(concept, "coding")]
    told = [_lab_flag(code) for code in codes if code in _FLAGS]
    if told:
        return min(told, key=lambda one: one.rank)
    words = next((text for concept in items(observation, "interpretation") if (text := concept_text(concept))), "")
    if words:
        return Flag(codes[0] if codes else "", "", words, "ungraded")
    return _by_range(observation)


def worst(flags: Iterable[Flag]) -> Flag:
    """Return the gravest of several flags (R3: critical first); UNGRADED when there is none."""
    return min(flags, key=lambda one: one.rank, default=UNGRADED)


def normal_range(observation: Json) -> tuple[Decimal | None, Decimal | None]:
    """Return low and high of the range that a quantity is compared with; (None, None) when it carries none."""
    for one in items(observation, "referenceRange"):
        if not _is_normal(one) or one.get("appliesTo"):
            continue
        low, high = (decimal(part(one, key).get("value")) for key in ("low", "high"))
        if low is not None or high is not None:
            return low, high
    return None, None


def _lab_flag(code: str) -> Flag:
    grade, mark, words = _FLAGS[code]
    return Flag(code, mark, words, grade)


def _by_range(observation: Json) -> Flag:
    quantity = part(observation, "valueQuantity")
    value = decimal(quantity.get("value"))
    low, high = normal_range(observation)
    if value is None or (low is None and high is None) or not _same_unit(observation, quantity):
        return UNGRADED
    comparator = quantity.get("comparator")
    if high is not None and (value > high or (value == high and comparator == ">")):
        return Flag("H", "↑", "High", "abnormal", own=True)
    if low is not None and (value < low or (value == low and comparator == "<")):
        return Flag("L", "↓", "Low", "abnormal", own=True)
    return UNGRADED if comparator else Flag("", "", "In range", "normal", own=True)


def _same_unit(observation: Json, quantity: Json) -> bool:
    unit = unit_text(quantity)
    bounds = (part(one, key) for one in items(observation, "referenceRange") for key in ("low", "high"))
    return all(unit_text(bound) in ("", unit) for bound in bounds if bound)


def _is_normal(reference_range: Json) -> bool:
    codes = [coding.get("code") for coding in items(part(reference_range, "type"), "coding")]
    return not codes or "normal" in codes


def _ranges(observation: Json, unit: str) -> str:
    told = []
    for one in items(observation, "referenceRange"):
        text = range_text(part(one, "low"), part(one, "high"), unit) or plain(one.get("text"))
        kind = "" if _is_normal(one) else concept_text(part(one, "type"))
        who = ", ".join(filter(None, (concept_text(group) for group in items(one, "appliesTo"))))
        if text:
            told.append(" ".join(filter(None, (kind, text, f"for {who}" if who else ""))))
    return "; ".join(told)


def _other_value(observation: Json) -> str:
    if concept := part(observation, "valueCodeableConcept"):
        return concept_text(concept)
    if (text := observation.get("valueString")) is not None:
        return plain(text)
    if isinstance(boolean := observation.get("valueBoolean"), bool):
        return "Yes" if boolean else "No"
    if (integer := observation.get("valueInteger")) is not None:
        return number(integer)
    if span := part(observation, "valueRange"):
        low = part(span, "low")
        return f"{range_text(low, part(span, 'high'), unit_text(low))} {unit_text(low)}".strip()
    if ratio := part(observation, "valueRatio"):
        return " : ".join(measure(part(ratio, key)).text for key in ("numerator", "denominator"))
    for key in ("valueTime", "valueDateTime"):
        if text := plain(observation.get(key)):
            return text
    if period := part(observation, "valuePeriod"):
        return f"From {plain(period.get('start'))} To {plain(period.get('end'))}"
    if "valueSampledData" in observation:
        return "Sampled data"
    if parts := items(observation, "component"):
        return _joined(parts)
    if reason := concept_text(part(observation, "dataAbsentReason")):
        return f"No value: {reason}"
    return ""


def _joined(parts: list[Json]) -> str:
    named = [(part(one, "code"), result(one)) for one in parts]
    pressures = {code: one for code in (SYSTOLIC, DIASTOLIC) for name, one in named if has_code(name, code)}
    if len(parts) == len(pressures) == 2 and pressures[SYSTOLIC].unit == pressures[DIASTOLIC].unit:
        return f"{pressures[SYSTOLIC].number}/{pressures[DIASTOLIC].value}"
    return "; ".join(f"{one.name} {one.value}" for _, one in named if one.value)

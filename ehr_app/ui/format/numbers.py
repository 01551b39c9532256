"""Numbers and units as they are safe to read (rules M2 and R2).

No trailing zero is added and none is dropped from a stored decimal; a comma from 1,000; a leading zero; a space
before the unit. UCUM: https://ucum.org/ucum
"""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from ehr_app.ui.format.text import Json, plain

# Digits that a stored number may have before it is rounded for reading (the full value stays one step away).
MOST_DIGITS = 6
ROUNDED_DIGITS = 4

_UNITS = {
    "Cel": "°C", "[degF]": "°F", "mm[Hg]": "mmHg", "kg/m2": "kg/m²", "g/cm2": "g/cm²",
    "10*3/uL": "10³/µL", "10*6/uL": "10⁶/µL", "10*9/L": "10⁹/L", "10*12/L": "10¹²/L",
    "mL/min/{1.73_m2}": "mL/min per 1.73 m²", "ug": "mcg", "ug/L": "mcg/L", "ug/mL": "mcg/mL", "ug/dL": "mcg/dL",
    "umol/L": "µmol/L", "[lb_av]": "lb", "[in_i]": "in", "[iU]": "units", "[IU]": "units", "[iU]/L": "units/L",
    "a": "years", "mo": "months", "wk": "weeks", "d": "days", "h": "hours",
}  # fmt: skip
_DIMENSIONLESS = frozenset({"1"})


@dataclass(frozen=True, slots=True)
class Measure:
    """A quantity ready to show: `text` has number and unit, `exact` the stored number when `number` is rounded."""

    number: str
    unit: str
    exact: str
    unit_missing: bool

    @property
    def text(self) -> str:
        """Number and unit, with the space between them."""
        return _join(self.number, self.unit)


def decimal(value: object) -> Decimal | None:
    """Return a stored number as an exact decimal; None when it is none."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        found = value if isinstance(value, Decimal) else Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def number(value: object) -> str:
    """M2: `1,234.5`; a stored `1.50` stays; long fractions are rounded to four significant digits."""
    exact = decimal(value)
    if exact is None:
        return plain(value)
    _, digits, exponent = exact.as_tuple()
    places = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    if places and len(digits) > MOST_DIGITS:
        keep = max(0, ROUNDED_DIGITS - 1 - exact.adjusted())
        told = _grouped(round(exact, min(keep, places, 9)))
        return told.rstrip("0").removesuffix(".") if "." in told else told
    return _grouped(exact)


def exact_number(value: object) -> str:
    """The stored number with every digit, grouped."""
    exact = decimal(value)
    return plain(value) if exact is None else _grouped(exact)


def unit_text(quantity: Json) -> str:
    """The unit to read: UCUM codes in their usual print form, annotations without braces, `mcg` for micrograms."""
    code, told = plain(quantity.get("code")), plain(quantity.get("unit"))
    if code in _DIMENSIONLESS and told in ("", "1"):
        return ""
    chosen = told or code
    if chosen in _UNITS:
        return _UNITS[chosen]
    chosen = re.sub(r"\{([^}]*)\}", lambda found: found[1].replace("_", " "), chosen)
    chosen = re.sub(r"\bm2\b", "m²", chosen)
    return chosen.replace("µg", "mcg").replace("μg", "mcg").removesuffix(".") if chosen else ""


def measure(quantity: Json) -> Measure:
    """R2: a quantity with its unit; `unit_missing` is an error to be shown, not a dimensionless number."""
    value = quantity.get("value")
    comparator = plain(quantity.get("comparator"))
    told, full = number(value), exact_number(value)
    unit = unit_text(quantity)
    missing = not unit and quantity.get("code") not in _DIMENSIONLESS
    return Measure(_compared(comparator, told), unit, _compared(comparator, full), missing)


def range_text(low: Json | None, high: Json | None, unit: str = "") -> str:
    """A reference range: `3.5 to 5.0`, `below 5.0`, `from 60`; the unit is added when it differs from `unit`."""
    bottom, top = (number(bound.get("value")) if bound else "" for bound in (low, high))
    own = unit_text(low or high or {})
    told = f"{bottom} to {top}" if bottom and top else f"from {bottom}" if bottom else f"up to {top}" if top else ""
    return _join(told, own) if told and own != unit else told


def _grouped(exact: Decimal) -> str:
    return f"{exact:,f}"


def _compared(comparator: str, told: str) -> str:
    return f"{comparator} {told}" if comparator else told


def _join(told: str, unit: str) -> str:
    if not unit:
        return told
    return f"{told} {unit}"

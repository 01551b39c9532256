"""SQL of dates, instants and numbers: one condition for a value and its prefix, values bound.

The comparisons follow https://hl7.org/fhir/R4/search.html#prefix (4.0.1), as `matching.py` has them in Python.
"""

from datetime import datetime
from typing import Any

from ehr_app.record.search.values import DateValue, NumberValue

CLOSE = 1e-12
"""Floats stand for decimals that are looked at again: the bounds are a little wider, by this share."""


class Binder:
    """Collects arguments; calling it gives the placeholder of a new one."""

    def __init__(self, arguments: list[Any]) -> None:
        """Shape: placeholders continue after the arguments given."""
        self.arguments = arguments

    def __call__(self, value: Any) -> str:
        """Bind a value."""
        self.arguments.append(value)
        return f"${len(self.arguments)}"


def date_condition(value: DateValue, lo: str, hi: str, bind: Binder) -> str:
    """Return the condition on a stored interval [lo, hi)."""
    match value.prefix:
        case "eq":
            first, last = bind(value.lo), bind(value.hi)
            return f"({lo} >= {first} and {lo} < {last} and {hi} <= {last})"
        case "ne":
            return f"not ({lo} >= {bind(value.lo)} and {hi} <= {bind(value.hi)})"
        case "gt":
            return f"{hi} > {bind(value.hi)}"
        case "lt":
            return f"{lo} < {bind(value.lo)}"
        case "ge":
            return f"({hi} > {bind(value.hi)} or {lo} >= {bind(value.lo)})"
        case "le":
            return f"({lo} < {bind(value.lo)} or {hi} <= {bind(value.hi)})"
        case "sa":
            return f"{lo} >= {bind(value.hi)}"
        case "eb":
            return f"{hi} <= {bind(value.lo)}"
    return f"({lo} < {bind(value.hi)} and {hi} > {bind(value.lo)})"


def bounds(value: DateValue) -> list[tuple[str, datetime]]:
    """Return what the condition implies for the beginning of a stored interval alone: comparisons that an index can walk."""
    match value.prefix:
        case "eq":
            return [(">=", value.lo), ("<", value.hi)]
        case "sa":
            return [(">=", value.hi)]
        case "lt" | "eb":
            return [("<", value.lo)]
        case "le" | "ap":
            return [("<", value.hi)]
    return []


def instant_condition(value: DateValue, at: str, bind: Binder) -> str:
    """Return the condition on one instant."""
    match value.prefix:
        case "ne":
            return f"({at} < {bind(value.lo)} or {at} >= {bind(value.hi)})"
        case "gt" | "sa":
            return f"{at} >= {bind(value.hi)}"
        case "lt" | "eb":
            return f"{at} < {bind(value.lo)}"
        case "ge":
            return f"{at} >= {bind(value.lo)}"
        case "le":
            return f"{at} < {bind(value.hi)}"
    return f"({at} >= {bind(value.lo)} and {at} < {bind(value.hi)})"


def number_condition(value: NumberValue, column: str, bind: Binder) -> str:
    """Return a condition that no match fails; the exact decimal, its system and code are compared on the body."""
    match value.prefix:
        case "ne":
            return "true"
        case "gt" | "ge" | "sa":
            return f"{column} >= {bind(_wider(float(value.number), -1))}"
        case "lt" | "le" | "eb":
            return f"{column} <= {bind(_wider(float(value.number), 1))}"
    return f"({column} >= {bind(_wider(float(value.lo), -1))} and {column} <= {bind(_wider(float(value.hi), 1))})"


def _wider(number: float, sign: int) -> float:
    return number + sign * abs(number) * CLOSE

"""What a default may say: nothing. Zeros, blanks and the fixed words of a view's first look tell nobody anything."""

from dataclasses import asdict, is_dataclass
from typing import Any

FIRST_LOOKS = frozenset(("all", "dark", "empty", "light", "loading", "system"))


def says_nothing(value: Any) -> bool:
    """Tell whether a value holds no letter beyond the fixed words, however deep it is."""
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    match value:
        case None | bool() | int() | float():
            return True
        case str():
            return value in FIRST_LOOKS or not any(character.isalpha() for character in value)
        case dict():
            return all(says_nothing(one) for one in value.values())
        case list() | tuple():
            return all(says_nothing(one) for one in value)
    return False

"""The differences of two versions: complete, exact, and small where little changed."""

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ehr_app.ui.clinic.differences import Difference, applied, differences

LEAF = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3) | st.decimals(-9, 9, places=2)
JSON = st.recursive(LEAF, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=2), inner, max_size=4))


def _typed(value: Any) -> Any:
    """Equality that tells 1 from 1.0 and True from 1."""
    if isinstance(value, dict):
        return {key: _typed(one) for key, one in value.items()}
    return [_typed(one) for one in value] if isinstance(value, list) else (type(value), str(value))


@given(JSON, JSON)
def test_the_steps_lead_from_the_old_to_the_new(old: Any, new: Any) -> None:
    assert _typed(applied(old, differences(old, new))) == _typed(new)


@given(JSON)
def test_nothing_changed_is_no_step(value: Any) -> None:
    assert differences(value, value) == []


def test_an_item_put_in_front_is_one_step() -> None:
    assert differences({"a": [1, 2, 3]}, {"a": [0, 1, 2, 3]}) == [Difference(("a", 0), "added", now=0)]


def test_a_decimal_that_only_gained_a_zero_is_a_change() -> None:
    assert differences({"v": Decimal("1.1")}, {"v": Decimal("1.10")}) == [
        Difference(("v",), "changed", Decimal("1.1"), Decimal("1.10"))
    ]


def test_very_long_lists_are_compared_as_a_whole() -> None:
    old, new = list(range(1000)), list(range(1, 1001))
    steps = differences(old, new)
    assert len(steps) == 1 and applied(old, steps) == new

"""How a load is cut: everybody once, the longest first, whatever the number."""

from collections import Counter

import pytest

from ehr_app.demo.portions import portions, shared


@pytest.mark.parametrize("count", [1, 2, 3, 30, 49, 124, 125, 126, 300, 301, 999, 10_000])
def test_every_patient_is_in_one_portion(count: int) -> None:
    cut = list(portions(count))
    everybody = Counter((portion.facility, number) for portion in cut for number in portion.numbers)
    wanted = {(slug, number) for slug, many in shared(count).items() for number in range(1, many + 1)}
    assert set(everybody) == wanted and set(everybody.values()) == {1} and len(wanted) == count


def test_a_large_chart_is_a_portion_of_its_own_and_comes_first() -> None:
    cut = list(portions(300))
    assert [portion.large for portion in cut[:3]] == [True, True, False]
    assert all(len(portion.numbers) == 1 for portion in cut if portion.large)


def test_facilities_share_as_they_always_did() -> None:
    assert shared(30) == {"north": 12, "south": 10, "harbor": 8}
    assert shared(300) == {"north": 120, "south": 100, "harbor": 80}

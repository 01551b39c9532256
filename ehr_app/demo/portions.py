"""How the demo is cut into portions: which patients one process writes at a time, and in how many commits.

A portion is a run of patient numbers of one facility. A chart is written in whole commits, each of them all or nothing, so that a
load that was cut off is taken up where it ended, and a second load finds every commit and adds nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ehr_app.demo.cast import FULL_CHARTS, LARGE
from ehr_app.demo.facilities import FACILITIES

PATIENTS, FIRST_PATIENTS = 300, 30
FULL_AT_ONCE, SHORT_AT_ONCE = 3, 20


@dataclass(frozen=True, slots=True)
class Portion:
    """Patients `first` to `last` (both included) of one facility."""

    facility: str
    first: int
    last: int

    @property
    def numbers(self) -> range:
        """Who they are."""
        return range(self.first, self.last + 1)

    @property
    def large(self) -> bool:
        """Whether it is one chart that takes many commits."""
        return (self.facility, self.first) in LARGE


def shared(patients: int) -> dict[str, int]:
    """Return how many of so many patients each facility gets: four of ten, a third, the rest."""
    north, south = round(patients * 0.4), round(patients / 3)
    return dict(zip((f.slug for f in FACILITIES), (north, south, patients - north - south), strict=True))


def portions(patients: int) -> Iterator[Portion]:
    """Yield portions for so many patients, those that take longest first."""
    counts = shared(patients)
    large = [(slug, number) for slug, number in LARGE if number <= counts[slug]]
    for slug, number in large:
        yield Portion(slug, number, number)
    for slug, count in counts.items():
        alone = {number for at, number in large if at == slug}
        yield from _runs(slug, 1, min(count, FULL_CHARTS[slug]), FULL_AT_ONCE, alone)
    for slug, count in counts.items():
        yield from _runs(slug, FULL_CHARTS[slug] + 1, count, SHORT_AT_ONCE, set())


def _runs(slug: str, first: int, last: int, at_once: int, without: set[int]) -> Iterator[Portion]:
    begun = first
    for number in range(first, last + 1):
        if number in without:
            if begun < number:
                yield Portion(slug, begun, number - 1)
            begun = number + 1
        elif number - begun + 1 == at_once or number == last:
            yield Portion(slug, begun, number)
            begun = number + 1

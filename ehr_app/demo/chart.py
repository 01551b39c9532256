"""One patient's chart while it is being written: clock, dice, ids, and the resources in dependency order."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Literal
from zoneinfo import ZoneInfo

from ehr_app.demo.cast import Persona, full_name
from ehr_app.demo.elements import Code, Resource, reference
from ehr_app.demo.facilities import Facility
from ehr_app.demo.staff import Member, members

DAYS_PER_YEAR = 365.25


@dataclass(slots=True)
class Problem:
    """One illness in a life: what it is, when it began, when (if) it ended, which Condition records it."""

    key: str
    code: Code
    onset: date
    abatement: date | None
    chronic: bool
    condition_id: str = ""

    def active_on(self, day: date) -> bool:
        """Tell whether the illness is present on a day."""
        return self.onset <= day and (self.abatement is None or day < self.abatement)

    def years(self, day: date) -> float:
        """Return the years since onset on a day."""
        return (day - self.onset).days / DAYS_PER_YEAR


@dataclass(slots=True)
class Visit:
    """One encounter: when, of which kind, for which problem (none for a check-up), with whom."""

    kind: str
    start: datetime
    end: datetime
    problem: Problem | None
    clinician: Member
    nurse: Member
    encounter_id: str = ""
    setting: Literal["clinic", "virtual", "home"] = "clinic"

    @property
    def day(self) -> date:
        """The local calendar day of the visit."""
        return self.start.date()


@dataclass(slots=True)
class Running:
    """A drug the patient takes: for which Condition, until when, and its MedicationRequest."""

    condition_id: str
    until: date
    request: Resource


@dataclass(slots=True)
class Chart:
    """The state of one patient's generation; modules add resources to it in order."""

    facility: Facility
    persona: Persona
    rng: Random
    identity: str
    number: int
    birth: date
    last_day: date
    died: bool
    resources: list[Resource] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    corrections: list[Resource] = field(default_factory=list)
    levels: dict[str, float] = field(default_factory=dict)  # last value of each drifting series
    running: dict[str, Running] = field(default_factory=dict)  # by drug code
    _counts: dict[str, int] = field(default_factory=dict)
    _zone: ZoneInfo | None = None

    @property
    def display(self) -> str:
        """The patient's name for References."""
        return full_name(self.persona.given, self.persona.family)

    @property
    def subject(self) -> Resource:
        """A Reference to the Patient."""
        return reference("Patient", self.identity, self.display)

    @property
    def primary(self) -> Member:
        """The patient's own physician."""
        physicians = members(self.facility, "physician")
        return physicians[self.number % len(physicians)]

    def age(self, day: date) -> float:
        """Return the age in years on a day."""
        return (day - self.birth).days / DAYS_PER_YEAR

    def identify(self, tag: str) -> str:
        """Return the next id of a kind, such as `north-p0001-obs-0042`."""
        count = self._counts[tag] = self._counts.get(tag, 0) + 1
        return f"{self.identity}-{tag}-{count:04d}"

    def add(self, resource: Resource) -> Resource:
        """Append a resource and return a Reference to it."""
        self.resources.append(resource)
        return reference(resource["resourceType"], resource["id"])

    def moment(self, day: date, hour: int, minute: int = 0) -> datetime:
        """Return an aware instant on a day in the facility's zone."""
        if self._zone is None:
            self._zone = ZoneInfo(self.facility.time_zone)
        return datetime.combine(day, time(hour, minute), self._zone)

    def later(self, moment: datetime, minutes: float) -> datetime:
        """Return an instant some minutes on, in the facility's zone, daylight saving respected."""
        return (moment.astimezone(ZoneInfo("UTC")) + timedelta(minutes=minutes)).astimezone(moment.tzinfo)

    def problem(self, key: str, day: date) -> Problem | None:
        """Return the problem of that key if it is present on the day."""
        return next((p for p in self.problems if p.key == key and p.active_on(day)), None)

    def drift(self, series: str, target: float, spread: float, pull: float = 0.45) -> float:
        """Return the next value of a series: part of the way to its target, plus a little noise.

        Shape: the first value is the target with noise; noise is bounded at twice the spread.
        """
        noise = max(-2.0, min(2.0, self.rng.gauss(0.0, 1.0))) * spread
        last = self.levels.get(series)
        value = target + noise if last is None else last + pull * (target - last) + noise * 0.7
        self.levels[series] = value
        return value

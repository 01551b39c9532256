"""The lines and sections of lists: what a chart's pages are made of.

Pure: FHIR resources in, rows out. What was entered in error stays visible, struck through, and does not count.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from ehr_app.ui.clinic.chart_view import count_text
from ehr_app.ui.format.dates import clinical_day, local_day, spoken_date
from ehr_app.ui.format.text import Json, in_error, items, part, reference_text

T = TypeVar("T")
ROLES = ("actor", "who", "individual", "member", "what")
"""Where an element that names a person keeps the reference, when it is none itself."""


@dataclass(frozen=True)
class Piece:
    """A piece of a line: name, brand, strength, form, label, dose, text or gap."""

    kind: str = "text"
    text: str = ""


@dataclass(frozen=True)
class Row:
    """One line of a section. `ref` is the resource (`Condition/12`), `sub` belongs to the line above, `note` must not be missed."""

    ref: str = ""
    title: str = ""
    sub: bool = False
    note: str = ""
    pieces: list[Piece] = field(default_factory=list)
    detail: str = ""
    when: str = ""
    spoken: str = ""
    status: str = ""
    wrong: bool = False
    grave: bool = False
    value: str = ""
    limits: str = ""
    code: str = ""
    mark: str = ""
    words: str = ""
    grade: str = "ungraded"


@dataclass(frozen=True)
class Section:
    """One section: rows that count now, `past` rows folded away, and words for when there is nothing."""

    key: str = ""
    title: str = ""
    rows: list[Row] = field(default_factory=list)
    past: list[Row] = field(default_factory=list)
    past_words: str = ""
    count: str = ""
    empty: str = ""
    latest: str = ""
    filed: str = ""


def section(
    key: str, title: str, now: Sequence[Json], past: Sequence[Json], row: Callable[[Json], Row], more: bool,
    empty: str, past_kind: str, shown: int = 50,
) -> Section:  # fmt: skip
    """Return a section of `now` and of `past`, which is folded; at most `shown` of now stay unfolded."""
    rows, rest = [row(one) for one in now], [row(one) for one in past]
    folded = rows[shown:] + rest
    kind = f"earlier, {past_kind}" if rows[shown:] and rest else "earlier" if rows[shown:] else past_kind
    latest = rows[0].when if rows else ""
    words = f"No current {title.lower()}." if past else empty
    return Section(key, title, rows[:shown], folded, past_words(len(folded), kind), count_text(len(now), more), words, latest)


def line(resource: Json, zone: ZoneInfo, title: str, when: object, **more: Any) -> Row:
    """Return the line of a resource with its day."""
    day = local_day(when, zone)
    return Row(
        ref=f"{resource.get('resourceType', '')}/{resource.get('id', '')}", title=title,
        when=clinical_day(when, zone, ""), spoken=spoken_date(day, "date not recorded"), wrong=in_error(resource), **more,
    )  # fmt: skip


def past_words(count: int, kind: str) -> str:
    """Say what is folded away."""
    return f"{count} {kind}" if count else ""


def split(rows: Iterable[T], keep: Callable[[T], bool]) -> tuple[list[T], list[T]]:
    """Return what is to be kept and the rest, each in its order."""
    kept: list[T] = []
    rest: list[T] = []
    for row in rows:
        (kept if keep(row) else rest).append(row)
    return kept, rest


def joined(*texts: str) -> str:
    """Join what there is with a middle dot."""
    return " · ".join(filter(None, texts))


def by(resource: Json, *keys: str) -> str:
    """Return the first named person among some elements."""
    for key in keys:
        for person in items(resource, key):
            if name := reference_text(person) or next(filter(None, (reference_text(part(person, role)) for role in ROLES)), ""):
                return name
    return ""

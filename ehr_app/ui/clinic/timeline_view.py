"""The timeline: events as lines, years as a strip, kinds as filters, and the address of every state.

Pure: events and counts in, screen objects out. One resource is one line, so that the count is that of the record and nothing hides
in a group; the order of a moment puts a report before its results.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from ehr_app.record.contents import Kind
from ehr_app.record.timeline import MOST_SEARCHED, Count, Event, Found, folded
from ehr_app.ui.clinic.domains import BY_KEY, DOMAINS, TIMELINE, address, domain_of
from ehr_app.ui.format.dates import clinical_date, spoken_date
from ehr_app.ui.format.headline import headline, told_text
from ehr_app.ui.format.text import plain

NO_DATE = "none"
PRINTED = 5_000
MOST_WORDS, LONGEST = 6, 100
_AROUND = 60
_WHOLE = ("Encounter/", "DiagnosticReport/")
_RANKS = {"critical": 0, "abnormal": 1}


@dataclass(frozen=True)
class Asked:
    """What an address asks for: domains (none: all), the year to stand at, words to find, the printed version."""

    kinds: tuple[str, ...] = ()
    year: str = ""
    find: str = ""
    printed: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """The folded words that all must occur."""
        return tuple(folded(self.find).split())[:MOST_WORDS]


@dataclass(frozen=True)
class EventRow:
    """One event. `day` and `year` are those of its heads, `time` is empty for a bare date, `came` says that it was brought in."""

    ref: str = ""
    kind: str = ""
    title: str = ""
    detail: str = ""
    excerpt: str = ""
    status: str = ""
    wrong: bool = False
    value: str = ""
    limits: str = ""
    code: str = ""
    mark: str = ""
    words: str = ""
    grade: str = "ungraded"
    year: str = ""
    day: str = ""
    spoken: str = ""
    time: str = ""
    author: str = ""
    source: str = ""
    came: str = ""


@dataclass(frozen=True)
class Filter:
    """A kind with the number of its events; `href` puts it in or takes it out."""

    key: str = ""
    label: str = ""
    count: str = ""
    chosen: bool = False
    href: str = ""


@dataclass(frozen=True)
class Year:
    """One bar of the strip: `height` in percent of the fullest year; `gap` marks years without events before it."""

    year: str = ""
    label: str = ""
    count: str = ""
    height: int = 0
    href: str = ""
    current: bool = False
    gap: str = ""


@dataclass(frozen=True)
class Shown:
    """What the page shows around its list. `stamp` changes with every new list; `start` is the event to stand at."""

    stamp: int = 0
    total: int = 0
    count: str = ""
    start: int = 0
    find: str = ""
    words: list[str] = field(default_factory=list)
    filters: list[Filter] = field(default_factory=list)
    years: list[Year] = field(default_factory=list)
    everything: str = ""
    base: str = ""
    printed: str = ""
    plain: str = ""
    note: str = ""
    empty: str = ""
    printing: bool = False
    limit: int = PRINTED


@dataclass(frozen=True)
class Window:
    """Some events of the list `stamp`, from event `first` on."""

    stamp: int = 0
    first: int = 0
    rows: list[EventRow] = field(default_factory=list)


def asked(query: Mapping[str, str]) -> Asked:
    """Read an address; what it does not know is left out."""
    kinds = [key for key in query.get("kind", "").split(",") if key in BY_KEY and BY_KEY[key].counted]
    year = query.get("year", "")
    known = year == NO_DATE or (year.isascii() and year.isdigit() and len(year) <= 4)
    return Asked(
        tuple(dict.fromkeys(kinds)), year if known else "", " ".join(plain(query.get("find", "")).split())[:LONGEST],
        query.get("print", "") == "1",
    )  # fmt: skip


def link(pid: str, to: Asked) -> str:
    """Return the address of a state of the timeline."""
    pairs = [("kind", ",".join(to.kinds)), ("year", to.year), ("find", to.find), ("print", "1" if to.printed else "")]
    query = urlencode([pair for pair in pairs if pair[1]])
    return f"{address(pid, TIMELINE.key)}{'?' + query if query else ''}"


def kinds_of(counts: Iterable[Count], keys: Sequence[str]) -> list[Kind] | None:
    """Return the kinds that the chosen domains show, of those that the chart has; None for all."""
    if not keys:
        return None
    return sorted({one.kind for one in counts if domain_of(one.kind) in keys})


def shown(pid: str, to: Asked, counts: Sequence[Count], found: Found | None, stamp: int) -> Shown:
    """Return the page around the list. Shape: `counts` of the whole chart; `found` when words were looked for."""
    base = counts if found is None else found.counts
    of_kinds = Counter[str]()
    for one in base:
        of_kinds[domain_of(one.kind)] += one.n
    here = [one for one in base if not to.kinds or domain_of(one.kind) in to.kinds]
    years = Counter[int | None]()
    for one in here:
        years[one.year] += one.n
    total = sum(years.values())
    start = 0
    if to.year == NO_DATE:
        start = total - years[None]
    elif to.year:
        start = sum(n for year, n in years.items() if year is not None and year > int(to.year))
    rest = replace(to, year="", printed=False)
    return Shown(
        stamp=stamp,
        total=total,
        count=f"{total:,}",
        start=min(start, max(total - 1, 0)),
        find=to.find,
        words=list(to.words),
        filters=_filters(pid, to, of_kinds),
        years=_years(pid, to, years),
        everything=link(pid, replace(rest, kinds=())) if to.kinds else "",
        base=link(pid, replace(rest, find="")),
        printed=link(pid, replace(to, printed=True)),
        plain=link(pid, replace(to, printed=False)),
        note=_note(found),
        empty=_empty(to),
        printing=to.printed,
    )


def event_row(event: Event, zone: ZoneInfo, words: Sequence[str] = ()) -> EventRow:
    """Return one event as a line; with `words`, an excerpt when what was found is in none of its shown texts."""
    line = headline(event.resource, zone)
    day = event.stamp.date().isoformat() if event.stamp else ""
    filed = event.filed
    row = EventRow(
        ref=f"{event.resource.get('resourceType', '')}/{event.resource.get('id', '')}",
        kind=domain_of(event.kind),
        title=line.title,
        detail=line.detail,
        status=line.status,
        wrong=line.wrong,
        value=line.value,
        limits=line.limits,
        code=line.flag.code,
        mark=line.flag.mark,
        words=line.flag.words,
        grade=line.flag.grade,
        year=f"{event.stamp.year}" if event.stamp else "",
        day=clinical_date(day, ""),
        spoken=spoken_date(day, "No date"),
        time=f"{event.stamp:%H:%M}" if event.stamp and not event.bare else "",
        author=line.author or (filed.display if filed.kind == "session" else ""),
        source="" if line.author.startswith(event.facility) else event.facility,
        came="Imported" if filed.action == "import" else "Over the API" if filed.kind == "token" else "",
    )
    return replace(row, excerpt=_excerpt(event, row, words)) if words else row


def in_moments(rows: Sequence[EventRow]) -> list[EventRow]:
    """R3: within one moment visits and reports come first, then what is critical, then kind by kind; moments keep their order."""
    made: list[EventRow] = []
    for _, moment in groupby(rows, key=lambda row: (row.day, row.time)):
        made += sorted(moment, key=_in_moment)
    return made


def _in_moment(row: EventRow) -> tuple[bool, bool, str, int]:
    return not row.ref.startswith(_WHOLE), row.grade != "critical", row.kind, _RANKS.get(row.grade, 2)


def search_text(resource: Mapping[str, object], zone: ZoneInfo) -> str:
    """Return the text in which words are looked for: what the line shows, then every text and value of the resource."""
    line = headline(resource, zone)
    return " ".join((line.title, line.value, line.flag.words, line.detail, line.author, told_text(resource)))


def _filters(pid: str, to: Asked, counts: Mapping[str, int]) -> list[Filter]:
    made = []
    for domain in DOMAINS:
        if not domain.counted or not (counts[domain.key] or domain.key in to.kinds):
            continue
        chosen = domain.key in to.kinds
        keys = [key for key in to.kinds if key != domain.key] if chosen else [*to.kinds, domain.key]
        kept = tuple(one.key for one in DOMAINS if one.key in keys)
        href = link(pid, replace(to, kinds=kept, year="", printed=False))
        made.append(Filter(domain.key, domain.label, f"{counts[domain.key]:,}", chosen, href))
    return made


def _years(pid: str, to: Asked, years: Mapping[int | None, int]) -> list[Year]:
    """Newest first, as the list; empty years in between are told, not drawn."""
    fullest = max(years.values(), default=0)
    made = []
    before: int | None = None
    for year in sorted((one for one in years if one is not None and years[one]), reverse=True):
        gap = before - year - 1 if before is not None else 0
        made.append(_year(pid, to, str(year), str(year), years[year], fullest, gap))
        before = year
    if years.get(None):
        made.append(_year(pid, to, NO_DATE, "No date", years[None], fullest, 0))
    return made


def _year(pid: str, to: Asked, key: str, label: str, count: int, fullest: int, gap: int) -> Year:
    told = "" if gap <= 0 else "1 year without events" if gap == 1 else f"{gap} years without events"
    href = link(pid, replace(to, year=key, printed=False))
    return Year(key, label, f"{count:,}", max(4, round(100 * count / fullest)), href, to.year == key, told)


def _note(found: Found | None) -> str:
    if found is None or not found.cut:
        return ""
    if found.searched >= MOST_SEARCHED:
        return f"The newest {found.searched:,} events were searched; older ones were not read. Choose a kind to reach further back."
    return f"The newest {found.order.total:,} hits are shown, among {found.searched:,} events. More words narrow it down."


def _empty(to: Asked) -> str:
    if to.find:
        return "No event has these words."
    return "Nothing of this kind is recorded." if to.kinds else TIMELINE.empty


def _excerpt(event: Event, row: EventRow, words: Sequence[str]) -> str:
    """The words around the first hit, when the line itself does not show one."""
    seen = folded(" ".join((row.title, row.value, row.detail, row.author)))
    missing = next((word for word in words if word not in seen), None)
    if missing is None:
        return ""
    text = told_text(event.resource)
    told = folded(text)
    at = told.find(missing)
    if at < 0:
        return ""
    # folding may change the length of a text; the place is then found by its share
    if len(told) != len(text):
        at = at * len(text) // max(len(told), 1)
    start, end = max(at - _AROUND, 0), at + len(missing) + _AROUND
    return f"{'… ' if start else ''}{text[start:end]}{' …' if end < len(text) else ''}"

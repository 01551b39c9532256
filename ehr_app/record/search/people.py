"""Finding a person: parts of names in any order, without accents or by sound, birth date, record number, phone.

Blind indexes find the candidates under policy; their bodies decide and rank: whole words, then beginnings, then what sounds alike.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jellyfish
import msgspec

from ehr_app.record.rows import NUMBER_PREFIXES, PREFIXES, words_of
from ehr_app.record.search.branches import COLUMNS, RESOURCE
from ehr_app.record.search.conditions import Binder
from ehr_app.record.search.hashes import Hash
from ehr_app.record.search.typed import Clause, clauses
from ehr_app.record.store import Stored
from ehr_app.standards.extract import fold
from ehr_app.standards.intervals import interval
from ehr_app.standards.r4 import RTYPES

if TYPE_CHECKING:
    from ehr_app.record.door import Record

WHOLE, BEGINS, SOUNDS = 0, 1, 2
LEAST_CANDIDATES = 50
UNNARROWED = 400
"""A single letter is looked for among so many patients, those changed last."""

SHORTEST_SOUND = 2
RECENT = f"""select {COLUMNS} from (select patient, row_number() over () as n from ehr.recent_patients($1)) p
 join ehr.resource r on r.facility = any($2) and r.rtype = $3 and r.id = p.patient order by p.n"""


class _Name(msgspec.Struct):
    family: str | None = None
    given: list[str | None] = []
    text: str | None = None


class _Valued(msgspec.Struct):
    value: str = ""
    system: str = ""


class _Patient(msgspec.Struct):
    name: list[_Name] = []
    identifier: list[_Valued] = []
    telecom: list[_Valued] = []
    birthDate: str = ""


_patients = msgspec.json.Decoder(_Patient)


@dataclass(frozen=True, slots=True)
class Person:
    """What of a Patient is compared with what was typed."""

    words: tuple[str, ...]
    parts: tuple[str, ...]
    identifiers: tuple[str, ...]
    phones: tuple[str, ...]
    born: str


async def find_patients(record: "Record", text: str, limit: int = 50) -> list[Stored]:
    """Return the visible patients that meet everything typed, best first.

    Shape: empty for nothing to look for. Deceased and inactive patients are found too.
    """
    asked = clauses(text)
    if not asked:
        return []
    ranked: dict[tuple[int, Any], tuple[Any, Any]] = {}
    seen: set[tuple[int, Any]] = set()
    for sql, arguments in statements(asked, record.h, max(limit, LEAST_CANDIDATES)):
        for row in await record.rows(sql, *arguments):
            key = (row["facility"], row["id"])
            if key in seen:
                continue
            seen.add(key)
            person = read(await record.store.open_frame(row["rtype"], row["id"], row["ver"], row["content"]))
            ranks = [rank(clause, person) for clause in asked]
            if None not in ranks:
                ranked[key] = ((sum(r for r in ranks if r is not None), person.parts, person.born), row)
        if len(ranked) >= limit:
            break
    best = sorted(ranked.values(), key=lambda pair: pair[0])[:limit]
    return [await record.stored(row) for _, row in best]


async def recent_patients(record: "Record", limit: int = 12) -> list[Stored]:
    """Return the patients whom this account opened last, newest first, as far as they are visible now."""
    rows = await record.rows(RECENT, limit, [record.facility_number, 0], RTYPES["Patient"])
    return await record.stored_many(rows)


def statements(asked: list[Clause], h: Hash, limit: int) -> Iterator[tuple[str, list[Any]]]:
    """Return the statements that find candidates, best tier first: one clause drives, the others filter."""
    driver = max(asked, key=_strength)
    for source, conditions, arguments in _sources(driver, h):
        narrowed = bool(arguments)
        bind = Binder(arguments)
        filters = [_filter(clause, h, bind) for clause in asked if clause is not driver]
        where = " and ".join([f"r.rtype = {RTYPES['Patient']:d}", *conditions, *(f for f in filters if f)])
        most = limit if narrowed else UNNARROWED
        yield f"select {COLUMNS} from {source} where {where} order by r.updated desc limit {most:d}", bind.arguments


def _sources(driver: Clause, h: Hash) -> Iterator[tuple[str, list[str], list[Any]]]:
    found = False
    for hashes in _tiers(driver, h):
        found = True
        hits = "(select distinct e.facility, e.rtype, e.id from ehr.eq e where e.h = any($1)) e"
        yield f"{hits} join ehr.resource r on r.facility = e.facility and r.rtype = e.rtype and r.id = e.id", [], [hashes]
    for lo, hi in driver.born:
        found = True
        yield RESOURCE, ["r.date_lo >= $1", "r.date_lo < $2"], [lo, hi]
    if not found:
        yield RESOURCE, [], []


def read(body: bytes) -> Person:
    """Return what can be compared of a stored Patient."""
    patient = _patients.decode(body)
    parts = [fold(part) for name in patient.name for part in (name.family, *name.given, name.text) if part]
    return Person(
        tuple(dict.fromkeys(word for part in parts for word in words_of(part))),
        tuple(parts),
        tuple("".join(c for c in i.value.casefold() if c.isalnum()) for i in patient.identifier),
        tuple("".join(c for c in t.value if c.isdigit()) for t in patient.telecom if t.system == "phone"),
        patient.birthDate,
    )


def rank(clause: Clause, person: Person) -> int | None:
    """Return how well a person meets one clause (0 is best), or None when not at all."""
    ranks: list[int] = []
    if clause.word:
        ranks += _word_ranks(clause.word, person)
    if clause.number:
        ranks += [WHOLE for value in (*person.identifiers, *person.phones) if value == clause.number]
        ranks += [BEGINS for value in person.identifiers if value.startswith(clause.number)]
        ranks += [
            BEGINS for value in person.phones if clause.number in (value[: len(clause.number)], value[-10:][: len(clause.number)])
        ]
    if clause.born and person.born:
        lo, hi = interval(person.born)
        ranks += [WHOLE for first, last in clause.born if first <= lo and hi <= last]
    return min(ranks, default=None)


def _word_ranks(word: str, person: Person) -> Iterable[int]:
    if word in person.words:
        yield WHOLE
    elif any(start.startswith(word) for start in (*person.words, *person.parts)):
        yield BEGINS
    elif (sound := _sound(word)) and any(_sound(own) == sound for own in person.words):
        yield SOUNDS


def _sound(word: str) -> str:
    sound = jellyfish.metaphone(word.encode("utf-8", "ignore").decode())
    return sound if len(sound) >= SHORTEST_SOUND else ""


def _strength(clause: Clause) -> tuple[int, int]:
    """How much a clause narrows: long words and numbers before dates, single letters last."""
    if len(clause.word) >= PREFIXES[0]:
        return 3, len(clause.word)
    if len(clause.number) >= NUMBER_PREFIXES[0]:
        return (2 if clause.born else 4), len(clause.number)
    return (1 if clause.born else 0), 0


def _tiers(clause: Clause, h: Hash) -> list[list[int]]:
    """The hashes that find candidates of a clause, best tier first."""
    tiers = []
    if len(clause.word) >= PREFIXES[0]:
        tiers = [[h("s=", "Patient", "name", clause.word)], [h("sp", "Patient", "name", clause.word[: PREFIXES[-1]])]]
        if sound := _sound(clause.word):
            tiers.append([h("sx", "Patient", "phonetic", sound)])
    if len(clause.number) >= NUMBER_PREFIXES[0]:
        start = clause.number[: NUMBER_PREFIXES[-1]]
        tiers.append([h("sp", "Patient", param, start) for param in ("identifier", "phone")])
    return tiers


def _filter(clause: Clause, h: Hash, bind: Binder) -> str:
    """A condition that every match of a clause meets; empty when only the body can tell."""
    found = [h_ for tier in _tiers(clause, h) for h_ in tier]
    if not found and not clause.born:
        return ""
    ways = [f"r.tokens && {bind(found)}"] if found else []
    ways += [f"(r.date_lo >= {bind(lo)} and r.date_lo < {bind(hi)})" for lo, hi in clause.born]
    return f"({' or '.join(ways)})"

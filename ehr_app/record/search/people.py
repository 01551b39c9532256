"""Finding a person: parts of names in any order, without accents or by sound, birth date, record number, phone.

Blind indexes find the candidates under policy; their bodies decide and rank: whole words, then beginnings, then what sounds alike.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jellyfish

from ehr_app.record.codec import decode_object
from ehr_app.record.rows import NUMBER_PREFIXES, PREFIXES
from ehr_app.record.search.branches import COLUMNS
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
MOST_CANDIDATES = 200
SHORTEST_SOUND = 3
RECENT = f"""select {COLUMNS} from (select patient, row_number() over () as n from ehr.recent_patients($1)) p
 join ehr.resource r on r.facility = any($2) and r.rtype = $3 and r.id = p.patient order by p.n"""


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
    sql, arguments = statement(asked, record.h)
    ranked: dict[tuple[int, Any], tuple[Any, Any]] = {}
    for row in await record.rows(sql, *arguments):
        key = (row["facility"], row["id"])
        if key in ranked:
            continue
        person = read(decode_object(await record.store.open_frame(row["rtype"], row["id"], row["ver"], row["content"])))
        ranks = [rank(clause, person) for clause in asked]
        if None not in ranks:
            ranked[key] = ((sorted(r for r in ranks if r is not None)[::-1], person.parts, person.born), row)
    best = sorted(ranked.values(), key=lambda pair: pair[0])[:limit]
    return await record.stored_many(row for _, row in best)


async def recent_patients(record: "Record", limit: int = 12) -> list[Stored]:
    """Return the patients whom this account opened last, newest first, as far as they are visible now."""
    rows = await record.rows(RECENT, limit, [record.facility_number, 0], RTYPES["Patient"])
    return await record.stored_many(rows)


def statement(asked: list[Clause], h: Hash) -> tuple[str, list[Any]]:
    """Return the statement that finds candidates: the best clause drives, in tiers, the others filter."""
    bind = Binder([RTYPES["Patient"]])
    driver = max(asked, key=_strength)
    filters = [_filter(clause, h, bind) for clause in asked if clause is not driver]
    where = "".join(f" and {condition}" for condition in filters if condition)
    tiers = []
    for found in _tiers(driver, h):
        source = f"(select distinct e.facility, e.rtype, e.id from ehr.eq e where e.h = any({bind(found)})) e"
        tiers.append(
            f"(select {COLUMNS} from {source} join ehr.resource r on r.facility = e.facility and r.rtype = e.rtype and r.id = e.id"
            f" where r.rtype = $1{where} limit {MOST_CANDIDATES})"
        )
    for lo, hi in driver.born:
        within = f"r.date_lo >= {bind(lo)} and r.date_lo < {bind(hi)}"
        tiers.append(f"(select {COLUMNS} from ehr.resource r where r.rtype = $1 and {within}{where} limit {MOST_CANDIDATES})")
    if not tiers:
        tiers.append(
            f"(select {COLUMNS} from ehr.resource r where r.rtype = $1{where} order by r.updated desc limit {MOST_CANDIDATES})"
        )
    return " union all ".join(tiers), bind.arguments


def read(patient: Mapping[str, Any]) -> Person:
    """Return what can be compared of a Patient."""
    parts = [part for name in patient.get("name", ()) for part in _name_parts(name)]
    identifiers = [i.get("value", "") for i in patient.get("identifier", ())]
    phones = [t.get("value", "") for t in patient.get("telecom", ()) if t.get("system") == "phone"]
    return Person(
        tuple(dict.fromkeys(word for part in parts for word in part.split())),
        tuple(parts),
        tuple("".join(c for c in value.casefold() if c.isalnum()) for value in identifiers),
        tuple("".join(c for c in value if c.isdigit()) for value in phones),
        patient.get("birthDate", ""),
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


def _name_parts(name: Mapping[str, Any]) -> Iterable[str]:
    for part in (name.get("family"), *name.get("given", ()), name.get("text")):
        if part:
            yield fold(part)


def _sound(word: str) -> str:
    if len(word) < SHORTEST_SOUND:
        return ""
    return jellyfish.metaphone(word.encode("utf-8", "ignore").decode())


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

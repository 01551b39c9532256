"""The rehearsal of an import: every entry is linked, parsed, checked, indexed and compared as if it were stored, and nothing is.

What earlier entries of the same run would have stored is kept in mind, so that a second entry of one resource, and a reference by
identifier to a resource of the run, come to the same as in the import that follows.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import asyncpg

from ehr_app.record.access import Credential
from ehr_app.record.codec import encode
from ehr_app.record.door import Door, Record
from ehr_app.record.importing import alike
from ehr_app.record.importing import incoming as entries
from ehr_app.record.importing.batch import Loader, grouped
from ehr_app.record.importing.incoming import DELETED_HERE, Incoming, done
from ehr_app.record.importing.outcome import Item, Outcome
from ehr_app.record.importing.resolving import Resolver
from ehr_app.record.importing.scratch import Addresses
from ehr_app.record.rows import Row, index_row
from ehr_app.record.search.values import split
from ehr_app.record.writing import stamp
from ehr_app.standards.r4 import RTYPES

NO_TIME = datetime(1, 1, 1, tzinfo=UTC)
GONE = """select u.n::int from unnest($2::smallint[], $3::uuid[]) with ordinality u(rtype, id, n)
 where exists(select 1 from ehr.resource_history h where h.facility = $1 and h.rtype = u.rtype and h.id = u.id)"""
FITS = """select count(*) from unnest($1::bigint[], $2::smallint[]) e(h, s), unnest($3::bigint[], $4::float8[]) q(h, v),
 unnest($5::bigint[], $6::timestamptz[], $7::timestamptz[]) d(h, lo, hi), unnest($8::timestamptz[]) m(at) where false"""
"""Asks the database whether it can hold the index entries, without storing them."""


@dataclass(slots=True)
class Foresight:
    """What the run would have stored so far, as far as later entries ask: contents of resources that several entries hold,
    and who carries which identifier when entries refer by identifier."""

    repeated: set[str]
    by_identifier: bool
    contents: dict[str, set[bytes]] = field(default_factory=dict)
    carriers: dict[tuple[str, str, str], set[str]] = field(default_factory=dict)

    def keep(self, one: Incoming) -> None:
        """Note that an entry would have been stored."""
        if one.place in self.repeated:
            self.contents.setdefault(one.place, set()).add(fingerprint(one))
        identifiers = one.resource.get("identifier") if self.by_identifier else None
        for found in identifiers if isinstance(identifiers, list) else [identifiers]:
            if isinstance(found, dict) and isinstance(value := found.get("value"), str):
                for system in {str(found.get("system", "")), "*"}:
                    self.carriers.setdefault((one.resource["resourceType"], system, value), set()).add(one.place)


class ForesightResolver(Resolver):
    """Finds by search criteria what is in the record or would be by then."""

    def __init__(self, addresses: Addresses, foresight: Foresight) -> None:
        """Shape: `foresight` grows while the run goes on."""
        super().__init__(addresses)
        self._foresight = foresight

    async def _matches(self, record: Record, literal: str) -> list[str]:
        rtype, _, criteria = literal.partition("?")
        asked = parse_qsl(criteria, keep_blank_values=True)
        expected: set[str] = set()
        if len(asked) == 1 and asked[0][0] == "identifier":
            system, *rest = split(asked[0][1], "|")
            key = (rtype, system, "|".join(rest)) if rest else (rtype, "*", system)
            expected = self._foresight.carriers.get(key, set())
        return sorted(expected | set(await super()._matches(record, literal)))


class Rehearser(Loader):
    """Decides about entries as the loader would, and stores nothing."""

    def __init__(
        self, door: Door, credential: Credential, facility: str, asked: str, addresses: Addresses, foresight: Foresight
    ) -> None:
        """Shape: as the loader's; one rehearser takes all entries of a run, in their order."""
        super().__init__(door, credential, facility, asked, ForesightResolver(addresses, foresight))
        self._foresight = foresight

    async def _carry_out(self, record: Record, items: list[Item], batch: UUID) -> Outcome:
        outcome = Outcome()
        groups = await grouped(record, items, self._resolver, outcome)
        firsts = [same[0] for same in groups]
        there = await entries.newest(record, firsts)
        gone = await _gone(record, [one for one in firsts if one.key not in there])
        accepted: list[tuple[Incoming, Row]] = []
        meant: dict[str, set[bytes]] = {}
        fresh: list[Incoming] = []
        for one in (one for same in groups for one in same):
            row = there.get(one.key)
            said = self._foresight.contents.get(one.place, set()) | meant.get(one.place, set())
            if one.key in gone and not said and not await _undone(record, one):
                outcome.skip(one.item, DELETED_HERE, one.place)
                continue
            if (said and fingerprint(one) in said) or (row is not None and await entries.is_known(record, one, row)):
                done(record, one, row["patient"] if row is not None else _row(record, one).patient, outcome, "match")
                continue
            made = _row(record, one)
            accepted.append((one, made))
            meant.setdefault(one.place, set()).add(fingerprint(one))
            known = bool(said) or row is not None
            done(record, one, made.patient, outcome, "update" if known else "create")
            if not known:
                fresh.append(one)
        await _prove(record, [row for _, row in accepted])
        outcome.findings += await alike.find(record, [one for one in fresh if one.resource["resourceType"] == "Patient"])
        for one, _ in accepted:
            self._foresight.keep(one)
        return outcome


def fingerprint(one: Incoming) -> bytes:
    """Return a short proof of an entry's content, whatever version it would get."""
    return blake2b(encode(stamp(one.resource, one.item.fhir_id, 0, NO_TIME)), digest_size=16).digest()


def _row(record: Record, one: Incoming) -> Row:
    rtype, fhir_id = one.resource["resourceType"], one.item.fhir_id
    resource = one.resource if one.resource.get("id") == fhir_id else {**one.resource, "id": fhir_id}
    return index_row(record.h, record.facility_number, rtype, one.key, resource)


async def _gone(record: Record, absent: list[Incoming]) -> set[UUID]:
    """Those of the absent that were here once."""
    if not absent:
        return set()
    rtypes = [RTYPES[one.resource["resourceType"]] for one in absent]
    rows = await record.rows(GONE, record.facility_number, rtypes, [one.key for one in absent])
    return {absent[row["n"] - 1].key for row in rows}


async def _undone(record: Record, one: Incoming) -> bool:
    """Tell whether a resource went with a batch that was taken back; such a one may come again."""
    rows: list[asyncpg.Record] = await entries.older(record, one)
    return bool(rows[0]["back"])


async def _prove(record: Record, rows: list[Row]) -> None:
    """Raise what the database raises about a value it cannot hold."""
    columns: list[list[Any]] = [
        [n for row in rows for n in row.eq_h],
        [n for row in rows for n in row.eq_sys],
        [n for row in rows for n in row.qty_h],
        [n for row in rows for n in row.qty_val],
        [n for row in rows for n in row.dat_h],
        [at for row in rows for at in row.dat_lo],
        [at for row in rows for at in row.dat_hi],
        [at for row in rows for at in (row.date_lo, row.date_hi) if at is not None],
    ]
    await record.rows(FITS, *columns)

"""Many fresh resources in one statement: rows, index entries and outbox together.

`COPY FROM` is refused under row-level security; `INSERT ... SELECT unnest` is the fastest way that policies allow.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import asyncpg

from ehr_app.errors import Forbidden

if TYPE_CHECKING:
    from ehr_app.record.door import Record
    from ehr_app.record.writing import Draft

ADD = """
with r as materialized (
  select u.*, ($14::bigint[])[u.t_from:u.t_to] as tokens from unnest($3::smallint[], $4::uuid[], $5::int[], $6::timestamptz[],
    $7::uuid[], $8::uuid[], $9::int[], $10::timestamptz[], $11::timestamptz[], $12::bigint[], $13::bytea[], $15::int[], $16::int[])
    with ordinality u(rtype, id, ver, updated, patient, encounter, class, lo, hi, code, content, t_from, t_to, n)),
ins as (insert into ehr.resource
  select $1::smallint, rtype, id, ver, updated, patient, encounter, class, lo, hi, code, tokens, $2::uuid, content from r
  where not exists (select 1 from ehr.resource_history h where h.facility = $1::smallint and h.rtype = r.rtype and h.id = r.id)
  on conflict do nothing returning rtype, id),
done as materialized (select r.* from r join ins on ins.rtype = r.rtype and ins.id = r.id),
e as (insert into ehr.eq select x.h, d.lo, d.id, d.patient, d.rtype, x.sys, d.class, $1::smallint
  from unnest($17::bigint[], $18::smallint[], $19::int[]) x(h, sys, n) join done d on d.n = x.n),
q as (insert into ehr.qty select x.h, x.val, d.lo, d.id, d.patient, d.rtype, d.class, $1::smallint
  from unnest($20::bigint[], $21::float8[], $22::int[]) x(h, val, n) join done d on d.n = x.n),
t as (insert into ehr.dat select x.h, x.lo, x.hi, d.id, d.patient, d.rtype, d.class, $1::smallint
  from unnest($23::bigint[], $24::timestamptz[], $25::timestamptz[], $26::int[]) x(h, lo, hi, n) join done d on d.n = x.n),
o as (insert into ehr.outbox(facility, rtype, id, ver, verb, patient, class)
  select $1::smallint, rtype, id, ver, 1, patient, class from done order by n)
select n::int from r where not exists (select 1 from done where done.n = r.n) order by n
"""


async def add(record: "Record", drafts: Sequence["Draft"]) -> list[int]:
    """Insert drafts that never existed; return the positions of those that do, or did and were deleted, which are left alone.

    Shape: no two drafts of one call are the same resource. Raises Forbidden when a policy refuses one of them.
    """
    connection = await record.connection()
    try:
        rows = await connection.fetch(ADD, *_columns(record, drafts))
    except asyncpg.InsufficientPrivilegeError:
        raise Forbidden() from None
    return [row["n"] - 1 for row in rows]


def _columns(record: "Record", drafts: Sequence["Draft"]) -> list[Any]:
    tokens: list[int] = []
    bounds: list[tuple[int, int]] = []
    eq_h: list[int] = []
    eq_sys: list[int] = []
    eq_n: list[int] = []
    qty_h: list[int] = []
    qty_val: list[float] = []
    qty_n: list[int] = []
    dat: list[tuple[Any, ...]] = []
    for n, draft in enumerate(drafts, 1):
        row = draft.row
        bounds.append((len(tokens) + 1, len(tokens) + len(row.tokens)))
        tokens += row.tokens
        eq_h += row.eq_h
        eq_sys += row.eq_sys
        eq_n += [n] * len(row.eq_h)
        qty_h += row.qty_h
        qty_val += row.qty_val
        qty_n += [n] * len(row.qty_h)
        dat += [(h, lo, hi, n) for h, lo, hi in zip(row.dat_h, row.dat_lo, row.dat_hi, strict=True)]
    rows = [d.row for d in drafts]
    return [
        record.facility_number,
        record.access.id,
        [r.number for r in rows],
        [r.key for r in rows],
        [d.version for d in drafts],
        [d.updated for d in drafts],
        [r.patient for r in rows],
        [r.encounter for r in rows],
        [d.number for d in drafts],
        [r.date_lo for r in rows],
        [r.date_hi for r in rows],
        [r.code for r in rows],
        [d.content for d in drafts],
        tokens,
        [first for first, _ in bounds],
        [last for _, last in bounds],
        eq_h,
        eq_sys,
        eq_n,
        qty_h,
        qty_val,
        qty_n,
        *([list(column) for column in zip(*dat, strict=True)] if dat else [[], [], [], []]),
    ]

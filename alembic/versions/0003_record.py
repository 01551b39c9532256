"""The record: one table of sealed bodies, its history, its index tables, the outbox, and one policy shape for all of them.

Every column named in a policy's subquery is qualified: an unqualified one would bind to the inner table and show everything.
"""

from alembic import op

from ehr_app.record.migrate import script

revision = "0003"
down_revision = "0002"

# R4 types that describe the world rather than a person; a token that is bound to one patient may read these too.
# By number in ehr_app.standards.r4.RTYPES; tests/laws/test_store.py names them and holds the two lists against each other.
DIRECTORY = (
    "{"
    "2, 13, 18, 22, 25, 27, 36, 43, 45, 49, 50, 51, 52, 57, 60, 65, 66, 68, 71, 72, 75, 78, 81, 82, 83, "
    "84, 85, 86, 87, 88, 89, 90, 91, 94, 97, 98, 100, 101, 107, 108, 109, 112, 116, 117, 121, 123, 127, "
    "128, 129, 131, 132, 133, 134, 135, 136, 137, 141, 143, 144"
    "}"
)

TABLES = """
create table ehr.resource(
  facility smallint not null, rtype smallint not null, id uuid not null, ver int not null, updated timestamptz not null,
  patient uuid, encounter uuid, class int not null, date_lo timestamptz, date_hi timestamptz, code bigint, tokens bigint[] not null,
  access uuid not null, content bytea not null, primary key (facility, rtype, id));
alter table ehr.resource alter content set storage external;
create index resource_chart on ehr.resource(patient, rtype, date_lo desc);
create index resource_timeline on ehr.resource(patient, date_lo desc);
create index resource_code on ehr.resource(patient, code, date_lo desc) where code is not null;
create index resource_encounter on ehr.resource(encounter) where encounter is not null;
create index resource_date on ehr.resource(rtype, date_lo desc);
create index resource_updated on ehr.resource(rtype, updated, id);
comment on table ehr.resource is 'The current version of every resource; content is zstd then AES-256-GCM';

create table ehr.resource_history(
  facility smallint not null, rtype smallint not null, id uuid not null, ver int not null, verb smallint not null,
  updated timestamptz not null, patient uuid, class int not null, access uuid not null, content bytea not null,
  primary key (facility, rtype, id, ver));
create index resource_history_updated on ehr.resource_history(rtype, updated, id);
create index resource_history_patient on ehr.resource_history(patient) where patient is not null;
comment on table ehr.resource_history is 'Superseded versions and deletions (verb 3); nothing here is ever changed';

create table ehr.eq(
  h bigint not null, date timestamptz, id uuid not null, patient uuid, rtype smallint not null, sys smallint not null,
  class int not null, facility smallint not null);
create index eq_h on ehr.eq(h, date desc nulls last, id) include (patient, facility, rtype, class);
comment on table ehr.eq is 'Blind equality index: tokens, references, uris, strings and their prefixes, phonetic keys';

create table ehr.qty(
  h bigint not null, val float8 not null, date timestamptz, id uuid not null, patient uuid, rtype smallint not null,
  class int not null, facility smallint not null);
create index qty_h on ehr.qty(h, val);
create index qty_id on ehr.qty(id);
comment on table ehr.qty is 'Numbers and quantities; the exact decimal is checked again on the body';

create table ehr.dat(
  h bigint not null, lo timestamptz not null, hi timestamptz not null, id uuid not null, patient uuid, rtype smallint not null,
  class int not null, facility smallint not null);
create index dat_h on ehr.dat(h, lo);
create index dat_id on ehr.dat(id);
comment on table ehr.dat is 'Dates other than the main clinical date';

create table ehr.outbox(
  seq bigint generated always as identity primary key, at timestamptz not null default now(), facility smallint not null,
  rtype smallint not null, id uuid not null, ver int not null, verb smallint not null, patient uuid, class int not null);
comment on table ehr.outbox is 'What changed, in the commit that changed it; ids only';

create table ehr.share(
  patient uuid not null, source smallint not null, facility smallint not null, mask bytea not null, expires_at timestamptz,
  primary key (patient, facility, source));
comment on table ehr.share is 'Compiled permits: patient''s rows of facility source that another facility may see, by class';
create table ehr.deny(
  patient uuid not null, source smallint not null, facility smallint not null, mask bytea not null, expires_at timestamptz,
  primary key (patient, facility, source));
comment on table ehr.deny is 'Compiled refusals: patient''s rows of facility source that members of a facility may not see, by class';
create function ehr.context_denies() returns boolean language sql stable security definer parallel safe set search_path = '' as $$
  select exists(select 1 from ehr.deny d where d.facility = ehr.context_facility()) $$;
create index on ehr.deny(facility);

create table ehr.data_key(
  id smallint generated always as identity primary key, facility smallint not null, wrapped bytea not null,
  created_at timestamptz not null default now(), retired_at timestamptz);
comment on table ehr.data_key is 'A data key per facility, wrapped by the key-encryption key of the installation';
create unique index on ehr.data_key(facility) where retired_at is null;
grant select, insert on ehr.data_key to ehr_app;
"""

# Written so that the planner expects rows to pass (`> 0`, a test inside the subselect): with `= 1` and `is null` outside it expects
# next to none and sorts whole tables instead of walking an index to the end of a page.
SEE = """
  (facility = (select ehr.context_facility()) or facility = 0
    or exists (select 1 from ehr.share g where g.patient = {t}.patient and g.source = {t}.facility
      and g.facility = (select ehr.context_facility()) and (g.expires_at is null or g.expires_at > now())
      and get_bit(g.mask, {t}.class) > 0))
  and get_bit((select ehr.context_reads()), class) > 0
  and ((select ehr.context_patient() is null) or patient = (select ehr.context_patient())
    or (patient is null and rtype = any ('{directory}'::smallint[])))
  and (not (select ehr.context_denies()) or not exists (select 1 from ehr.deny d where d.patient = {t}.patient
      and d.source = {t}.facility and d.facility = (select ehr.context_facility())
      and (d.expires_at is null or d.expires_at > now()) and get_bit(d.mask, {t}.class) > 0))
"""
CHANGE = """
  facility = (select ehr.context_facility()) and get_bit((select ehr.context_writes()), class) = 1
  and ((select ehr.context_patient()) is null or patient = (select ehr.context_patient()))
"""

FUNCTIONS = """
create function ehr.enter(p_at timestamptz, p_access uuid) returns boolean language sql volatile set search_path = '' as $$
  select set_config('ehr.access_at', p_at::text, true) <> '' and set_config('ehr.access', p_access::text, true) <> '' $$;

create function ehr.fetch(p_at timestamptz, p_access uuid, p_facility smallint, p_rtype smallint, p_id uuid, p_network uuid)
returns table(facility smallint, id uuid, ver int, updated timestamptz, patient uuid, access uuid, verb smallint, content bytea)
language plpgsql set search_path = '' as $$
begin
  perform set_config('ehr.access_at', p_at::text, true), set_config('ehr.access', p_access::text, true);
  return query select r.facility, r.id, r.ver, r.updated, r.patient, r.access, 0::smallint, r.content from ehr.resource r
    where r.facility = p_facility and r.rtype = p_rtype and r.id = p_id;
  if found then return; end if;
  return query select r.facility, r.id, r.ver, r.updated, r.patient, r.access, 0::smallint, r.content from ehr.resource r
    where r.facility = 0 and r.rtype = p_rtype and r.id = p_network;
  if found then return; end if;
  return query select h.facility, h.id, h.ver, h.updated, h.patient, h.access, h.verb, h.content from ehr.resource_history h
    where h.facility = p_facility and h.rtype = p_rtype and h.id = p_id order by h.ver desc limit 1;
end $$;

create function ehr.put(p_at timestamptz, p_access uuid, p_expected int, p_facility smallint, p_rtype smallint, p_id uuid, p_ver int,
  p_updated timestamptz, p_patient uuid, p_encounter uuid, p_class int, p_lo timestamptz, p_hi timestamptz, p_code bigint,
  p_tokens bigint[], p_content bytea, e_h bigint[], e_sys smallint[], q_h bigint[], q_val float8[], d_h bigint[],
  d_lo timestamptz[], d_hi timestamptz[])
returns boolean language plpgsql set search_path = '' as $$
declare was record; same boolean := false;
begin
  perform set_config('ehr.access_at', p_at::text, true), set_config('ehr.access', p_access::text, true);
  if p_expected = 0 then
    insert into ehr.resource values (p_facility, p_rtype, p_id, p_ver, p_updated, p_patient, p_encounter, p_class, p_lo, p_hi, p_code,
      p_tokens, p_access, p_content) on conflict do nothing;
    if not found then return false; end if;
  else
    select * into was from ehr.resource r where r.facility = p_facility and r.rtype = p_rtype and r.id = p_id for update;
    if not found or was.ver <> p_expected then return false; end if;
    insert into ehr.resource_history values (was.facility, was.rtype, was.id, was.ver, case was.ver when 1 then 1 else 2 end,
      was.updated, was.patient, was.class, was.access, was.content);
    update ehr.resource r set ver = p_ver, updated = p_updated, patient = p_patient, encounter = p_encounter, class = p_class,
      date_lo = p_lo, date_hi = p_hi, code = p_code, tokens = p_tokens, access = p_access, content = p_content
      where r.facility = p_facility and r.rtype = p_rtype and r.id = p_id;
    same := (was.tokens, was.date_lo, was.patient, was.class) is not distinct from (p_tokens, p_lo, p_patient, p_class);
    if not same then perform ehr.unindex(p_facility, p_rtype, p_id, was.tokens, was.date_lo); end if;
    delete from ehr.qty x where x.id = p_id and x.rtype = p_rtype and x.facility = p_facility;
    delete from ehr.dat x where x.id = p_id and x.rtype = p_rtype and x.facility = p_facility;
  end if;
  if not same then
    insert into ehr.eq select u.h, p_lo, p_id, p_patient, p_rtype, u.sys, p_class, p_facility from unnest(e_h, e_sys) u(h, sys);
  end if;
  insert into ehr.qty select u.h, u.val, p_lo, p_id, p_patient, p_rtype, p_class, p_facility from unnest(q_h, q_val) u(h, val);
  insert into ehr.dat select u.h, u.lo, u.hi, p_id, p_patient, p_rtype, p_class, p_facility from unnest(d_h, d_lo, d_hi) u(h, lo, hi);
  insert into ehr.outbox(facility, rtype, id, ver, verb, patient, class)
    values (p_facility, p_rtype, p_id, p_ver, case p_expected when 0 then 1 else 2 end, p_patient, p_class);
  return true;
end $$;

create function ehr.unindex(p_facility smallint, p_rtype smallint, p_id uuid, p_tokens bigint[], p_date timestamptz)
returns void language plpgsql set search_path = '' as $$
begin
  if p_date is null then
    delete from ehr.eq e where e.h = any (p_tokens) and e.date is null and e.id = p_id and e.rtype = p_rtype and e.facility = p_facility;
  else
    delete from ehr.eq e where e.h = any (p_tokens) and e.date = p_date and e.id = p_id and e.rtype = p_rtype and e.facility = p_facility;
  end if;
end $$;

create function ehr.remove(p_at timestamptz, p_access uuid, p_expected int, p_facility smallint, p_rtype smallint, p_id uuid,
  p_updated timestamptz, p_content bytea)
returns boolean language plpgsql set search_path = '' as $$
declare was record;
begin
  perform set_config('ehr.access_at', p_at::text, true), set_config('ehr.access', p_access::text, true);
  select * into was from ehr.resource r where r.facility = p_facility and r.rtype = p_rtype and r.id = p_id for update;
  if not found or was.ver <> p_expected then return false; end if;
  delete from ehr.resource r where r.facility = p_facility and r.rtype = p_rtype and r.id = p_id;
  if not found then return false; end if;
  insert into ehr.resource_history values
    (was.facility, was.rtype, was.id, was.ver, case was.ver when 1 then 1 else 2 end, was.updated, was.patient, was.class, was.access,
     was.content),
    (was.facility, was.rtype, was.id, was.ver + 1, 3, p_updated, was.patient, was.class, p_access, p_content);
  perform ehr.unindex(p_facility, p_rtype, p_id, was.tokens, was.date_lo);
  delete from ehr.qty x where x.id = p_id and x.rtype = p_rtype and x.facility = p_facility;
  delete from ehr.dat x where x.id = p_id and x.rtype = p_rtype and x.facility = p_facility;
  insert into ehr.outbox(facility, rtype, id, ver, verb, patient, class)
    values (p_facility, p_rtype, p_id, was.ver + 1, 3, was.patient, was.class);
  return true;
end $$;
"""

GRANTS = """
grant select, insert, update, delete on ehr.resource, ehr.eq, ehr.qty, ehr.dat to ehr_app;
grant select, insert on ehr.resource_history, ehr.outbox to ehr_app;
grant select on ehr.share, ehr.deny to ehr_app;
revoke execute on function ehr.context_denies, ehr.enter, ehr.fetch, ehr.put, ehr.unindex, ehr.remove from public;
grant execute on function ehr.context_denies, ehr.enter, ehr.fetch, ehr.put, ehr.unindex, ehr.remove to ehr_app;
"""


def _policies(table: str) -> str:
    see, change = SEE.format(t=table, directory=DIRECTORY), CHANGE
    lines = [
        f"alter table ehr.{table} enable row level security; alter table ehr.{table} force row level security;",
        f"create policy sees on ehr.{table} for select to ehr_app using ({see});",
        f"create policy adds on ehr.{table} for insert to ehr_app with check ({change});",
    ]
    if table in ("resource", "eq", "qty", "dat"):
        lines += [
            f"create policy changes on ehr.{table} for update to ehr_app using ({change}) with check ({change});",
            f"create policy removes on ehr.{table} for delete to ehr_app using ({change});",
        ]
    return "\n".join(lines)


def upgrade() -> None:
    """Create the record's tables with their indexes, policies, grants and functions."""
    connection = op.get_bind()
    script(connection, TABLES)
    for table in ("resource", "resource_history", "eq", "qty", "dat", "outbox"):
        script(connection, _policies(table))
    for table in ("share", "deny"):
        script(connection, f"alter table ehr.{table} enable row level security; alter table ehr.{table} force row level security;")
        script(
            connection,
            f"create policy members on ehr.{table} for select to ehr_app using (facility = (select ehr.context_facility()))",
        )
        script(connection, f"create policy keeper on ehr.{table} to current_user using (true) with check (true)")
    script(connection, FUNCTIONS)
    script(connection, GRANTS)

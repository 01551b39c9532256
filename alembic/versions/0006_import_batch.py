"""Imports as batches: who brought which files when, what came of it, and which accesses wrote its versions, so that it can be taken back.

A batch finds its versions by the `access` of their rows within the time of each part: the record's own tables need no further index.
"""

from alembic import op

from ehr_app.record.migrate import script

revision = "0006"
down_revision = "0007"

TABLES = """
create table ehr.import_batch(
  id uuid primary key, facility smallint not null, account uuid, who text not null, began_at timestamptz not null default now(),
  ended_at timestamptz, about bytea not null, counts jsonb not null default '{}', state text not null check (state in
    ('receiving', 'rehearsing', 'rehearsed', 'importing', 'stopped', 'imported', 'taking-back', 'taken-back', 'discarded')));
create index import_batch_list on ehr.import_batch(facility, began_at desc);
comment on table ehr.import_batch is 'One import: who, when, sealed names of its files, state, counts';

create table ehr.import_part(
  access uuid primary key, batch uuid not null, facility smallint not null, kind text not null check (kind in
    ('import', 'provenance', 'back')), first timestamptz not null, last timestamptz not null, rtypes smallint[] not null,
  created int not null, updated int not null, deleted int not null);
create index import_part_batch on ehr.import_part(batch, first);
comment on table ehr.import_part is 'One commit of a batch: the access that wrote its versions, between which times, of which types';
"""

FUNCTIONS = """
create function ehr.context_account() returns uuid language sql stable security definer parallel safe set search_path = '' as $$
  select a.account from ehr.access a where a.at = nullif(current_setting('ehr.access_at', true), '')::timestamptz
    and a.id = nullif(current_setting('ehr.access', true), '')::uuid and a.expires_at > now() and a.refused is null $$;
create function ehr.context_administers() returns boolean language sql stable security definer parallel safe set search_path = '' as $$
  select exists(select 1 from ehr.access a where a.at = nullif(current_setting('ehr.access_at', true), '')::timestamptz
    and a.id = nullif(current_setting('ehr.access', true), '')::uuid and a.expires_at > now() and a.refused is null
    and (a.kind = 'local' or a.kind = 'session' and exists(select 1 from ehr.membership m where m.account = a.account
      and m.facility = a.facility and m.role in ('admin', 'facility-administrator')
      and (m.expires_at is null or m.expires_at > now())))) $$;
comment on function ehr.context_administers is 'Whether this access is the local administrator''s or a session of the facility''s';
revoke execute on function ehr.context_account, ehr.context_administers from public;
grant execute on function ehr.context_account, ehr.context_administers to ehr_app;
"""

OURS = "facility = (select ehr.context_facility()) and (select ehr.context_administers())"

POLICIES = f"""
alter table ehr.import_batch enable row level security; alter table ehr.import_batch force row level security;
alter table ehr.import_part enable row level security; alter table ehr.import_part force row level security;
create policy sees on ehr.import_batch for select to ehr_app using ({OURS});
create policy adds on ehr.import_batch for insert to ehr_app
  with check ({OURS} and account is not distinct from (select ehr.context_account()));
create policy changes on ehr.import_batch for update to ehr_app using ({OURS}) with check ({OURS});
create policy sees on ehr.import_part for select to ehr_app using ({OURS});
create policy adds on ehr.import_part for insert to ehr_app with check ({OURS});
grant select, insert on ehr.import_batch, ehr.import_part to ehr_app;
grant update (state, ended_at, about, counts) on ehr.import_batch to ehr_app;
"""


def upgrade() -> None:
    """Create the two tables with their policies and grants, and what the policies ask."""
    for sql in (TABLES, FUNCTIONS, POLICIES):
        script(op.get_bind(), sql)

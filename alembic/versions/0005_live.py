"""What open screens need: which patients were touched lately, told by ids alone; and recents that a waking screen does not change."""

from alembic import op

from ehr_app.record.migrate import script

revision = "0005"
down_revision = "0006"

FUNCTIONS = """
create policy keeper on ehr.outbox for select to current_user using (true);

create function ehr.newest_change() returns bigint language sql stable security definer set search_path = '' as $$
  select coalesce(max(o.seq), 0) from ehr.outbox o $$;

create function ehr.touched_since(p_seq bigint, p_limit int) returns table(seq bigint, facility smallint, patient uuid)
language sql stable security definer set search_path = '' as $$
  select max(o.seq), o.facility, o.patient from ehr.outbox o where o.seq > p_seq and o.patient is not null
  group by o.facility, o.patient limit p_limit $$;
comment on function ehr.touched_since is 'Patients touched after a number of the outbox; no type, no content, no person';
revoke execute on function ehr.newest_change, ehr.touched_since from public;
grant execute on function ehr.newest_change, ehr.touched_since to ehr_app;
"""

RECENTS = """
create or replace function ehr.recent_patients(p_limit int) returns table(patient uuid) language sql stable security definer
set search_path = '' as $$
  with me as (select a.account, a.facility from ehr.access a where a.at = nullif(current_setting('ehr.access_at', true), '')::timestamptz
    and a.id = nullif(current_setting('ehr.access', true), '')::uuid and a.expires_at > now() and a.refused is null)
  select o.patient from (
    select a.patient, a.at from ehr.access a, me where a.account = me.account and a.facility = me.facility and a.kind = 'session'
      and a.patient is not null and a.refused is null and a.action <> 'live' order by a.at desc limit 500) o
  group by o.patient order by max(o.at) desc limit p_limit $$;
drop index ehr.access_chart;
create index access_chart on ehr.access(account, at desc)
  where kind = 'session' and patient is not null and refused is null and action <> 'live';
"""


def upgrade() -> None:
    """Let the listener sweep; keep a screen that wakes by itself out of the charts a person opened."""
    for sql in (FUNCTIONS, RECENTS):
        script(op.get_bind(), sql)

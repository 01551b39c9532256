"""What may be seen, and the record of every look: classes, authorities' masks, the access log and its context functions.

The access row is the context. The audit writer inserts it after proving a secret; a reading transaction names it by its
random id; policies take facility, patient and rights from that row and from nothing else.
"""

from alembic import op

from ehr_app.record.migrate import script

revision = "0002"
down_revision = "0001"

CLASSES = """
create table ehr.class(
  id int generated always as identity (start with 1) primary key, rtype smallint not null, category text not null default '',
  labels text[] not null default '{}', department int not null default 0, unique (rtype, category, labels, department));
comment on table ehr.class is 'Everything a policy asks of a resource, interned: type, category, sensitivity labels, department';
grant select on ehr.class to ehr_app, ehr_audit;

create function ehr.rules_allow(p_rules jsonb, p_verb text, c ehr.class) returns boolean
language sql stable set search_path = '' as $$
  select exists(select 1 from jsonb_array_elements(p_rules) rule
    where position(p_verb in rule->>'verbs') > 0
      and (rule->'types' @> '"*"' or rule->'types' @> to_jsonb(c.rtype))
      and (rule->'categories' is null or rule->'categories' @> to_jsonb(c.category))
      and (c.labels = '{}' or rule->'labels' is null or rule->'labels' @> to_jsonb(c.labels))
      and (rule->'departments' is null or c.department = 0 or rule->'departments' @> to_jsonb(c.department))) $$;

create function ehr.rules_mask(p_rules jsonb, p_verb text) returns bytea language plpgsql stable set search_path = '' as $$
declare c ehr.class; mask bytea;
begin
  mask := decode(repeat('00', 512 * (1 + (select coalesce(max(id), 0) from ehr.class) / 4096)), 'hex');
  for c in select * from ehr.class loop
    if ehr.rules_allow(p_rules, p_verb, c) then mask := set_bit(mask, c.id, 1); end if;
  end loop;
  return mask;
end $$;

create function ehr.authority_for(p_name text, p_rules jsonb) returns int language plpgsql set search_path = '' as $$
declare n int;
begin
  select id into n from ehr.authority where name = p_name and rules = p_rules;
  if n is null then
    lock table ehr.class in share mode;
    insert into ehr.authority(name, rules, reads, writes)
    values (p_name, p_rules, ehr.rules_mask(p_rules, 'r'), ehr.rules_mask(p_rules, 'w'))
    on conflict (name) do update set rules = excluded.rules, reads = excluded.reads, writes = excluded.writes returning id into n;
  end if;
  return n;
end $$;

create function ehr.role_rules(p_roles text[]) returns jsonb language sql immutable set search_path = '' as $$
  select '[{"types": ["*"], "verbs": "rw"}]'::jsonb where cardinality(p_roles) > 0 $$;
comment on function ehr.role_rules is 'Every member of a facility works in the whole record of that facility; finer roles refine this';

create function ehr.intern_class(p_rtype smallint, p_category text, p_labels text[], p_department int) returns int
language plpgsql security definer set search_path = '' as $$
declare n int;
begin
  select id into n from ehr.class where (rtype, category, labels, department) = (p_rtype, p_category, p_labels, p_department);
  if n is not null then return n; end if;
  insert into ehr.class(rtype, category, labels, department) values (p_rtype, p_category, p_labels, p_department)
    on conflict do nothing returning id into n;
  if n is null then
    select id into n from ehr.class where (rtype, category, labels, department) = (p_rtype, p_category, p_labels, p_department);
    return n;
  end if;
  perform 1 from ehr.authority order by id for update;
  update ehr.authority set reads = ehr.rules_mask(rules, 'r'), writes = ehr.rules_mask(rules, 'w');
  return n;
end $$;
"""

ACCESS = """
create table ehr.access(
  at timestamptz not null, id uuid not null, kind text not null, account uuid, facility smallint, authority int, patient uuid,
  purpose text not null, action text not null, asked bytea, refused text, expires_at timestamptz not null,
  primary key (at, id)) partition by range (at);
create table ehr.access_default partition of ehr.access default;
create index access_chart on ehr.access(account, at desc) where kind = 'session' and patient is not null and refused is null;
comment on table ehr.access is 'One row for every look, durable before anything is shown; asked is sealed';
create table ehr.answer(
  at timestamptz not null, access uuid not null, facility smallint, patient uuid, resources int not null, status smallint not null)
  partition by range (at);
create table ehr.answer_default partition of ehr.answer default;
create index on ehr.answer(patient, at) where patient is not null;
create index on ehr.answer(access);
comment on table ehr.answer is 'Which patients an access was answered with, durable before the last byte leaves';

create function ehr.ensure_partitions() returns void language plpgsql security definer set search_path = '' as $$
declare first date; t text;
begin
  for i in 0..2 loop
    first := date_trunc('month', now())::date + make_interval(months => i);
    foreach t in array array['access', 'answer'] loop
      if to_regclass(format('ehr.%s_%s', t, to_char(first, 'YYYYMM'))) is null then
        begin
          execute format('create table ehr.%I partition of ehr.%I for values from (%L) to (%L)', t || '_' || to_char(first, 'YYYYMM'),
            t, first::timestamptz, (first + interval '1 month')::timestamptz);
          execute format('alter table ehr.%I enable row level security', t || '_' || to_char(first, 'YYYYMM'));
          execute format('alter table ehr.%I force row level security', t || '_' || to_char(first, 'YYYYMM'));
        exception when check_violation then null;  -- the default partition already holds rows of that month
        end;
      end if;
    end loop;
  end loop;
end $$;

create function ehr.begin_access(p_kinds text[], p_secrets bytea[], p_slugs text[], p_patients uuid[], p_patient_ids text[],
  p_purposes text[], p_actions text[], p_asked bytea[], a_access uuid[], a_facility smallint[], a_patient uuid[], a_resources int[],
  a_status smallint[])
returns table(n int, at timestamptz, id uuid, facility smallint, account uuid, username text, display text, roles text[],
  scopes text, patient uuid, patient_id text, authority int, unrestricted boolean, refused text)
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
begin
  if cardinality(a_access) > 0 then
    insert into ehr.answer select clock_timestamp(), u.* from unnest(a_access, a_facility, a_patient, a_resources, a_status) u;
  end if;
  if cardinality(p_kinds) = 0 then return; end if;
  return query with who as materialized (
    select i.n::int as n, clock_timestamp() as at, gen_random_uuid() as id, i.kind, i.purpose, i.action, i.asked,
      f.number as facility, a.id as account, a.username, a.display, coalesce(t.authority, s.authority, l.authority) as authority,
      t.scopes, coalesce(t.patient, i.patient) as patient, coalesce(t.patient_id, i.patient_id) as patient_id,
      t.patient is null as unrestricted, coalesce(m.roles, '{}') as roles,
      case when coalesce(t.authority, s.authority, l.authority) is null then 'credential'
           when l.hash is null and a.id is null then 'account'
           when f.number is null or f.slug <> coalesce(i.slug, f.slug) then 'facility'
           when l.hash is null and m.roles is null then 'membership'
           when t.patient is not null and i.patient is not null and i.patient <> t.patient then 'patient' end as refused
    from unnest(p_kinds, p_secrets, p_slugs, p_patients, p_patient_ids, p_purposes, p_actions, p_asked)
      with ordinality i(kind, secret, slug, patient, patient_id, purpose, action, asked, n)
    left join ehr.token t on i.kind = 'token' and t.hash = sha256(i.secret) and t.revoked_at is null and t.expires_at > now()
    left join ehr.session s on i.kind = 'session' and s.hash = sha256(i.secret) and s.revoked_at is null and s.expires_at > now()
      and s.seen_at > now() - s.idle
    left join ehr.local_secret l on i.kind = 'local' and l.hash = sha256(i.secret)
    left join ehr.account a on a.id = coalesce(t.account, s.account) and a.disabled_at is null
    left join ehr.facility f on f.number = coalesce(t.facility, s.facility) or (l.hash is not null and f.slug = i.slug)
    left join lateral (select array_agg(x.role order by x.role) as roles from ehr.membership x
      where x.account = a.id and x.facility = f.number and (x.expires_at is null or x.expires_at > now())) m on true),
  logged as (
    insert into ehr.access(at, id, kind, account, facility, authority, patient, purpose, action, asked, refused, expires_at)
    select w.at, w.id, w.kind, w.account, w.facility, w.authority, w.patient, w.purpose, w.action, w.asked, w.refused,
      w.at + interval '10 minutes' from who w)
  select w.n, w.at, w.id, w.facility, w.account, w.username, w.display, w.roles,
    w.scopes, w.patient, w.patient_id, w.authority, w.unrestricted, w.refused from who w order by w.n;
end $$;

create function ehr.context_facility() returns smallint language sql stable security definer parallel safe set search_path = '' as $$
  select a.facility from ehr.access a where a.at = nullif(current_setting('ehr.access_at', true), '')::timestamptz
    and a.id = nullif(current_setting('ehr.access', true), '')::uuid and a.expires_at > now() and a.refused is null $$;
create function ehr.context_patient() returns uuid language sql stable security definer parallel safe set search_path = '' as $$
  select a.patient from ehr.access a where a.at = nullif(current_setting('ehr.access_at', true), '')::timestamptz
    and a.id = nullif(current_setting('ehr.access', true), '')::uuid $$;
create function ehr.context_reads() returns bytea language sql stable security definer parallel safe set search_path = '' as $$
  select x.reads from ehr.access a join ehr.authority x on x.id = a.authority
    where a.at = nullif(current_setting('ehr.access_at', true), '')::timestamptz
    and a.id = nullif(current_setting('ehr.access', true), '')::uuid and a.expires_at > now() and a.refused is null $$;
create function ehr.context_writes() returns bytea language sql stable security definer parallel safe set search_path = '' as $$
  select x.writes from ehr.access a join ehr.authority x on x.id = a.authority
    where a.at = nullif(current_setting('ehr.access_at', true), '')::timestamptz
    and a.id = nullif(current_setting('ehr.access', true), '')::uuid and a.expires_at > now() and a.refused is null $$;

create function ehr.recent_patients(p_limit int) returns table(patient uuid) language sql stable security definer
set search_path = '' as $$
  with me as (select a.account, a.facility from ehr.access a where a.at = nullif(current_setting('ehr.access_at', true), '')::timestamptz
    and a.id = nullif(current_setting('ehr.access', true), '')::uuid and a.expires_at > now() and a.refused is null)
  select o.patient from (
    select a.patient, a.at from ehr.access a, me where a.account = me.account and a.facility = me.facility and a.kind = 'session'
      and a.patient is not null and a.refused is null order by a.at desc limit 500) o
  group by o.patient order by max(o.at) desc limit p_limit $$;
comment on function ehr.recent_patients is 'The charts that the person of this access opened last on screen, newest first';
"""

GRANTS = """
revoke execute on all functions in schema ehr from public;
grant execute on function ehr.begin_access, ehr.ensure_partitions to ehr_audit;
grant execute on function ehr.intern_class, ehr.recent_patients, ehr.context_facility, ehr.context_patient, ehr.context_reads, ehr.context_writes to ehr_app;
do $$ declare t text; begin
  foreach t in array array['access', 'answer', 'access_default', 'answer_default'] loop
    execute format('alter table ehr.%I enable row level security', t);
    execute format('alter table ehr.%I force row level security', t);
    execute format('create policy log_keeper on ehr.%I to current_user using (true) with check (true)', t);
  end loop;
end $$;
"""


def upgrade() -> None:
    """Create classes, the access log, its writer function and the functions policies call."""
    for sql in (CLASSES, ACCESS, GRANTS):
        script(op.get_bind(), sql)

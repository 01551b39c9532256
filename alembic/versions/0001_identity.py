"""Who works where: facilities, accounts, memberships, sessions, tokens, and the functions that prove a secret.

The application role has no right on these tables: it cannot read a password hash or invent a session. The audit writer's
role may call the functions below and nothing else. Secrets are stored as SHA-256 of 256-bit random values.
"""

from alembic import op

from ehr_app.record.migrate import script

revision = "0001"
down_revision = None

TABLES = """
grant usage on schema ehr to ehr_app, ehr_audit;

create table ehr.facility(
  number smallint primary key, slug text not null unique check (slug ~ '^[a-z][a-z0-9-]{0,30}$'), name text not null,
  time_zone text not null, settings jsonb not null default '{}', created_at timestamptz not null default now());
comment on table ehr.facility is 'Tenants by subdomain; number 0 is the network that every member reads';
insert into ehr.facility values (0, 'network', 'Network', 'UTC');
grant select on ehr.facility to ehr_app, ehr_audit;

create table ehr.account(
  id uuid primary key default gen_random_uuid(), username text not null unique check (username = lower(username)),
  display text not null, password_hash text, practitioner text, disabled_at timestamptz,
  created_at timestamptz not null default now());
comment on table ehr.account is 'People and interfaces that sign in';

create table ehr.authority(
  id int generated always as identity primary key, name text not null unique, rules jsonb not null,
  reads bytea not null default '\\x', writes bytea not null default '\\x');
comment on table ehr.authority is 'A distinct set of rights; reads and writes are bit masks over ehr.class';
grant select on ehr.authority to ehr_audit;

create table ehr.membership(
  account uuid not null references ehr.account, facility smallint not null references ehr.facility, role text not null,
  expires_at timestamptz, primary key (account, facility, role));
comment on table ehr.membership is 'who - role - where - until when';

create table ehr.session(
  hash bytea primary key, account uuid not null references ehr.account, facility smallint not null references ehr.facility,
  authority int not null references ehr.authority, created_at timestamptz not null default now(),
  seen_at timestamptz not null default now(), idle interval not null, expires_at timestamptz not null, revoked_at timestamptz);
create index on ehr.session(account);

create table ehr.token(
  hash bytea primary key, account uuid not null references ehr.account, facility smallint not null references ehr.facility,
  authority int not null references ehr.authority, scopes text not null, patient uuid, patient_id text,
  created_at timestamptz not null default now(), expires_at timestamptz not null, revoked_at timestamptz);
create index on ehr.token(account);

create table ehr.local_secret(hash bytea primary key, name text not null, authority int not null references ehr.authority);
comment on table ehr.local_secret is 'Proof of the administrator of this installation: derived from the key file';

create table ehr.sign_in_failure(key bytea not null, at timestamptz not null default now());
create index on ehr.sign_in_failure(key, at);
comment on table ehr.sign_in_failure is 'Failed sign-ins by keyed hash of account and of address, for back-off';
"""

FUNCTIONS = """
create function ehr.proved(p_proof bytea) returns boolean language sql stable security definer set search_path = '' as $$
  select exists(select 1 from ehr.local_secret where hash = sha256(p_proof)) $$;

create function ehr.account_roles(p_account uuid, p_facility smallint) returns text[]
language sql stable security definer set search_path = '' as $$
  select coalesce(array_agg(role order by role), '{}') from ehr.membership
  where account = p_account and facility = p_facility and (expires_at is null or expires_at > now()) $$;

create function ehr.sign_in_account(p_slug text, p_username text)
returns table(account uuid, display text, password_hash text, roles text[], facility smallint)
language sql stable security definer set search_path = '' as $$
  select a.id, a.display, a.password_hash, ehr.account_roles(a.id, f.number), f.number
  from ehr.account a join ehr.facility f on f.slug = p_slug
  where a.username = lower(p_username) and a.disabled_at is null
    and cardinality(ehr.account_roles(a.id, f.number)) > 0 $$;

create function ehr.log_sign_in(p_account uuid, p_facility smallint, p_action text, p_refused text) returns void
language plpgsql set search_path = '' as $$
begin
  insert into ehr.access(at, id, kind, account, facility, purpose, action, refused, expires_at)
  values (clock_timestamp(), gen_random_uuid(), 'session', p_account, p_facility, 'SYSADMN', p_action, p_refused, clock_timestamp());
end $$;

create function ehr.open_session(p_account uuid, p_facility smallint, p_hash bytea, p_idle interval, p_life interval)
returns void language plpgsql security definer set search_path = '' as $$
declare rights text[] := ehr.account_roles(p_account, p_facility);
begin
  if cardinality(rights) = 0 then raise exception 'no membership' using errcode = '42501'; end if;
  insert into ehr.session(hash, account, facility, authority, idle, expires_at)
  values (p_hash, p_account, p_facility, ehr.authority_for('roles ' || array_to_string(rights, '+'), ehr.role_rules(rights)),
          p_idle, now() + p_life);
  perform ehr.log_sign_in(p_account, p_facility, 'sign-in', null);
end $$;

create function ehr.live_session(p_secret bytea)
returns table(account uuid, username text, display text, facility text, roles text[], created_at timestamptz, ends_at timestamptz)
language plpgsql security definer set search_path = '' as $$
declare h bytea := sha256(p_secret);
begin
  update ehr.session s set seen_at = now() where s.hash = h and s.revoked_at is null and s.expires_at > now()
    and s.seen_at > now() - s.idle and s.seen_at < now() - interval '30 seconds';
  return query select s.account, a.username, a.display, f.slug, ehr.account_roles(s.account, s.facility), s.created_at,
      least(s.expires_at, s.seen_at + s.idle)
    from ehr.session s join ehr.account a on a.id = s.account join ehr.facility f on f.number = s.facility
    where s.hash = h and s.revoked_at is null and s.expires_at > now() and s.seen_at > now() - s.idle
      and a.disabled_at is null and cardinality(ehr.account_roles(s.account, s.facility)) > 0;
end $$;

create function ehr.session_ends(p_secret bytea) returns timestamptz
language sql stable security definer set search_path = '' as $$
  select least(s.expires_at, s.seen_at + s.idle) from ehr.session s join ehr.account a on a.id = s.account
  where s.hash = sha256(p_secret) and s.revoked_at is null and s.expires_at > now() and s.seen_at > now() - s.idle
    and a.disabled_at is null and cardinality(ehr.account_roles(s.account, s.facility)) > 0 $$;
comment on function ehr.session_ends is 'When a live session ends, null when it is dead; unlike live_session it does not keep it alive';

create function ehr.close_session(p_secret bytea) returns boolean
language plpgsql security definer set search_path = '' as $$
declare gone ehr.session;
begin
  update ehr.session set revoked_at = now() where hash = sha256(p_secret) and revoked_at is null returning * into gone;
  if gone.hash is null then return null; end if;
  perform ehr.log_sign_in(gone.account, gone.facility, 'sign-out', null);
  return true;
end $$;

create function ehr.sign_in_failed(p_keys bytea[]) returns void language plpgsql security definer set search_path = '' as $$
begin
  insert into ehr.sign_in_failure(key) select unnest(p_keys);
  delete from ehr.sign_in_failure where at < now() - interval '1 day';
  perform ehr.log_sign_in(null, null, 'sign-in', 'password');
end $$;

create function ehr.sign_in_failures(p_keys bytea[]) returns table(key bytea, failures bigint, latest timestamptz)
language sql stable security definer set search_path = '' as $$
  select key, count(*), max(at) from ehr.sign_in_failure
  where key = any(p_keys) and at > now() - interval '15 minutes' group by key $$;

create function ehr.sign_in_succeeded(p_key bytea) returns void language sql security definer set search_path = '' as $$
  delete from ehr.sign_in_failure where key = p_key $$;

create function ehr.add_facility(p_proof bytea, p_slug text, p_name text, p_time_zone text, p_settings jsonb)
returns smallint language plpgsql security definer set search_path = '' as $$
declare n smallint;
begin
  if not ehr.proved(p_proof) then raise exception 'not the local administrator' using errcode = '42501'; end if;
  insert into ehr.facility(number, slug, name, time_zone, settings)
  values ((select max(number) + 1 from ehr.facility), p_slug, p_name, p_time_zone, p_settings)
  on conflict (slug) do update set name = excluded.name, time_zone = excluded.time_zone, settings = excluded.settings
  returning number into n;
  return n;
end $$;

create function ehr.add_account(p_proof bytea, p_username text, p_display text, p_password_hash text, p_practitioner text,
  p_facility text, p_role text, p_expires_at timestamptz)
returns uuid language plpgsql security definer set search_path = '' as $$
declare who uuid;
begin
  if not ehr.proved(p_proof) then raise exception 'not the local administrator' using errcode = '42501'; end if;
  insert into ehr.account(username, display, password_hash, practitioner)
  values (lower(p_username), p_display, p_password_hash, p_practitioner)
  on conflict (username) do update set display = excluded.display returning id into who;
  insert into ehr.membership values (who, (select number from ehr.facility where slug = p_facility), p_role, p_expires_at)
  on conflict (account, facility, role) do update set expires_at = excluded.expires_at;
  return who;
end $$;

create function ehr.disable_account(p_proof bytea, p_username text) returns boolean
language plpgsql security definer set search_path = '' as $$
declare who uuid;
begin
  if not ehr.proved(p_proof) then raise exception 'not the local administrator' using errcode = '42501'; end if;
  update ehr.account set disabled_at = now() where username = lower(p_username) returning id into who;
  update ehr.session set revoked_at = now() where account = who and revoked_at is null;
  update ehr.token set revoked_at = now() where account = who and revoked_at is null;
  return who is not null;
end $$;

create function ehr.reset_password(p_proof bytea, p_username text, p_password_hash text) returns boolean
language plpgsql security definer set search_path = '' as $$
declare who uuid;
begin
  if not ehr.proved(p_proof) then raise exception 'not the local administrator' using errcode = '42501'; end if;
  update ehr.account set password_hash = p_password_hash, disabled_at = null where username = lower(p_username) returning id into who;
  update ehr.session set revoked_at = now() where account = who and revoked_at is null;
  return who is not null;
end $$;

create function ehr.issue_token(p_proof bytea, p_hash bytea, p_username text, p_facility text, p_scopes text, p_rules jsonb,
  p_patient uuid, p_patient_id text, p_life interval)
returns boolean language plpgsql security definer set search_path = '' as $$
declare who uuid; f smallint;
begin
  if not ehr.proved(p_proof) then raise exception 'not the local administrator' using errcode = '42501'; end if;
  select a.id, m.facility into who, f from ehr.account a join ehr.membership m on m.account = a.id
    join ehr.facility x on x.number = m.facility
    where a.username = lower(p_username) and x.slug = p_facility and a.disabled_at is null
      and (m.expires_at is null or m.expires_at > now()) limit 1;
  if who is null then return false; end if;
  insert into ehr.token(hash, account, facility, authority, scopes, patient, patient_id, expires_at)
  values (p_hash, who, f, ehr.authority_for('scopes ' || p_scopes, p_rules), p_scopes, p_patient, p_patient_id, now() + p_life);
  return true;
end $$;

create function ehr.add_local_secret(p_hash bytea, p_name text) returns void
language plpgsql security definer set search_path = '' as $$
begin
  insert into ehr.local_secret values (p_hash, p_name, ehr.authority_for('local administrator', '[{"types": ["*"], "verbs": "rw"}]'))
  on conflict do nothing;
end $$;
"""

GRANTS = """
revoke execute on all functions in schema ehr from public;
grant execute on function ehr.sign_in_account, ehr.open_session, ehr.live_session, ehr.session_ends, ehr.close_session, ehr.sign_in_failed,
  ehr.sign_in_failures, ehr.sign_in_succeeded, ehr.add_facility, ehr.add_account, ehr.disable_account, ehr.reset_password,
  ehr.issue_token to ehr_audit;
"""


def upgrade() -> None:
    """Create the tables of identity, their functions and the grants of the audit writer."""
    for sql in (TABLES, FUNCTIONS, GRANTS):
        script(op.get_bind(), sql)

"""What a chart page asks: how much there is of each kind from an index alone, and who filed a version and how it arrived."""

from alembic import op

from ehr_app.record.migrate import script

revision = "0004"
down_revision = "0003"

CONTENTS = """
create index resource_contents on ehr.resource(patient, rtype, date_lo desc) include (class, facility);
drop index ehr.resource_chart;
alter index ehr.resource_contents rename to resource_chart;
"""

# The log is keyed by time first; an access lives ten minutes, so the row that wrote a version began shortly before it.
FILED = """
create function ehr.filed_by(p_access uuid[], p_written timestamptz[])
returns table(access uuid, at timestamptz, kind text, action text, purpose text, account uuid, display text, roles text[])
language sql stable security definer set search_path = '' as $$
  select u.access, a.at, a.kind, a.action, a.purpose, a.account, p.display, ehr.account_roles(a.account, a.facility)
  from unnest(p_access, p_written) u(access, written)
  join ehr.access a on a.at between u.written - interval '11 minutes' and u.written + interval '1 minute' and a.id = u.access
  left join ehr.account p on p.id = a.account
  where a.facility = ehr.context_facility() or a.facility = 0 $$;
comment on function ehr.filed_by is 'Who wrote versions of this facility or of the network: person, way of arrival, moment';
revoke execute on function ehr.filed_by from public;
grant execute on function ehr.filed_by to ehr_app;
"""


def upgrade() -> None:
    """Let an index alone answer how much a chart holds; say who filed what."""
    connection = op.get_bind()
    script(connection, CONTENTS)
    script(connection, FILED)

"""What a timeline asks: a chart's events in order of time, counted and placed from an index alone."""

from alembic import op

from ehr_app.record.migrate import script

revision = "0007"
down_revision = "0004"

TIMELINE = """
create index resource_events on ehr.resource(patient, date_lo desc) include (date_hi, rtype, id, class, facility);
drop index ehr.resource_timeline;
alter index ehr.resource_events rename to resource_timeline;
"""


def upgrade() -> None:
    """Let an index alone answer where each event of a chart stands."""
    script(op.get_bind(), TIMELINE)

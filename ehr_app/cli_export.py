"""`ehr export`: one patient or everything of a facility, as NDJSON or one bundle."""

import argparse

from ehr_app import cli_database
from ehr_app.record import exporting


def export(arguments: argparse.Namespace) -> int:
    """Write the data; `arguments.patient` is None for everything."""
    with cli_database.opened(cli_database.chosen(arguments)) as (settings, _):
        return exporting.run(arguments.facility, arguments.patient, arguments.output, settings)

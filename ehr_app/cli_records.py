"""`ehr import` and `ehr export`: many records at once, into and out of one facility."""

import argparse

from ehr_app import cli_database
from ehr_app.record import exporting
from ehr_app.record.importing import command


def take_in(arguments: argparse.Namespace) -> int:
    """Import files; 1 when an entry was rejected (the rejects file says which and why)."""
    with cli_database.opened(cli_database.chosen(arguments)) as (settings, _):
        return command.run(arguments.paths, arguments.facility, settings)


def export(arguments: argparse.Namespace) -> int:
    """Write one patient or everything of a facility."""
    with cli_database.opened(cli_database.chosen(arguments)) as (settings, _):
        return exporting.run(arguments.facility, arguments.patient, arguments.output, settings)

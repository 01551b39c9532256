"""`ehr import`: FHIR R4 bundles and NDJSON from files and folders into one facility; its rehearsal, and its take-back."""

import argparse

from ehr_app import cli_database
from ehr_app.record.importing import command


def take_in(arguments: argparse.Namespace) -> int:
    """Import; 1 when an entry was rejected (the rejects file says which and why)."""
    with cli_database.opened(cli_database.chosen(arguments)) as (settings, _):
        if arguments.take_back:
            return command.take_back(arguments.take_back, arguments.facility, settings)
        step = command.rehearse if arguments.rehearse else command.run
        return step(arguments.paths, arguments.facility, settings)

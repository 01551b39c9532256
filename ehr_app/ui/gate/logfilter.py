"""Keeps event data, cookies and addresses with names in them out of the log files.

A filter on a logger is not asked for the records of its children, so it sits on the handlers.
"""

import logging
import re

EVENT = re.compile(r"cookie|authorization|payload|router_data|Event data", re.I)
FOREIGN = ("reflex", "socketio", "engineio")


class NoPatientData(logging.Filter):
    """Replaces what libraries say about events by the place where they said it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep every record; withhold the text of those that carry event data."""
        if record.name.startswith(FOREIGN) and EVENT.search(record.getMessage()):
            record.msg, record.args = "%s:%s event data withheld", (record.module, record.lineno)
        return True


def install_log_filter() -> None:
    """Put the filter on every handler there is."""
    logging.basicConfig(level=logging.INFO)
    for handler in [*logging.getLogger().handlers, *logging.getLogger("reflex").handlers]:
        handler.addFilter(NoPatientData())

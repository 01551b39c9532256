"""How far a load of the demo is: a bar on a terminal, a line every few seconds in a log."""

import time
from typing import TextIO

BAR_CHARACTERS = 24
BAR_EVERY_S, LINE_EVERY_S = 0.1, 5.0


class Progress:
    """Tells how many patients are loaded, how many resources were written, and how fast."""

    def __init__(self, out: TextIO, *, bar: bool) -> None:
        """Shape: with `bar`, `out` is a terminal."""
        self._out = out
        self._bar = bar
        self._began_at = self._told_at = time.monotonic()

    def step(self, patients: int, of: int, resources: int) -> None:
        """Say how far the load is; not oftener than somebody can read."""
        now = time.monotonic()
        if now - self._told_at < (BAR_EVERY_S if self._bar else LINE_EVERY_S) and patients < of:
            return
        self._told_at = now
        told = f"{patients:,} of {of:,} patients, {resources:,} resources"
        if self._bar:
            full = round(patients / of * BAR_CHARACTERS)
            speed = resources / max(now - self._began_at, 1e-9)
            self._out.write(f"\r\x1b[K[{'#' * full:.<{BAR_CHARACTERS}}] {told}, {speed:,.0f}/s" + ("\n" if patients == of else ""))
        else:
            self._out.write(f"demo: {told}\n")
        self._out.flush()

"""The graph of one series of results; its drawing code is `assets/graph.js` and loads only with pages that use it.

Domain, ticks, marks and words come ready from the server (`ehr_app.ui.clinic.series_view`).
"""

from typing import Any

import reflex as rx


class ResultGraph(rx.NoSSRComponent):
    """One series: `series` is a `Series` of `ehr_app.ui.clinic.series_view`."""

    library, tag = "$/public/graph", "ResultGraph"
    series: rx.Var[Any]


def result_graph(series: Any) -> rx.Component:
    """Return the graph of a series."""
    return ResultGraph.create(series=series)

"""Graphs of series of results; their drawing code is `assets/graph.js` and loads only with pages that use it.

Domain, ticks, marks and words come ready from the server (`ehr_app.ui.clinic.series_view`).
"""

from typing import Any

import reflex as rx

from ehr_app.ui.kit.i18n import t


class ResultGraph(rx.NoSSRComponent):
    """One series: `series` is a `Series` of `ehr_app.ui.clinic.series_view`."""

    library, tag = "$/public/graph", "ResultGraph"
    series: rx.Var[Any]
    words: rx.Var[dict[str, str]]


class GraphTools(rx.NoSSRComponent):
    """Buttons that zoom and move the time that the graphs of the page show; `of` names what is shown."""

    library, tag = "$/public/graph", "GraphTools"
    words: rx.Var[dict[str, str]]
    of: rx.Var[str]


def result_graph(series: Any) -> rx.Component:
    """Return the graph of a series, with the table of its values one disclosure away."""
    words = {
        "keys": t("Point at the graph, or use the arrow keys on it, to read any value; + and - zoom."),
        "table": t("Table of the values"), "when": t("Collected"), "value": t("Value"), "flag": t("Flag"), "range": t("Range"),
        "status": t("Status"), "undated": t("No date"), "notDrawn": t("Not drawn"), "age": t("Age"),
    }  # fmt: skip
    for said in (
        "Date of collection ({zone})", "{n} not drawn, listed in the table of the values.",
        "{drawn} of {count} results are drawn: the lowest and the highest of each span of time, and the critical ones."
        " A shorter period draws each.",
    ):  # fmt: skip
        t(said)
    return ResultGraph.create(series=series, words=rx.Var.create(words))


def graph_tools(of: Any) -> rx.Component:
    """Return the buttons of the time window that all graphs of the page share."""
    words = {"tools": t("Time shown in the graphs"), "closer": t("Zoom in"), "wider": t("Zoom out"), "earlier": t("Earlier"),
             "later": t("Later"), "whole": t("Whole period")}  # fmt: skip
    return GraphTools.create(words=rx.Var.create(words), of=of)

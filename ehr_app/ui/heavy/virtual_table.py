"""A table of any length that renders only what is seen, and a field that narrows rows while typing; code in `assets/rows.js`.

The state holds one page of rows; the browser puts the pages together.
"""

from typing import Any

import reflex as rx

from ehr_app.ui.kit.i18n import t


class VirtualRows(rx.NoSSRComponent):
    """Rows `start`, `start + 1`, ... of the list named `of`; another `of` begins a new list."""

    library, tag = "$/public/rows", "VirtualRows"
    page: rx.Var[list[dict[str, Any]]]
    start: rx.Var[int]
    of: rx.Var[str]
    label: rx.Var[str]
    columns: rx.Var[list[dict[str, Any]]]
    on_end_reached: rx.EventHandler[rx.event.passthrough_event_spec(int)]  # type: ignore[type-arg, valid-type]
    on_open: rx.EventHandler[rx.event.passthrough_event_spec(str)]  # type: ignore[type-arg, valid-type]


class RowFilter(rx.NoSSRComponent):
    """Hides what is marked `data-text` inside `within` (a selector) unless its text holds every typed word."""

    library, tag = "$/public/rows", "RowFilter"
    within: rx.Var[str]
    label: rx.Var[str]
    none: rx.Var[str]
    of: rx.Var[str]


def virtual_table(page: Any, columns: list[tuple[str, str, str]], says: tuple[str, ...] = (), **props: Any) -> rx.Component:
    """Return a virtual table whose first column opens the row's `ref`.

    Shape of a column: row key, heading, row key of its class (or ""); code, never data. `says`: the keys that hold fixed words.
    """
    told = [{"key": key, "head": t(head), "look": look, "says": key in says} for key, head, look in columns]
    return VirtualRows.create(page=page, columns=rx.Var.create(told), **props)


def row_filter(within: str, label: Any, of: Any) -> rx.Component:
    """Return the field that narrows rows; it is emptied when `of` changes."""
    return RowFilter.create(within=within, label=label, none=t("No test matches."), of=of)

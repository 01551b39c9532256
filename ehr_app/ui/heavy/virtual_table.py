"""A table of any length that renders only what is seen (react-virtuoso, MIT); loads only with pages that use it."""

import json
from typing import Any

import reflex as rx


class VirtualTable(rx.NoSSRComponent):
    """TableVirtuoso of https://virtuoso.dev/react-virtuoso/table-virtuoso/."""

    library, tag = "react-virtuoso@4.18.21", "TableVirtuoso"
    data: rx.Var[list[dict[str, Any]]]
    item_content: rx.Var[str]
    fixed_header_content: rx.Var[str]
    end_reached: rx.EventHandler[rx.event.passthrough_event_spec(int)]  # type: ignore[type-arg, valid-type]

    def add_imports(self) -> Any:
        """Import what the cells are made with."""
        return {"react": [rx.ImportVar(tag="Fragment")], "@emotion/react": [rx.ImportVar(tag="jsx")]}


def virtual_table(rows: Any, columns: list[tuple[str, str, str]], height: str = "70vh", **props: Any) -> rx.Component:
    """Return a virtual table. Shape of a column: row key, heading, row key of its class (or ""); code, never data."""
    cells = ", ".join(
        f"jsx('td', {{key: {at}, className: {f'r?.[{json.dumps(look)}]' if look else '``'}}}, r?.[{json.dumps(key)}])"
        for at, (key, _, look) in enumerate(columns)
    )
    heads = ", ".join(f"jsx('th', {{key: {at}, scope: 'col'}}, {json.dumps(head)})" for at, (_, head, _) in enumerate(columns))
    table = VirtualTable.create(
        data=rows.to(list[dict[str, Any]]),
        item_content=rx.Var(f"((i, r) => jsx(Fragment, {{}}, {cells}))"),
        fixed_header_content=rx.Var(f"(() => jsx('tr', {{}}, {heads}))"),
        **props,
    )
    return rx.el.div(table, style={"height": height}, class_name="virtual")

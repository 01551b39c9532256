"""Surfaces: cards, lists of rows, tables, the side panel, the window of the palette."""

from typing import Any

import reflex as rx

from ehr_app.ui.kit.browser import PaletteWindow, SidePanel
from ehr_app.ui.kit.controls import button, icon
from ehr_app.ui.kit.i18n import t

E = rx.el


def card(title: Any, *body: Any, key: Any = None, count: Any = None, aside: Any = None, **props: Any) -> rx.Component:
    """A titled section; `key` becomes its id, so that it can be linked to."""
    own = {} if key is None else {"id": key, "aria_labelledby": f"{key}-title"}
    head = [E.h2(title) if key is None else E.h2(title, id=f"{key}-title")]
    head += [E.span(count, class_name="label nums")] if count is not None else []
    head += [E.div(aside, class_name="aside")] if aside is not None else []
    more = props.pop("class_name", "")
    return E.section(E.div(*head, class_name="card-head"), *body, class_name=f"card {more}".strip(), **own, **props)


def table(heads: list[Any], rows: Any, caption: Any, look: str = "") -> rx.Component:
    """A table with a caption for screen readers. Shape of a head: text, or (text, class)."""
    cells = [E.th(head[0], scope="col", class_name=head[1]) if isinstance(head, tuple) else E.th(head, scope="col")
             for head in heads]  # fmt: skip
    return E.table(E.caption(caption, class_name="sr"), E.thead(E.tr(*cells)), E.tbody(rows), class_name=f"table {look}".strip())


def scroller(*content: Any, label: Any, **props: Any) -> rx.Component:
    """A box that scrolls in place and can be reached by keys."""
    return E.div(*content, role="region", aria_label=label, tab_index=0, class_name="grid-scroll", **props)


def side_panel(title: Any, *body: Any, open: Any, on_close: Any) -> rx.Component:
    """A panel beside the page, below the banner; the page stays readable."""
    closing = button(
        icon("x", 18),
        weight="quiet",
        on_click=on_close,
        aria_label=t("Close"),
        custom_attrs={"data-close": ""},
        class_name="ms-auto",
    )
    head = E.div(E.h2(title, class_name="text-base"), closing, class_name="flex items-start gap-3 p-4 pb-2")
    return rx.cond(open, SidePanel.create(head, *body, label=t("Details"), on_close=on_close), rx.fragment())


def palette_window(*body: Any, on_opened: Any) -> rx.Component:
    """The palette (Ctrl or Cmd K)."""
    return PaletteWindow.create(*body, label=t("Find a patient or a page"), on_opened=on_opened)

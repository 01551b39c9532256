"""The few things that happen in the browser alone: single keys, row keys, the palette's window, toasts, the fixed head.

Their code is `assets/kit.js`; each wrapper here gives it a Python name. Nothing of this reaches the server by itself.
"""

from typing import Any

import reflex as rx

KIT = "$/public/kit"


class RowKeys(rx.Component):
    """A box in which arrow keys walk through the links marked `data-row`; Enter in its field opens the first."""

    library, tag = KIT, "RowKeys"


class PaletteWindow(rx.Component):
    """The window of the palette: Ctrl or Cmd K, or a click on anything marked `data-palette`, opens and closes it."""

    library, tag = KIT, "PaletteWindow"
    label: rx.Var[str]
    on_opened: rx.EventHandler[rx.event.no_args_event_spec]  # type: ignore[type-arg, valid-type]


class SidePanel(rx.Component):
    """A panel beside the page; it takes the focus, gives it back, and Escape closes it."""

    library, tag = KIT, "SidePanel"
    label: rx.Var[str]
    on_close: rx.EventHandler[rx.event.no_args_event_spec]  # type: ignore[type-arg, valid-type]


class ToastHost(rx.Component):
    """Shows the newest short messages of a list of `{id, text, level}`."""

    library, tag = KIT, "ToastHost"
    items: rx.Var[list[dict[str, Any]]]


class Head(rx.Component):
    """The fixed head of a page; it tells the page its height."""

    library, tag = KIT, "Head"


class Jump(rx.Component):
    """A plain link to a place on the same page; the client router would load the page again."""

    library, tag = KIT, "Jump"
    href: rx.Var[str]


class PrintMargins(rx.Component):
    """Texts for the margins of every printed sheet: who the patient is; who printed and when."""

    library, tag = KIT, "PrintMargins"
    top: rx.Var[str]
    bottom: rx.Var[str]


class ZoneNote(rx.Component):
    """D4: names the time zone of the shown times when the reader's clock has another."""

    library, tag = KIT, "ZoneNote"
    zone: rx.Var[str]


class Keys(rx.Component):
    """Single keys, and the window that lists them. Shape of `keys`: `{keys, action}`; domains are links with `data-domain`."""

    library, tag = KIT, "Keys"
    keys: rx.Var[list[dict[str, str]]]
    label: rx.Var[str]


class ChartMenu(rx.Component):
    """The chart's navigation: always shown where there is room, behind a button elsewhere; `current` names what is shown."""

    library, tag = KIT, "ChartMenu"
    label: rx.Var[str]
    current: rx.Var[str]

"""The single keys, written once: the browser acts by this table and the help window shows it."""

from dataclasses import asdict, dataclass

import reflex as rx

from ehr_app.ui.kit.i18n import t


@dataclass(frozen=True)
class Key:
    """A key or a sequence (`g p`), what it does (`assets/kit.js` knows the action), and the words of the help."""

    keys: str
    action: str
    words: str


EVERYWHERE = (
    Key("/", "search", "Search"),
    Key("j", "next", "Next row"),
    Key("k", "previous", "Previous row"),
    Key("g l", "patients", "Patients"),
    Key("?", "help", "Show the keys"),
)
ON_CHARTS = (
    Key("]", "next-domain", "Next page of the chart"),
    Key("[", "previous-domain", "Previous page of the chart"),
)
BUILT_IN = (
    Key("Ctrl K", "", "Find a patient or a page"),
    Key("Enter", "", "Open"),
    Key("Esc", "", "Close"),
)
"""Keys that always work; the browser or the palette itself answers them."""


def bindings() -> list[dict[str, str]]:
    """Return what the browser acts by."""
    return [asdict(one) for one in (*EVERYWHERE, *ON_CHARTS)]


def key_row(keys: str, words: str) -> rx.Component:
    """One line of the help."""
    caps = [rx.el.kbd(one, class_name="cap") for one in keys.split(" ")]
    return rx.el.div(rx.el.dt(*caps, class_name="flex gap-1"), rx.el.dd(t(words), class_name="m-0"), class_name="key-row")

"""The list of a timeline, its printed sheet and its search field; their code is `assets/timeline.js`.

It loads with that page alone, and at once: fetched when the first window is there it would come a round trip late.

Rows come ready from the server in windows (`ehr_app.ui.clinic.timeline_view`); the list renders only what is seen
(react-virtuoso, MIT).
"""

from collections.abc import Mapping
from typing import Any

import reflex as rx

from ehr_app.ui.kit.i18n import t

LIBRARY = "$/public/timeline"


def _reads(stamp: rx.Var[int], first: rx.Var[int], windows: rx.Var[int]) -> tuple[rx.Var[int], rx.Var[int], rx.Var[int]]:
    return stamp, first, windows


def _words(kinds: Mapping[str, str]) -> dict[str, Any]:
    """What the browser's code says, in the reader's language."""
    return {
        "kinds": {key: t(label) for key, label in kinds.items()},
        "events": t("Events, newest first"),
        "no_date": t("No date"),
        "wrong": t("Entered in error"),
        "loading": t("Loading"),
        "preparing": t("Preparing {n} of {m} events for printing"),
        "whole": t("All {n} events"),
        "cut": t("Only the newest {n} of {m} events are on these sheets. Choose a kind or a word to print the others."),
        "print": t("Print"),
        "heads": [t("Date"), t("Kind"), t("Event"), t("Value"), t("Source")],
    }


class _Heavy(rx.Component):
    library = LIBRARY
    lib_dependencies: list[str] = ["react-virtuoso@4.18.21"]
    shown: rx.Var[Any]
    words: rx.Var[Any]


class TimelineList(_Heavy):
    """The list: asks for windows that come into view, opens what is chosen."""

    tag = "TimelineList"
    window: rx.Var[Any]
    on_read: rx.EventHandler[_reads]  # type: ignore[type-arg, valid-type]
    on_open: rx.EventHandler[rx.event.passthrough_event_spec(str)]  # type: ignore[type-arg, valid-type]


class TimelineSheet(_Heavy):
    """The printed version: gathers all windows up to the limit, then opens the browser's print dialog."""

    tag = "TimelineSheet"
    window: rx.Var[Any]
    on_read: rx.EventHandler[_reads]  # type: ignore[type-arg, valid-type]


class TimelineFind(_Heavy):
    """The search field; Enter goes to the address of the search."""

    tag = "TimelineFind"


class KindMark(rx.Component):
    """The icon of a kind."""

    library, tag = "$/public/kinds", "KindMark"
    kind: rx.Var[str]


def timeline_list(shown: Any, window: Any, kinds: Mapping[str, str], **events: Any) -> rx.Component:
    """Return the list. Shape: `kinds` are the names of kinds by key."""
    return TimelineList.create(shown=shown, window=window, words=rx.Var.create(_words(kinds)), **events)


def timeline_sheet(shown: Any, window: Any, kinds: Mapping[str, str], **events: Any) -> rx.Component:
    """Return the printed version."""
    return TimelineSheet.create(shown=shown, window=window, words=rx.Var.create(_words(kinds)), **events)


def timeline_find(shown: Any) -> rx.Component:
    """Return the search field."""
    return TimelineFind.create(shown=shown, words=rx.Var.create({"find": t("Find in the timeline")}))


def kind_mark(key: str) -> rx.Component:
    """Return the icon of a kind; the word stands beside it."""
    return KindMark.create(kind=key)

"""Small marks: flags, chips, counts, times, names, what was entered in error. Colour never speaks alone."""

from typing import Any, Literal

import reflex as rx

from ehr_app.ui.kit.i18n import t

E = rx.el
Tone = Literal["plain", "critical", "abnormal", "good", "info"]


def chip(*content: Any, tone: Tone = "plain", **props: Any) -> rx.Component:
    """A short label in a tint."""
    return E.span(*content, class_name="chip" if tone == "plain" else f"chip chip-{tone}", **props)


def flag(code: Any, mark: Any, words: Any, grade: Any) -> rx.Component:
    """R1: letters and arrows first, words for everybody who does not see them, colour last."""
    seen = E.span(
        E.span(mark, aria_hidden="true"), E.span(code, aria_hidden="true"), class_name="flag " + _flag_class(grade).to(str)
    )
    return rx.cond(words, E.span(seen, E.span(t(words), class_name="sr"), title=t(words)), rx.fragment())


def graded(value: Any, grade: Any, **props: Any) -> rx.Component:
    """A value whose weight follows its grade; the flag beside it says the same in letters."""
    return E.span(value, class_name="nums " + _value_class(grade).to(str), **props)


def wrong_or(wrong: Any, *content: Any) -> rx.Component:
    """Content, struck through with the word when it was entered in error."""
    struck = E.span(
        E.span(t("Entered in error"), class_name="wrong-word hair"), " ", E.s(*content, class_name="wrong"),
    )  # fmt: skip
    return rx.cond(wrong, struck, E.span(*content))


def when(short: Any, spoken: Any = None) -> rx.Component:
    """A date for clinicians; screen readers get the long form (D2)."""
    if spoken is None:
        return E.span(short, class_name="nums whitespace-nowrap")
    return E.span(E.span(short, aria_hidden="true", class_name="nums whitespace-nowrap"), E.span(t(spoken), class_name="sr"))


def name_text(name: Any, **props: Any) -> rx.Component:
    """A person's name in its own writing direction, never shortened."""
    return E.bdi(name, **props)


def labelled(label: Any, value: Any, explained: Any, **props: Any) -> rx.Component:
    """B2: a label without colon, weaker than its value, explained by a tooltip."""
    return E.div(E.dt(label, class_name="label", title=explained), E.dd(value, class_name="m-0"), **props)


def _flag_class(grade: Any) -> Any:
    return rx.match(grade, ("critical", "flag-critical"), ("abnormal", "flag-abnormal"), ("normal", "flag-normal"), "")


def _value_class(grade: Any) -> Any:
    return rx.match(grade, ("critical", "value-critical"), ("abnormal", "value-abnormal"), "")

"""Buttons, links, fields and switches. Every control has an accessible name; none knows a State."""

from typing import Any, Literal

import reflex as rx

from ehr_app.ui.kit.browser import Jump
from ehr_app.ui.kit.i18n import LANGUAGES, set_language, t

E = rx.el
Weight = Literal["primary", "plain", "quiet"]
_WEIGHTS: dict[Weight, str] = {"primary": "btn btn-primary", "plain": "btn", "quiet": "btn btn-quiet"}


def button(*content: Any, weight: Weight = "plain", **props: Any) -> rx.Component:
    """A button; give `aria_label` when the content is an icon only."""
    return E.button(*content, type=props.pop("type", "button"), class_name=_classes(_WEIGHTS[weight], props), **props)


def link_button(*content: Any, href: Any, weight: Weight = "plain", **props: Any) -> rx.Component:
    """A link that looks like a button."""
    return E.a(*content, href=href, class_name=_classes(_WEIGHTS[weight], props), **props)


def jump(*content: Any, to: Any, **props: Any) -> rx.Component:
    """A link to a place on the same page."""
    return Jump.create(*content, href=to, **props)


def icon(name: str, size: int = 16, **props: Any) -> rx.Component:
    """A decorative icon; its meaning is always said in words beside it."""
    return rx.icon(name, size=size, aria_hidden="true", **props)


def field(name: str, label: Any, hint: Any = "", error: Any = "", **props: Any) -> rx.Component:
    """A text field with its label above, a hint, and an error that names what to do."""
    described = f"{name}-hint {name}-error"
    return E.div(
        E.label(label, html_for=name, class_name="block mb-1 font-medium"),
        E.input(
            id=name, name=name, aria_describedby=described, class_name=_classes("field", props),
            aria_invalid=rx.cond(error, "true", "false"), **props,
        ),
        E.p(hint, id=f"{name}-hint", class_name="label mt-1"),
        E.p(error, id=f"{name}-error", role="alert", class_name="text-(--critical) mt-1"),
    )  # fmt: skip


def search_field(name: str, label: Any, on_change: Any, **props: Any) -> rx.Component:
    """A search field that asks on each keystroke; the newest question wins (its handler supersedes)."""
    return E.div(
        icon("search", 18, class_name="absolute start-3 top-1/2 -translate-y-1/2 text-(--ink-faint) pointer-events-none"),
        E.input(
            id=name, name=name, type="search", aria_label=label, auto_complete="off", spell_check=False, max_length=200,
            on_change=on_change, class_name=_classes("field ps-10", props), **props,
        ),
        class_name="relative",
    )  # fmt: skip


def segments(label: Any, *choices: tuple[Any, Any, Any]) -> rx.Component:
    """A switch between views, each with its own address. Shape of a choice: text, address, whether it is shown now."""
    links = [E.a(text, href=href, aria_current=rx.cond(shown, "true", "false")) for text, href, shown in choices]
    return E.nav(*links, aria_label=label, class_name="segments no-print")


def theme_switch() -> rx.Component:
    """Light or dark; the system decides until somebody does."""
    return button(
        rx.color_mode_cond(icon("moon", 18), icon("sun", 18)),
        weight="quiet",
        on_click=rx.toggle_color_mode,
        aria_label=t("Switch between light and dark"),
        title=t("Light or dark"),
    )


def language_switch() -> rx.Component:
    """One button per other language, named in itself; the page changes at once."""
    return rx.fragment(
        *(
            button(
                E.span(name, class_name="max-md:hidden"),
                E.span(code.upper(), aria_hidden="true", class_name="md:hidden"),
                E.span(name, class_name="sr md:hidden"),
                weight="quiet", on_click=set_language(code), lang=code, class_name=f"to-{code}",
            )
            for code, name in LANGUAGES.items()
        )
    )  # fmt: skip


def _classes(own: str, props: dict[str, Any]) -> str:
    more = props.pop("class_name", "")
    return f"{own} {more}".strip()

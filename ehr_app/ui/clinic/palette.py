"""The palette (Ctrl or Cmd K): patients opened last, patients while typing, pages of this chart, actions.

A combobox with a list of options: https://www.w3.org/WAI/ARIA/apg/patterns/combobox/. What is chosen before the answer to the
typed question is there waits for that answer, so that nobody opens the chart of an older one.
"""

from typing import Any

import reflex as rx

from ehr_app.errors import EhrError
from ehr_app.ui.clinic.chart_view import NavItem
from ehr_app.ui.clinic.opening import now, open_list, zone_of
from ehr_app.ui.clinic.patients_view import PatientRow, patient_rows
from ehr_app.ui.format.dates import today
from ehr_app.ui.gate.authz import requires
from ehr_app.ui.kit.controls import icon
from ehr_app.ui.kit.i18n import LANGUAGES, set_language, t
from ehr_app.ui.kit.marks import name_text, when
from ehr_app.ui.kit.surfaces import palette_window

E = rx.el
SIGN_OUT = "sign-out"


class Palette(rx.State):
    """Find a patient from anywhere."""

    rows: list[PatientRow] = []
    asked: str = ""
    problem: str = ""

    @rx.event
    @requires()
    async def opened(self) -> None:
        """Show the patients opened last."""
        await self._show("")

    @rx.event(supersedes=True)
    @requires()
    async def find(self, text: str) -> None:
        """Search while typing; the newest question wins."""
        await self._show(text)

    async def _show(self, text: str) -> None:
        try:
            async with open_list(self, "palette") as record:
                found = await (record.find_patients(text, limit=8) if text.strip() else record.recent_patients(limit=8))
                rows = patient_rows([one.resource() for one in found], today(now(), zone_of(record)), record.access.facility.name)
            self.rows, self.problem = rows, ""
        except EhrError as error:
            self.rows, self.problem = [], error.sentence
        self.asked = text


def palette(chart: rx.Var[list[NavItem]] | None) -> rx.Component:
    """Return the window; `chart` are the pages of the open chart."""
    field = E.input(
        id="palette-find", type="search", role="combobox", aria_label=t("Find a patient or a page"), auto_complete="off",
        aria_expanded="true", aria_controls="palette-found", aria_autocomplete="list", spell_check=False, max_length=200,
        placeholder=t("Name, birth date, MRN or phone"), on_change=Palette.find, class_name="field ps-10",
    )  # fmt: skip
    sign = icon("search", 18, class_name="absolute start-3 top-1/2 -translate-y-1/2 text-(--ink-faint) pointer-events-none")
    nobody = rx.cond(
        Palette.rows.length() == 0,
        E.p(
            rx.cond(Palette.problem != "", t(Palette.problem), t("No patient found.")), class_name="px-3 py-2 m-0 text-(--ink-soft)"
        ),
    )
    title = rx.cond(Palette.asked == "", t("Recent patients"), t("Patients"))
    pages = () if chart is None else (_group(t("This chart"), rx.foreach(chart, _page), "palette-chart"),)
    found = E.div(
        _group(title, rx.foreach(Palette.rows, _patient), "palette-patients"),
        *pages,
        _group(t("Actions"), rx.fragment(*_actions()), "palette-actions"),
        id="palette-found", role="listbox", aria_label=t("Found"), custom_attrs={"data-asked": Palette.asked},
    )  # fmt: skip
    return palette_window(
        E.div(E.div(sign, field, class_name="relative"), class_name="p-3 border-b border-(--line)"),
        E.div(nobody, found, class_name="palette-list"),
        on_opened=Palette.opened,
    )


def _group(title: Any, options: Any, name: str) -> rx.Component:
    return E.div(
        E.p(title, id=name, class_name="label px-3 m-0 mt-2 mb-1"), options, role="group", aria_labelledby=name,
    )  # fmt: skip


def _patient(one: rx.Var[PatientRow]) -> rx.Component:
    return E.a(
        name_text(one.name, class_name="font-semibold min-w-0 option-name"),
        E.span(when(one.born), " ", t(one.age), " ", t(one.sex), class_name="label ms-auto text-end"),
        E.span("MRN ", t(one.record_number), class_name="label nums option-number"),
        href=one.href, role="option", tab_index=-1, aria_selected="false", class_name="nav-item option",
    )  # fmt: skip


def _page(one: rx.Var[NavItem]) -> rx.Component:
    return E.a(
        t(one.label), E.span(one.count, class_name="count nums"),
        href=one.href, role="option", tab_index=-1, aria_selected="false", class_name="nav-item option",
        custom_attrs={"data-words": t(one.label) + " " + one.label},
    )  # fmt: skip


def _actions() -> list[rx.Component]:
    languages = [_action(name, name, on_click=set_language(code)) for code, name in LANGUAGES.items()]
    start = E.a(
        t("Patients"), href="/patients", role="option", tab_index=-1, aria_selected="false", class_name="nav-item option",
        custom_attrs={"data-words": t("Patients") + " Patients"},
    )  # fmt: skip
    return [
        start,
        _action(t("Switch between light and dark"), "Switch between light and dark", on_click=rx.toggle_color_mode),
        *languages,
        _action(t("Print"), "Print", on_click=rx.call_function(rx.Var("(() => setTimeout(() => window.print()))"))),
        _action(t("Show the keys"), "Show the keys", custom_attrs={"data-help": ""}),
        _action(t("Sign out"), "Sign out", type="submit", form=SIGN_OUT),
    ]


def _action(text: Any, english: str, **props: Any) -> rx.Component:
    more = props.pop("custom_attrs", {})
    words = text if isinstance(text, str) else text + " " + english
    return E.button(
        text, type=props.pop("type", "button"), role="option", tab_index=-1, aria_selected="false",
        class_name="nav-item option w-full", custom_attrs={"data-words": words, **more}, **props,
    )  # fmt: skip

"""The frame of every signed-in screen: skip link, top bar, palette, toasts, the bar of a lost connection."""

from typing import Any

import reflex as rx

from ehr_app.errors import EhrError
from ehr_app.record.door import Record
from ehr_app.ui.clinic.opening import now, open_list, zone_of
from ehr_app.ui.clinic.patients_view import PatientRow, patient_rows
from ehr_app.ui.format.dates import clinical_time, today
from ehr_app.ui.gate.authz import UiState, requires
from ehr_app.ui.gate.leaving import sign_out_form
from ehr_app.ui.kit.browser import Head, PrintMargins, ToastHost, ZoneNote
from ehr_app.ui.kit.controls import button, icon, jump, search_field, theme_switch
from ehr_app.ui.kit.marks import name_text, when
from ehr_app.ui.kit.states import offline_bar
from ehr_app.ui.kit.surfaces import palette_window

E = rx.el


class Shell(rx.State):
    """Who looks, where, and in which time zone; told by the record when a screen opens it."""

    facility: str = ""
    zone: str = ""
    user: str = ""
    as_of: str = ""

    async def _tell(self, record: Record) -> None:
        access, window = record.access, await self.get_state(UiState)
        window.toasts = []
        self.facility, self.zone, self.user = access.facility.name, access.facility.time_zone, access.display
        self.as_of = clinical_time(now(), zone_of(record))


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
        self.asked, self.problem = text, ""
        try:
            async with open_list(self, "palette") as record:
                found = await (record.find_patients(text, limit=8) if text.strip() else record.recent_patients(limit=8))
                self.rows = patient_rows(
                    [one.resource() for one in found], today(now(), zone_of(record)), record.access.facility.name
                )
        except EhrError as error:
            self.rows, self.problem = [], error.sentence


def framed(*body: Any, head: Any = None, pages: Any = None, patient: Any = "") -> rx.Component:
    """A page: top bar and, on charts, the patient's head stay on top.

    `pages` are links of this chart for the palette, `patient` is what every printed sheet repeats.
    """
    return rx.fragment(
        Head.create(
            jump("Skip to content", to="#content", class_name="btn skip"),
            _top_bar(),
            *([head] if head is not None else []),
            class_name="head",
        ),
        *body,
        _palette(pages),
        ToastHost.create(items=UiState.toasts),
        offline_bar(),
        PrintMargins.create(top=patient, bottom="Printed by " + Shell.user + " at " + Shell.as_of),
    )


def _top_bar() -> rx.Component:
    find = button(
        icon("search"),
        E.span("Find a patient", class_name="max-sm:sr-only"),
        E.kbd("Ctrl K", class_name="label ms-6 max-md:hidden"),
        custom_attrs={"data-palette": ""},
        aria_label="Find a patient, Control K",
        class_name="text-(--ink-soft) font-normal",
    )
    return E.div(
        E.a(
            E.span("EHR", class_name="font-bold tracking-wide text-(--accent)"),
            E.span(Shell.facility, class_name="font-semibold truncate max-sm:hidden"),
            href="/patients",
            aria_label="Patients, start page",
            class_name="flex items-baseline gap-2 min-w-0",
        ),
        E.nav(
            E.a("Patients", href="/patients", class_name="nav-item"), aria_label="Main", class_name="ms-2 max-sm:hidden"
        ),
        E.div(find, class_name="ms-auto"),
        theme_switch(),
        E.span(Shell.user, class_name="text-(--ink-soft) truncate max-w-48 ms-2 max-md:hidden"),
        sign_out_form(
            button(icon("log-out", 18), E.span("Sign out", class_name="max-sm:sr-only"), type="submit", weight="quiet")
        ),
        class_name="no-print flex items-center gap-1 px-3 sm:px-4 h-12 border-b border-(--line)",
    )  # fmt: skip


def _palette(pages: Any) -> rx.Component:
    row = rx.foreach(
        Palette.rows,
        lambda one: E.a(
            E.span(name_text(one.name, class_name="font-semibold"), class_name="min-w-0"),
            E.span(when(one.born), " ", one.age, " ", one.sex, class_name="label ms-auto text-end"),
            E.span("MRN ", one.record_number, class_name="label nums truncate max-w-40"),
            href=one.href, custom_attrs={"data-row": "patient"}, class_name="nav-item",
        ),
    )  # fmt: skip
    title = rx.cond(Palette.asked == "", "Recent patients", "Patients")
    return palette_window(
        E.div(search_field("palette-find", "Find a patient", Palette.find, placeholder="Name, birth date, MRN or phone"),
              class_name="p-3 border-b border-(--line)"),
        E.div(
            E.p(title, class_name="label px-3 m-0 mb-1"),
            row,
            rx.cond(Palette.rows.length() == 0,
                    E.p(rx.cond(Palette.problem != "", Palette.problem, "No patient found."),
                        class_name="px-3 py-2 m-0 text-(--ink-soft)"), rx.fragment()),
            *([E.p("This chart", class_name="label px-3 m-0 mt-3 mb-1"), pages] if pages is not None else []),
            class_name="p-2 max-h-96 overflow-auto", role="group", aria_label="Found",
        ),
        on_opened=Palette.opened,
    )  # fmt: skip


def zone_note() -> rx.Component:
    """D4: the zone of the shown times, when the reader's clock has another."""
    return ZoneNote.create(zone=Shell.zone, class_name="chip chip-info")

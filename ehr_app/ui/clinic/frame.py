"""The frame of every signed-in screen: skip link, top bar, palette, toasts, the bar of a lost connection."""

from typing import Any

import reflex as rx

from ehr_app.identity.roles import ADMINISTRATORS
from ehr_app.record.door import Record
from ehr_app.ui.clinic.domains import DOMAINS
from ehr_app.ui.clinic.opening import now, zone_of
from ehr_app.ui.clinic.palette import SIGN_OUT, palette
from ehr_app.ui.format.dates import clinical_time
from ehr_app.ui.gate.authz import UiState
from ehr_app.ui.gate.leaving import sign_out_form
from ehr_app.ui.kit.browser import Head, Keys, PrintMargins, ToastHost, ZoneNote
from ehr_app.ui.kit.controls import button, icon, jump, language_switch, theme_switch
from ehr_app.ui.kit.i18n import t
from ehr_app.ui.kit.keys import BUILT_IN, EVERYWHERE, ON_CHARTS, bindings, key_row
from ehr_app.ui.kit.states import offline_bar

E = rx.el


class Shell(rx.State):
    """Who looks, where, and in which time zone; told by the record when a screen opens it."""

    facility: str = ""
    zone: str = ""
    user: str = ""
    as_of: str = ""
    administers: bool = False

    async def _tell(self, record: Record) -> None:
        access, window = record.access, await self.get_state(UiState)
        window.toasts = []
        self.facility, self.zone, self.user = access.facility.name, access.facility.time_zone, access.display
        self.as_of = clinical_time(now(), zone_of(record))
        self.administers = bool(ADMINISTRATORS & set(access.roles))


def framed(*body: Any, head: Any = None, chart: Any = None, patient: Any = "") -> rx.Component:
    """A page: top bar and, on charts, the patient's head stay on top.

    `chart` are the pages of this chart for the palette, `patient` is what every printed sheet repeats.
    """
    return rx.fragment(
        Head.create(
            jump(t("Skip to content"), to="#content", class_name="btn skip"),
            _top_bar(),
            *([head] if head is not None else []),
            class_name="head",
        ),
        *body,
        palette(chart),
        _keys(on_chart=chart is not None),
        ToastHost.create(items=UiState.toasts),
        offline_bar(),
        PrintMargins.create(top=patient, bottom=t("Printed by {user} at {time}", user=Shell.user, time=Shell.as_of)),
    )


def _top_bar() -> rx.Component:
    find = button(
        icon("search"),
        E.span(t("Find a patient"), class_name="max-md:sr-only"),
        E.kbd("Ctrl K", class_name="label ms-6 max-md:hidden"),
        custom_attrs={"data-palette": ""},
        aria_label=t("Find a patient, Control K"),
        class_name="text-(--ink-soft) font-normal",
    )
    keys = button(
        icon("keyboard", 18), weight="quiet", aria_label=t("Show the keys"), title=t("Show the keys"),
        custom_attrs={"data-help": ""}, class_name="max-md:hidden",
    )  # fmt: skip
    leave = button(
        icon("log-out", 18), E.span(t("Sign out"), class_name="max-md:sr-only"), type="submit", weight="quiet",
    )  # fmt: skip
    return E.div(
        E.a(
            E.span("EHR", class_name="font-bold tracking-wide text-(--accent)"),
            E.span(Shell.facility, class_name="font-semibold truncate max-sm:hidden"),
            href="/patients",
            aria_label=t("Patients, start page"),
            custom_attrs={"data-home": ""},
            class_name="flex items-center gap-2 min-w-0 min-h-6 home",
        ),
        E.nav(
            E.a(t("Patients"), href="/patients", class_name="nav-item max-sm:hidden"),
            rx.cond(Shell.administers, E.a(t("Administration"), href="/admin/imports", class_name="nav-item"), rx.fragment()),
            aria_label=t("Main"),
            class_name="ms-2 flex gap-1",
        ),
        E.div(find, class_name="ms-auto"),
        language_switch(),
        theme_switch(),
        keys,
        E.span(Shell.user, class_name="text-(--ink-soft) truncate max-w-48 ms-2 max-lg:hidden"),
        sign_out_form(leave, id=SIGN_OUT),
        class_name="no-print top-bar flex items-center gap-1 px-3 sm:px-4 h-12 border-b border-(--line)",
    )  # fmt: skip


def _keys(on_chart: bool) -> rx.Component:
    domains = [key_row(f"g {one.hotkey}", one.label) for one in DOMAINS] if on_chart else []
    shown = (*EVERYWHERE, *(ON_CHARTS if on_chart else ()), *BUILT_IN)
    close = button(icon("x", 18), weight="quiet", aria_label=t("Close"), custom_attrs={"data-close": ""}, class_name="ms-auto")
    return Keys.create(
        E.div(E.h2(t("Keys"), class_name="text-base"), close, class_name="flex items-center p-4 pb-2"),
        E.dl(*(key_row(one.keys, one.words) for one in shown), *domains, class_name="key-list"),
        keys=bindings(),
        label=t("Keys"),
    )


def zone_note() -> rx.Component:
    """D4: the zone of the shown times, when the reader's clock has another."""
    return ZoneNote.create(zone=Shell.zone, class_name="chip chip-info")

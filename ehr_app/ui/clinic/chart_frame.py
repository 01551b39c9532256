"""What every page of a chart looks like: banner, safety strip, vitals strip, navigation, content, open item."""

from typing import Any

import reflex as rx

from ehr_app.ui.clinic.chart import Chart
from ehr_app.ui.clinic.chart_view import AllergyShown, Labelled, NavItem, VitalShown
from ehr_app.ui.clinic.domains import BY_KEY, DOMAINS
from ehr_app.ui.clinic.frame import framed, zone_note
from ehr_app.ui.clinic.item_parts import facts, head_notes, lines
from ehr_app.ui.clinic.items import ItemShown
from ehr_app.ui.clinic.news_strip import news_strip
from ehr_app.ui.kit.browser import ChartMenu
from ehr_app.ui.kit.controls import button, icon, jump
from ehr_app.ui.kit.i18n import t
from ehr_app.ui.kit.marks import flag, graded, labelled, name_text, when
from ehr_app.ui.kit.states import as_of, bones, failure, partial, stale
from ehr_app.ui.kit.surfaces import side_panel

E = rx.el
STARTS = ("visits", "results", "immunizations", "plans")
"""The domains before which the navigation leaves a gap."""


def chart_page(current: str, *content: Any, retry: Any) -> rx.Component:
    """Compose a chart page; `current` is its domain's key, `retry` its loading event."""
    head = rx.cond(Chart.head, E.div(_banner(), _safety(), E.div(_vitals(), class_name="max-md:hidden")), _banner_bones())
    main = E.main(
        rx.cond(Chart.partial != "", E.div(partial(t(Chart.partial)), class_name="mb-4")),
        rx.cond(Chart.stale != "", E.div(stale(t(Chart.stale)), class_name="mb-4")),
        rx.cond(
            Chart.kind != "",
            failure(Chart.kind, t(Chart.problem), retry, "/patients"),
            rx.cond(Chart.ready, E.div(*content), E.div(bones(6, t("Loading the chart")), class_name="card")),
        ),
        E.div(
            rx.cond(Chart.as_of != "", as_of(t("As of {time}", time=Chart.as_of))),
            zone_note(),
            button(t("Reload"), weight="quiet", on_click=retry, class_name="hair no-print"),
            class_name="flex flex-wrap gap-x-3 items-center mt-6",
        ),
        id="content",
        class_name="min-w-0 flex-1 px-3 sm:px-5 py-4",
    )
    nav = ChartMenu.create(
        E.nav(
            rx.foreach(Chart.nav, lambda one: _nav_item(one, current)),
            rx.cond(Chart.places.length() > 0, E.p(t("On this page"), class_name="label px-3 m-0 mt-5 mb-1 places")),
            rx.foreach(Chart.places, _place),
            aria_label=t("Chart"),
        ),
        label=t("Chart"),
        current=t(BY_KEY[current].label) if current in BY_KEY else t("One entry"),
        class_name="chart-menu no-print",
    )
    panel = side_panel(Chart.item.to(ItemShown).title, _open_item(), open=Chart.item, on_close=Chart.close_item)
    strip = E.div(rx.cond(Chart.head, _vitals()), class_name="md:hidden bg-(--surface) border-b border-(--line)")
    body = E.div(strip, nav, main, panel, news_strip(), class_name="flex max-md:flex-col w-full max-w-[110rem] mx-auto")
    named = {"name": Chart.head.name, "born": Chart.head.born, "number": Chart.head.record_number}
    patient = t("{name}, born {born}, MRN {number}", **named)
    return framed(body, head=head, chart=Chart.nav, patient=rx.cond(Chart.head, patient, ""))


def _open_item() -> rx.Component:
    item = Chart.item.to(ItemShown)
    more = rx.cond(item.href != "", E.a(t("Open its page: history, documents, raw data"), href=item.href, class_name="link"))
    listed = rx.cond(
        item.lines.length() > 0,
        E.div(E.h3(t("Everything recorded"), class_name="mt-5 mb-1"), lines(item.lines, Chart.head.pid)),
    )
    source = rx.cond(
        item.source.length() > 0, E.div(E.h3(t("Where it comes from"), class_name="mt-5 mb-2"), facts(item.source)),
    )  # fmt: skip
    return E.div(
        E.p(t(item.kind), class_name="label m-0 mb-2"), head_notes(item), facts(item.facts), E.p(more, class_name="my-3"), source,
        listed, class_name="px-4 pb-6",
    )  # fmt: skip


def _nav_item(item: rx.Var[NavItem], current: str) -> rx.Component:
    hotkey = rx.match(item.key, *((one.key, one.hotkey) for one in DOMAINS), "")
    start = rx.match(item.key, *((key, "nav-item starts") for key in STARTS), "nav-item")
    return E.a(
        t(item.label),
        rx.cond(item.count != "", E.span(item.count, class_name="count nums")),
        href=item.href,
        aria_current=rx.cond(item.key == current, "page", "false"),
        custom_attrs={"data-domain": hotkey},
        class_name=start,
    )


def _place(item: rx.Var[NavItem]) -> rx.Component:
    count = rx.cond(item.count != "", E.span(item.count, class_name="count nums"))
    return jump(t(item.label), count, to=item.href, class_name="nav-item font-normal places")


def _banner() -> rx.Component:
    head = Chart.head
    sex = labelled(t("Gender"), t(head.sex), t("Administrative gender as recorded"))
    born = labelled(
        t("Born"),
        E.span(when(t(head.born), head.born_spoken), rx.cond(head.age != "", E.span(" (", _age(), ")", class_name="nums"))),
        t("Date of birth and age"),
    )
    aged = t("aged {age}", age=t(head.age_at_death))
    died = rx.cond(
        head.dead,
        labelled(
            t("Died"),
            E.span(t(head.died), rx.cond(head.age_at_death != "", E.span(", ", aged)), class_name="nums font-semibold"),
            t("Date of death and age at death"),
        ),
    )  # fmt: skip
    name = E.div(
        E.h1(name_text(t(head.name)), class_name="text-(length:--text-title) leading-tight break-words"),
        rx.cond(head.preferred != "", E.p(t("Preferred name"), " ", E.bdi(head.preferred), class_name="label m-0")),
        class_name="min-w-0 max-sm:basis-full",
    )
    facts = E.dl(
        born, died, sex,
        labelled("MRN", E.span(t(head.record_number), class_name="nums break-all"), t("Medical record number")),
        class_name="m-0 flex flex-wrap gap-x-6 gap-y-1 font-medium",
    )  # fmt: skip
    more = E.details(
        E.summary(t("More"), class_name="link cursor-pointer list-none hair text-end"),
        E.dl(
            rx.foreach(head.identifiers, _detail), rx.foreach(head.contacts, _detail),
            class_name="m-0 flex flex-wrap gap-x-8 gap-y-1 pt-1",
        ),
        class_name="ms-auto open:basis-full no-print",
    )  # fmt: skip
    return E.section(
        name, facts, more,
        aria_label=t("Patient"),
        class_name=rx.cond(head.dead, "banner banner-dead", "banner").to(str)
        + " relative flex flex-wrap items-center gap-x-8 gap-y-1 px-4 py-2",
    )  # fmt: skip


def _age() -> rx.Component:
    return E.span(
        E.span(t(Chart.head.age), aria_hidden="true"), E.span(t(Chart.head.age_spoken), class_name="sr"),
    )  # fmt: skip


def _safety() -> rx.Component:
    head = Chart.head
    look = rx.match(
        head.allergy,
        ("known", "bg-(--critical-soft) text-(--critical)"),
        ("none", "text-(--good)"),
        ("unavailable", "bg-(--abnormal-soft) text-(--abnormal)"),
        "text-(--ink-soft)",
    )
    sign = rx.match(
        head.allergy,
        ("known", icon("triangle-alert", 18, stroke_width=2.5)),
        ("none", icon("shield-check", 18)),
        ("unavailable", icon("cloud-off", 18)),
        icon("circle-help", 18),
    )
    words = rx.cond(
        head.allergy == "known",
        E.strong(t(head.allergy_words), class_name="sm:whitespace-nowrap"),
        E.span(t(head.allergy_words), class_name="font-medium"),
    )
    listed = E.span(rx.foreach(head.allergies, _allergy), class_name="min-w-0 sm:flex-1")
    updated = E.span(" ", t("Updated {date}", date=head.allergy_updated))
    about = E.span(
        t(head.allergy_note),
        rx.cond((head.allergy_updated != "") & (head.allergy != "none"), updated),
        class_name="label ms-auto text-end",
    )
    return E.a(
        E.span(sign, class_name="shrink-0 self-center"), words, listed, about,
        href=f"/patients/{head.pid}/allergies",
        aria_label=t(head.allergy_words) + ", " + t("go to the list"),
        class_name=look.to(str) + " flex max-sm:flex-wrap items-baseline gap-x-2 px-4 py-1.5 border-t border-(--line)",
    )  # fmt: skip


def _allergy(one: rx.Var[AllergyShown], index: rx.Var[int]) -> rx.Component:
    return E.span(
        rx.cond(index > 0, "; ", ""),
        rx.cond(one.grave, E.strong(one.text), E.span(one.text)),
        class_name="text-(--ink)",
    )


def _vitals() -> rx.Component:
    head = Chart.head
    by = rx.cond(head.vitals_by != "", E.span(" ", t("by {name}", name=head.vitals_by)))
    taken = E.p(
        rx.cond(head.vitals_abnormal != "", E.span(t(head.vitals_abnormal), class_name="value-abnormal me-2")),
        E.span(t("taken {ago}", ago=t(head.vitals_age)), by, title=head.vitals_taken),
        class_name="label m-0 ms-auto sm:whitespace-nowrap",
    )
    strip = E.div(
        E.dl(rx.foreach(head.vitals, _vital), class_name="m-0 flex gap-x-5 gap-y-0.5 flex-wrap"), taken,
        class_name="flex items-baseline gap-4 max-sm:flex-col max-sm:gap-1",
    )  # fmt: skip
    none = E.p(t("No vital signs recorded"), class_name="m-0 text-(--ink-soft)")
    return E.section(
        rx.cond(head.vitals.length() > 0, strip, none), aria_label=t("Latest vital signs"),
        class_name="px-4 py-1.5 border-t border-(--line)",
    )  # fmt: skip


def _vital(one: rx.Var[VitalShown]) -> rx.Component:
    return E.div(
        E.dt(t(one.name), class_name="label", title=t(one.long_name)),
        E.dd(
            graded(one.value, one.grade), " ", flag(one.code, one.mark, one.words, one.grade),
            rx.cond(one.older != "", E.span(" ", one.older, class_name="label nums")), class_name="m-0",
        ),
        class_name="flex items-baseline gap-1.5 whitespace-nowrap",
    )  # fmt: skip


def _detail(one: rx.Var[Labelled]) -> rx.Component:
    return E.div(E.dt(t(one.label), class_name="label"), E.dd(one.value, class_name="m-0 break-words"))


def _banner_bones() -> rx.Component:
    words = rx.cond(Chart.kind != "", t("No patient is shown"), t("Loading the patient"))
    return E.div(E.h1(words, class_name="text-base font-normal text-(--ink-soft)"), class_name="banner px-4 py-4", role="status")

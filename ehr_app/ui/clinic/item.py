"""The page of one item, `/patients/<id>/items/<Type>/<id>`: its documents in place, every element in words, who filed it and
how, its versions and what changed between two of them, and the raw data.
"""

from urllib.parse import unquote

import reflex as rx

from ehr_app.errors import EhrError, Gone, NotFound
from ehr_app.record.door import Record
from ehr_app.ui.clinic.chart import Chart
from ehr_app.ui.clinic.chart_frame import chart_page
from ehr_app.ui.clinic.frame import Shell
from ehr_app.ui.clinic.item_law import belongs_to
from ehr_app.ui.clinic.item_parts import document, facts, head_notes, lines
from ehr_app.ui.clinic.items import ItemShown, read_item
from ehr_app.ui.clinic.opening import open_chart, page_patient, page_query, zone_of
from ehr_app.ui.clinic.sections import section
from ehr_app.ui.clinic.versions_view import ChangeRow, VersionRow, change_rows
from ehr_app.ui.clinic.watching import Watching
from ehr_app.ui.format.text import Json
from ehr_app.ui.gate.authz import requires
from ehr_app.ui.kit.i18n import t
from ehr_app.ui.kit.marks import wrong_or
from ehr_app.ui.kit.states import empty
from ehr_app.ui.kit.surfaces import card, table

E = rx.el


class ItemPage(Watching, rx.State):
    """The item in the address, and the two versions that are compared."""

    item: ItemShown | None = None
    changes: list[ChangeRow] = []
    compared: str = ""
    _shown: str = ""

    @rx.event
    @requires()
    async def open(self):  # type: ignore[no-untyped-def]
        """Load the item that the address names, of the patient in the address."""
        pid, ref = page_patient(self), _page_ref(self)
        chart, shell = await self.get_state(Chart), await self.get_state(Shell)
        shown = f"{pid}/{ref}"
        chart._begin(pid, keep=self._shown == shown)
        if self._shown != shown:
            self.item, self.changes, self.compared, self._shown = None, [], "", shown
            yield
        try:
            async with open_chart(self, pid, f"item {ref}") as record:
                await shell._tell(record)
                await self._watch(record)
                await self._reread(record)
            chart.ready = True
        except EhrError as error:
            self.item = None
            chart._fail(error)
        except Exception:
            self.item = None
            chart._fail(EhrError())
            raise

    async def _reread(self, record: Record) -> None:
        chart, pid, ref = await self.get_state(Chart), page_patient(self), _page_ref(self)
        await chart._load(record, pid)
        self.item = await read_item(record, pid, ref, zone_of(record), whole=True)
        await self._compare(record, pid, ref)

    async def _compare(self, record: Record, pid: str, ref: str) -> None:
        """Compare the versions that the address names, else the newest two."""
        numbers = [int(one.number) for one in self.item.versions if one.what != "Deleted"] if self.item else []
        was, now = (_number(page_query(self, name)) for name in ("was", "now"))
        if was not in numbers or now not in numbers:
            if len(numbers) < 2:
                self.changes, self.compared = [], ""
                return
            now, was = numbers[0], numbers[1]
        old, new = await _version(record, pid, ref, was), await _version(record, pid, ref, now)
        self.changes = change_rows(old, new)
        self.compared = f"{was} → {now}"


@rx.page(route="/patients/[pid]/items/[item_type]/[item_id]", title="Item", on_load=ItemPage.open)
def item_page() -> rx.Component:
    """Compose the page."""
    return chart_page("item", rx.cond(ItemPage.item, _item()), retry=ItemPage.open)


def _item() -> rx.Component:
    item = ItemPage.item.to(ItemShown)
    pid = Chart.head.pid
    title = E.div(
        E.p(t(item.kind), class_name="label m-0"),
        E.h1(wrong_or(item.wrong, item.title), class_name="text-(length:--text-title) break-words"),
        class_name="mb-4",
    )
    narrative = rx.cond(
        item.narrative != "",
        card(t("In the sender's words"), rx.html(item.narrative, class_name="narrative px-4 pb-4"), key="narrative"),
    )
    raw = E.details(
        E.summary(t("Raw data"), class_name="link cursor-pointer px-4 py-3"),
        E.pre(item.raw, class_name="raw", tab_index=0),
        class_name="card no-print",
    )
    everything = card(t("Everything recorded"), lines(item.lines, pid), key="everything")
    main = E.div(
        rx.foreach(item.documents, document),
        rx.cond(item.facts.length() > 0, card(t("At a glance"), E.div(facts(item.facts), class_name="px-4 pb-4"), key="facts")),
        rx.foreach(item.recorded, lambda one: section(one)),
        narrative, everything, raw,
        class_name="grid gap-4 content-start min-w-0",
    )  # fmt: skip
    aside = E.div(
        card(t("Where it comes from"), E.div(facts(item.source), class_name="px-4 pb-4"), key="source"),
        _versions(item),
        class_name="grid gap-4 content-start min-w-0",
    )
    columns = E.div(main, aside, class_name="grid gap-4 xl:grid-cols-[minmax(0,1.6fr)_minmax(0,1fr)] grid-cols-[minmax(0,1fr)]")
    return E.div(title, head_notes(item), columns)


def _versions(item: rx.Var[ItemShown]) -> rx.Component:
    rows = E.ol(rx.foreach(item.versions, _version_row), class_name="row-list")
    heads = [t("Element"), t("What changed"), t("Was"), t("Is")]
    same = empty(t("Nothing but the moment of filing differs."))
    told = rx.cond(
        ItemPage.changes.length() > 0,
        table(heads, rx.foreach(ItemPage.changes, _change_row), t("Differences between two versions"), "changes-table"),
        same,
    )
    compared = rx.cond(
        ItemPage.compared != "",
        card(t("What changed"), told, key="changes", aside=E.span(t("Versions"), " ", ItemPage.compared, class_name="nums")),
    )
    return E.div(card(t("Versions"), rows, key="versions"), compared, class_name="grid gap-4")


def _version_row(one: rx.Var[VersionRow]) -> rx.Component:
    return E.li(
        E.div(
            E.span(t("Version"), " ", one.number, " · ", t(one.what), class_name="font-medium"),
            E.p(one.who, " · ", t(one.how), " · ", one.facility, class_name="label m-0"),
            rx.cond(one.href != "", E.a(t("Compare with the one before"), href=one.href, class_name="link hair no-print")),
            class_name="min-w-0",
        ),
        E.span(one.when, class_name="label nums"),
    )


def _change_row(one: rx.Var[ChangeRow]) -> rx.Component:
    return E.tr(
        E.td(one.place, class_name="break-words"),
        E.td(t(one.kind)),
        E.td(rx.cond(one.was != "", E.del_(one.was), E.span("–", class_name="label")), class_name="break-words"),
        E.td(rx.cond(one.now != "", E.ins(one.now), E.span("–", class_name="label")), class_name="break-words"),
    )


def _page_ref(state: rx.State) -> str:
    parts = [unquote(one) for one in state.router.url.path.strip("/").split("/")]
    return f"{parts[3]}/{parts[4]}" if len(parts) > 4 else ""


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


async def _version(record: Record, pid: str, ref: str, number: int) -> Json:
    rtype, _, fhir_id = ref.partition("/")
    try:
        found = (await record.vread(rtype, fhir_id, number)).resource()
    except Gone:
        raise NotFound from None
    belongs_to(found, pid)
    return found

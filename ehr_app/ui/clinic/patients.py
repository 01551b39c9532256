"""The patients page `/patients`: search while typing by name, birth date, record number or phone; recent patients."""

import reflex as rx

from ehr_app.errors import EhrError
from ehr_app.record.announcing import Topic
from ehr_app.record.door import Record
from ehr_app.record.ids import uid
from ehr_app.ui.clinic.frame import Shell, framed
from ehr_app.ui.clinic.opening import kind_of, now, open_list, zone_of
from ehr_app.ui.clinic.patients_view import PatientRow, patient_rows
from ehr_app.ui.clinic.watching import Watching
from ehr_app.ui.format.dates import today
from ehr_app.ui.gate.authz import requires
from ehr_app.ui.kit.browser import RowKeys
from ehr_app.ui.kit.controls import search_field
from ehr_app.ui.kit.i18n import t
from ehr_app.ui.kit.marks import chip, name_text, when
from ehr_app.ui.kit.states import bones, empty, failure

E = rx.el
LIMIT = 50


class Patients(Watching, rx.State):
    """The list that is shown and the question it answers."""

    rows: list[PatientRow] = []
    asked: str = ""
    ready: bool = False
    full: bool = False
    kind: str = ""
    problem: str = ""

    @rx.event
    @requires()
    async def open(self) -> None:
        """Show the answer to the question in the field, or the patients opened last."""
        await self._show(self.asked)

    @rx.event(supersedes=True)
    @requires()
    async def find(self, text: str) -> None:
        """Search while typing; the newest question wins."""
        await self._show(text)

    async def _show(self, text: str) -> None:
        shell = await self.get_state(Shell)
        self.asked, self.kind, self.problem = text, "", ""
        try:
            async with open_list(self, "patients") as record:
                await self._reread(record)
                await shell._tell(record)
        except EhrError as error:
            await self._lost(error)
        except Exception:
            self.rows, self.kind, self.problem = [], "other", EhrError.sentence
            raise
        finally:
            self.ready = True

    async def _reread(self, record: Record) -> None:
        asked = self.asked.strip()
        found = await (record.find_patients(asked, limit=LIMIT) if asked else record.recent_patients(limit=12))
        await self._watch(record, [Topic(one.facility, uid(one.facility, "Patient", one.id)) for one in found])
        self.rows = patient_rows([one.resource() for one in found], today(now(), zone_of(record)), record.access.facility.name)
        self.full = bool(asked) and len(found) == LIMIT

    async def _lost(self, error: EhrError) -> None:
        self.rows, self.kind, self.problem = [], kind_of(error), error.sentence


@rx.page(route="/patients", title="Patients", on_load=Patients.open)
def patients() -> rx.Component:
    """Compose the page."""
    searching = Patients.asked != ""
    field = search_field(
        "find-patient", t("Find a patient"), Patients.find, default_value=Patients.asked, auto_focus=True,
        placeholder=t("Name, birth date, record number or phone"), class_name="text-base min-h-12",
    )  # fmt: skip
    listed = E.ul(rx.foreach(Patients.rows, patient_line), class_name="list-none m-0 p-0")
    nothing = empty(
        rx.cond(searching, t("No patient matches."), t("You have not opened a chart yet.")),
        E.p(
            rx.cond(searching, t("Try fewer letters, another spelling, or the birth date."),
                    t("Type a name, a birth date, a record number or a phone number above.")),
            class_name="label m-0 mt-1",
        ),
    )  # fmt: skip
    content = rx.cond(
        Patients.kind != "",
        E.div(failure(Patients.kind, t(Patients.problem), Patients.open, "/patients"), class_name="p-4"),
        rx.cond(~Patients.ready, bones(5, t("Loading patients")), rx.cond(Patients.rows.length() == 0, nothing, listed)),
    )
    count = rx.cond(Patients.full, t("first {n}; type more to narrow", n=LIMIT), Patients.rows.length().to_string())
    body = E.main(
        E.h1(t("Patients"), class_name="text-(length:--text-display) mb-3"),
        RowKeys.create(
            field,
            E.p(
                t("Parts of names, accents and similar sounds are understood. Arrow keys move, Enter opens."),
                class_name="label mt-2 mb-4",
            ),
            E.section(
                E.div(
                    E.h2(rx.cond(searching, t("Found"), t("Recent")), id="found-title"),
                    E.span(rx.cond(Patients.rows.length() > 0, count, ""), class_name="label nums", role="status"),
                    class_name="card-head",
                ),
                content,
                aria_labelledby="found-title",
                class_name="card",
            ),
        ),
        id="content",
        class_name="mx-auto w-full max-w-4xl px-4 py-6 sm:py-10",
    )
    return framed(body)


def patient_line(row: rx.Var[PatientRow]) -> rx.Component:
    """One patient: name, born (age), sex, record number, facility. One link, read by Enter."""
    return E.li(
        E.a(
            E.div(
                name_text(t(row.name), class_name="font-semibold"),
                rx.cond(row.preferred != "", E.span(t("prefers"), " ", E.bdi(row.preferred), class_name="label ms-2")),
                rx.cond(row.died != "", E.span(chip(t("Died"), " ", t(row.died)), class_name="ms-2")),
                class_name="min-w-0 sm:col-span-1 col-span-2",
            ),
            E.div(
                when(t(row.born), row.born_spoken), " ",
                rx.cond(row.age != "", E.span("(", t(row.age), ")", class_name="text-(--ink-soft) nums")),
            ),
            E.div(t(row.sex), class_name="text-(--ink-soft)"),
            E.div(E.span("MRN ", class_name="label"), E.span(t(row.record_number), class_name="nums break-all")),
            E.div(row.facility, class_name="label"),
            href=row.href,
            custom_attrs={"data-row": "patient"},
            class_name=(
                "grid grid-cols-2 sm:grid-cols-[minmax(0,2.2fr)_minmax(0,1.5fr)_5rem_minmax(0,1.6fr)_minmax(0,1fr)]"
                " gap-x-4 gap-y-0.5 px-4 py-2.5 items-baseline border-t border-(--line) hover:bg-(--sunken)"
                " focus-visible:bg-(--accent-soft) outline-offset-[-2px]"
            ),
        ),
        key=row.pid,
    )  # fmt: skip

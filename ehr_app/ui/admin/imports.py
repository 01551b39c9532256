"""The imports of a facility `/admin/imports`: bring files in, and the batches that there are, newest first."""

from uuid import UUID

import reflex as rx
from reflex.event import EventSpec

from ehr_app.errors import EhrError, NotFound
from ehr_app.identity.roles import ADMINISTRATORS
from ehr_app.record.importing import batches
from ehr_app.ui.admin import working
from ehr_app.ui.admin.batch_view import Row, row
from ehr_app.ui.admin.opening import open_administration
from ehr_app.ui.clinic.frame import Shell, framed
from ehr_app.ui.clinic.opening import kind_of, zone_of
from ehr_app.ui.gate.authz import requires
from ehr_app.ui.kit.files import FileDrop
from ehr_app.ui.kit.i18n import t
from ehr_app.ui.kit.states import bones, empty, failure
from ehr_app.ui.kit.surfaces import card

E = rx.el
MOST = 100


class Imports(rx.State):
    """The batches that are shown."""

    rows: list[Row] = []
    ready: bool = False
    kind: str = ""
    problem: str = ""

    @rx.event
    @requires()
    async def open(self) -> None:
        """Show the batches; everybody may come here, only administrators see any."""
        shell = await self.get_state(Shell)
        self.kind = self.problem = ""
        try:
            async with open_administration(self, "imports") as record:
                await shell._tell(record)
                zone = zone_of(record)
                self.rows = [row(one, zone) for one in await batches.listed(record, MOST)]
        except EhrError as error:
            self.rows, self.kind, self.problem = [], kind_of(error), error.sentence
        finally:
            self.ready = True

    @rx.event
    @requires(*ADMINISTRATORS)
    async def received(self, batch: str) -> EventSpec | None:
        """All files of a batch are there: begin its rehearsal and go to its page."""
        try:
            number = UUID(batch)
        except ValueError:
            raise NotFound() from None
        async with open_administration(self, f"batch {number}: rehearse") as record:
            await batches.one(record, number)
            await batches.move(record, number, "rehearsing", among=("receiving", "rehearsed"))
            facility = record.access.facility.slug
        await working.start("rehearse", facility, number)
        going: EventSpec = rx.redirect(f"/admin/imports/{number}")
        return going


@rx.page(route="/admin/imports", title="Imports", on_load=Imports.open)
def imports() -> rx.Component:
    """Compose the page."""
    bring = FileDrop.create(
        url="/imports",
        label=t("Choose files"),
        hint=t("Drop FHIR R4 bundles or NDJSON here, plain or gzip. They are rehearsed first; nothing is stored until you say so."),
        on_done=Imports.received,
    )
    nothing = empty(t("Nothing was imported here yet."))
    listed = E.ul(rx.foreach(Imports.rows, _line), class_name="list-none m-0 p-0")
    shown = rx.cond(Imports.rows.length() == 0, nothing, listed)
    body = rx.cond(
        Imports.kind != "",
        failure(Imports.kind, t(Imports.problem), Imports.open, "/patients"),
        rx.fragment(
            card(t("Bring files in"), E.div(bring, class_name="p-4 pt-1")),
            card(t("Imports"), rx.cond(Imports.ready, shown, bones(3)), key="batches"),
        ),
    )
    return framed(
        E.main(
            E.h1(t("Imports"), class_name="text-(length:--text-display) m-0"),
            body,
            id="content",
            class_name="mx-auto w-full max-w-5xl px-4 py-6 grid gap-4",
        )
    )


def _line(one: rx.Var[Row]) -> rx.Component:
    return E.li(
        E.a(
            E.span(one.began, class_name="nums"),
            E.span(t(one.state), class_name="font-semibold"),
            E.bdi(one.files, class_name="break-all"),
            E.span(one.who, class_name="label"),
            E.span(one.came_to, class_name="label nums sm:col-start-2 sm:col-span-3"),
            href=one.href,
            custom_attrs={"data-row": "batch"},
            class_name="grid gap-x-4 gap-y-1 px-4 py-3 border-t border-(--line) sm:grid-cols-[9rem_14rem_minmax(0,1fr)_10rem]",
        )
    )

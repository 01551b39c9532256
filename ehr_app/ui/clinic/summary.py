"""The summary page `/patients/<id>`: what matters about a patient at one look."""

from dataclasses import replace

import reflex as rx

from ehr_app.errors import EhrError
from ehr_app.record.door import Record
from ehr_app.ui.clinic.allergies_view import allergies as allergy_section
from ehr_app.ui.clinic.chart import MANY, Chart
from ehr_app.ui.clinic.chart_frame import chart_page
from ehr_app.ui.clinic.chart_view import NavItem
from ehr_app.ui.clinic.coverage_view import coverage
from ehr_app.ui.clinic.documents_view import documents
from ehr_app.ui.clinic.filed import newest, short_words
from ehr_app.ui.clinic.frame import Shell
from ehr_app.ui.clinic.immunizations_view import immunizations
from ehr_app.ui.clinic.medications_view import medications
from ehr_app.ui.clinic.opening import Found, find, open_chart, page_patient, zone_of
from ehr_app.ui.clinic.problems_view import problems
from ehr_app.ui.clinic.rows import Section
from ehr_app.ui.clinic.sections import section
from ehr_app.ui.clinic.summary_view import recent_results
from ehr_app.ui.clinic.visits_view import encounters
from ehr_app.ui.clinic.watching import Watching
from ehr_app.ui.gate.authz import requires

E = rx.el


class Summary(Watching, rx.State):
    """The sections of the patient on the page."""

    sections: list[Section] = []
    more: list[Section] = []
    _shown: str = ""

    @rx.event
    @requires()
    async def open(self):  # type: ignore[no-untyped-def]
        """Load the summary of the patient in the address."""
        pid = page_patient(self)
        chart, shell = await self.get_state(Chart), await self.get_state(Shell)
        chart._begin(pid, keep=self._shown == pid)
        if self._shown != pid:
            self.sections, self.more, self._shown = [], [], pid
            yield
        try:
            async with open_chart(self, pid, "summary") as record:
                await shell._tell(record)
                await self._watch(record)
                await self._reread(record)
            chart.ready = True
        except EhrError as error:
            chart._fail(error)
        except Exception:
            chart._fail(EhrError())  # never an empty section for what could not be read
            raise

    async def _reread(self, record: Record) -> None:
        chart, pid = await self.get_state(Chart), page_patient(self)
        allergies = await chart._load(record, pid)
        zone, mine, many = zone_of(record), ("patient", pid), ("_count", MANY)
        conditions = await find(record, "Condition", mine, many)
        ordered = await find(record, "MedicationRequest", mine, many, ("_include", "MedicationRequest:medication"))
        stated = await find(record, "MedicationStatement", mine, many, ("_include", "MedicationStatement:medication"))
        drugs, named = [*ordered.resources, *stated.resources], [*ordered.included, *stated.included]
        labs = await find(record, "Observation", mine, ("category", "laboratory"), many)
        visits = await find(record, "Encounter", mine, ("_count", "50"))
        shots = await find(record, "Immunization", mine, many)
        papers = await find(record, "DocumentReference", mine, ("_count", "50"))
        payers = await find(record, "Coverage", mine, ("_count", "20"))
        self.sections = [
            problems(conditions.resources, zone, conditions.more),
            medications(drugs, zone, ordered.more or stated.more, named),
            encounters(visits.resources, zone, visits.more),
        ]
        self.more = [
            allergy_section(allergies, zone),
            recent_results(labs.resources, zone),
            immunizations(shots.resources, zone, shots.more),
            documents(papers.resources, zone, papers.more),
            coverage(payers.resources, zone, payers.more),
        ]
        groups = (conditions, drugs, visits, allergies or (), labs, shots, papers, payers)
        filed = await record.filed([newest(one.resources if isinstance(one, Found) else one) for one in groups])
        told = [replace(one, filed=short_words(by, zone)) for one, by in zip(self.sections + self.more, filed, strict=True)]
        self.sections, self.more = told[:3], told[3:]
        chart.places = [NavItem(one.key, one.title, one.count, f"#{one.key}") for one in self.sections + self.more]


@rx.page(route="/patients/[pid]", title="Patient", on_load=Summary.open)
def summary() -> rx.Component:
    """Compose the page."""
    columns = E.div(
        E.div(rx.foreach(Summary.sections, lambda one: section(one)), class_name="grid gap-4 content-start min-w-0"),
        E.div(rx.foreach(Summary.more, lambda one: section(one)), class_name="grid gap-4 content-start min-w-0"),
        class_name="grid gap-4 lg:grid-cols-[minmax(0,1.2fr)_minmax(0,1fr)]",
    )
    return chart_page("summary", columns, retry=Summary.open)

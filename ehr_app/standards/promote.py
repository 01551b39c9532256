"""The columns the store promotes from a resource: its patient, encounter, main date, main code, category.

Source: the patient compartment, https://hl7.org/fhir/R4/compartmentdefinition-patient.html (4.0.1); which date and
code are the main ones is our choice, in the tables below. Search never depends on these: they only make it quick.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from ehr_app.standards import r4
from ehr_app.standards.categories import CATEGORIES, category_of
from ehr_app.standards.intervals import interval, period, timing
from ehr_app.standards.search_parameters import Path, Step, parameters


class Promoted(NamedTuple):
    """What the store keeps in columns of its own."""

    patient: str | None
    """`Patient/id` of the one patient the resource belongs to; for a Patient itself"""
    patient_params: tuple[str, ...]
    """The search parameters that this column alone answers for this resource: those of `patient_parameters`, or none
    when the patient was found by another one (a performer, an author)"""
    encounter: str | None
    """`Encounter/id`"""
    date_param: str | None
    """The first of the type's `MAIN_DATES` when `date_lo` and `date_hi` are its value; None when they come from another date"""
    date_lo: datetime | None
    date_hi: datetime | None
    code: tuple[str, str] | None
    """(system or "", code) of the main coding"""
    category: str
    """One of the type's known categories (`CATEGORIES`), or "" """


MAIN_DATES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Account": ("period",),
        "AdverseEvent": ("date",),
        "AllergyIntolerance": ("date",),
        "Appointment": ("date",),
        "AuditEvent": ("date",),
        "Basic": ("created",),
        "Bundle": ("timestamp",),
        "CarePlan": ("date",),
        "CareTeam": ("date",),
        "ChargeItem": ("occurrence", "entered-date"),
        "Claim": ("created",),
        "ClaimResponse": ("created",),
        "ClinicalImpression": ("date",),
        "Communication": ("sent", "received"),
        "CommunicationRequest": ("authored", "occurrence"),
        "Composition": ("date",),
        "Condition": ("onset-date", "recorded-date"),
        "Consent": ("date",),
        "Contract": ("issued",),
        "CoverageEligibilityRequest": ("created",),
        "CoverageEligibilityResponse": ("created",),
        "DetectedIssue": ("identified",),
        "DeviceRequest": ("authored-on", "event-date"),
        "DiagnosticReport": ("date", "issued"),
        "DocumentManifest": ("created",),
        "DocumentReference": ("date",),
        "Encounter": ("date",),
        "EpisodeOfCare": ("date",),
        "ExplanationOfBenefit": ("created",),
        "FamilyMemberHistory": ("date",),
        "Flag": ("date",),
        "Goal": ("start-date",),
        "ImagingStudy": ("started",),
        "Immunization": ("date",),
        "ImmunizationEvaluation": ("date",),
        "ImmunizationRecommendation": ("date",),
        "Invoice": ("date",),
        "List": ("date",),
        "MeasureReport": ("date", "period"),
        "Media": ("created",),
        "MedicationAdministration": ("effective-time",),
        "MedicationDispense": ("whenhandedover", "whenprepared"),
        "MedicationRequest": ("authoredon",),
        "MedicationStatement": ("effective",),
        "NutritionOrder": ("datetime",),
        "Observation": ("date",),
        "Patient": ("birthdate",),
        "Person": ("birthdate",),
        "Procedure": ("date",),
        "Provenance": ("recorded",),
        "QuestionnaireResponse": ("authored",),
        "RelatedPerson": ("birthdate",),
        "RequestGroup": ("authored",),
        "ResearchSubject": ("date",),
        "RiskAssessment": ("date",),
        "Schedule": ("date",),
        "ServiceRequest": ("authored", "occurrence"),
        "Slot": ("start",),
        "Specimen": ("collected",),
        "SupplyRequest": ("date",),
        "Task": ("authored-on", "modified"),
        "VisionPrescription": ("datewritten",),
    }
)
"""Resource type -> its main date parameter, then those used in order when it is absent (`date_param` is then None)."""

OTHER_DATES: Mapping[str, str] = MappingProxyType(
    {
        "Coverage": "period",
        "DeviceUseStatement": "recordedOn",
        "GuidanceResponse": "occurrenceDateTime",
        "Immunization": "recorded",
        "MedicationStatement": "dateAsserted",
        "Observation": "issued",
        "SupplyDelivery": "occurrenceDateTime",
    }
)
"""Resource type -> a date that is no search parameter, used last."""

MAIN_CODES: Mapping[str, str] = MappingProxyType(
    {
        "Appointment": "serviceType",
        "AdverseEvent": "event",
        "AuditEvent": "type",
        "Claim": "type",
        "ClaimResponse": "type",
        "Composition": "type",
        "Coverage": "type",
        "Device": "type",
        "DocumentManifest": "type",
        "DocumentReference": "type",
        "Encounter": "type",
        "EpisodeOfCare": "type",
        "ExplanationOfBenefit": "type",
        "Goal": "description",
        "ImagingStudy": "procedureCode",
        "Immunization": "vaccineCode",
        "Invoice": "type",
        "Media": "type",
        "MedicationAdministration": "medicationCodeableConcept",
        "MedicationDispense": "medicationCodeableConcept",
        "MedicationRequest": "medicationCodeableConcept",
        "MedicationStatement": "medicationCodeableConcept",
        "Specimen": "type",
        "SupplyDelivery": "type",
    }
)
"""Resource type -> the property of its main code where that is not `code`."""

CODE_SYSTEMS = frozenset(
    {
        "http://loinc.org",
        "http://snomed.info/sct",
        "http://www.nlm.nih.gov/research/umls/rxnorm",
        "http://hl7.org/fhir/sid/icd-10",
        "http://hl7.org/fhir/sid/icd-10-cm",
        "http://hl7.org/fhir/sid/cvx",
    }
)
"""Of several codings, the first of one of these systems is the main one."""


def promote(resource: Mapping[str, Any]) -> Promoted:
    """The promoted columns of a valid resource. Raises KeyError for an unknown resource type."""
    return _promoter(resource["resourceType"])(resource)


@cache
def _promoter(rtype: str) -> Callable[[Mapping[str, Any]], Promoted]:
    names: dict[str, Any] = {
        "interval": interval,
        "period": period,
        "timing": timing,
        "main_coding": _main_coding,
        "category_of": category_of,
        "known": CATEGORIES.get(rtype, {}),
        "Promoted": Promoted,
    }
    exec(compile(source(rtype), f"<promoter of {rtype}>", "exec"), names)
    compiled: Callable[[Mapping[str, Any]], Promoted] = names["run"]
    return compiled


@cache
def patient_parameters(rtype: str) -> tuple[str, ...]:
    """The search parameters that name the type's patient and nothing but it (`patient`, `subject`, `beneficiary`)."""
    if rtype == "Patient":
        return ("_id",)
    own = frozenset(path.steps for path, main in _patient_paths(rtype) if main)
    every = parameters(rtype).values()
    return tuple(p.code for p in every if own and "Patient" in p.targets and {path.steps for path in p.paths} == own)


def source(rtype: str) -> str:
    """The Python text of a type's promoter (for tests and for the curious)."""
    lines = [
        "def run(v0):",
        " patient = encounter = date = low = high = code = None",
        " named = ()",
        " category = ''",
    ]
    if rtype == "Patient":
        lines += [" if 'id' in v0: patient = 'Patient/' + v0['id']; named = ('_id',)"]
    for path, main in _patient_paths(rtype):
        found = [f"if patient is not None: named = {patient_parameters(rtype)!r}"] if main else []
        lines += _guarded("patient", [*_first(path.steps, "patient", "Patient/"), *found])
    for path in _encounter_paths(rtype):
        lines += _guarded("encounter", _first(path.steps, "encounter", "Encounter/"))
    for kind, steps, parameter in _dates(rtype):
        lines += _guarded("low", _date(kind, steps, parameter))
    lines += _code(rtype)
    if rtype in CATEGORIES:
        lines += [" if 'category' in v0: category = category_of(v0['category'], known)"]
    return "\n".join([*lines, " return Promoted(patient, named, encounter, date, low, high, code, category)"])


def _guarded(name: str, lines: list[str]) -> list[str]:
    return [f" if {name} is None:", *(f"  {line}" for line in lines)]


def _code(rtype: str) -> list[str]:
    name = MAIN_CODES.get(rtype, "code")
    found = r4.property_of(rtype, name)
    if found is None or found[1].code not in ("CodeableConcept", "Coding"):
        return []
    items = f"v0[{name!r}]" if found[0].many else f"(v0[{name!r}],)"
    if found[1].code == "CodeableConcept":
        items = f"[c for x in {items} for c in x.get('coding', ())]"
    return [f" if {name!r} in v0: code = main_coding({items})"]


def _patient_paths(rtype: str) -> Iterator[tuple[Path, bool]]:
    """Where a type may name its patient, best first, and whether that is its `subject` or `patient`.

    A Group's members are no owners. `subject` and `patient` count outside the compartment too (Device, Contract).
    """
    if rtype in ("Patient", "Group"):
        return
    every = parameters(rtype)
    seen = set()
    for code in ("subject", "patient", *r4.PATIENT_COMPARTMENT.get(rtype, ())):
        if code not in every or every[code].type != "reference" or "Patient" not in every[code].targets:
            continue
        for path in every[code].paths:
            if path.steps in seen or (path.targets and "Patient" not in path.targets) or path.type != "Reference":
                continue
            seen.add(path.steps)
            yield path, code in ("subject", "patient")


def _encounter_paths(rtype: str) -> Iterator[Path]:
    every = parameters(rtype)
    for code in ("encounter", "context"):
        if code in every and every[code].type == "reference":
            yield from (p for p in every[code].paths if "Encounter" in p.targets)


def _dates(rtype: str) -> Iterator[tuple[str, tuple[Step, ...], str | None]]:
    for place, code in enumerate(MAIN_DATES.get(rtype, ())):
        for path in parameters(rtype)[code].paths:
            yield path.type, path.steps, None if place else code
    if rtype in OTHER_DATES:
        found = r4.property_of(rtype, OTHER_DATES[rtype])
        if found is None:
            raise KeyError(OTHER_DATES[rtype])
        yield found[1].code, (Step(OTHER_DATES[rtype], found[0].many),), None


def _bind(steps: tuple[Step, ...], inner: list[str]) -> list[str]:
    """Lines that run `inner` for each value `v{n}` along `steps`."""
    lines, pad = [], ""
    for depth, step in enumerate(steps, start=1):
        if step.many:
            lines.append(f"{pad}for v{depth} in v{depth - 1}.get({step.name!r}, ()):")
        else:
            lines += [f"{pad}v{depth} = v{depth - 1}.get({step.name!r})", f"{pad}if v{depth} is not None:"]
        pad += " "
    return [*lines, *(pad + line for line in inner)]


def _first(steps: tuple[Step, ...], name: str, start: str) -> list[str]:
    """Lines that set `name` to the first reference along `steps` that begins with `start`, version removed."""
    return _bind(
        steps,
        [
            f"x = v{len(steps)}.get('reference', '')",
            f"if {name} is None and x.startswith({start!r}): {name} = x.partition('/_history/')[0]",
        ],
    )


def _date(kind: str, steps: tuple[Step, ...], parameter: str | None) -> list[str]:
    read = kind.lower() if kind in ("Period", "Timing") else "interval"
    return _bind(steps, [f"x = {read}(v{len(steps)})", f"if x is not None: low, high = x; date = {parameter!r}"])


def _main_coding(codings: list[Mapping[str, Any]]) -> tuple[str, str] | None:
    first = None
    for coding in codings:
        if "code" in coding:
            system = coding.get("system", "")
            if system in CODE_SYSTEMS:
                return system, coding["code"]
            if first is None:
                first = (system, coding["code"])
    return first

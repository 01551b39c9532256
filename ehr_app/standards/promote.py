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
from ehr_app.standards.intervals import interval, period, timing
from ehr_app.standards.search_parameters import Path, Step, parameters


class Promoted(NamedTuple):
    """What the store keeps in columns of its own."""

    patient: str | None
    """`Patient/id` of the one patient the resource belongs to; for a Patient itself"""
    patient_params: tuple[str, ...]
    """The search parameters that name that patient in this resource (`_id` for a Patient)"""
    encounter: str | None
    """`Encounter/id`"""
    date_param: str | None
    """The search parameter whose value `date_lo` and `date_hi` are; None when they come from another date or none"""
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
"""Resource type -> its main date, then the date parameters to fall back on, in order."""

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
"""Resource type -> a date that is no search parameter, used when there is no main date."""

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

_OBSERVATION = (
    "laboratory vital-signs social-history survey imaging procedure exam therapy activity sdoh functional-status"
    " disability-status cognitive-status clinical-test treatment-intervention-preference care-experience-preference"
)
_IN_OR_OUT = "inpatient outpatient community discharge"
_LAB = dict.fromkeys("LAB BG BLB CH HM IMM MB MCB MYC OSL PAR SR TX URN VR".split(), "LAB")
_RAD = dict.fromkeys("RAD CT CUS IMG NMR NMS OUS RUS RX VUS XRC LP29684-5".split(), "RAD")
_PATHOLOGY = dict.fromkeys("PAT SP CP LP7839-6".split(), "PAT")
_CARDIOLOGY = dict.fromkeys("EC LP29708-2".split(), "EC")

CATEGORIES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "AllergyIntolerance": {c: c for c in "medication food environment biologic".split()},
        "CarePlan": {"assess-plan": "assess-plan"},
        "Condition": {c: c for c in "problem-list-item encounter-diagnosis health-concern sdoh".split()},
        "DiagnosticReport": _LAB | _RAD | _PATHOLOGY | _CARDIOLOGY,
        "DocumentReference": {"clinical-note": "clinical-note"},
        "Goal": {c: c for c in "dietary safety behavioral nursing physiotherapy".split()},
        "MedicationAdministration": {c: c for c in _IN_OR_OUT.split()},
        "MedicationDispense": {c: c for c in _IN_OR_OUT.split()},
        "MedicationRequest": {c: c for c in _IN_OR_OUT.split()},
        "MedicationStatement": {c: c for c in [*_IN_OR_OUT.split(), "patientspecified"]},
        "Observation": {c: c for c in _OBSERVATION.split()},
        "ServiceRequest": {"sdoh": "sdoh"},
    }
)
"""Resource type -> category code -> the normalised category (laboratory sections are `LAB`, imaging ones `RAD`).

Source: HL7 table 0074 (https://terminology.hl7.org/CodeSystem-v2-0074.html), the R4 and US Core category code systems,
LOINC parts LP29684-5 radiology, LP7839-6 pathology, LP29708-2 cardiology.
"""


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
        "category": _category,
        "known": CATEGORIES.get(rtype, {}),
        "Promoted": Promoted,
    }
    exec(compile(source(rtype), f"<promoter of {rtype}>", "exec"), names)  # noqa: S102 (from our own tables)
    compiled: Callable[[Mapping[str, Any]], Promoted] = names["run"]
    return compiled


def source(rtype: str) -> str:
    """The Python text of a type's promoter (for tests and for the curious)."""
    lines = ["def run(v0):", " patient = encounter = date = low = high = code = None", " named = ()", " kind = ''"]
    if rtype == "Patient":
        lines += [" if 'id' in v0: patient = 'Patient/' + v0['id']; named = ('_id',)"]
    for path, codes in _patient_paths(rtype):
        lines += _guarded("patient", [*_first(path.steps, "patient", "Patient/"), f"if patient: named = {codes!r}"])
    for path in _encounter_paths(rtype):
        lines += _guarded("encounter", _first(path.steps, "encounter", "Encounter/"))
    for kind, steps, parameter in _dates(rtype):
        lines += _guarded("low", _date(kind, steps, parameter))
    name = MAIN_CODES.get(rtype, "code")
    found = r4.children(rtype).get(name) or (r4.property_of(rtype, name) or (None,))[0]
    if found:
        items = f"v0.get({name!r}, ())" if found.many else f"(v0[{name!r}],)"
        concept = "CodeableConcept" in {kind.code for kind in found.types}
        if concept or found.types[0].code == "Coding":
            codings = f"[c for x in {items} for c in x.get('coding', ())]" if concept else items
            lines += [f" if {name!r} in v0: code = main_coding({codings})"]
    if rtype in CATEGORIES:
        lines += [" if 'category' in v0: kind = category(v0['category'], known)"]
    return "\n".join([*lines, " return Promoted(patient, named, encounter, date, low, high, code, kind)"])


def _guarded(name: str, lines: list[str]) -> list[str]:
    return [f" if {name} is None:", *(f"  {line}" for line in lines)]


def _patient_paths(rtype: str) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Where a type may name its patient, best first; a Group's members are no owners."""
    if rtype in ("Patient", "Group"):
        return
    every = parameters(rtype)
    listed = r4.PATIENT_COMPARTMENT.get(rtype, ())
    seen = set()
    for code in ("subject", "patient", *listed):
        if code not in every or every[code].type != "reference" or "Patient" not in every[code].targets:
            continue
        for path in every[code].paths:
            if path.steps in seen or (path.targets and "Patient" not in path.targets) or path.type != "Reference":
                continue
            seen.add(path.steps)
            yield path, tuple(p.code for p in every.values() if any(own.steps == path.steps for own in p.paths))


def _encounter_paths(rtype: str) -> Iterator[Path]:
    every = parameters(rtype)
    for code in ("encounter", "context"):
        if code in every and every[code].type == "reference":
            yield from (p for p in every[code].paths if "Encounter" in p.targets)


def _dates(rtype: str) -> Iterator[tuple[str, tuple[Step, ...], str | None]]:
    for code in MAIN_DATES.get(rtype, ()):
        for path in parameters(rtype)[code].paths:
            yield path.type, path.steps, code
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


def _category(value: Any, known: Mapping[str, str]) -> str:
    """The first known category among a `category` of code, CodeableConcept, or a list of either."""
    for item in value if isinstance(value, list) else (value,):
        if isinstance(item, str):
            if item in known:
                return known[item]
        elif item is not None:
            for coding in item.get("coding", ()):
                if coding.get("code") in known:
                    return known[coding["code"]]
    return ""

"""The domains of a chart: every R4 type of a patient's record belongs to exactly one, so nothing that was imported is invisible.

Pure. A domain has an address (`/patients/<id>/<key>`), a name, an empty state in words, the key that opens it (after `g`), and the
kinds of resources it shows; `other` takes every kind that no domain names.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ehr_app.record.contents import Kind
from ehr_app.ui.clinic.chart_view import NavItem
from ehr_app.ui.clinic.patients_view import chart_address


@dataclass(frozen=True)
class Domain:
    """One domain. `kinds`: resource types, or `Type/category` for a part of one; `hotkey` follows `g`."""

    key: str
    label: str
    empty: str
    hotkey: str
    kinds: tuple[str, ...] = ()
    counted: bool = True


SUMMARY = Domain("summary", "Summary", "", "s", counted=False)
TIMELINE = Domain("timeline", "Timeline", "Nothing is recorded yet.", "t", counted=False)
DOMAINS: tuple[Domain, ...] = (
    SUMMARY,
    TIMELINE,
    Domain("visits", "Visits", "No visits recorded.", "e", ("Encounter", "EpisodeOfCare", "Appointment", "AppointmentResponse")),
    Domain(
        "problems", "Problems", "No problems recorded.", "p", ("Condition", "ClinicalImpression", "DetectedIssue", "RiskAssessment")
    ),
    Domain(
        "medications",
        "Medications",
        "No medications recorded.",
        "m",
        ("MedicationRequest", "MedicationStatement", "MedicationAdministration", "MedicationDispense"),
    ),
    Domain("allergies", "Allergies", "No allergies recorded.", "a", ("AllergyIntolerance", "AdverseEvent")),
    Domain(
        "results",
        "Results",
        "No results recorded.",
        "r",
        ("DiagnosticReport", "Observation", "Specimen", "ImagingStudy", "MolecularSequence", "BodyStructure"),
    ),
    Domain("vitals", "Vitals and growth", "No vital signs recorded.", "v", ("Observation/vital-signs",)),
    Domain(
        "immunizations",
        "Immunizations",
        "No immunizations recorded.",
        "i",
        ("Immunization", "ImmunizationEvaluation", "ImmunizationRecommendation"),
    ),
    Domain("procedures", "Procedures", "No procedures recorded.", "o", ("Procedure",)),
    Domain(
        "orders",
        "Orders",
        "No orders recorded.",
        "q",
        (
            "ServiceRequest",
            "DeviceRequest",
            "NutritionOrder",
            "SupplyRequest",
            "SupplyDelivery",
            "VisionPrescription",
            "RequestGroup",
            "Task",
        ),
    ),
    Domain(
        "documents",
        "Documents",
        "No documents recorded.",
        "d",
        ("DocumentReference", "DocumentManifest", "Composition", "Media", "QuestionnaireResponse"),
    ),
    Domain("plans", "Care plans and goals", "No care plans or goals recorded.", "c", ("CarePlan", "Goal", "CareTeam")),
    Domain(
        "history",
        "Family and social history",
        "No family or social history recorded.",
        "h",
        ("FamilyMemberHistory", "Observation/social-history", "Observation/sdoh", "Observation/survey"),
    ),
    Domain("devices", "Devices", "No devices recorded.", "y", ("Device", "DeviceUseStatement")),
    Domain(
        "coverage",
        "Coverage and contacts",
        "No insurance or contacts recorded.",
        "k",
        (
            "Coverage",
            "CoverageEligibilityRequest",
            "CoverageEligibilityResponse",
            "EnrollmentRequest",
            "EnrollmentResponse",
            "RelatedPerson",
            "Account",
        ),
    ),
    Domain("other", "Everything else", "Nothing else is recorded.", "x"),
)
BY_KEY: Mapping[str, Domain] = {domain.key: domain for domain in DOMAINS}
NOT_SHOWN = frozenset({"Patient"})
"""The Patient is the banner; it is no item of a list."""

_OWNERS = {kind: domain.key for domain in DOMAINS for kind in domain.kinds}


def domain_of(kind: Kind) -> str:
    """Return the key of the domain that shows a kind of resource."""
    return _OWNERS.get(f"{kind.type}/{kind.category}") or _OWNERS.get(kind.type) or "other"


def navigation(pid: str, contents: Mapping[Kind, int]) -> list[NavItem]:
    """Return the domains with what they count; those without anything stay, so that their place never moves."""
    counts = dict.fromkeys(BY_KEY, 0)
    for kind, number in contents.items():
        if kind.type not in NOT_SHOWN:
            counts[domain_of(kind)] += number
    return [
        NavItem(one.key, one.label, f"{counts[one.key]:,}" if one.counted and counts[one.key] else "", address(pid, one.key))
        for one in DOMAINS
    ]


def address(pid: str, key: str) -> str:
    """Return the address of a domain of a chart."""
    base = chart_address(pid)
    return base if key == SUMMARY.key else f"{base}/{key}"

"""The categories by which records are filtered and guarded, a short known list for each resource type.

Sources: HL7 table 0074 (https://terminology.hl7.org/CodeSystem-v2-0074.html), the category code systems of R4 (4.0.1)
and US Core (https://hl7.org/fhir/us/core/), LOINC parts LP29684-5 radiology, LP7839-6 pathology, LP29708-2 cardiology.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

_OBSERVATION = (
    "laboratory vital-signs social-history survey imaging procedure exam therapy activity sdoh functional-status"
    " disability-status cognitive-status clinical-test treatment-intervention-preference care-experience-preference"
)
_IN_OR_OUT = "inpatient outpatient community discharge"
_LAB = dict.fromkeys(["LAB", "BG", "BLB", "CH", "HM", "IMM", "MB", "MCB", "MYC", "OSL", "PAR", "SR", "TX", "URN", "VR"], "LAB")
_RAD = dict.fromkeys(["RAD", "CT", "CUS", "IMG", "NMR", "NMS", "OUS", "RUS", "RX", "VUS", "XRC", "LP29684-5"], "RAD")
_PATHOLOGY = dict.fromkeys(["PAT", "SP", "CP", "LP7839-6"], "PAT")
_CARDIOLOGY = dict.fromkeys(["EC", "LP29708-2"], "EC")

CATEGORIES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "AllergyIntolerance": {c: c for c in ["medication", "food", "environment", "biologic"]},
        "CarePlan": {"assess-plan": "assess-plan"},
        "Condition": {c: c for c in ["problem-list-item", "encounter-diagnosis", "health-concern", "sdoh"]},
        "DiagnosticReport": _LAB | _RAD | _PATHOLOGY | _CARDIOLOGY,
        "DocumentReference": {"clinical-note": "clinical-note"},
        "Goal": {c: c for c in ["dietary", "safety", "behavioral", "nursing", "physiotherapy"]},
        "MedicationAdministration": {c: c for c in _IN_OR_OUT.split()},
        "MedicationDispense": {c: c for c in _IN_OR_OUT.split()},
        "MedicationRequest": {c: c for c in _IN_OR_OUT.split()},
        "MedicationStatement": {c: c for c in [*_IN_OR_OUT.split(), "patientspecified"]},
        "Observation": {c: c for c in _OBSERVATION.split()},
        "ServiceRequest": {"sdoh": "sdoh"},
    }
)
"""Resource type -> category code -> the category kept (laboratory sections are `LAB`, imaging ones `RAD`)."""


def category_of(value: Any, known: Mapping[str, str]) -> str:
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

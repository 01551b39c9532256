"""FHIR R4 elements the generator writes again and again: concepts, references, quantities, instants.

Spec: https://hl7.org/fhir/R4/datatypes.html
Every call returns fresh dicts, so a caller may change what it gets.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

Resource = dict[str, Any]

SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
CVX = "http://hl7.org/fhir/sid/cvx"
UCUM = "http://unitsofmeasure.org"
HL7 = "http://terminology.hl7.org/CodeSystem/"
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"


class Code(NamedTuple):
    """One concept of a code system with its display."""

    system: str
    code: str
    display: str


def coding(code: Code) -> Resource:
    """Return the Coding of a code; an empty display is left out."""
    if not code.display:
        return {"system": code.system, "code": code.code}
    return {"system": code.system, "code": code.code, "display": code.display}


def concept(code: Code, text: str | None = None) -> Resource:
    """Return a CodeableConcept with one coding and a text (the display unless told)."""
    return {"coding": [coding(code)], "text": text or code.display}


def status(system: str, code: str) -> Resource:
    """Return a CodeableConcept of an HL7 status code system; the code says it all."""
    return {"coding": [{"system": HL7 + system, "code": code}]}


def reference(resource_type: str, identity: str, display: str | None = None) -> Resource:
    """Return a literal Reference."""
    target: Resource = {"reference": f"{resource_type}/{identity}"}
    if display:
        target["display"] = display
    return target


def quantity(value: Decimal, unit: str, code: str) -> Resource:
    """Return a Quantity; `code` is the UCUM code, `unit` what people read."""
    return {"value": value, "unit": unit, "system": UCUM, "code": code}


def decimal(value: float, places: int) -> Decimal:
    """Return a Decimal that keeps exactly `places` decimals (`6.50` stays `6.50`)."""
    return Decimal(f"{value:.{places}f}")


def instant(moment: datetime) -> str:
    """Return a FHIR dateTime to the second with the zone's offset."""
    return moment.isoformat(timespec="seconds")


def profile(*names: str) -> Resource:
    """Return the meta element that claims US Core profiles by their short names."""
    return {"profile": [US_CORE + name for name in names]}

"""Words for R4's own names: resource types, elements, code systems.

Made from the names themselves (`authoredOn` reads `Authored on`), with a short table where that would not read well. Names of code
systems: https://hl7.org/fhir/R4/terminologies-systems.html
"""

import re
from functools import cache

_SPLIT = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[-_]+")
_SPECIAL = {
    "vaccineCode": "Vaccine",
    "udiCarrier": "UDI carrier",
    "carrierHRF": "UDI, human readable",
    "carrierAIDC": "UDI, machine readable",
    "fullUrl": "Full address",
    "subjectOf": "Subject of",
    "url": "Address",
    "uri": "Address",
    "resourceType": "Type",
    "lotNumber": "Lot number",
    "DetectedIssue": "Detected issue",
}
_PLURALS = {
    "Media": "Media",
    "Basic": "Basic resources",
    "RequestGroup": "Request groups",
    "DeviceUseStatement": "Device use statements",
    "Substance": "Substances",
}
_SYSTEMS = {
    "http://snomed.info/sct": "SNOMED CT",
    "http://loinc.org": "LOINC",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "RxNorm",
    "http://unitsofmeasure.org": "UCUM",
    "http://hl7.org/fhir/sid/icd-10": "ICD-10",
    "http://hl7.org/fhir/sid/icd-10-cm": "ICD-10-CM",
    "http://hl7.org/fhir/sid/icd-9-cm": "ICD-9-CM",
    "http://hl7.org/fhir/sid/cvx": "CVX",
    "http://hl7.org/fhir/sid/ndc": "NDC",
    "http://hl7.org/fhir/sid/us-npi": "NPI",
    "http://hl7.org/fhir/sid/us-ssn": "Social security number",
    "http://www.ama-assn.org/go/cpt": "CPT",
    "http://dicom.nema.org/resources/ontology/DCM": "DICOM",
    "urn:ietf:rfc:3986": "Address",
    "urn:ietf:bcp:47": "Language tag",
    "urn:iso:std:iso:3166": "ISO 3166",
    "urn:iso:std:iso:4217": "ISO 4217",
}


@cache
def element_words(name: str) -> str:
    """Return an element's or a type's name in words: `authoredOn` gives `Authored on`."""
    if name in _SPECIAL:
        return _SPECIAL[name]
    parts = [part if part.isupper() and len(part) > 1 else part.lower() for part in _SPLIT.split(name) if part]
    told = " ".join(parts)
    return told[:1].upper() + told[1:]


@cache
def type_plural(rtype: str) -> str:
    """Return the name of many resources of a type: `FamilyMemberHistory` gives `Family member histories`."""
    if rtype in _PLURALS:
        return _PLURALS[rtype]
    told = element_words(rtype)
    if told.endswith("y") and told[-2] not in "aeiou":
        return told[:-1] + "ies"
    return told if told.endswith("s") else f"{told}s"


@cache
def system_name(system: str) -> str:
    """Return what a code system is called: a well-known name, else the last telling part of its address."""
    if not system:
        return ""
    if system in _SYSTEMS:
        return _SYSTEMS[system]
    if system.startswith("urn:"):
        return system
    last = next((part for part in reversed(re.split(r"[/#]", system)) if part), system)
    return element_words(last)


@cache
def extension_name(url: str) -> str:
    """Return what an extension is called: the last part of its address in words."""
    last = next((part for part in reversed(re.split(r"[/#|]", url)) if part), url)
    return element_words(last.removeprefix("us-core-"))

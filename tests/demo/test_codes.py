"""Every coded concept of the demo is one that was read somewhere, with that display."""

import csv
import json
from collections import defaultdict
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from ehr_app.demo import codes
from ehr_app.demo.elements import CVX, LOINC, RXNORM, SNOMED, UCUM, Code
from tests.demo.conftest import walk

SAMPLES = Path(__file__).parents[2].parent / "shared" / "data"
_SYNTHEA = "https://github.com/synthetichealth/synthea/blob/master/src/main/resources/modules/"
_KIDNEY = _SYNTHEA + "metabolic_syndrome/kidney_conditions.json"
_DIABETES = _SYNTHEA + "metabolic_syndrome/medications.json"
_THYROID = _SYNTHEA + "hypothyroidism.json"

READ_ELSEWHERE: dict[Code, str] = {
    codes.KIDNEY_DISEASE: _KIDNEY,
    codes.METABOLIC_PANEL: _KIDNEY,
    codes.GLUCOSE: _KIDNEY,
    codes.UREA_NITROGEN: _KIDNEY,
    codes.CREATININE: _KIDNEY,
    codes.CALCIUM: _KIDNEY,
    codes.SODIUM: _KIDNEY,
    codes.POTASSIUM: _KIDNEY,
    codes.CHLORIDE: _KIDNEY,
    codes.CARBON_DIOXIDE: _KIDNEY,
    codes.METFORMIN: _DIABETES,
    codes.LIRAGLUTIDE: _DIABETES,
    codes.LEVOTHYROXINE: _THYROID,
    codes.THYROTROPIN: _THYROID,
    codes.NO_KNOWN_ALLERGY: "https://hl7.org/fhir/us/core/STU6.1/StructureDefinition-us-core-allergyintolerance.html",
}
_SENSITIVITY = "https://hl7.org/fhir/uv/xver-r5.r4/0.1.0/ValueSet-R5-v3-ActInformationSensitivityPolicy-for-R4.html"
READ_ELSEWHERE |= {
    codes.KIDNEY_FAILURE: _SYNTHEA + "chronic_kidney_disease.json",
    codes.DIALYSIS: _SYNTHEA + "dialysis.json",
    codes.HIV_INFECTION: _SYNTHEA + "hiv_diagnosis.json",
    codes.SENSOR_GLUCOSE: "https://hl7.org/fhir/uv/cgm/Observation-cgmSensorReadingMassPerVolumeExample.html",
    codes.RESTRICTED: "https://build.fhir.org/ig/IHE/ITI.PCF/ValueSet-AdvancedSecurityTagVS.html",
    codes.VIRTUAL: "https://build.fhir.org/ig/HL7/UTG/ValueSet-v3-ActVirtualEncounterCode.html",
    codes.HOME_HEALTH: "https://hl7.org/fhir/2018May/encounter-example-home.xml.html",
    **dict.fromkeys(codes.SENSITIVITIES.values(), _SENSITIVITY),
}
_CDA_SYSTEMS = {
    "2.16.840.1.113883.6.1": LOINC,
    "2.16.840.1.113883.6.96": SNOMED,
    "2.16.840.1.113883.6.88": RXNORM,
    "2.16.840.1.113883.12.292": CVX,
}
_CSV_SYSTEMS = {
    "conditions": SNOMED, "procedures": SNOMED, "encounters": SNOMED, "careplans": SNOMED, "medications": RXNORM,
    "observations": LOINC, "immunizations": CVX,
}  # fmt: skip
needs_samples = pytest.mark.skipif(not SAMPLES.exists(), reason="the shared samples are not beside the repository")


def _ours() -> list[Code]:
    found = [value for value in vars(codes).values() if isinstance(value, Code)]
    return [*found, *codes.RACES.values(), *codes.SENSITIVITIES.values(), *codes.QUESTIONS, *codes.ANSWERS]


@pytest.fixture(scope="module")
def sampled() -> dict[tuple[str, str], set[str]]:
    displays: dict[tuple[str, str], set[str]] = defaultdict(set)
    for path in SAMPLES.rglob("*.json"):
        try:
            document = json.loads(path.read_bytes())
        except (ValueError, RecursionError):
            continue  # the deliberately broken files of the parser suite
        for item in walk(document):
            if isinstance(item.get("system"), str) and isinstance(item.get("code"), str):
                displays[item["system"], item["code"]].add(str(item.get("display", "")).casefold())
    for path in (SAMPLES / "ccda").rglob("*"):
        if path.suffix.lower() in (".xml", ".ccda"):
            _read_cda(path, displays)
    for name, system in _CSV_SYSTEMS.items():
        for path in SAMPLES.rglob(f"{name}.csv"):
            with path.open(newline="") as stream:
                for row in csv.DictReader(stream):
                    displays[system, row["CODE"]].add(row["DESCRIPTION"].casefold())
    for path in SAMPLES.rglob("allergies.csv"):
        with path.open(newline="") as stream:
            for row in csv.DictReader(stream):
                displays[SNOMED if row["SYSTEM"] == "SNOMED-CT" else RXNORM, row["CODE"]].add(row["DESCRIPTION"].casefold())
    return displays


def _read_cda(path: Path, displays: dict[tuple[str, str], set[str]]) -> None:
    try:
        root = ElementTree.parse(path).getroot()  # trusted files, read in tests only
    except ElementTree.ParseError:
        return
    for element in root.iter():
        system = _CDA_SYSTEMS.get(element.get("codeSystem", ""))
        if system and element.get("code"):
            displays[system, element.get("code", "")].add(element.get("displayName", "").casefold())


@needs_samples
@pytest.mark.parametrize("code", _ours(), ids=lambda code: f"{code.code}-{code.display[:24]}")
def test_a_code_was_read_with_its_display(code: Code, sampled: dict[tuple[str, str], set[str]]) -> None:
    if code in READ_ELSEWHERE:
        return
    displays = sampled.get((code.system, code.code))
    assert displays, "not in the samples: take another code or list the page where it was read"
    assert code.display.casefold() in displays


def test_one_code_has_one_display() -> None:
    displays: dict[tuple[str, str], set[str]] = defaultdict(set)
    for code in _ours():
        displays[code.system, code.code].add(code.display)
    assert {key: names for key, names in displays.items() if len(names) > 1} == {}


def test_clinical_codes_are_written_from_the_table_only(resources: list[dict[str, Any]]) -> None:
    table = {(code.system, code.code): code.display for code in _ours()}
    for resource in resources:
        for item in walk(resource):
            if item.get("system") in (SNOMED, LOINC, RXNORM, CVX):
                assert table[item["system"], item["code"]] == item["display"], item


@needs_samples
def test_every_other_display_agrees_with_the_samples(
    resources: list[dict[str, Any]], sampled: dict[tuple[str, str], set[str]]
) -> None:
    used = {
        Code(item["system"], item["code"], item["display"])
        for resource in resources
        for item in walk(resource)
        if "display" in item and "system" in item
    }
    unread = []
    for code in used - set(READ_ELSEWHERE):
        displays = sampled.get((code.system, code.code), set()) - {""}
        if code.display.casefold() not in displays:
            unread.append((code, displays))
    assert not unread, "\n".join(map(str, unread))


@needs_samples
def test_units_are_known(resources: list[dict[str, Any]], sampled: dict[tuple[str, str], set[str]]) -> None:
    used = {item["code"] for r in resources for item in walk(r) if item.get("system") == UCUM}
    read_elsewhere = {"m[IU]/L": _THYROID, "{score}": ""}
    assert {unit for unit in used if (UCUM, unit) not in sampled} - set(read_elsewhere) == set()

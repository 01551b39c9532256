"""The element tables say what R4 says."""

import importlib
import os
from pathlib import Path

import pytest

from ehr_app.standards import generate, r4

R4B_DIFFERS = {
    "Evidence",
    "EvidenceVariable",
    "EvidenceVariable.characteristic",
}
NOT_IN_R4B = {
    "EffectEvidenceSynthesis",
    "RiskEvidenceSynthesis",
    *(name for name in r4.RTYPES if name.startswith("MedicinalProduct")),
    *(name for name in r4.RTYPES if name.startswith("Substance") and name != "Substance"),
}
LATER_TYPES = ("RatioRange", "CodeableReference")


def test_there_are_146_resource_types_with_stable_numbers() -> None:
    assert len(r4.RTYPES) == 146
    assert (r4.RTYPES["Account"], r4.RTYPES["Patient"], r4.RTYPES["VisionPrescription"]) == (1, 103, 146)
    assert list(r4.RTYPES) == sorted(r4.RTYPES)
    assert all(r4.RTYPE_NAMES[number] == name for name, number in r4.RTYPES.items())


def test_an_element_has_cardinality_types_targets_and_codes() -> None:
    status = r4.children("Observation")["status"]
    assert (status.min, status.many, status.types[0].code) == (1, False, "code")
    assert "entered-in-error" in r4.value_set(status.value_set)["http://hl7.org/fhir/observation-status"]
    assert r4.children("Observation")["subject"].types[0].targets == ("Device", "Group", "Location", "Patient")
    assert r4.children("Observation.component")["referenceRange"].types[0].code == "Observation.referenceRange"
    assert r4.children("Patient")["id"].types[0].code == "id"
    found = r4.property_of("Observation", "valueQuantity")
    assert found and found[1].code == "Quantity"
    assert r4.property_of("Observation", "valueMoney") is None


def test_the_patient_compartment_names_parameters_that_exist() -> None:
    assert r4.PATIENT_COMPARTMENT["Observation"] == ("subject", "performer")
    assert set(r4.PATIENT_COMPARTMENT) <= set(r4.RTYPES)


@pytest.mark.parametrize("rtype", sorted(r4.RTYPES.keys() - NOT_IN_R4B))
def test_elements_agree_with_an_independent_model_of_r4(rtype: str) -> None:
    """Second opinion: fhir.resources has R4B, which equals R4 but for a few types and data types that came later."""
    module = importlib.import_module(f"fhir.resources.R4B.{rtype.lower()}")
    for path in [rtype, *(p for p in r4._structures() if p.startswith(f"{rtype}."))]:
        model = getattr(module, "".join(part[0].upper() + part[1:] for part in path.split(".")), None)
        if path in R4B_DIFFERS:
            continue
        assert model is not None, f"{path} is unknown to R4B"
        theirs = {}
        for name, info in model.model_fields.items():
            alias = info.alias or name
            if name.endswith("__ext") or alias.endswith((*LATER_TYPES, "subjectCanonical")):
                continue
            if name not in ("resource_type", "fhir_comments"):
                theirs[alias] = "List" in str(info.annotation)
        ours = {key: e.many for e in r4.children(path).values() for key, _ in e.properties()}
        assert ours == theirs, path


def test_the_committed_tables_are_what_the_generator_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = os.environ.get("EHR_R4_DEFINITIONS")
    if not folder:
        pytest.skip("EHR_R4_DEFINITIONS does not name the folder of the unpacked definitions")
    committed = {path.name: path.read_text(encoding="utf-8") for path in generate.OUT.glob("*.tsv")}
    monkeypatch.setattr(generate, "OUT", tmp_path)
    generate.main(Path(folder))
    assert {path.name: path.read_text(encoding="utf-8") for path in tmp_path.glob("*.tsv")} == committed

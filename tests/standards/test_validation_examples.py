"""Real resources pass; the few that do not are named here with the reason."""

import copy
import json
import random
from importlib import import_module
from typing import Any

import pytest

from ehr_app.standards import r4
from ehr_app.standards.extract import extract
from ehr_app.standards.promote import promote
from ehr_app.standards.validation import check, is_valid
from tests.standards import examples

REFUSED = {
    # R4: Narrative.div has cardinality 1..1; the file has a text with a status only.
    "diagnosticreport-cbc.json": [("DiagnosticReport.text.div", "required")],
    # R4: a Period has start and end; the file writes "stop".
    "uscore_bundle_patient_355.json": [("Bundle.entry[266].resource.effectivePeriod.stop", "structure")],
}


def test_every_example_passes_or_is_refused_for_its_known_reason() -> None:
    examples.needed()
    refused = {}
    for path in examples.files():
        resource = examples.load(path)
        issues = check(resource)
        assert is_valid(resource) == (not issues), path.name
        if issues:
            refused[path.name] = [(issue.expression, issue.code) for issue in issues]
    assert len(examples.files()) > 500
    assert refused == REFUSED


def test_extract_and_promote_never_raise_on_an_example() -> None:
    examples.needed()
    for _, resource in examples.resources():
        extract(resource)
        promote(resource)


def test_what_an_independent_model_refuses_we_refuse_too() -> None:
    """Second opinion (fhir.resources, R4B): required elements taken away one by one."""
    examples.needed()
    checked = 0
    for path in examples.files()[::3]:
        resource = examples.load(path)
        rtype = resource["resourceType"]
        if rtype == "Bundle" or path.name in REFUSED:
            continue
        try:
            model = getattr(import_module(f"fhir.resources.R4B.{rtype.lower()}"), rtype)
        except ImportError:
            continue
        for key in [k for k in resource if k != "resourceType"]:
            less = {k: v for k, v in resource.items() if k not in (key, f"_{key}")}
            ours = is_valid(less)
            try:
                model.model_validate_json(json.dumps(less, default=float))
                theirs = True
            except ValueError:
                theirs = False
            if theirs != ours and rtype not in ("Evidence", "EvidenceVariable"):
                assert not _accepts(model, resource), f"{path.name} without {key}: ours {ours}, theirs {theirs}"
            checked += 1
    assert checked > 300


def _accepts(model: Any, resource: dict[str, Any]) -> bool:
    try:
        model.model_validate_json(json.dumps(resource, default=float))
    except ValueError:
        return False
    return True


BAD: tuple[Any, ...] = (None, "", [], {}, "not a date", -1, True, {"unknown": 1}, ["x"], [None], "2021-02-30", 10**30)


def test_a_spoiled_example_never_breaks_the_checker() -> None:
    """Random spoiling (seeded): `check` and `is_valid` agree, and what passes can be indexed."""
    examples.needed()
    dice = random.Random(4)
    some = [r for n, (_, r) in enumerate(examples.resources()) if n % 9 == 0 and r["resourceType"] != "Bundle"]
    for resource in some:
        for _ in range(6):
            spoiled = copy.deepcopy(resource)
            holder, key = dice.choice(list(_places(spoiled)))
            holder[key] = dice.choice(BAD)
            issues = check(spoiled)
            assert is_valid(spoiled) == (not issues)
            assert all(issue.expression and issue.diagnostics for issue in issues)
            if not issues:
                extract(spoiled)
                promote(spoiled)


def _places(node: Any) -> Any:
    keys: Any = node if isinstance(node, dict) else range(len(node))
    for key in keys:
        yield node, key
        if isinstance(node[key], dict | list):
            yield from _places(node[key])


@pytest.mark.parametrize("rtype", sorted(r4.RTYPES))
def test_every_type_has_a_schema_that_refuses_an_unknown_property(rtype: str) -> None:
    issues = check({"resourceType": rtype, "nosuchthing": 1})
    assert (f"{rtype}.nosuchthing", "structure") in [(issue.expression, issue.code) for issue in issues]

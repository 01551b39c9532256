"""Every rule for reading a record is named by at least one test: look for its id in the names of tests."""

import ast

import pytest

from ehr_app.settings import PROJECT

RULES = [
    "B1", "B2", "B3", "B4", "B5", "A1", "A2", "A3", "D1", "D2", "D3", "D4", "M1", "M2", "M3", "M4", "R1", "R2", "R3",
    "G1", "G2", "G3", "G4", "T1", "F1", "S1", "W1",
]  # fmt: skip
NAMES = [
    node.name.lower()
    for path in sorted((PROJECT / "tests").rglob("test_*.py"))
    for node in ast.parse(path.read_text()).body
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test_")
]


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_has_a_test_that_names_it(rule: str) -> None:
    assert [name for name in NAMES if rule.lower() in name.split("_")]

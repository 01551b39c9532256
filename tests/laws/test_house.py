"""The house rules that a reader relies on: every module says what it is for, stays short, and imports point down."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from ehr_app.settings import PROJECT

LONGEST = 400
MODULES = sorted(
    path
    for folder in ("ehr_app", "alembic", "bench", "tests")
    for path in (PROJECT / folder).rglob("*.py")
    if "__pycache__" not in path.parts
)
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc", "manager", "service", "core", "new", "old", "v2"}
EDGES = ("ui", "fhir", "smart", "integrations")


def named(path: Path) -> str:
    """The module's place in the tree, as the test's id."""
    return str(path.relative_to(PROJECT))


@pytest.mark.parametrize("path", [path for path in MODULES if path.name != "__init__.py"], ids=named)
def test_module_has_a_docstring_and_is_short(path: Path) -> None:
    text = path.read_text()
    assert ast.get_docstring(ast.parse(text)), "say in one line what this module is for"
    assert len(text.splitlines()) < LONGEST, "split it by noun or verb"


@pytest.mark.parametrize("path", [path for path in MODULES if path.name == "__init__.py"], ids=named)
def test_package_files_are_empty(path: Path) -> None:
    assert path.read_text() == "", "import from the module that defines the name"


def test_no_module_is_named_after_nothing() -> None:
    assert [named(path) for path in MODULES if path.stem in FORBIDDEN_NAMES] == []


def test_imports_point_down() -> None:
    done = subprocess.run([Path(sys.executable).parent / "lint-imports", "--no-cache"], cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_edges_do_not_import_each_other_nor_the_command_line() -> None:
    found = []
    for path in MODULES:
        parts = path.relative_to(PROJECT).parts
        if parts[0] != "ehr_app" or parts[1] not in EDGES:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                target = node.module.split(".")
                if target[0] == "ehr_app" and len(target) > 1 and target[1] != parts[1] and target[1] in (*EDGES, "cli"):
                    found.append(f"{named(path)} imports {node.module}")
    assert found == []

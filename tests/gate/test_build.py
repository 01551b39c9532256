"""The front-end build: when it is done again, and what it must not leave behind."""

import json
from pathlib import Path

import pytest

from ehr_app.ui import build


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project of the same shape."""
    root = tmp_path / "a project"
    for name in ("ehr_app/ui/page.py", "assets/theme.css", "reflex.lock/package-lock.json", *build.ALONE):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("{}")
    monkeypatch.setattr(build, "ROOT", root)
    monkeypatch.setattr(build, "STAMP", root / ".web" / "stamp")
    return root


@pytest.mark.parametrize("name", ["ehr_app/ui/page.py", "assets/theme.css", "reflex.lock/package-lock.json", "rxconfig.py"])
def test_a_changed_source_asks_for_a_build(project: Path, name: str) -> None:
    (project / ".web").mkdir()
    build.STAMP.write_text(build.stamp())
    assert build.is_current()
    (project / name).write_text("{ }")
    assert not build.is_current()


def test_compiled_python_does_not_ask_for_a_build(project: Path) -> None:
    before = build.stamp()
    (project / "ehr_app/ui/__pycache__").mkdir()
    (project / "ehr_app/ui/__pycache__/page.pyc").write_text("x")
    assert build.stamp() == before


def test_an_interrupted_build_is_done_again(project: Path) -> None:
    assert not build.is_current()


def test_the_lock_file_keeps_no_addresses(project: Path) -> None:
    lock = project / "reflex.lock/package-lock.json"
    lock.write_text(json.dumps({"packages": {"a": {"version": "1", "resolved": "https://x.example/a", "integrity": "s"}}}))
    build._drop_addresses(lock)
    assert json.loads(lock.read_text()) == {"packages": {"a": {"version": "1", "integrity": "s"}}}

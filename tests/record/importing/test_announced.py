"""An import tells open screens whom it touched, from whatever process it stores; so does taking it back."""

import json
from pathlib import Path

import pytest

from ehr_app.record.importing import leading
from tests.record.importing.conftest import Installation
from tests.record.test_announcing import Ear, ear, topic

__all__ = ["ear"]


async def test_an_import_announces_whom_it_touched_and_a_repeat_nobody(
    installation: Installation, ear: Ear, tmp_path: Path
) -> None:
    source = tmp_path / "patients.ndjson"
    source.write_text("\n".join(json.dumps({"resourceType": "Patient", "id": f"p{n}"}) for n in range(3)))
    assert await installation.take_in(source) == 0
    assert await ear.heard() == {topic(f"p{n}") for n in range(3)}
    assert await installation.take_in(source) == 0
    assert await ear.heard() == set()


async def test_an_import_by_processes_of_its_own_announces_to_its_end(
    installation: Installation, ear: Ear, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leading, "WORTH_PROCESSES_BYTES", 0)
    source = tmp_path / "many.ndjson"
    source.write_text("\n".join(json.dumps({"resourceType": "Patient", "id": f"m{n}"}) for n in range(3000)))
    assert await installation.take_in(source) == 0
    assert await ear.heard() == {topic(f"m{n}") for n in range(3000)}

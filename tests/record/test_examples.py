"""Every published example of R4 and US Core is stored and returned unchanged, or refused for the reason listed here."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ehr_app.errors import InvalidResource
from ehr_app.record.codec import decode_object
from tests.people import World

SHARED = Path(__file__).parents[3] / "shared" / "data"
FOLDERS = (SHARED / "fhir-r4-examples", SHARED / "us-core" / "examples-6.1.0")
REFUSED = {"diagnosticreport-cbc.json": ("DiagnosticReport.text.div", "required")}
"""File -> the element and the code: this narrative has a status and no text, and R4 wants both."""

pytestmark = pytest.mark.skipif(not FOLDERS[0].is_dir(), reason="the shared examples are not beside the repository")


def content(resource: dict[str, Any]) -> dict[str, Any]:
    """A resource without its id, version and time."""
    meta = {name: value for name, value in resource.get("meta", {}).items() if name not in ("versionId", "lastUpdated")}
    rest = {name: value for name, value in resource.items() if name not in ("id", "meta")}
    return {**rest, "meta": meta} if meta else rest


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
async def test_examples_come_back_unchanged_or_are_refused_rightly(world: World, folder: Path) -> None:
    files = sorted(folder.rglob("*.json"))
    assert len(files) > 150
    refused: dict[str, tuple[str, str]] = {}
    for n, path in enumerate(files):
        sent = decode_object(path.read_bytes())
        async with world.at("north") as record:
            try:
                made = await record.update({**sent, "id": f"example-{n}"})
            except InvalidResource as error:
                refused[path.name] = (error.issues[0].expression, error.issues[0].code)
                continue
        async with world.at("north") as record:
            body = (await record.read(sent["resourceType"], made.stored.id)).body
        # The oracle is the standard library's parser: order of members and digits of decimals count.
        back = json.loads(body, parse_float=Decimal, object_pairs_hook=list)
        original = json.loads(path.read_bytes(), parse_float=Decimal, object_pairs_hook=list)
        ours, theirs = ({name: value for name, value in pairs if name not in ("id", "meta")} for pairs in (back, original))
        assert ours == theirs, path.name
        assert content(decode_object(body)) == content(sent), path.name
    assert refused == {name: why for name, why in REFUSED.items() if name in {path.name for path in files}}

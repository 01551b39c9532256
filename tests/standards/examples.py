"""The real resources the standards are held to: HL7's R4 examples, US Core's, Inferno's and Synthea's.

They are not part of the repository; a test that needs them says so and is skipped where the folder is absent.
"""

from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

DATA = Path(__file__).parents[3] / "shared" / "data"
FOLDERS = ("fhir-r4-examples", "us-core/examples-6.1.0", "us-core/inferno-reference", "synthea-r4")

_decoder = msgspec.json.Decoder(float_hook=Decimal)


def needed() -> None:
    """Skip the test where the examples are not on this machine."""
    if not DATA.is_dir():
        pytest.skip("the example data beside the repository (shared/data) is absent")


@cache
def files() -> tuple[Path, ...]:
    return tuple(path for folder in FOLDERS for path in sorted((DATA / folder).rglob("*.json")))


def load(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = _decoder.decode(path.read_bytes())
    return loaded


def resources() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every resource of every file, those inside bundles too: (where, resource)."""
    for path in files():
        whole = load(path)
        yield path.name, whole
        if whole["resourceType"] == "Bundle":
            for n, entry in enumerate(whole.get("entry", ())):
                if "resource" in entry:
                    yield f"{path.name}[{n}]", entry["resource"]

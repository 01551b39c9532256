"""An installation that `ehr import` and `ehr export` can be run against, in the world of the record's tests."""

import asyncio
import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ehr_app.record import exporting
from ehr_app.record.access import Credential
from ehr_app.record.codec import decode_object
from ehr_app.record.importing import command
from ehr_app.settings import Settings
from tests import people
from tests.record.conftest import world

__all__ = ["world"]

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"


@dataclass
class Installation:
    """A data folder with the world's key, and the two commands run in it."""

    world: people.World
    settings: Settings

    @property
    def local(self) -> Credential:
        """The credential of this machine's administrator."""
        return Credential("local", self.world.keys.local_proof())

    async def take_in(self, *paths: Path, facility: str = "north") -> int:
        """Run `ehr import`; return its exit code."""
        return await asyncio.to_thread(command.run, list(paths), facility, self.settings)

    async def export(self, path: Path, *, patient: str | None = None, facility: str = "north") -> int:
        """Run `ehr export`; return its exit code."""
        return await asyncio.to_thread(exporting.run, facility, patient, path, self.settings)

    async def versions(self, rtype: str, fhir_id: str, facility: str = "north") -> list[dict[str, Any]]:
        """Every version of a resource, newest first."""
        async with self.world.at(facility, self.local) as record:
            page = await record.history(rtype, fhir_id)
            return [one.stored.resource() for one in page.versions]

    async def newest(self, rtype: str, fhir_id: str, facility: str = "north") -> dict[str, Any]:
        """The current version of a resource."""
        async with self.world.at(facility, self.local) as record:
            return (await record.read(rtype, fhir_id)).resource()

    async def state(self, facility: str = "north", *, provenance: bool = True) -> dict[str, tuple[int, dict[str, Any]]]:
        """Everything a facility holds now: Type/id -> (version, content)."""
        path = self.settings.data / "state.ndjson"
        assert await self.export(path, facility=facility) == 0
        every = [decode_object(line) for line in path.read_bytes().splitlines()]
        return {
            f"{one['resourceType']}/{one['id']}": (int(one["meta"]["versionId"]), content(one))
            for one in every
            if provenance or one["resourceType"] != "Provenance"
        }

    def findings(self) -> list[dict[str, Any]]:
        """What all rejects files say."""
        files = sorted((self.settings.data / "rejects").glob("*.ndjson"))
        return [json.loads(line) for file in files for line in file.read_text().splitlines()]

    def findings_of_import(self) -> list[dict[str, Any]]:
        """What the rejects files of imports say, those of rehearsals aside."""
        files = (file for file in (self.settings.data / "rejects").glob("*.ndjson") if ".rehearsal." not in file.name)
        return [json.loads(line) for file in sorted(files) for line in file.read_text().splitlines()]

    def rejected(self) -> list[dict[str, Any]]:
        """What was refused."""
        return [finding for finding in self.findings() if finding["severity"] == "error"]


def content(resource: dict[str, Any]) -> dict[str, Any]:
    """A resource without what the server sets: its version and time."""
    rest = {name: value for name, value in resource.items() if name != "meta"}
    meta = {name: value for name, value in resource.get("meta", {}).items() if name not in ("versionId", "lastUpdated")}
    return {**rest, "meta": meta} if meta else rest


@pytest.fixture
def installation(world: people.World, tmp_path: Path) -> Installation:
    """A data folder in the state after `ehr serve` has made the keys."""
    key = tmp_path / "keys" / "master.key"
    key.parent.mkdir(mode=0o700)
    key.write_text("ehr-key-1:" + urlsafe_b64encode(world.keys.key).decode() + "\n")
    key.chmod(0o600)
    dsns = {"database_url": world.database.app, "audit_database_url": world.database.audit}
    return Installation(world, Settings(data=tmp_path, **dsns))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a test puts the files to import."""
    path = tmp_path / "incoming"
    path.mkdir()
    return path

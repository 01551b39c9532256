"""`ehr export`: what leaves is what is stored, whole or not at all, and an import elsewhere gives the same."""

import gzip
import json
import stat
from pathlib import Path

import pytest

from tests.people import observation, patient
from tests.record.importing.conftest import Installation, content, folder, installation, world

__all__ = ["folder", "installation", "world"]

DATA = "QUJD" * 8000
"""A base64 text that is long enough for the object store."""


async def filled(installation: Installation, folder: Path) -> None:
    """Two patients, a directory entry, a second version, a deletion, odd numbers and characters, a large attachment."""
    documents = {
        "resourceType": "DocumentReference",
        "id": "d1",
        "status": "current",
        "subject": {"reference": "Patient/p1"},
        "content": [{"attachment": {"contentType": "text/plain", "data": DATA}}],
    }
    practitioner = {"resourceType": "Practitioner", "id": "dr", "name": [{"family": 'Żółć \u2028 "quoted"'}]}
    every = [
        patient("First", id="p1", generalPractitioner=[{"reference": "Practitioner/dr"}]),
        patient("Second", id="p2"),
        *(observation("p1", "5.40", id=f"o{n}") for n in range(30)),
        observation("p2", id="gone"),
        documents,
        practitioner,
    ]
    path = folder / "in.ndjson"
    path.write_text("\n".join(json.dumps(one, default=str).replace('"5.40"', "5.40").replace('"5.4"', "5.4") for one in every))
    assert await installation.take_in(path) == 0
    async with installation.world.at("north", installation.local) as record:
        await record.update({**(await record.read("Patient", "p2")).resource(), "gender": "other"})
        await record.delete("Observation", "gone")


@pytest.mark.parametrize("name", ["all.ndjson", "all.ndjson.gz", "all.json", "all.json.gz"])
async def test_an_export_taken_in_elsewhere_gives_the_same_content(installation: Installation, folder: Path, name: str) -> None:
    await filled(installation, folder)
    path = folder / name

    assert await installation.export(path) == 0
    assert await installation.take_in(path, facility="south") == 0

    north, south = await installation.state(provenance=False), await installation.state("south", provenance=False)
    assert {place: one for place, (_, one) in north.items()} == {place: one for place, (_, one) in south.items()}
    assert len(north) == 34
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    raw = gzip.decompress(path.read_bytes()) if name.endswith(".gz") else path.read_bytes()
    assert raw.count(b'"value":5.40') == 30
    assert DATA.encode() in raw
    if ".json" in name:
        bundle = json.loads(raw)
        assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "collection")
        assert all(
            one["fullUrl"].endswith(f"/{one['resource']['resourceType']}/{one['resource']['id']}") for one in bundle["entry"]
        )


async def test_one_patient_leaves_with_the_directory_and_nobody_else(installation: Installation, folder: Path) -> None:
    await filled(installation, folder)
    path = folder / "one.ndjson"

    assert await installation.export(path, patient="p1") == 0

    every = [json.loads(line) for line in path.read_bytes().splitlines()]
    places = [f"{one['resourceType']}/{one['id']}" for one in every if one["resourceType"] != "Provenance"]
    assert sorted(places) == sorted(
        ["Patient/p1", "DocumentReference/d1", "Practitioner/dr", *(f"Observation/o{n}" for n in range(30))]
    )
    answers = await installation.world.as_owner(
        "select a.patient from ehr.answer a join ehr.access x on x.id = a.access"
        " where x.action = 'export' and a.patient is not null"
    )
    assert len({row["patient"] for row in answers}) == 1


async def test_an_export_page_after_page_loses_nothing(
    installation: Installation, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(installation, folder)
    whole = await installation.state()
    monkeypatch.setattr("ehr_app.record.exporting.PAGE_ROWS", 7)
    monkeypatch.setattr("ehr_app.record.exporting.PATIENT_COUNT", 7)

    assert await installation.state() == whole
    assert await installation.export(folder / "one.ndjson", patient="p1") == 0

    lines = [json.loads(line) for line in (folder / "one.ndjson").read_bytes().splitlines()]
    places = [f"{one['resourceType']}/{one['id']}" for one in lines]
    assert len(places) == len(set(places))
    assert {f"Observation/o{n}" for n in range(30)} <= set(places)
    assert all(content(one) for one in lines)


async def test_an_empty_facility_gives_an_empty_file(installation: Installation, folder: Path) -> None:
    assert await installation.export(folder / "none.ndjson", facility="south") == 0
    assert await installation.export(folder / "none.json", facility="south") == 0

    assert (folder / "none.ndjson").read_bytes() == b""
    assert "entry" not in json.loads((folder / "none.json").read_bytes())


async def test_what_cannot_be_written_leaves_no_file(installation: Installation, folder: Path) -> None:
    await filled(installation, folder)
    before = sorted(folder.iterdir())

    assert await installation.export(folder / "x.csv") == 2
    assert await installation.export(folder / "no" / "x.json") == 2
    assert await installation.export(folder / "x.json", facility="nowhere") == 2
    assert await installation.export(folder / "x.json", patient="nobody") == 1

    assert sorted(folder.iterdir()) == before

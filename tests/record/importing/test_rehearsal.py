"""A rehearsal says exactly what the import then does, and changes nothing."""

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from ehr_app.record.importing import command
from tests.people import observation, patient
from tests.record.importing.conftest import SHARED, Installation
from tests.record.importing.test_command import bundle, entry, write

SYNTHEA = SHARED / "synthea-r4"
INFERNO = SHARED / "us-core" / "inferno-reference"
NOT_COMPARED = ("access", "answer", "alembic_version", "sign_in_failure")


async def rehearse(installation: Installation, *paths: Path) -> int:
    """Run `ehr import --rehearse`; return its exit code."""
    return await asyncio.to_thread(command.rehearse, list(paths), "north", installation.settings)


def rows(installation: Installation) -> list[dict[str, Any]]:
    """Every row of the newest rehearsal."""
    newest = max((installation.settings.data / "rejects").glob("*.rehearsal.ndjson"))
    return [json.loads(line) for line in newest.read_text().splitlines()]


def counts(installation: Installation) -> dict[str, int]:
    """How many rows of each outcome the newest rehearsal has."""
    found: dict[str, int] = {}
    for row in rows(installation):
        found[row["outcome"]] = found.get(row["outcome"], 0) + 1
    return found


async def contents(installation: Installation) -> dict[str, str]:
    """A hash over each table, the access log aside, and the outbox's own counter."""
    world = installation.world
    tables = await world.as_owner("select tablename from pg_tables where schemaname = 'ehr'")
    found = {}
    for (name,) in tables:
        if not name.startswith(NOT_COMPARED):
            text = await world.as_owner(f"select coalesce(string_agg(t::text, '|' order by t::text), '') from ehr.{name} t")
            found[name] = hashlib.sha256(text[0][0].encode()).hexdigest()
    sequence = await world.as_owner("select last_value::text from ehr.outbox_seq_seq")
    return {**found, "outbox counter": sequence[0][0]}


def files_below(installation: Installation) -> set[str]:
    data = installation.settings.data
    return {str(path.relative_to(data)) for path in data.rglob("*") if path.is_file() and path.parent.name != "rejects"}


async def import_says(installation: Installation, capsys: pytest.CaptureFixture[str], *paths: Path) -> dict[str, int]:
    """Import and return the counts that it prints, in the words of a rehearsal."""
    capsys.readouterr()
    await installation.take_in(*paths)
    printed = capsys.readouterr().out
    words = {"created": "create", "updated": "update", "unchanged": "match", "rejected": "refuse"}
    found = {}
    for line in printed.splitlines():
        name, *rest = line.split()
        if name in words and rest:
            found[words[name]] = int(rest[0].replace(",", ""))
    return found


def without_skipped(found: dict[str, int]) -> dict[str, int]:
    return {kind: found.get(kind, 0) for kind in ("create", "update", "match", "refuse")}


@pytest.mark.skipif(not SYNTHEA.is_dir(), reason="the shared sample records are not beside the repository")
async def test_a_rehearsal_of_the_real_records_is_what_the_import_then_does_and_changes_nothing(
    installation: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    async with installation.world.at("north"):  # the first look of all makes the facility's key
        pass
    before, files = await contents(installation), files_below(installation)

    await rehearse(installation, SYNTHEA, INFERNO)

    assert await contents(installation) == before
    assert files_below(installation) == files
    expected = counts(installation)
    doubted = [row for row in rows(installation) if any(one["severity"] == "warning" for one in row["remarks"])]
    assert without_skipped(expected) == await import_says(installation, capsys, SYNTHEA, INFERNO)
    findings = installation.findings_of_import()
    assert {(row["file"], row["entry"]) for row in doubted} == {(one["file"], one["entry"]) for one in findings}

    await rehearse(installation, INFERNO, SYNTHEA)

    assert set(counts(installation)) <= {"match"}


async def test_x1_every_row_of_hostile_files_is_told_as_the_import_then_does(
    installation: Installation, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder / "old.ndjson", patient("Old", id="p1"), patient("Gone", id="p2"), patient("Same", id="p3"))
    await installation.take_in(folder / "old.ndjson")
    async with installation.world.at("north", installation.local) as record:
        await record.delete("Patient", "p2")
    (folder / "old.ndjson").unlink()
    write(
        folder / "a.json",
        bundle(
            entry(patient("New", id="p1")),
            entry(patient("Gone", id="p2")),
            entry(patient("Same", id="p3")),
            entry(observation("p9", id="o1"), "urn:uuid:5a1d6b1c-9f0e-4a57-8a5d-2f1f6e2a9b11"),
            entry(observation("p9", "6.1", id="o1")),
            entry(observation("p9", id="o1")),
            entry({"resourceType": "Patient", "id": "bad", "birthDate": "2020-02-30"}),
            entry({"resourceType": "Klingon", "id": "k"}),
            {"request": {"method": "DELETE", "url": "Patient/p3"}},
            entry({"resourceType": "OperationOutcome", "issue": []}, search={"mode": "outcome"}),
            entry(observation("p1", id="far", effectiveDateTime="9999-12-31T23:59:59Z")),
            entry(observation("p1", id="early", effectiveDateTime="0001-01-01T00:00:00+14:00")),
        ),
    )
    cut = '{"resourceType":"Bundle","type":"batch","entry":[{"resource":{"resourceType":"Patient","id":"c"}},'
    (folder / "cut.json").write_text(cut)
    (folder / "odd.json").write_bytes(b"\xff\xfe not json")
    before = await contents(installation)

    assert await rehearse(installation, folder) == 1

    assert await contents(installation) == before
    outcomes = {(Path(row["file"]).name, row.get("entry")): row["outcome"] for row in rows(installation)}
    assert outcomes["a.json", 0] == "update"
    assert outcomes["a.json", 1] == "skip"
    assert outcomes["a.json", 2] == "match"
    assert [outcomes["a.json", n] for n in (3, 4, 5)] == ["create", "update", "match"]
    assert [outcomes["a.json", n] for n in (6, 7, 8)] == ["refuse"] * 3
    assert outcomes["a.json", 9] == "skip"
    assert outcomes["odd.json", None] == outcomes["cut.json", None] == "refuse"
    expected = without_skipped(counts(installation))
    assert expected == await import_says(installation, capsys, folder)


@pytest.mark.skipif(not SYNTHEA.is_dir(), reason="the shared sample records are not beside the repository")
async def test_odd_json_is_told_as_the_import_then_does(
    installation: Installation, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = b'{"resource":{"resourceType":"Patient","id":"good-%d"}}'
    for n, path in enumerate(sorted((SHARED / "security" / "jsontestsuite").rglob("*.json"))):
        raw = path.read_bytes()
        (folder / f"{n}.json").write_bytes(raw)
        entries = good % n + b',{"resource":' + raw + b"}"
        (folder / f"{n}-entry.json").write_bytes(b'{"resourceType":"Bundle","type":"batch","entry":[' + entries + b"]}")

    assert await rehearse(installation, folder) == 1

    expected = without_skipped(counts(installation))
    assert expected == await import_says(installation, capsys, folder)


async def test_references_by_identifier_find_what_the_import_will_have_stored(
    installation: Installation, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    system = "http://hl7.org/fhir/sid/us-npi"
    reference = f"Practitioner?identifier={system}|77"
    path = write(
        folder / "b.json",
        bundle(
            entry(observation("p1", id="o1", performer=[{"reference": reference}])),
            entry(patient(id="p1")),
            entry({"resourceType": "Practitioner", "id": "dr", "identifier": [{"system": system, "value": "77"}]}),
        ),
    )

    assert await rehearse(installation, path) == 0

    assert [row["remarks"] for row in rows(installation)] == [[], [], []]
    assert await installation.take_in(path) == 0
    assert (await installation.newest("Observation", "o1"))["performer"] == [{"reference": "Practitioner/dr"}]


async def test_a_patient_who_may_be_here_under_another_id_is_told(
    installation: Installation, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mrn = {"system": "urn:oid:2.16.840.1.113883.4.1", "value": "999-12"}
    name = {"family": "Núñez", "given": ["José", "Ángel"]}
    here = write(
        folder / "here.ndjson",
        patient(id="h1", identifier=[mrn]),
        patient(id="h2", name=[name], birthDate="1961-03-04"),
        patient(id="h3", name=[name], birthDate="1962-03-04"),
    )
    assert await installation.take_in(here) == 0
    new = write(
        folder / "new.ndjson",
        patient("Other", id="n1", identifier=[mrn]),
        patient(id="n2", name=[{"family": "NUNEZ", "given": ["Jose"]}], birthDate="1961-03-04"),
        patient(id="n3", name=[{"family": "Nunez", "given": ["Maria"]}], birthDate="1961-03-04"),
        patient(id="n4", identifier=[{"system": "urn:oid:1.2.3", "value": "999-12"}]),
    )

    assert await rehearse(installation, new) == 0

    told = {row["resource"]: [one["reference"] for one in row["remarks"]] for row in rows(installation)}
    assert told == {"Patient/n1": ["Patient/h1"], "Patient/n2": ["Patient/h2"], "Patient/n3": [], "Patient/n4": []}
    assert ["may", "be", "here", "2"] in [line.split() for line in capsys.readouterr().out.splitlines()]


async def test_x1_what_the_directory_would_gain_is_listed_as_such(
    installation: Installation, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(folder / "o.ndjson", {"resourceType": "Organization", "id": "org", "name": "New"}, patient(id="p1"))

    assert await rehearse(installation, path) == 0

    assert "new in the directory: Organization/org" in capsys.readouterr().out

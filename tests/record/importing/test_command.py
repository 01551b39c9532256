"""`ehr import` as a person meets it: kinds of files, rejects, repeats, changes, deletions, interrupted runs."""

import asyncio
import gzip
import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.people import observation, patient
from tests.record.importing.conftest import Installation, content


def entry(resource: dict[str, Any], url: str | None = None, **more: Any) -> dict[str, Any]:
    return {**({"fullUrl": url} if url else {}), "resource": resource, **more}


def bundle(*entries: dict[str, Any], kind: str = "collection") -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def write(path: Path, *values: Any) -> Path:
    """Write JSON values, one per line."""
    text = "\n".join(json.dumps(value, default=float) for value in values)
    path.write_bytes(gzip.compress(text.encode()) if path.name.endswith(".gz") else text.encode())
    return path


async def test_a_folder_with_every_kind_of_file_is_taken_in(installation: Installation, folder: Path) -> None:
    (folder / "deep").mkdir()
    write(folder / "one.json", patient(id="p1"))
    write(folder / "two.json.gz", bundle(entry(patient(id="p2")), kind="batch"))
    write(folder / "deep" / "three.ndjson", patient(id="p3"), observation("p3", id="o3"))
    write(folder / "deep" / "four.ndjson.gz", patient(id="p4"), observation("p4", id="o4"))
    write(folder / "lines.json", patient(id="p5"), patient(id="p6"))
    (folder / "readme.txt").write_text("not read")
    (folder / ".hidden.json").write_text("not read")

    assert await installation.take_in(folder) == 0

    state = await installation.state(provenance=False)
    assert set(state) == {*(f"Patient/p{n}" for n in range(1, 7)), "Observation/o3", "Observation/o4"}


async def test_references_are_rewritten_and_a_missing_id_is_made_once(installation: Installation, folder: Path) -> None:
    urn = "urn:uuid:5a1d6b1c-9f0e-4a57-8a5d-2f1f6e2a9b11"
    nameless = observation("x", subject={"reference": urn}, note=[{"text": f'"reference":"{urn}"'}])
    del nameless["code"]["coding"][0]["system"]
    by_url = observation("x", id="o1", subject={"reference": "http://elsewhere.example/fhir/Patient/p9"})
    path = write(
        folder / "b.json",
        bundle(
            entry(nameless),
            entry(patient(), urn, request={"method": "POST", "url": "Patient"}),
            entry(by_url),
            entry(patient(id="p9"), "http://elsewhere.example/fhir/Patient/p9"),
            kind="transaction",
        ),
    )

    assert await installation.take_in(path) == 0
    state = await installation.state()
    assert await installation.take_in(path) == 0

    assert await installation.state() == state
    fhir_id = urn.removeprefix("urn:uuid:")
    observations = [one for place, (_, one) in state.items() if place.startswith("Observation/")]
    assert {one["subject"]["reference"] for one in observations} == {f"Patient/{fhir_id}", "Patient/p9"}
    assert any(urn in one.get("note", [{"text": ""}])[0]["text"] for one in observations)


async def test_a_later_file_reaches_the_resources_of_an_earlier_one(installation: Installation, folder: Path) -> None:
    urn = "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"
    first = write(folder / "first.json", bundle(entry(patient(), urn)))
    later = write(folder / "later.json", bundle(entry(observation("x", id="o1", subject={"reference": urn}))))

    assert await installation.take_in(first) == 0
    assert await installation.take_in(later) == 0

    assert (await installation.newest("Observation", "o1"))["subject"]["reference"] == f"Patient/{urn[9:]}"


async def test_references_by_identifier_are_resolved_after_their_targets(installation: Installation, folder: Path) -> None:
    npi = "http://hl7.org/fhir/sid/us-npi"
    practitioner = {"resourceType": "Practitioner", "id": "d1", "identifier": [{"system": npi, "value": "9"}]}
    performers = [{"reference": f"Practitioner?identifier={npi}|{value}"} for value in ("9", "8")]
    write(folder / "a.json", bundle(entry(observation("p1", id="o1", performer=performers)), entry(patient(id="p1"))))
    write(folder / "b.json", bundle(entry(practitioner)))

    assert await installation.take_in(folder) == 0

    stored = (await installation.newest("Observation", "o1"))["performer"]
    assert stored == [{"reference": "Practitioner/d1"}, performers[1]]
    assert [finding["reference"] for finding in installation.findings()] == [performers[1]["reference"]]


async def test_bad_entries_are_reported_and_stop_nothing(installation: Installation, folder: Path) -> None:
    good = json.dumps(entry(patient(id="good")))
    bad = [
        json.dumps(entry({"resourceType": "Patient", "id": "bad", "birthDate": "2020-02-30", "nonsense": 1})),
        '{"resource": {"resourceType": "Patient", "id": "twice", "active": true, "active": false}}',
        '{"resource": {"resourceType": "Patient", "id": "broken", "active": tru}}',
        '{"resource": {"resourceType": "Klingon", "id": "k"}}',
        '{"request": {"method": "DELETE", "url": "Patient/good"}}',
        '{"fullUrl": "urn:uuid:1"}',
        '{"resource": {"resourceType": "Patient", "id": "deep", "extension": ' + "[" * 150 + "]" * 150 + "}}",
    ]
    path = folder / "mixed.json"
    path.write_text('{"resourceType":"Bundle","type":"batch","entry":[' + ",\n".join([*bad, good]) + "]}")

    assert await installation.take_in(path) == 1

    assert set(await installation.state(provenance=False)) == {"Patient/good"}
    findings = installation.rejected()
    assert [finding["entry"] for finding in findings] == list(range(len(bad)))
    assert {issue["expression"] for issue in findings[0]["issues"]} >= {"Patient.birthDate", "Patient.nonsense"}
    assert "'active' appears twice" in findings[1]["reason"]
    assert "byte" in findings[2]["reason"]
    file = next((installation.settings.data / "rejects").iterdir())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("packed", [False, True])
async def test_a_file_that_breaks_off_is_taken_in_up_to_there(installation: Installation, folder: Path, packed: bool) -> None:
    whole = json.dumps(bundle(*(entry(patient(f"Family{n}", id=f"p{n}")) for n in range(2000)))).encode()
    path = folder / "cut.json"
    path.write_bytes(gzip.compress(whole)[: 9 * len(gzip.compress(whole)) // 10] if packed else whole[: len(whole) // 2])

    assert await installation.take_in(path) == 1

    state = await installation.state(provenance=False)
    assert 500 < len(state) < 2000
    assert set(state) == {f"Patient/p{n}" for n in range(len(state))}
    (finding,) = installation.rejected()
    assert finding["position"] > 0
    assert "entry" not in finding


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"not json",
        b"[1, 2]",
        b'\xef\xbb\xbf{"resourceType":"Patient"}',
        '{"resourceType":"Patient"}'.encode("utf-16"),
        b'{"resourceType":"Patient","name":[{"family":"\xff"}]}',
        b'{"resourceType":"Bundle","type":"history","entry":[]}',
        b'{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient"}}]}',
        b'{"resourceType":"Patient"} and more',
        b'{"resourceType":"Patient","resourceType":"Patient"}',
        b'{"hello":"world"}',
        b"\x1f\x8b not gzip",
    ],
)
async def test_a_file_that_is_no_fhir_is_refused_with_a_reason(installation: Installation, folder: Path, text: bytes) -> None:
    (folder / "odd.json").write_bytes(text)

    assert await installation.take_in(folder / "odd.json") == 1

    assert len(installation.rejected()) == 1
    assert installation.rejected()[0]["reason"]
    assert await installation.state() == {}


async def test_changed_content_becomes_the_next_version_and_older_content_never_returns(
    installation: Installation, folder: Path
) -> None:
    old = write(folder / "old.json", patient("Old", id="p1"))
    new = write(folder / "new.json", patient("New", id="p1"))

    for path in (old, new, old):
        assert await installation.take_in(path) == 0

    assert [one["name"][0]["family"] for one in await installation.versions("Patient", "p1")] == ["New", "Old"]


async def test_what_was_deleted_here_stays_deleted_and_is_listed(installation: Installation, folder: Path) -> None:
    path = write(folder / "p.json", patient(id="p1"))
    assert await installation.take_in(path) == 0
    async with installation.world.at("north", installation.local) as record:
        await record.delete("Patient", "p1")

    assert await installation.take_in(path) == 0

    assert await installation.state(provenance=False) == {}
    assert [(one["severity"], one["resource"]) for one in installation.findings()] == [("warning", "Patient/p1")]


async def test_dangling_references_are_stored_and_listed_once_with_their_count(installation: Installation, folder: Path) -> None:
    path = write(folder / "o.ndjson", *(observation("nobody", id=f"o{n}") for n in range(3)))

    assert await installation.take_in(path) == 0

    (finding,) = installation.findings()
    assert (finding["severity"], finding["reference"], finding["cited"]) == ("warning", "Patient/nobody", 3)
    assert len(await installation.state(provenance=False)) == 3


async def test_unknown_paths_and_facilities_are_usage_errors(installation: Installation, folder: Path) -> None:
    assert await installation.take_in(folder / "nothing.json") == 2
    assert await installation.take_in(folder) == 2
    assert await installation.take_in(write(folder / "p.json", patient(id="p1")), facility="nowhere") == 2


async def test_two_imports_at_once_give_one_state(installation: Installation, folder: Path, tmp_path: Path) -> None:
    every = [*(patient(id=f"p{n}") for n in range(40)), *(observation(f"p{n % 40}", id=f"o{n}") for n in range(1200))]
    forward = write(folder / "forward.ndjson", *every)
    backward = write(folder / "backward.ndjson", *reversed(every))
    elsewhere = installation.settings.model_copy(update={"data": tmp_path / "else", "key_file": installation.settings.keys})
    other = Installation(installation.world, elsewhere)

    codes = await asyncio.gather(installation.take_in(forward), other.take_in(backward))

    assert codes == [0, 0]
    state = await installation.state(provenance=False)
    assert len(state) == len(every)
    assert {version for version, _ in state.values()} == {1}


PROGRAM = """
import sys
from pathlib import Path
from ehr_app.record.importing import command, leading
from ehr_app.settings import Settings
if __name__ == "__main__":
    leading.BATCH_ENTRIES, leading.WORTH_PROCESSES_BYTES = 100, 0
    sys.exit(command.run([Path(sys.argv[1])], "north", Settings()))
"""


async def test_a_killed_import_is_finished_by_the_next_one(installation: Installation, folder: Path) -> None:
    every = [patient(id=f"p{n}") for n in range(50)] + [observation(f"p{n % 50}", id=f"o{n}") for n in range(4000)]
    path = write(folder / "many.ndjson", *every)
    program = folder / "program.py"
    program.write_text(PROGRAM)
    variables = {f"EHR_{name.upper()}": str(value) for name, value in installation.settings.model_dump(exclude_none=True).items()}
    here = str(Path(__file__).resolve().parents[3])
    call = [sys.executable, str(program), str(path)]
    with subprocess.Popen(call, env={**os.environ, **variables, "PYTHONPATH": here}, start_new_session=True) as process:
        for _ in range(600):
            rows = await installation.world.as_owner("select count(*) from ehr.resource")
            if rows[0][0] > 300:
                break
            await asyncio.sleep(0.05)
        os.kill(process.pid, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while await installation.world.as_owner("select 1 from pg_stat_activity where usename = 'ehr_app' and state <> 'idle'"):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    rows = await installation.world.as_owner("select count(*) from ehr.resource")
    assert 300 < rows[0][0] < len(every)

    assert await installation.take_in(path) == 0

    state = await installation.state()
    assert {version for version, _ in state.values()} == {1}
    made = [one for place, (_, one) in state.items() if place.startswith("Provenance/")]
    assert len(state) - len(made) == len(every)
    assert len(made) == 50
    assert {t["reference"] for one in made for t in one["target"]} == {p for p in state if not p.startswith("Provenance/")}
    assert content(await installation.newest("Patient", "p7"))["name"] == [{"family": "Ng"}]

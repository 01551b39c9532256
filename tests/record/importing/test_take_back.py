"""A batch is taken back: everything reads as before it, what others did since stays, and a cut-off run is finished by the next."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ehr_app.errors import Gone
from ehr_app.record.importing import command
from tests.people import observation, patient
from tests.record.importing.conftest import SHARED, Installation, content
from tests.record.importing.test_command import bundle, entry, write

SYNTHEA = SHARED / "synthea-r4"
INFERNO = SHARED / "us-core" / "inferno-reference"
PROJECT = Path(__file__).resolve().parents[3]


async def take_in(installation: Installation, capsys: pytest.CaptureFixture[str], *paths: Path) -> str:
    """Import and return the batch that was printed."""
    capsys.readouterr()
    assert await installation.take_in(*paths) == 0
    return batch_in(capsys.readouterr().out)


def batch_in(printed: str) -> str:
    found = re.search(r"^  batch +([0-9a-f-]{36})$", printed, re.MULTILINE)
    assert found, printed
    return found[1]


async def take_back(installation: Installation, batch: str, facility: str = "north") -> int:
    return await asyncio.to_thread(command.take_back, batch, facility, installation.settings)


async def now(installation: Installation) -> dict[str, dict[str, Any]]:
    """Everything as it reads, Provenance of imports and take-backs aside."""
    state = await installation.state()
    return {place: one for place, (_, one) in state.items() if not is_ours(one)}


async def whole(installation: Installation, patient_id: str) -> dict[str, dict[str, Any]]:
    async with installation.world.at("north", installation.local) as record:
        page = await record.everything(patient_id)
    every = {f"{one.type}/{one.id}": content(one.resource()) for one in (*page.matches, *page.included)}
    return {place: one for place, one in every.items() if not is_ours(one)}


def is_ours(resource: dict[str, Any]) -> bool:
    """Tell a Provenance that an import or a take-back wrote about itself."""
    return resource["resourceType"] == "Provenance" and "import" in resource.get("activity", {}).get("text", "")


@pytest.mark.skipif(not SYNTHEA.is_dir(), reason="the shared sample records are not beside the repository")
async def test_everything_reads_as_before_and_may_be_imported_again(
    installation: Installation, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await take_in(installation, capsys, INFERNO / "uscore_bundle_patient_85.json")
    before, chart = await now(installation), await whole(installation, "85")
    changed = [{**one, "language": "de"} for place, one in before.items() if place.startswith(("Patient/", "Observation/"))]
    write(folder / "changed.json", bundle(*(entry(one) for one in changed)))
    batch = await take_in(installation, capsys, folder / "changed.json", INFERNO, SYNTHEA)
    after = await now(installation)
    assert after["Patient/85"]["language"] == "de" and len(after) > len(before)

    assert await take_back(installation, batch) == 0

    assert await now(installation) == before
    assert await whole(installation, "85") == chart
    assert [one["meta"]["versionId"] for one in await installation.versions("Patient", "85")][0] == "3"
    assert await take_back(installation, batch) == 1
    assert "taken back already" in capsys.readouterr().err

    again = await take_in(installation, capsys, folder / "changed.json", INFERNO, SYNTHEA)

    assert again != batch
    assert await now(installation) == after
    assert await take_back(installation, again) == 0
    assert await now(installation) == before


async def test_what_was_changed_since_and_what_relies_on_the_batch_stays_and_is_listed(
    installation: Installation, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    practitioner = {"resourceType": "Practitioner", "id": "dr", "name": [{"family": "Who"}]}
    path = write(
        folder / "b.ndjson",
        practitioner,
        {**practitioner, "id": "nobody-asks"},
        patient(id="kept"),
        {"resourceType": "Encounter", "id": "e1", "status": "finished", "class": {"code": "AMB"},
         "subject": {"reference": "Patient/kept"}, "participant": [{"individual": {"reference": "Practitioner/dr"}}]},
        observation("kept", id="changed"),
        observation("kept", id="removed"),
        observation("kept", id="goes"),
        patient(id="goes"),
    )  # fmt: skip
    batch = await take_in(installation, capsys, path)
    async with installation.world.at("north", installation.local) as record:
        await record.update(observation("kept", "9.9", id="changed"))
        await record.delete("Observation", "removed")
        await record.create(observation("kept", encounter={"reference": "Encounter/e1"}))

    assert await take_back(installation, batch) == 0

    state = await now(installation)
    ours = {place for place in state if not re.search("-7[0-9a-f]{3}-", place)}
    assert ours == {"Patient/kept", "Encounter/e1", "Practitioner/dr", "Observation/changed"}
    assert state["Observation/changed"]["valueQuantity"]["value"] == Decimal("9.9")
    printed = capsys.readouterr().out
    assert "deleted             3" in printed
    stays = set(re.findall(r"stays: (\S+): (what|it)", printed))
    relied = {("Patient/kept", "what"), ("Encounter/e1", "what"), ("Practitioner/dr", "what")}
    assert stays == relied | {("Observation/changed", "it"), ("Observation/removed", "it")}


async def test_a_restored_resource_and_a_removed_one_keep_their_history_and_say_why(
    installation: Installation, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await take_in(installation, capsys, write(folder / "old.ndjson", patient("Old", id="p1")))
    path = write(folder / "new.ndjson", patient("New", id="p1"), patient("Newer", id="p1"), observation("p1", id="o1"))
    batch = await take_in(installation, capsys, path)

    assert await take_back(installation, batch) == 0

    names = [one["name"][0]["family"] for one in await installation.versions("Patient", "p1")]
    assert names == ["Old", "Newer", "New", "Old"]
    async with installation.world.at("north", installation.local) as record:
        with pytest.raises(Gone):
            await record.read("Observation", "o1")
        assert (await record.vread("Observation", "o1", 1)).resource()["id"] == "o1"
    state = await installation.state()
    (told,) = [one for _, one in state.values() if one.get("activity") == {"text": "take-back of an import"}]
    assert [target["reference"] for target in told["target"]] == ["Patient/p1", "Observation/o1"]
    assert told["entity"][0]["what"]["identifier"]["value"] == f"urn:uuid:{batch}"


async def test_a_version_filed_over_the_import_is_not_overwritten_by_importing_again(
    installation: Installation, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(folder / "p.ndjson", patient("Imported", id="p1"))
    batch = await take_in(installation, capsys, path)
    async with installation.world.at("north", installation.local) as record:
        await record.update(patient("Corrected", id="p1"))
    assert await take_back(installation, batch) == 0

    await take_in(installation, capsys, path)

    assert (await installation.newest("Patient", "p1"))["name"] == [{"family": "Corrected"}]


async def test_a_batch_of_another_facility_or_of_nobody_is_not_found(
    installation: Installation, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    batch = await take_in(installation, capsys, write(folder / "p.ndjson", patient(id="p1")))

    assert await take_back(installation, batch, facility="south") == 2
    assert await take_back(installation, "6a0d6bb5-0000-4000-8000-000000000000") == 2
    assert await take_back(installation, "nonsense") == 2
    assert set(await now(installation)) == {"Patient/p1"}


PROGRAM = """
import sys
from pathlib import Path
from ehr_app.record.importing import command, leading
from ehr_app.settings import Settings
if __name__ == "__main__":
    leading.BATCH_ENTRIES, leading.WORTH_PROCESSES_BYTES = 100, 0
    if sys.argv[1] == "import":
        sys.exit(command.run([Path(sys.argv[2])], "north", Settings()))
    sys.exit(command.take_back(sys.argv[2], "north", Settings()))
"""


async def killed(installation: Installation, folder: Path, step: str, what: str, when: str, least: int) -> None:
    """Run a step in a process of its own and kill it when a count has reached a number."""
    program = folder / "program.py"
    program.write_text(PROGRAM)
    own = {f"EHR_{name.upper()}": str(value) for name, value in installation.settings.model_dump(exclude_none=True).items()}
    call = [sys.executable, str(program), step, what]
    with subprocess.Popen(call, env={**os.environ, **own, "PYTHONPATH": str(PROJECT)}, start_new_session=True) as process:
        for _ in until(60):
            if (await installation.world.as_owner(when))[0][0] >= least:
                break
            await asyncio.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
    for _ in until(20):
        if not await installation.world.as_owner("select 1 from pg_stat_activity where usename = 'ehr_app' and state <> 'idle'"):
            break
        await asyncio.sleep(0.05)


def until(seconds: float) -> Iterator[None]:
    deadline = time.monotonic() + seconds
    while True:
        assert time.monotonic() < deadline
        yield


async def test_killed_in_import_and_in_take_back_both_are_finished_by_the_next_try(
    installation: Installation, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    every = [patient(id=f"p{n}") for n in range(50)] + [observation(f"p{n % 50}", id=f"o{n}") for n in range(4000)]
    path = write(folder / "many.ndjson", *every)
    await killed(installation, folder, "import", str(path), "select count(*) from ehr.resource", 300)
    (cut_off,) = await installation.world.as_owner("select id::text, state from ehr.import_batch")

    batch = await take_in(installation, capsys, path)

    assert batch == cut_off[0]
    assert len(await now(installation)) == len(every)
    counts = await installation.world.as_owner("select state, (counts->'import'->>'created')::int from ehr.import_batch")
    assert [tuple(row) for row in counts] == [("imported", len(every))]

    removed = "select count(*) from ehr.resource_history where verb = 3"
    await killed(installation, folder, "take-back", batch, removed, 300)
    assert 300 <= (await installation.world.as_owner(removed))[0][0] < len(every)
    assert await take_back(installation, batch) == 0

    assert await now(installation) == {}
    versions = await installation.world.as_owner(
        "select count(*) from ehr.resource_history where ver > 2 or (verb = 3 and ver <> 2)"
    )
    assert versions[0][0] == 0
    told = [one for _, one in (await installation.state()).values() if one.get("activity") == {"text": "take-back of an import"}]
    assert {t["reference"] for one in told for t in one["target"]} == {f"{one['resourceType']}/{one['id']}" for one in every}

"""The steps of a batch that was brought by the browser, as the process beside the server does them: states, stop, kill."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from ehr_app.record.importing import batches, job, leading, receiving, sealed, steps
from ehr_app.record.importing.batches import Batch, File
from tests.people import observation, patient
from tests.record.importing.conftest import Installation

PROJECT = Path(__file__).resolve().parents[3]
EVERY = [patient(id=f"p{n}") for n in range(40)] + [observation(f"p{n % 40}", id=f"o{n}") for n in range(3000)]


async def brought(installation: Installation, *values: dict[str, Any]) -> UUID:
    """A batch with one sealed file of these resources."""
    batch, content = uuid4(), "\n".join(json.dumps(value, default=float) for value in values).encode()

    async def sent() -> AsyncIterator[bytes]:
        yield content

    key = installation.world.keys.derive(sealed.PURPOSE)
    size = await receiving.receive(installation.settings.data, batch, 0, key, sent(), len(content))
    async with installation.world.at("north", installation.local) as record:
        await batches.open_batch(record, "rehearsing", [File("many.ndjson", size)], batch)
    return batch


async def do(installation: Installation, step: job.Step, batch: UUID) -> int:
    return await asyncio.to_thread(job.run, step, "north", batch, installation.settings)


async def now(installation: Installation, batch: UUID) -> Batch:
    async with installation.world.at("north", installation.local) as record:
        return await batches.one(record, batch)


async def test_a_batch_goes_from_rehearsal_to_take_back(installation: Installation) -> None:
    batch = await brought(installation, patient(id="p1"), {"resourceType": "Patient", "id": "bad", "birthDate": "2020-02-30"})

    assert await do(installation, "rehearse", batch) == 0
    rehearsed = await now(installation, batch)
    assert rehearsed.state == "rehearsed"
    assert {name: rehearsed.counts["rehearsal"][name] for name in ("create", "refuse", "patients")} == {
        "create": 1, "refuse": 1, "patients": 1,
    }  # fmt: skip
    assert await installation.state() == {}

    assert await do(installation, "import", batch) == 0
    imported = await now(installation, batch)
    assert imported.state == "imported" and imported.counts["import"]["created"] == 1
    folder = steps.folder_of(installation.settings.data, batch)
    assert not list(folder.glob("*.sealed"))
    assert set(await installation.state(provenance=False)) == {"Patient/p1"}

    assert await do(installation, "take-back", batch) == 0
    assert (await now(installation, batch)).state == "taken-back"
    assert await installation.state(provenance=False) == {}
    assert job.progress(installation.settings.data, batch)["what"] == "ended"


async def test_a_step_that_is_asked_to_stop_keeps_what_is_stored_and_goes_on_later(
    installation: Installation, monkeypatch: Any
) -> None:
    monkeypatch.setattr(leading, "BATCH_ENTRIES", 50)
    monkeypatch.setattr(job, "EVERY_S", 0.0)
    batch = await brought(installation, *EVERY)
    asked = job.Pace.step

    def step(self: job.Pace, what: str, done: int, total: int) -> None:
        if what == "entries" and done >= 200:
            job.ask_to_stop(installation.settings.data, batch)
        asked(self, what, done, total)

    monkeypatch.setattr(job.Pace, "step", step)
    assert await do(installation, "import", batch) == 0
    assert (await now(installation, batch)).state == "stopped"
    assert 200 <= len(await installation.state(provenance=False)) < len(EVERY)

    monkeypatch.setattr(job.Pace, "step", asked)
    assert await do(installation, "import", batch) == 0

    imported = await now(installation, batch)
    assert (imported.state, imported.counts["import"]["created"]) == ("imported", len(EVERY))
    assert imported.counts["import"]["unchanged"] == 0


async def test_a_step_ends_with_its_server_and_is_finished_by_the_next_try(installation: Installation) -> None:
    batch = await brought(installation, *EVERY)
    own = {f"EHR_{name.upper()}": str(value) for name, value in installation.settings.model_dump(exclude_none=True).items()}
    program = "import sys; from ehr_app.record.importing import job, leading; leading.BATCH_ENTRIES = 50; "
    program += "job.threading.Thread(target=job._end_with_server, daemon=True).start(); "
    program += "from uuid import UUID; job.run(sys.argv[1], 'north', UUID(sys.argv[2]), job.Settings())"
    call = [sys.executable, "-c", program, "import", str(batch)]
    environment = {**os.environ, **own, "PYTHONPATH": str(PROJECT)}
    for end in ("kill", "close"):
        before = (await installation.world.as_owner("select count(*) from ehr.resource"))[0][0]
        with subprocess.Popen(call, env=environment, stdin=subprocess.PIPE) as process:
            deadline = time.monotonic() + 60
            while (await installation.world.as_owner("select count(*) from ehr.resource"))[0][0] <= before:
                assert time.monotonic() < deadline
                await asyncio.sleep(0.02)
            assert steps.is_held(installation.settings.data, batch)
            if end == "kill":
                os.kill(process.pid, signal.SIGKILL)
            assert process.stdin is not None
            process.stdin.close()
            process.wait(20)
        assert not steps.is_held(installation.settings.data, batch)
        assert (await now(installation, batch)).state == "importing"

    assert await do(installation, "import", batch) == 0

    imported = await now(installation, batch)
    assert (imported.state, imported.counts["import"]["created"]) == ("imported", len(EVERY))
    assert {version for version, _ in (await installation.state(provenance=False)).values()} == {1}

"""A Bundle of any size goes in with little memory, plain or gzip."""

import asyncio
import gzip
import json
import os
import random
import sys
import time
from pathlib import Path

import pytest

from ehr_app.standards.r4 import RTYPES
from tests.record.importing.conftest import Installation

PATIENTS = 500
MOST_GROWTH_MB = 150
MOST_WORKER_MB = 300

PROGRAM = """
import resource, sys
from pathlib import Path
from ehr_app.record.importing import command
from ehr_app.settings import Settings

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) // 1024

if __name__ == "__main__":
    before = peak()
    code = command.run([Path(sys.argv[1])], "north", Settings())
    print("peaks", before, peak(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
    sys.exit(code)
"""


def write(path: Path, megabytes: int) -> int:
    """Write a transaction Bundle of laboratory results that name their patients by urn:uuid; return its entries."""
    draw = random.Random(megabytes)
    words = [f"word{n}" for n in range(500)]
    size = entries = 0
    with gzip.open(path, "wb", compresslevel=1) if path.name.endswith(".gz") else path.open("wb") as out:
        out.write(b'{"resourceType":"Bundle","type":"transaction","entry":[')
        while size < megabytes << 20:
            if entries < PATIENTS:
                one = {"resourceType": "Patient", "name": [{"family": f"Family{entries}"}]}
            else:
                one = {
                    "resourceType": "Observation",
                    "status": "final",
                    "code": {"coding": [{"system": "http://loinc.org", "code": f"{draw.randrange(60)}-0"}]},
                    "subject": {"reference": f"urn:uuid:{draw.randrange(PATIENTS):032}"},
                    "effectiveDateTime": f"20{draw.randrange(10, 26)}-0{draw.randrange(1, 10)}-1{draw.randrange(10)}",
                    "valueQuantity": {"value": draw.randrange(1000) / 10, "unit": "mg/dL"},
                    "note": [{"text": " ".join(draw.choices(words, k=90))}],
                }
            entry = {"fullUrl": f"urn:uuid:{entries:032}", "resource": one, "request": {"method": "POST", "url": "x"}}
            raw = json.dumps(entry).encode()
            out.write((b",\n" if entries else b"") + raw)
            size += len(raw) + 2
            entries += 1
        out.write(b"]}")
    return entries


async def check(installation: Installation, path: Path, entries: int) -> None:
    program = path.with_suffix(".py")
    program.write_text(PROGRAM)
    given = installation.settings.model_dump(exclude_none=True)
    variables = {f"EHR_{name.upper()}": str(value) for name, value in given.items()}
    here = str(Path(__file__).resolve().parents[3])
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(program),
        str(path),
        env={**os.environ, **variables, "PYTHONPATH": here},
        stdout=asyncio.subprocess.PIPE,
    )
    began = time.monotonic()
    out, _ = await process.communicate()
    print(out.decode(), f"{entries / (time.monotonic() - began):,.0f} entries/s with start-up")

    assert process.returncode == 0
    before, after, worker = map(int, out.decode().rpartition("peaks")[2].split())
    assert after - before < MOST_GROWTH_MB
    assert worker < MOST_WORKER_MB
    counted = "select count(*), count(distinct patient) from ehr.resource where patient is not null and rtype <> $1"
    (row,) = await installation.world.as_owner(counted, RTYPES["Provenance"])
    assert tuple(row) == (entries, PATIENTS)


@pytest.mark.parametrize("name", ["some.json", "some.json.gz"])
async def test_thirty_megabytes_go_in_with_bounded_memory(installation: Installation, folder: Path, name: str) -> None:
    path = folder / name
    entries = await asyncio.to_thread(write, path, 30 if name == "some.json" else 6)

    await check(installation, path, entries)


@pytest.mark.long
async def test_two_hundred_megabytes_go_in_with_bounded_memory(installation: Installation, folder: Path) -> None:
    path = folder / "large.json"
    entries = await asyncio.to_thread(write, path, 200)

    await check(installation, path, entries)

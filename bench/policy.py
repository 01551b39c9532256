"""What the whole policy costs: reads under row-level security with synthetic roles, labels, grants and refusals.

The store is the shipped one with its policies; the roles' masks, 2,500 shares and 2,500 refusals are planted by the owner. Each
query runs under four worlds, the same rows visible in all of them, so that only the policy's cost differs.
"""

import asyncio
import random
import statistics
import time
from pathlib import Path
from uuid import UUID

import asyncpg

from bench import dataset
from ehr_app.record.access import Credential
from ehr_app.record.door import Door, Record, addresses
from ehr_app.record.embedded import EmbeddedPostgres
from ehr_app.record.ids import uid
from ehr_app.record.keys import load_or_create
from ehr_app.record.migrate import migrate, register_keys
from ehr_app.record.objects import ObjectStore
from ehr_app.record.store import connect
from ehr_app.record.writing import Change
from ehr_app.settings import Settings
from ehr_app.standards.r4 import RTYPES

PATIENTS, EACH, FACILITIES = 100, 200, 5
READ = "select content from ehr.resource where facility = $1 and rtype = $2 and id = $3"
CHART = "select content from ehr.resource where patient = $1 and rtype = $2 order by date_lo desc limit 20"
RECORD = "select content from ehr.resource where patient = $1"
ACROSS = "select content from ehr.resource where rtype = $1 order by date_lo desc limit 20"


async def measure(folder: Path) -> None:
    """Print p50 milliseconds of four queries in each world."""
    settings = Settings(data=folder)
    folder.mkdir(mode=0o755)
    keys = load_or_create(settings.keys)
    with EmbeddedPostgres(folder, settings) as postgres:
        await asyncio.to_thread(migrate, postgres.dsn("ehr_owner"))
        await asyncio.to_thread(register_keys, postgres.dsn("ehr_owner"), keys)
        store = await connect(*addresses(settings), keys, ObjectStore(folder / "files", keys.derive("objects")))
        owner = await asyncpg.connect(postgres.dsn("ehr_owner"))
        proof = Credential("local", keys.local_proof())
        audit = await asyncpg.connect(postgres.dsn("ehr_audit"))
        for n in range(FACILITIES):
            await audit.fetchval("select ehr.add_facility($1, $2, $2, 'UTC', '{}')", keys.local_proof(), f"f{n}")
        await audit.close()
        await store.audit.reload_facilities()
        door = Door(store)
        await _fill(door, proof)
        await owner.execute("analyze")
        print("\npolicy: p50 ms per statement (inside one transaction, local socket)")
        print(f"{'world':<54}{'read by id':>12}{'chart 20':>12}{'record 200':>12}{'across 20':>12}")
        for name, plant in WORLDS:
            for statement in plant:
                await owner.execute(statement)
            await owner.execute("analyze")
            async with door.open(proof, action="bench", facility="f0") as record:
                print(f"{name:<54}" + "".join(f"{value:>12.3f}" for value in await _world(record)), flush=True)
        await owner.close()
        await store.close()


WORLDS: list[tuple[str, list[str]]] = [
    ("facility isolation and access row only", []),
    (
        "+ 1,000 classes with labels, masks of 40 roles",
        [
            "insert into ehr.class(rtype, category, labels) "
            "select 1 + n % 146, 'c' || n, array['l' || n % 6] from generate_series(1, 1000) n",
            'select ehr.authority_for(\'role \' || n, \'[{"types": ["*"], "verbs": "r"}]\') from generate_series(1, 40) n',
            "update ehr.authority set reads = ehr.rules_mask(rules, 'r'), writes = ehr.rules_mask(rules, 'w')",
        ],
    ),
    (
        "+ 2,500 shares from other facilities",
        [
            "insert into ehr.share "
            "select gen_random_uuid(), 2 + n % 4, 1, decode(repeat('ff', 512), 'hex') from generate_series(1, 2500) n"
        ],
    ),
    (
        "+ 2,500 refusals by patients",
        ["insert into ehr.deny select gen_random_uuid(), 1, 1, decode(repeat('ff', 512), 'hex') from generate_series(1, 2500) n"],
    ),
]


async def _fill(door: Door, proof: Credential) -> None:
    draw = random.Random(3)
    for facility in range(FACILITIES):
        for patient, resource in enumerate(dataset.patients(PATIENTS)):
            rows = [resource, *(dataset.observation(patient, n, draw) for n in range(EACH))]
            async with door.open(proof, action="bench", facility=f"f{facility}") as record:
                await record.write_many([Change("create", r["resourceType"], r, id=r["id"]) for r in rows])


async def _world(record: Record) -> list[float]:
    observation = RTYPES["Observation"]

    def patient(n: int) -> UUID:
        return uid(1, "Patient", f"bench-{n % PATIENTS}")

    def read(n: int) -> tuple[object, ...]:
        return 1, observation, uid(1, "Observation", f"bench-{n % PATIENTS}-{n % EACH}")

    return [
        await _median(record, READ, read),
        await _median(record, CHART, lambda n: (patient(n), observation)),
        await _median(record, RECORD, lambda n: (patient(n),)),
        await _median(record, ACROSS, lambda n: (observation,)),
    ]


async def _median(record: Record, sql: str, arguments: object) -> float:
    connection = await record.connection()
    prepared = await connection.prepare(sql)
    took = []
    for n in range(200):
        values = arguments(n)  # type: ignore[operator]
        started = time.perf_counter()
        rows = await prepared.fetch(*values)
        took.append(1000 * (time.perf_counter() - started))
        if not rows:
            raise SystemExit("a policy hid rows that this world must show")
    return statistics.median(took)

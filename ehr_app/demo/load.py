"""Loading the demo: the facilities, their people and the directory first, then the charts by several processes.

What is there already stays as it is: a load that was cut off is finished by the next one, and a second load adds nothing.
"""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

from ehr_app.demo import facilities, note, patients, questionnaires, staff
from ehr_app.demo.elements import Resource
from ehr_app.demo.note import Note
from ehr_app.demo.portions import FIRST_PATIENTS, portions, shared
from ehr_app.demo.progress import Progress
from ehr_app.demo.writing import Plan, written
from ehr_app.identity import facilities as sites
from ehr_app.identity import ledger, passwords, users
from ehr_app.record import keys
from ehr_app.record.access import Purpose
from ehr_app.record.door import Change
from ehr_app.record.importing.workers import Setup, Worker
from ehr_app.settings import Settings

SEED = 20240229
PATIENTS = shared(FIRST_PATIENTS)
"""How many patients of each facility a first start has before the server is ready."""


def directory() -> list[Resource]:
    """Return the network's resources in dependency order."""
    return [*facilities.network(), *staff.practitioners(), *questionnaires.directory()]


def bundles(seed: int, as_of: date) -> Iterator[tuple[str, list[Resource]]]:
    """Yield (facility slug, resources): the directory (facility 0), then one list per patient, last the corrections.

    Shape: ids of corrections repeat earlier ones and become their second versions. Inside one list every id is unique.
    """
    yield facilities.NETWORK_SLUG, directory()
    for facility in facilities.FACILITIES:
        for resources in patients.generate(facility, PATIENTS[facility.slug], seed, as_of):
            yield facility.slug, resources
    for facility in facilities.FACILITIES:
        for resources in patients.corrections(facility, PATIENTS[facility.slug], seed, as_of):
            yield facility.slug, resources


def run(settings: Settings, count: int, progress: Progress, waiting: Callable[[], None]) -> int:
    """Load so many patients, or those that are not there yet; return how many resources were written.

    Shape: `waiting` is called when another process is loading, and then this one waits for its end.
    """
    with note.alone(settings.data, waiting):
        known = note.read(settings.data) or Note(datetime.now(UTC).date().isoformat(), 0)
        note.write(settings.data, known)
        total = _load(settings, count, date.fromisoformat(known.as_of), progress)
        note.write(settings.data, Note(known.as_of, max(count, known.patients)))
    return total


def _load(settings: Settings, count: int, as_of: date, progress: Progress) -> int:
    setup = Setup(settings.app_dsn, settings.audit_dsn, settings.keys, settings.data / "files", facilities.NETWORK_SLUG, "demo")
    asyncio.run(_people(settings))
    total, done = _directory(setup), 0
    for one in written(Plan(setup, SEED, as_of), portions(count)):
        total, done = total + one.written, done + len(one.portion.numbers)
        progress.step(done, count, total)
    return total


async def _people(settings: Settings) -> None:
    proof = keys.load_or_create(settings.keys).local_proof()
    async with ledger.opened(settings.audit_dsn, connections=1):
        hashed = await passwords.hashed(staff.DEMO_PASSWORD)
        for facility in facilities.FACILITIES:
            await sites.add(proof, facility.slug, facility.name, facility.time_zone)
            for member in staff.staff(facility):
                await users.add(
                    proof,
                    member.username,
                    member.display,
                    facility.slug,
                    member.role,
                    password_hash=hashed if member.signs_in else None,
                    practitioner=member.practitioner_id,
                )


def _directory(setup: Setup) -> int:
    """Write the network's resources; one becomes a new version only where it differs."""
    worker = Worker(setup)
    try:
        return worker.run(_written(worker, directory()))
    finally:
        worker.close()


async def _written(worker: Worker, resources: list[Resource]) -> int:
    network, purpose = facilities.NETWORK_SLUG, Purpose.ADMINISTRATION
    async with worker.door.open(worker.credential, action="demo", purpose=purpose, facility=network, asked="directory") as record:
        changes = [Change("update", one["resourceType"], one, id=one["id"]) for one in resources]
        return sum(not one.unchanged for one in await record.write_many(changes))

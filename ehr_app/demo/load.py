"""What a first start loads: the network, then every facility's patients, then the laboratory's corrections."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Literal

from ehr_app.demo import facilities, patients, staff
from ehr_app.demo.elements import Resource
from ehr_app.identity import facilities as sites
from ehr_app.identity import ledger, passwords, users
from ehr_app.record import keys
from ehr_app.record.access import Credential, Purpose
from ehr_app.record.door import Change, Door, start, stop
from ehr_app.settings import Settings

PATIENTS = {"north": 12, "south": 10, "harbor": 8}
SEED = 20240229


def bundles(seed: int, as_of: date) -> Iterator[tuple[str, list[Resource]]]:
    """Yield (facility slug, resources) in the order they must be written.

    Shape: first the network (slug `network`, facility 0), then one list per patient, last the corrections, whose ids
    repeat earlier ones and become their second versions. Inside one list every id is unique.
    """
    yield facilities.NETWORK_SLUG, [*facilities.network(), *staff.practitioners()]
    for facility in facilities.FACILITIES:
        for resources in patients.generate(facility, PATIENTS[facility.slug], seed, as_of):
            yield facility.slug, resources
    for facility in facilities.FACILITIES:
        for resources in patients.corrections(facility, PATIENTS[facility.slug], seed, as_of):
            yield facility.slug, resources


async def run(settings: Settings, as_of: date | None = None) -> int:
    """Load facilities, staff and patients, or finish a load that was interrupted; return how many resources there are.

    Shape: `as_of` is the day on which every history ends; today by default.
    """
    proof = keys.load_or_create(settings.keys).local_proof()
    async with ledger.opened(settings.audit_dsn, connections=1):
        await _people(proof)
    door = await start(settings)
    try:
        count = 0
        for slug, resources in bundles(SEED, as_of or datetime.now(UTC).date()):
            await _write(door, Credential("local", proof), slug, resources)
            count += len(resources)
        return count
    finally:
        await stop()


async def _people(proof: bytes) -> None:
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
                password_hash=hashed,
                practitioner=member.practitioner_id,
            )


async def _write(door: Door, proof: Credential, slug: str, resources: list[Resource]) -> None:
    """Write one list in one commit; what is there already becomes a new version only where it differs."""
    note = "the demo's generator"
    async with door.open(proof, action="demo", purpose=Purpose.ADMINISTRATION, facility=slug, asked=note) as record:
        first = resources[0]  # a list is written whole, or not at all
        known = await record.current(first["resourceType"], first["id"]) is not None
        verb: Literal["create", "update"] = "update" if known else "create"
        changes = [Change(verb, resource["resourceType"], resource, id=resource["id"]) for resource in resources]
        await record.write_many(changes)

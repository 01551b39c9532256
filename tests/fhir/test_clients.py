"""A real FHIR client, fhirpy, drives the server as its users would."""

import asyncio
from uuid import uuid4

import fhirpy

from tests.fhir.conftest import Site


def test_fhirpy_creates_reads_searches_updates_pages_and_deletes(site: Site, north_token: str) -> None:
    async def run() -> None:
        base = f"http://127.0.0.1:{site.port}/fhir/R4"
        client = fhirpy.AsyncFHIRClient(
            base,
            authorization=f"Bearer {north_token}",
            extra_headers={"Host": f"north.localhost:{site.port}", "Prefer": "handling=lenient"},
        )
        family = "Fhirpy" + uuid4().hex[:8]
        people = [client.resource("Patient", name=[{"family": family, "given": [str(n)]}]) for n in range(5)]
        for person in people:
            await person.save()
        people[0]["gender"] = "female"
        await people[0].save()
        read = await client.reference("Patient", people[0].id).to_resource()
        assert read["gender"] == "female" and read["meta"]["versionId"] == "2"
        assert await client.resources("Patient").search(family=family).count() == 5
        first = await client.resources("Patient").search(family=family).sort("_lastUpdated").limit(2).fetch()
        assert len(first) == 2
        for person in people:
            await person.delete()
        assert await client.resources("Patient").search(family=family).fetch() == []

    asyncio.run(run())

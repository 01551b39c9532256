"""Patients of the demo in the shipped server, put there through its own API."""

from collections.abc import Iterator
from datetime import date

import pytest

from ehr_app.demo import patients
from ehr_app.demo.facilities import FACILITIES
from ehr_app.demo.load import PATIENTS, SEED
from ehr_app.record.codec import encode
from tests.server import Server

AS_OF = date(2026, 11, 20)
SHOWN = {"north-p0002", "north-p0007", "north-p0008", "north-p0009"}


@pytest.fixture(scope="session")
def charts(server: Server) -> Iterator[Server]:
    """The server with four patients: a critical result, an uncoded allergy, only an allergy in error, one who died."""
    north = next(facility for facility in FACILITIES if facility.slug == "north")
    token = server.token("north")
    with server.client("north", Authorization=f"Bearer {token}") as client:
        for resources in patients.generate(north, PATIENTS["north"], SEED, AS_OF):
            if resources[0]["id"] not in SHOWN:
                continue
            entries = [
                {"resource": one, "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"}} for one in resources
            ]
            for start in range(0, len(entries), 200):
                bundle = {"resourceType": "Bundle", "type": "batch", "entry": entries[start : start + 200]}
                answer = client.post("/fhir/R4", content=encode(bundle), headers={"Content-Type": "application/fhir+json"})
                assert answer.status_code == 200, answer.text
                assert all(entry["response"]["status"].startswith("20") for entry in answer.json()["entry"])
    yield server

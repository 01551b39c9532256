"""The access matrix: every type and interaction that the CapabilityStatement names, asked by those who may not see the row."""

from typing import Any

import httpx
import pytest

from ehr_app.standards.r4 import PATIENT_COMPARTMENT, RTYPES
from ehr_app.standards.search_parameters import parameters
from tests.fhir.conftest import Site
from tests.fhir.minimal import minimal
from tests.fhir.test_interactions import new_patient

BELOW = {"Appointment": ["participant", "actor"], "AuditEvent": ["entity", "what"], "Person": ["link", "target"]}
"""Types whose only links to a patient stand in an element of an element."""
CELLS = ("read", "vread", "history-instance", "history-type", "search-type", "update", "delete")


def leaks(client: httpx.Client, made: dict[str, Any]) -> list[str]:
    """The interactions on a resource that answer anything but what an absent one would."""
    rtype, fhir_id = made["resourceType"], made["id"]
    place, found = f"{rtype}/{fhir_id}", []
    expected = {
        "read": client.get(place).status_code == 404,
        "vread": client.get(f"{place}/_history/1").status_code == 404,
        "history-instance": client.get(f"{place}/_history").status_code == 404,
        "history-type": fhir_id not in client.get(f"{rtype}/_history?_count=50").text,
        "search-type": "entry" not in client.get(f"{rtype}?_id={fhir_id}").json()
        and fhir_id not in client.get(f"{rtype}?_count=50&_sort=-_lastUpdated").text,
        "delete": client.delete(place).status_code == 404,
    }
    found += [cell for cell, kept in expected.items() if not kept]
    return found


def test_the_matrix_has_a_row_for_every_interaction_of_every_type(north: httpx.Client) -> None:
    for told in north.get("metadata").json()["rest"][0]["resource"]:
        assert {i["code"] for i in told["interaction"]} == {*CELLS, "create"}
        names = {o["name"] for o in told.get("operation", [])}
        assert names == ({"validate", "everything"} if told["type"] == "Patient" else {"validate"})


@pytest.mark.parametrize("rtype", RTYPES)
def test_another_facility_sees_no_type_on_any_path(north: httpx.Client, south: httpx.Client, rtype: str) -> None:
    made = south.post(rtype, json=minimal(rtype)).json()
    assert leaks(north, made) == []
    own = north.put(f"{rtype}/{made['id']}", json=made)
    assert own.status_code == 201 and own.headers["etag"] == 'W/"1"'
    there = south.get(f"{rtype}/{made['id']}")
    assert there.status_code == 200 and there.headers["etag"] == 'W/"1"'


def of_patient(rtype: str, patient: str) -> Any:
    """The smallest resource of a type that belongs to a patient by every element near the root that can say so."""
    made, target = minimal(rtype), {"reference": f"Patient/{patient}"}
    for code in PATIENT_COMPARTMENT[rtype]:
        for path in parameters(rtype)[code].paths:
            if len(path.steps) == 1 and path.type == "Reference" and (not path.targets or "Patient" in path.targets):
                made[path.steps[0].name] = [target] if path.steps[0].many else target
            elif rtype in BELOW and [step.name for step in path.steps] == BELOW[rtype]:
                around, inside = BELOW[rtype]
                made[around] = [{**(made.get(around) or [{}])[0], inside: target}]
    return made


LINKED = sorted(PATIENT_COMPARTMENT.keys() - {"Patient", "Group"})
"""A Group belongs to none of its members: a patient's token neither sees nor makes one."""


@pytest.fixture(scope="module")
def portal(site: Site, north_token: str) -> Any:
    """A client whose token is bound to one patient, and the id of another."""
    with site.client("north", north_token) as client:
        mine, other = new_patient(client), new_patient(client)
    with site.client("north", site.token("north", "patient/*.cruds", patient=mine["id"])) as client:
        yield client, mine["id"], other["id"]


def test_a_patient_token_neither_sees_nor_makes_a_group(north: httpx.Client, portal: Any) -> None:
    client, mine, _ = portal
    made = {**minimal("Group"), "member": [{"entity": {"reference": f"Patient/{mine}"}}]}
    stored = north.post("Group", json=made).json()
    assert leaks(client, stored) == []
    assert client.post("Group", json=made).status_code == 403


@pytest.mark.parametrize("rtype", LINKED)
def test_a_patient_token_sees_no_type_of_another_patient(north: httpx.Client, portal: Any, rtype: str) -> None:
    client, mine, other = portal
    made = of_patient(rtype, other)
    stored = north.post(rtype, json=made).json()
    assert leaks(client, stored) == []
    refused = client.put(f"{rtype}/{stored['id']}", json={**of_patient(rtype, mine), "id": stored["id"]})
    assert refused.status_code == 404
    assert client.post(rtype, json=made).status_code == 403
    assert north.get(f"{rtype}/{stored['id']}").headers["etag"] == 'W/"1"'
    own = client.post(rtype, json=of_patient(rtype, mine))
    assert own.status_code == 201, own.text
    assert client.get(f"{rtype}/{own.json()['id']}").status_code == 200

"""Two writers at the same moment: exactly one wins, and the other is told so."""

import asyncio
from uuid import uuid4

import httpx

from tests.fhir.conftest import Site
from tests.fhir.test_interactions import new_patient, patient


def together(site: Site, token: str, *calls: tuple[str, str, dict[str, object], dict[str, str]]) -> list[httpx.Response]:
    """Send calls (method, path, body, headers) at once, each over its own connection."""

    async def run() -> list[httpx.Response]:
        headers = {"host": f"north.localhost:{site.port}", "authorization": f"Bearer {token}"}
        limits = httpx.Limits(max_connections=len(calls))
        address = f"http://127.0.0.1:{site.port}/fhir/R4/"
        async with httpx.AsyncClient(base_url=address, headers=headers, timeout=60, limits=limits) as client:
            work = (client.request(method, path, json=body, headers=more) for method, path, body, more in calls)
            return await asyncio.gather(*work)

    return asyncio.run(run())


def test_two_writers_on_one_version_exactly_one_wins(site: Site, north: httpx.Client, north_token: str) -> None:
    for _ in range(5):
        made = new_patient(north)
        calls = [
            ("PUT", f"Patient/{made['id']}", {**made, "birthDate": f"19{n}0-01-01"}, {"if-match": 'W/"1"'}) for n in range(2, 6)
        ]
        statuses = sorted(answer.status_code for answer in together(site, north_token, *calls))
        assert statuses == [200, 412, 412, 412]
        assert north.get(f"Patient/{made['id']}").headers["etag"] == 'W/"2"'


def test_thirty_two_parallel_conditional_creates_make_one(site: Site, north: httpx.Client, north_token: str) -> None:
    number = uuid4().hex
    sent = patient(identifier=[{"system": "urn:race", "value": number}])
    call = ("POST", "Patient", sent, {"if-none-exist": f"identifier=urn:race|{number}"})
    statuses = sorted(answer.status_code for answer in together(site, north_token, *[call] * 32))
    assert statuses == [200] * 31 + [201]
    assert north.get(f"Patient?identifier=urn:race|{number}&_total=accurate").json()["total"] == 1


def test_parallel_conditional_updates_make_one(site: Site, north: httpx.Client, north_token: str) -> None:
    number = uuid4().hex
    sent = patient(identifier=[{"system": "urn:race", "value": number}])
    answers = together(site, north_token, *[("PUT", f"Patient?identifier=urn:race|{number}", sent, {})] * 16)
    assert {answer.status_code for answer in answers} <= {200, 201, 409, 412}
    assert north.get(f"Patient?identifier=urn:race|{number}&_total=accurate").json()["total"] == 1


def test_writers_without_a_version_all_succeed_in_some_order(site: Site, north: httpx.Client, north_token: str) -> None:
    made = new_patient(north)
    calls = [("PUT", f"Patient/{made['id']}", {**made, "birthDate": f"19{n}0-01-01"}, {}) for n in range(2, 6)]
    answers = together(site, north_token, *calls)
    assert {answer.status_code for answer in answers} == {200}
    versions = north.get(f"Patient/{made['id']}/_history").json()["entry"]
    assert [e["resource"]["meta"]["versionId"] for e in versions] == ["5", "4", "3", "2", "1"]


def test_parallel_transactions_with_the_same_conditions_do_not_block_each_other(
    site: Site, north: httpx.Client, north_token: str
) -> None:
    numbers = [uuid4().hex for _ in range(3)]

    def sent(order: list[str]) -> dict[str, object]:
        entries = [
            {"resource": patient(identifier=[{"system": "urn:race", "value": number}]),
             "request": {"method": "POST", "url": "Patient", "ifNoneExist": f"identifier=urn:race|{number}"}}
            for number in order
        ]  # fmt: skip
        return {"resourceType": "Bundle", "type": "transaction", "entry": entries}

    calls = [("POST", "", sent(numbers if n % 2 else numbers[::-1]), {}) for n in range(8)]
    assert {answer.status_code for answer in together(site, north_token, *calls)} == {200}
    for number in numbers:
        assert north.get(f"Patient?identifier=urn:race|{number}&_total=accurate").json()["total"] == 1


def test_transactions_that_change_the_same_resources_in_any_order_all_succeed(
    site: Site, north: httpx.Client, north_token: str
) -> None:
    people = [new_patient(north) for _ in range(4)]

    def sent(turn: int) -> dict[str, object]:
        order = people if turn % 2 else people[::-1]
        entries = [
            {
                "resource": {**person, "birthDate": f"{1900 + turn}-01-01"},
                "request": {"method": "PUT", "url": f"Patient/{person['id']}"},
            }
            for person in order
        ]
        return {"resourceType": "Bundle", "type": "transaction", "entry": entries}

    answers = together(site, north_token, *[("POST", "", sent(turn), {}) for turn in range(10)])
    assert {answer.status_code for answer in answers} == {200}
    now = {north.get(f"Patient/{person['id']}").json()["birthDate"] for person in people}
    assert len(now) == 1, "a transaction is applied whole"

"""The door: credentials, the access row before any data, versions, deletions, races; all on a real database."""

import asyncio
from decimal import Decimal
from uuid import uuid4

import pytest

from ehr_app.errors import (
    BadRequest,
    Conflict,
    DanglingReference,
    EhrError,
    Forbidden,
    Gone,
    InvalidResource,
    NotFound,
    StaleVersion,
    Unauthenticated,
    WrongPatient,
)
from ehr_app.record.access import Credential
from ehr_app.record.door import Change
from ehr_app.record.ids import uid
from ehr_app.standards.r4 import RTYPES
from tests.people import World, observation, patient


async def test_what_is_created_is_read_back_with_its_digits(world: World) -> None:
    async with world.at("north") as record:
        who = (await record.create(patient())).stored.id
        made = await record.create(observation(who, "5.40"))
    async with world.at("north") as record:
        read = await record.read("Observation", made.stored.id)
    assert made.created and read.body == made.stored.body
    assert read.resource()["valueQuantity"]["value"] == Decimal("5.40")
    assert b'"value":5.40' in read.body
    assert read.resource()["meta"]["versionId"] == "1"


async def test_every_version_is_kept_and_a_deletion_is_one_of_them(world: World) -> None:
    async with world.at("north") as record:
        who = (await record.create(patient("One"))).stored.id
        second = await record.update(patient("Two", id=who), if_match=1)
        again = await record.update(patient("Two", id=who))
        await record.delete("Patient", who)
        with pytest.raises(Gone):
            await record.read("Patient", who)
        with pytest.raises(Gone):
            await record.vread("Patient", who, 3)
        assert (await record.vread("Patient", who, 1)).resource()["name"][0]["family"] == "One"
        page = await record.history("Patient", who)
        back = await record.update(patient("Three", id=who))
    assert (second.stored.version, again.unchanged, back.stored.version, back.created) == (2, True, 4, True)
    assert [(v.stored.version, v.verb) for v in page.versions] == [(3, 3), (2, 2), (1, 1)]


async def test_history_pages_neither_skip_nor_repeat(world: World) -> None:
    async with world.at("north") as record:
        who = (await record.create(patient("V1"))).stored.id
        for n in range(2, 12):
            await record.update(patient(f"V{n}", id=who))
        seen, cursor = [], None
        while True:
            page = await record.history("Patient", who, count=3, cursor=cursor)
            seen += [v.stored.version for v in page.versions]
            cursor = page.next_cursor
            if cursor is None:
                break
    assert seen == list(range(11, 0, -1))


async def test_of_two_writers_on_one_version_one_wins(world: World) -> None:
    async with world.at("north") as record:
        who = (await record.create(patient("V1"))).stored.id

    async def write(n: int) -> str:
        try:
            async with world.at("north") as record:
                await record.update(patient(f"By {n}", id=who), if_match=1)
            return "won"
        except (StaleVersion, Conflict):
            return "lost"

    results = await asyncio.gather(*[write(n) for n in range(12)])
    assert sorted(results) == ["lost"] * 11 + ["won"]
    async with world.at("north") as record:
        assert (await record.read("Patient", who)).version == 2


async def test_writers_without_a_version_all_succeed_and_leave_no_hole(world: World) -> None:
    async with world.at("north") as record:
        who = (await record.create(patient("V1"))).stored.id

    async def write(n: int) -> bool:
        try:
            async with world.at("north") as record:
                await record.update(patient(f"By {n}", id=who))
            return True
        except Conflict:
            return False

    kept = sum(await asyncio.gather(*[write(n) for n in range(8)]))
    async with world.at("north") as record:
        versions = [v.stored.version for v in (await record.history("Patient", who)).versions]
    assert kept >= 1 and versions == list(range(1 + kept, 0, -1))


@pytest.mark.parametrize(
    "credential", [Credential("token", "no such"), Credential("session", "no such"), Credential("local", b"x" * 32)]
)
async def test_an_unknown_credential_opens_nothing_and_is_logged(world: World, credential: Credential) -> None:
    with pytest.raises(Unauthenticated):
        async with world.at("north", credential):
            pytest.fail("the door opened")
    rows = await world.as_owner("select kind, refused from ehr.access order by at desc limit 1")
    assert tuple(rows[0]) == (credential.kind, "credential")


async def test_a_token_of_another_facility_or_past_its_time_is_refused(world: World) -> None:
    north = await world.token("north")
    late = await world.token("north", life="-1 second")
    for credential, facility in ((north, "south"), (late, "north")):
        with pytest.raises(Unauthenticated):
            async with world.at(facility, credential):
                pytest.fail("the door opened")


async def test_a_disabled_account_is_out_at_once(world: World) -> None:
    await world.as_owner("update ehr.account set disabled_at = now()")
    with pytest.raises(Unauthenticated):
        async with world.at("north"):
            pytest.fail("the door opened")


async def test_the_page_of_one_patient_refuses_another_ones_data(world: World) -> None:
    async with world.at("north") as record:
        one, two = [(await record.create(patient(name))).stored.id for name in ("One", "Two")]
        of_two = (await record.create(observation(two))).stored.id
    async with world.at("north", patient=one) as record:
        assert (await record.read("Patient", one)).id == one
        with pytest.raises(NotFound):
            await record.read("Patient", two)
        with pytest.raises(NotFound):
            await record.read("Observation", of_two)
        with pytest.raises(Forbidden):
            await record.create(observation(two))
    bound = await world.token("north", patient=one)
    with pytest.raises(WrongPatient):
        async with world.at("north", bound, patient=two):
            pytest.fail("the door opened")
    rows = await world.as_owner("select account is not null, refused from ehr.access order by at desc limit 1")
    assert tuple(rows[0]) == (True, "patient")


async def test_a_hidden_id_answers_a_put_like_an_absent_one(world: World) -> None:
    async with world.at("north") as record:
        one, two = [(await record.create(patient(name))).stored.id for name in ("One", "Two")]
        await record.update(observation(two, id="hidden"))
    bound = await world.token("north", patient=one)
    answers = []
    for name in ("hidden", "absent"):
        with pytest.raises(EhrError) as caught:
            async with world.at("north", bound) as record:
                await record.update(observation(one, id=name))
        answers.append((type(caught.value), caught.value.diagnostics))
    assert answers[0] == answers[1]


async def test_two_facilities_may_hold_the_same_id_and_never_meet(world: World) -> None:
    for slug in ("north", "south"):
        async with world.at(slug) as record:
            assert (await record.update(patient(slug, id="85"))).created
    async with world.at("south") as record:
        assert (await record.read("Patient", "85")).resource()["name"][0]["family"] == "south"
        await record.delete("Patient", "85")
    async with world.at("north") as record:
        assert (await record.read("Patient", "85")).version == 1
        assert len((await record.history(None, None)).versions) == 1


async def test_the_network_is_read_by_members_and_written_by_none_of_them(world: World) -> None:
    local = Credential("local", world.keys.local_proof())
    async with world.at("network", local) as record:
        await record.update({"resourceType": "Organization", "id": "net", "name": "Network"})
    async with world.at("north") as record:
        assert (await record.read("Organization", "net")).facility == 0
        with pytest.raises(Forbidden):
            await record.update({"resourceType": "Organization", "id": "net", "name": "Mine"})
        with pytest.raises(Forbidden):
            await record.delete("Organization", "net")


async def test_a_token_reads_and_writes_only_the_types_of_its_rules(world: World) -> None:
    async with world.at("north") as record:
        who = (await record.create(patient())).stored.id
        what = (await record.create(observation(who))).stored.id
    reader = await world.token("north", [{"types": [RTYPES["Patient"]], "verbs": "r"}])
    async with world.at("north", reader) as record:
        assert (await record.read("Patient", who)).id == who
        with pytest.raises(NotFound):
            await record.read("Observation", what)
        with pytest.raises(Forbidden):
            await record.create(patient())
        with pytest.raises(NotFound):
            await record.history("Observation", what)


async def test_every_opening_leaves_one_row_and_says_who_was_seen(world: World) -> None:
    async with world.at("north") as record:
        who = (await record.create(patient())).stored.id
    before = (await world.as_owner("select count(*) from ehr.access"))[0][0]
    async with world.at("north", asked="Patient?name=ng") as record:
        await record.read("Patient", who)
        identity = record.access.id
    rows = await world.as_owner(
        "select n.patient, n.resources, n.status, a.action, a.account is not null, a.asked "
        "from ehr.access a join ehr.answer n on n.access = a.id where a.id = $1",
        identity,
    )
    after = (await world.as_owner("select count(*) from ehr.access"))[0][0]
    assert after - before == 1 and len(rows) == 1
    assert tuple(rows[0])[:5] == (uid(1, "Patient", who), 1, 200, "test", True)
    assert world.door.store.vault.open_note(rows[0]["asked"]) == "Patient?name=ng"
    assert b"name=ng" not in rows[0]["asked"]


async def test_many_readers_share_commits_and_each_has_its_own_row(world: World) -> None:
    async with world.at("north") as record:
        who = (await record.create(patient())).stored.id

    async def look() -> None:
        async with world.at("north") as record:
            await record.read("Patient", who)

    await asyncio.gather(*[look() for _ in range(100)])
    rows = await world.as_owner("select count(*), count(distinct id) from ehr.access")
    answers = await world.as_owner("select count(*) from ehr.answer where patient = $1", uid(1, "Patient", who))
    assert tuple(rows[0]) == (101, 101) and answers[0][0] == 101


async def test_many_changes_commit_together_or_not_at_all(world: World) -> None:
    good = [Change("create", "Patient", patient(f"P{n}")) for n in range(60)]
    with pytest.raises(InvalidResource) as caught:
        async with world.at("north") as record:
            await record.write_many([*good, Change("create", "Patient", {"resourceType": "Patient", "gender": "unheard of"})])
    assert caught.value.issues[0].expression == "Bundle.entry[60].resource.gender"
    with pytest.raises(StaleVersion):
        async with world.at("north") as record:
            await record.write_many([*good, Change("update", "Patient", patient(id="x"), if_match=9)])
    assert (await world.as_owner("select count(*) from ehr.resource"))[0][0] == 0
    async with world.at("north") as record:
        written = await record.write_many(good)
    assert [w.stored.resource()["name"][0]["family"] for w in written] == [f"P{n}" for n in range(60)]
    counts = [await world.as_owner(f"select count(*) from ehr.{t}") for t in ("resource", "outbox")]
    assert [rows[0][0] for rows in counts] == [60, 60]


async def test_index_rows_follow_every_change(world: World) -> None:
    async with world.at("north") as record:
        who = (await record.create(patient("Alpha", birthDate="1961-03-04"))).stored.id
        one = await world.as_owner("select h from ehr.eq order by h")
        await record.update(patient("Beta", id=who))
        await record.update(patient("Alpha", id=who, birthDate="1961-03-04"))
        assert await world.as_owner("select h from ehr.eq order by h") == one
        await record.delete("Patient", who)
    for table in ("eq", "qty", "dat", "resource"):
        assert (await world.as_owner(f"select count(*) from ehr.{table}"))[0][0] == 0


async def test_the_outbox_names_every_change_in_order(world: World) -> None:
    async with world.at("north") as record:
        who = (await record.create(patient())).stored.id
        await record.update(patient("Next", id=who))
        await record.delete("Patient", who)
    rows = await world.as_owner("select ver, verb, id from ehr.outbox order by seq")
    assert [tuple(r) for r in rows] == [(n, n, uid(1, "Patient", who)) for n in (1, 2, 3)]


async def test_large_attachments_live_outside_the_database(world: World) -> None:
    data = "QUJD" * 20_000
    document = {"resourceType": "Binary", "contentType": "application/pdf", "data": data}
    async with world.at("north") as record:
        made = (await record.create(document)).stored.id
        read = await record.read("Binary", made)
    assert read.resource()["data"] == data
    assert (await world.as_owner("select max(octet_length(content)) from ehr.resource"))[0][0] < 1000


@pytest.mark.parametrize("name", ["Patient", ""])
async def test_an_update_needs_an_id_and_a_known_type(world: World, name: str) -> None:
    async with world.at("north") as record:
        with pytest.raises((BadRequest, InvalidResource)):
            await record.update({"resourceType": name})


async def test_the_client_cannot_claim_a_version_or_a_time(world: World) -> None:
    claimed = patient(meta={"versionId": "77", "lastUpdated": "1999-01-01T00:00:00Z", "profile": ["http://example.org/p"]})
    async with world.at("north") as record:
        meta = (await record.create(claimed)).stored.resource()["meta"]
    assert meta["versionId"] == "1" and not meta["lastUpdated"].startswith("1999") and meta["profile"] == ["http://example.org/p"]


async def test_references_to_nothing_are_refused_where_the_facility_enforces_integrity(world: World) -> None:
    await world.as_owner("update ehr.facility set settings = '{\"integrity\": true}' where slug = 'south'")
    await world.door.store.audit.reload_facilities()
    async with world.at("north") as record:
        await record.create(observation("nobody"))
        await record.update(patient(id="hidden-in-north"))
    messages = []
    for name in ("nobody", "hidden-in-north"):
        async with world.at("south") as record:
            with pytest.raises(DanglingReference) as caught:
                await record.create(observation(name))
        issue = caught.value.issues[0]
        messages.append((issue.expression, issue.diagnostics.replace(name, "X")))
    assert messages[0] == messages[1] == ("Observation.subject", "Patient/X does not exist here")
    async with world.at("south") as record:
        await record.update(patient(id="here"))
        await record.create(observation("here"))
        both = [Change("update", "Patient", patient(id="fresh")), Change("create", "Observation", observation("fresh"))]
        await record.write_many(both)


async def test_a_reader_that_fails_leaves_nothing_and_says_so_in_the_log(world: World) -> None:
    with pytest.raises(RuntimeError):
        async with world.at("north") as record:
            await record.connection()
            await record.create(patient())
            raise RuntimeError("the client went away")
    assert (await world.as_owner("select count(*) from ehr.resource"))[0][0] == 0
    assert (await world.as_owner("select status from ehr.answer"))[0][0] == 500


async def test_ids_that_do_not_exist_are_not_found(world: World) -> None:
    async with world.at("north") as record:
        for verb in (record.read("Patient", "x"), record.vread("Patient", "x", 1), record.delete("Patient", str(uuid4()))):
            with pytest.raises(NotFound):
                await verb
        with pytest.raises(NotFound):
            await record.history("Patient", "x")


async def test_a_read_by_key_does_not_wait_behind_long_searches(world: World) -> None:
    async with world.at("north") as record:
        who = (await record.create(patient())).stored.id
    pool = world.door.store.pool
    lent = [await pool.acquire() for _ in range(pool._most)]
    try:
        async with asyncio.timeout(30), world.at("north") as record:
            assert (await record.read("Patient", who)).id == who
    finally:
        for connection in lent:
            pool.release(connection)

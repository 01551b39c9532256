"""Laws of the store, by reflection: forced policies everywhere, nothing without an access row, and claims that prove nothing."""

import re
from pathlib import Path

import pytest
from sqlmodel import SQLModel

from ehr_app.record import tables
from ehr_app.record.ids import uid
from ehr_app.standards.r4 import PATIENT_COMPARTMENT, RTYPES
from tests.people import World, observation, patient

PATIENT_TABLES = (
    "resource", "resource_history", "eq", "qty", "dat", "outbox", "share", "deny", "access", "answer", "import_batch",
    "import_part",
)  # fmt: skip
READABLE = PATIENT_TABLES[:6]
WITHOUT_PATIENT_DATA = {
    "facility", "account", "authority", "membership", "session", "token", "local_secret", "sign_in_failure", "class", "data_key",
    "alembic_version",
}  # fmt: skip
DIRECTORY = [
    "ActivityDefinition",
    "CapabilityStatement",
    "ChargeItemDefinition",
    "CodeSystem",
    "CompartmentDefinition",
    "ConceptMap",
    "DeviceDefinition",
    "EffectEvidenceSynthesis",
    "Endpoint",
    "EventDefinition",
    "Evidence",
    "EvidenceVariable",
    "ExampleScenario",
    "GraphDefinition",
    "HealthcareService",
    "ImplementationGuide",
    "InsurancePlan",
    "Library",
    "Location",
    "Measure",
    "Medication",
    "MedicationKnowledge",
    "MedicinalProduct",
    "MedicinalProductAuthorization",
    "MedicinalProductContraindication",
    "MedicinalProductIndication",
    "MedicinalProductIngredient",
    "MedicinalProductInteraction",
    "MedicinalProductManufactured",
    "MedicinalProductPackaged",
    "MedicinalProductPharmaceutical",
    "MedicinalProductUndesirableEffect",
    "MessageDefinition",
    "NamingSystem",
    "ObservationDefinition",
    "OperationDefinition",
    "Organization",
    "OrganizationAffiliation",
    "PlanDefinition",
    "Practitioner",
    "PractitionerRole",
    "Questionnaire",
    "ResearchDefinition",
    "ResearchElementDefinition",
    "RiskEvidenceSynthesis",
    "SearchParameter",
    "SpecimenDefinition",
    "StructureDefinition",
    "StructureMap",
    "Substance",
    "SubstanceNucleicAcid",
    "SubstancePolymer",
    "SubstanceProtein",
    "SubstanceReferenceInformation",
    "SubstanceSourceMaterial",
    "SubstanceSpecification",
    "TerminologyCapabilities",
    "TestScript",
    "ValueSet",
]


async def _fill(world: World) -> str:
    async with world.at("north") as record:
        who = (await record.create(patient("Ng", birthDate="1961-03-04"))).stored.id
        await record.create(observation(who, performer=[{"reference": "Practitioner/p"}]))
        await record.create({"resourceType": "Condition", "subject": {"reference": f"Patient/{who}"}, "recordedDate": "2026-03-04"})
        await record.update(patient("Ng", id=who))
    return who


async def test_every_table_is_known_and_patient_tables_have_forced_policies(world: World) -> None:
    rows = await world.as_owner(
        "select relname, relrowsecurity, relforcerowsecurity from pg_class join pg_namespace n on n.oid = relnamespace "
        "where nspname = 'ehr' and relkind in ('r', 'p') and relispartition = false"
    )
    found = {row[0]: (row[1], row[2]) for row in rows}
    assert set(found) == set(PATIENT_TABLES) | WITHOUT_PATIENT_DATA
    assert {name for name, flags in found.items() if flags != (True, True)} == WITHOUT_PATIENT_DATA


async def test_partitions_are_forced_too(world: World) -> None:
    sql = "select relname, relrowsecurity and relforcerowsecurity from pg_class where relispartition and relkind = 'r'"
    rows = await world.as_owner(sql)
    assert rows and all(row[1] for row in rows)


async def test_the_application_role_owns_nothing_and_cannot_bypass(world: World) -> None:
    for role in ("ehr_app", "ehr_audit"):
        powers = "select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles where rolname = $1"
        rows = await world.as_owner(powers, role)
        assert tuple(rows[0]) == (False,) * 4
        owned = await world.as_owner("select relname from pg_class where pg_get_userbyid(relowner) = $1", role)
        assert owned == []
        assert not (await world.as_owner("select has_schema_privilege($1, 'ehr', 'create')", role))[0][0]


async def test_the_application_role_cannot_touch_identity_or_the_log(world: World) -> None:
    for table in ("account", "session", "token", "local_secret", "access", "answer", "authority", "membership"):
        for verb in ("select", "insert", "update", "delete"):
            rows = await world.as_owner("select has_table_privilege('ehr_app', $1, $2)", f"ehr.{table}", verb)
            assert not rows[0][0], f"{verb} on {table}"
    rows = await world.as_owner(
        "select p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace "
        "where n.nspname = 'ehr' and has_function_privilege('ehr_app', p.oid, 'execute') order by 1"
    )
    asked = ("account", "administers", "denies", "facility", "patient", "reads", "writes")
    context = {f"context_{of}" for of in asked}
    verbs = {"enter", "fetch", "filed_by", "intern_class", "newest_change", "put", "recent_patients", "remove", "touched_since"}
    of_the_listener = {"newest_change", "touched_since"}
    assert {row[0] for row in rows} == context | verbs | {"unindex"} | of_the_listener


async def test_nothing_is_ever_changed_or_removed_from_the_history_or_the_log(world: World) -> None:
    for role in ("ehr_app", "ehr_audit"):
        for table in ("resource_history", "outbox", "access", "answer"):
            for verb in ("update", "delete", "truncate"):
                rows = await world.as_owner("select has_table_privilege($1, $2, $3)", role, f"ehr.{table}", verb)
                assert not rows[0][0], f"{role} may {verb} {table}"


@pytest.mark.parametrize("table", READABLE)
@pytest.mark.parametrize(
    "context",
    [
        ["select 1"],
        ["begin", "set local ehr.access = ''", "set local ehr.access_at = ''"],
        ["begin", "set local ehr.access = '00000000-0000-0000-0000-000000000000'", "set local ehr.access_at = '2026-01-01'"],
        ["set ehr.facility = '1'", "set app.facility = '1'", "set ehr.account = 'admin'"],
    ],
)
async def test_without_an_access_row_there_are_no_rows(world: World, table: str, context: list[str]) -> None:
    await _fill(world)
    assert (await world.as_owner(f"select count(*) from ehr.{table}"))[0][0] > 0
    assert (await world.as_app(*context, f"select count(*) from ehr.{table}"))[0][0] == 0


@pytest.mark.parametrize("table", READABLE)
async def test_another_facility_sees_no_row_of_any_table(world: World, table: str) -> None:
    await _fill(world)
    async with world.at("south") as record:
        assert (await record.rows(f"select count(*) from ehr.{table}"))[0][0] == 0
    async with world.at("north") as record:
        assert (await record.rows(f"select count(*) from ehr.{table}"))[0][0] > 0


async def test_an_expired_a_refused_and_a_left_access_show_nothing(world: World) -> None:
    await _fill(world)
    async with world.at("north") as record:
        access = record.access
        assert (await record.rows("select count(*) from ehr.resource"))[0][0] == 3
    enter = f"select ehr.enter('{access.at.isoformat()}', '{access.id}')"
    count = "select count(*) from ehr.resource"
    assert (await world.as_app("begin", enter, count))[0][0] == 3
    assert (await world.as_app("begin", enter, "commit", count))[0][0] == 0
    for change in ("expires_at = now() - interval '1 second'", "refused = 'credential'"):
        await world.as_owner(f"update ehr.access set {change} where id = $1", access.id)
        assert (await world.as_app("begin", enter, count))[0][0] == 0
        mend = "update ehr.access set refused = null, expires_at = now() + interval '1 minute' where id = $1"
        await world.as_owner(mend, access.id)


async def test_row_security_cannot_be_switched_off(world: World) -> None:
    await _fill(world)
    with pytest.raises(Exception, match="row-level security"):
        await world.as_app("set row_security = off", "select count(*) from ehr.resource")


async def test_shares_and_refusals_act_on_the_next_row_read(world: World) -> None:
    who = await _fill(world)
    key = uid(1, "Patient", who)
    count = "select count(*) from ehr.resource"
    masks = "decode(repeat('ff', 512), 'hex')"
    async with world.at("south") as record:
        assert (await record.rows(count))[0][0] == 0
        await world.as_owner(f"insert into ehr.share values ($1, 1, 2, {masks}, null)", key)
        assert (await record.rows(count))[0][0] == 3
        await world.as_owner(f"insert into ehr.deny values ($1, 1, 2, {masks}, null)", key)
        assert (await record.rows(count))[0][0] == 0
        await world.as_owner("delete from ehr.deny")
        await world.as_owner("update ehr.share set patient = gen_random_uuid()")
        assert (await record.rows(count))[0][0] == 0
        await world.as_owner("update ehr.share set patient = $1, expires_at = now() - interval '1 second'", key)
        assert (await record.rows(count))[0][0] == 0


async def test_a_class_that_is_new_is_seen_only_by_those_whose_rules_allow_it(world: World) -> None:
    everything = await world.token("north")
    no_laboratory = await world.token("north", [{"types": ["*"], "categories": [""], "verbs": "rw"}])
    async with world.at("north", everything) as record:
        who = (await record.create(patient())).stored.id
        system = "http://terminology.hl7.org/CodeSystem/observation-category"
        laboratory = [{"coding": [{"system": system, "code": "laboratory"}]}]
        await record.create(observation(who, category=laboratory))
    counts = []
    for credential in (everything, no_laboratory):
        async with world.at("north", credential) as record:
            counts.append((await record.rows("select count(*) from ehr.resource"))[0][0])
    assert counts == [2, 1]


async def test_the_operators_that_search_needs_are_leak_proof(world: World) -> None:
    rows = await world.as_owner(
        "select proname from pg_proc where proname = any($1) and not proleakproof",
        [
            "int8eq",
            "int2eq",
            "int4eq",
            "uuid_eq",
            "timestamptz_lt",
            "timestamptz_le",
            "timestamptz_ge",
            "timestamptz_gt",
            "float8lt",
            "float8gt",
        ],
    )
    assert rows == []


def test_the_directory_types_of_the_policy_are_these_and_belong_to_no_patient() -> None:
    text = (Path(__file__).parents[2] / "alembic/versions/0003_record.py").read_text()
    listed = text[text.index("DIRECTORY = (") : text.index("TABLES =")]
    numbers = {int(n) for n in re.findall(r"\d+", listed)}
    assert numbers == {RTYPES[name] for name in DIRECTORY}
    assert not set(DIRECTORY) & set(PATIENT_COMPARTMENT)


async def test_the_declared_tables_are_the_ones_in_the_database(world: World) -> None:
    sql = "select column_name, is_nullable = 'YES' from information_schema.columns where table_schema = 'ehr' and table_name = $1"
    declared = [m.__table__ for m in vars(tables).values() if isinstance(m, type) and issubclass(m, SQLModel) and m is not SQLModel]
    assert len(declared) >= 7
    for table in declared:
        columns = {row[0]: row[1] for row in await world.as_owner(sql, table.name)}
        assert columns == {column.name: bool(column.nullable) for column in table.columns}, table.name

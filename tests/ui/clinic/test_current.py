"""What counts now stands on the first page, however old it is."""

from pathlib import Path

import pytest

from ehr_app.standards.search_parameters import parameters
from ehr_app.ui.clinic.current import CURRENT, current, together
from ehr_app.ui.clinic.domain_view import kinds_of
from tests import people
from tests.databases import Database


async def test_an_old_active_problem_is_read_behind_many_newer_resolved_ones(database: Database, tmp_path: Path) -> None:
    def problem(who: str, state: str, day: str) -> dict[str, object]:
        status = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": state}]}
        return {"resourceType": "Condition", "subject": {"reference": f"Patient/{who}"}, "clinicalStatus": status,
                "onsetDateTime": day}  # fmt: skip

    async with people.world(database, tmp_path) as world:
        async with world.at("north") as record:
            who = (await record.create(people.patient())).stored.id
            old = (await record.create(problem(who, "active", "1980-01-01"))).stored.id
            for day in range(1, 6):
                await record.create(problem(who, "resolved", f"2026-01-0{day}"))
        async with world.at("north", patient=who) as record:
            page = [one.resource() for one in (await record.listed(who, kinds_of("problems"), count=3)).found]
            assert old not in {one["id"] for one in page}
            found = together(page, await current(record, who, "problems"))
    assert [one["id"] for one in found][-1] == old and len(found) == 4


@pytest.mark.parametrize("key", CURRENT)
def test_what_makes_an_entry_current_is_a_parameter_of_a_type_of_the_domain(key: str) -> None:
    kinds = {kind.type for kind in kinds_of(key)}
    assert all(rtype in kinds and name in parameters(rtype) for rtype, name, _ in CURRENT[key])


def test_nothing_is_listed_twice() -> None:
    one, two = {"resourceType": "Condition", "id": "1"}, {"resourceType": "Condition", "id": "2"}
    assert together([one], [one, two]) == [one, two]

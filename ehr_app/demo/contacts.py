"""Relatives and contacts: RelatedPerson resources. Profile: US Core 6.1 RelatedPerson."""

from ehr_app.demo import codes
from ehr_app.demo.chart import Chart
from ehr_app.demo.elements import Code, Resource, concept, profile

_GIVEN = ("Nora", "Elias", "Ines", "Tomas", "Ayla", "Jonas", "Mei", "Kofi")


def record(chart: Chart) -> str | None:
    """Add the person to call: a child's mother, an old person's child, else a spouse for every second adult.

    Shape: returns the RelatedPerson id of a child's mother, None otherwise.
    """
    age, number = chart.age(chart.last_day), chart.number
    if age < 18:
        return _add(chart, codes.MOTHER, "female")
    if age >= 70:
        _add(chart, codes.CHILD, "female" if number % 2 else "male")
    elif age >= 25 and number % 2:
        _add(chart, codes.SPOUSE, "male" if chart.persona.sex == "female" else "female")
    return None


def _add(chart: Chart, relation: Code, gender: str) -> str:
    identity = chart.identify("rel")
    pool = _GIVEN[0::2] if gender == "female" else _GIVEN[1::2]
    person: Resource = {
        "resourceType": "RelatedPerson",
        "id": identity,
        "meta": profile("relatedperson"),
        "active": True,
        "patient": chart.subject,
        "relationship": [concept(relation)],
        "name": [{"use": "official", "family": chart.persona.family, "given": [chart.rng.choice(pool)]}],
        "telecom": [{"system": "phone", "value": f"+1-555-01{chart.rng.randint(0, 99):02d}", "use": "mobile"}],
        "gender": gender,
    }
    chart.add(person)
    return identity

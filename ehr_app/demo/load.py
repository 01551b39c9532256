"""What a first start loads: the network, then every facility's patients, then the laboratory's corrections."""

from collections.abc import Iterator
from datetime import date

from ehr_app.demo import facilities, patients, staff
from ehr_app.demo.elements import Resource

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

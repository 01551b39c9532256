"""The three demo facilities, their organizations and locations, and the network they belong to.

Everything here is invented; addresses are not real places. Resources of the network (facility 0) are readable by
every member: `network()` returns them in dependency order.
"""

from dataclasses import dataclass

from ehr_app.demo import codes
from ehr_app.demo.elements import HL7, Code, Resource, concept, profile, reference

NETWORK_SLUG = "network"
NETWORK_ID = "demo-network"
IDENTIFIER_BASE = "https://ehr.example/"


@dataclass(frozen=True, slots=True)
class Facility:
    """A tenant of the demo: who it is, where its clock is, how its screens are tinted."""

    number: int
    slug: str
    name: str
    time_zone: str
    colour: str
    line: str
    city: str
    state: str
    postal_code: str
    phone: str

    @property
    def organization(self) -> Resource:
        """A Reference to the facility's Organization."""
        return reference("Organization", f"demo-{self.slug}", self.name)

    @property
    def clinic(self) -> Resource:
        """A Reference to the outpatient Location."""
        return reference("Location", f"demo-{self.slug}-clinic", f"{self.name}, outpatient clinic")

    @property
    def ward(self) -> Resource:
        """A Reference to the hospital Location."""
        return reference("Location", f"demo-{self.slug}-ward", f"{self.name}, ward")

    @property
    def laboratory(self) -> Resource:
        """A Reference to the laboratory's Organization."""
        return reference("Organization", f"demo-{self.slug}-lab", f"{self.name} Laboratory")


NORTH = Facility(
    1, "north", "North Lake Clinic", "America/Chicago", "#1d5fa8",
    "12 Birch Landing", "Pine Narrows", "MN", "55999", "+1-555-0110",
)  # fmt: skip
SOUTH = Facility(
    2, "south", "South Meadow Health", "America/New_York", "#2f7d4f",
    "480 Orchard Row", "Peach Hollow", "GA", "39899", "+1-555-0120",
)  # fmt: skip
HARBOR = Facility(
    3, "harbor", "Harbor Point Medical", "America/Los_Angeles", "#8a4b9e",
    "7 Lighthouse Quay", "Grey Harbor", "WA", "98999", "+1-555-0130",
)  # fmt: skip
FACILITIES = (NORTH, SOUTH, HARBOR)


def named(slug: str) -> Facility:
    """Return a facility of the demo by its slug."""
    return next(facility for facility in FACILITIES if facility.slug == slug)


PAYERS = {
    "meadowlark": "Meadowlark Mutual",
    "riverstone": "Riverstone Health Plan",
    "commonwell": "Commonwell Public Plan",
}


def payer(key: str) -> Resource:
    """Return a Reference to a payer's Organization; keys are those of `PAYERS`."""
    return reference("Organization", f"demo-payer-{key}", PAYERS[key])


def network() -> list[Resource]:
    """Return the network's Organizations and Locations.

    Shape: the network first, then payers, then each facility with its laboratory and locations.
    """
    resources = [_organization(NETWORK_ID, "Tri-Shore Care Network", codes.PROVIDER)]
    resources += [_organization(f"demo-payer-{key}", name, codes.PAYER) for key, name in PAYERS.items()]
    for facility in FACILITIES:
        resources += _premises(facility)
    return resources


def _organization(identity: str, name: str, kind: Code) -> Resource:
    return {
        "resourceType": "Organization",
        "id": identity,
        "meta": profile("organization"),
        "identifier": [{"system": IDENTIFIER_BASE + "organizations", "value": identity}],
        "active": True,
        "type": [concept(kind, None if kind.display else "Payer")],
        "name": name,
    }


def _premises(facility: Facility) -> list[Resource]:
    address = {
        "use": "work",
        "line": [facility.line],
        "city": facility.city,
        "state": facility.state,
        "postalCode": facility.postal_code,
        "country": "US",
    }
    phone = {"system": "phone", "value": facility.phone, "use": "work"}
    own = _organization(f"demo-{facility.slug}", facility.name, codes.PROVIDER)
    own |= {"telecom": [phone], "address": [address], "partOf": reference("Organization", NETWORK_ID)}
    laboratory = _organization(f"demo-{facility.slug}-lab", f"{facility.name} Laboratory", codes.DEPARTMENT)
    laboratory |= {"telecom": [phone], "address": [address], "partOf": facility.organization}
    resources = [own, laboratory]
    for suffix, label, kind in (
        ("clinic", "outpatient clinic", codes.OUTPATIENT_FACILITY),
        ("ward", "ward", codes.HOSPITAL),
    ):
        resources.append(
            {
                "resourceType": "Location",
                "id": f"demo-{facility.slug}-{suffix}",
                "meta": profile("location"),
                "identifier": [{"system": f"{IDENTIFIER_BASE}{facility.slug}/locations", "value": suffix}],
                "status": "active",
                "name": f"{facility.name}, {label}",
                "mode": "instance",
                "type": [concept(kind)],
                "telecom": [phone],
                "address": address,
                "physicalType": {"coding": [{"system": HL7 + "location-physical-type", "code": "bu", "display": "Building"}]},
                "managingOrganization": facility.organization,
            }
        )
    return resources

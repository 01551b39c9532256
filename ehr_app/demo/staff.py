"""The demo's people who sign in: every role at every facility, and one `admin` who works at all of them.

Practitioner resources are network resources; PractitionerRole ties one to a facility. NPIs are left out on purpose:
an invented number could be somebody's.
"""

from dataclasses import dataclass

from ehr_app.demo.elements import Resource, profile, reference
from ehr_app.demo.facilities import FACILITIES, IDENTIFIER_BASE, Facility

DEMO_PASSWORD = "demo-north-south-harbor"  # every demo account, demo data only; printed at start-up
ADMIN_USERNAME = "admin"

ROLES = (
    "physician", "nurse", "medical-assistant", "front-desk", "billing", "lab", "pharmacist",
    "department-lead", "facility-administrator", "privacy-officer", "auditor",
)  # fmt: skip
_SUFFIX = {
    "medical-assistant": "assistant",
    "front-desk": "desk",
    "department-lead": "lead",
    "facility-administrator": "manager",
    "privacy-officer": "privacy",
}
_NAMES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "north": (
        ("physician", "Ingrid", "Solberg"), ("physician", "Mateo", "Quispe"), ("nurse", "Amara", "Okafor"),
        ("nurse", "Joseph", "Blackbird"), ("medical-assistant", "Tuyet", "Pham"), ("front-desk", "Rosa", "Delgado"),
        ("billing", "Peter", "Novak"), ("lab", "Hana", "Suzuki"), ("pharmacist", "Samir", "Haddad"),
        ("department-lead", "Grace", "Mwangi"), ("facility-administrator", "Oliver", "Stone"),
        ("privacy-officer", "Nadia", "Petrova"), ("auditor", "Edwin", "Clarke"),
    ),
    "south": (
        ("physician", "Renée", "Beaumont"), ("physician", "Kwame", "Asante"), ("nurse", "Bea", "Lindqvist"),
        ("nurse", "Marcus", "Hale"), ("medical-assistant", "Lucía", "Romero"), ("front-desk", "Dana", "Whitfield"),
        ("billing", "Ravi", "Menon"), ("lab", "Chloe", "Park"), ("pharmacist", "Teresa", "Conti"),
        ("department-lead", "Abdul", "Karim"), ("facility-administrator", "Helen", "Frost"),
        ("privacy-officer", "Victor", "Osei"), ("auditor", "Maud", "Ferris"),
    ),
    "harbor": (
        ("physician", "Kenji", "Watanabe"), ("physician", "Aoife", "Brennan"), ("nurse", "Clara", "Nguyen"),
        ("nurse", "Isaac", "Tupou"), ("medical-assistant", "Zara", "Ahmed"), ("front-desk", "Leo", "Marchetti"),
        ("billing", "Yuki", "Tanabe"), ("lab", "Anders", "Vik"), ("pharmacist", "Miriam", "Levi"),
        ("department-lead", "Paulo", "Teixeira"), ("facility-administrator", "June", "Carver"),
        ("privacy-officer", "Dmitri", "Volkov"), ("auditor", "Sally", "Thorne"),
    ),
}  # fmt: skip
_QUALIFIED = {"physician": "Dr", "department-lead": "Dr"}


@dataclass(frozen=True, slots=True)
class Member:
    """One person at one facility: how she signs in, what she is, which Practitioner she is."""

    facility: str
    role: str
    username: str
    display: str
    given: str
    family: str

    @property
    def practitioner_id(self) -> str:
        """The id of the Practitioner in the network."""
        return "demo-" + self.username.replace(".", "-")

    @property
    def reference(self) -> Resource:
        """A Reference to the Practitioner."""
        return reference("Practitioner", self.practitioner_id, self.display)


def staff(facility: Facility) -> tuple[Member, ...]:
    """Return a facility's staff, the `admin` user last (the same account and Practitioner at every facility)."""
    members = [_member(facility.slug, *names) for names in _NAMES[facility.slug]]
    admin = Member(facility.slug, "facility-administrator", ADMIN_USERNAME, "Alex Morgan", "Alex", "Morgan")
    return (*members, admin)


def members(facility: Facility, role: str) -> tuple[Member, ...]:
    """Return the facility's staff in one role, `admin` left out."""
    return tuple(m for m in staff(facility) if m.role == role and m.username != ADMIN_USERNAME)


def practitioners() -> list[Resource]:
    """Return the network's Practitioner and PractitionerRole resources, each Practitioner once."""
    people: dict[str, Resource] = {}
    roles = []
    for facility in FACILITIES:
        for member in staff(facility):
            people.setdefault(member.practitioner_id, _practitioner(member))
            roles.append(_practitioner_role(facility, member))
    return [*people.values(), *roles]


def _member(facility: str, role: str, given: str, family: str) -> Member:
    plain = given.translate(str.maketrans("éí", "ei")).lower()
    title = _QUALIFIED.get(role)
    display = f"{title} {given} {family}" if title else f"{given} {family}"
    return Member(facility, role, f"{plain}.{_SUFFIX.get(role, role)}", display, given, family)


def _practitioner(member: Member) -> Resource:
    name: Resource = {"use": "official", "text": member.display, "family": member.family, "given": [member.given]}
    if member.role in _QUALIFIED:
        name["prefix"] = [_QUALIFIED[member.role]]
    return {
        "resourceType": "Practitioner",
        "id": member.practitioner_id,
        "meta": profile("practitioner"),
        "identifier": [{"system": IDENTIFIER_BASE + "staff", "value": member.username}],
        "active": True,
        "name": [name],
        "telecom": [{"system": "email", "value": f"{member.username}@ehr.example", "use": "work"}],
    }


def _practitioner_role(facility: Facility, member: Member) -> Resource:
    return {
        "resourceType": "PractitionerRole",
        "id": f"{member.practitioner_id}-{facility.slug}",
        "meta": profile("practitionerrole"),
        "active": True,
        "practitioner": member.reference,
        "organization": facility.organization,
        "code": [{"text": member.role.replace("-", " ")}],
        "location": [facility.clinic],
        "telecom": [{"system": "phone", "value": facility.phone, "use": "work"}],
    }

"""The demo's people who sign in: every role at every facility, and one `admin` who works at all of them.

The interface of each laboratory has an account too, without a password: it shows a token.

Practitioner resources are network resources; PractitionerRole ties one to a facility. NPIs are left out on purpose:
an invented number could be somebody's.
"""

from dataclasses import dataclass

from ehr_app.demo import codes
from ehr_app.demo.elements import Resource, concept, profile, reference
from ehr_app.demo.facilities import FACILITIES, IDENTIFIER_BASE, Facility

DEMO_PASSWORD = "demo-north-south-harbor"  # every demo account, demo data only; printed at start-up
ADMIN_USERNAME = "admin"

ROLES = (
    "physician", "nurse", "medical-assistant", "front-desk", "billing", "lab", "pharmacist",
    "department-lead", "facility-administrator", "privacy-officer", "auditor", "interface",
)  # fmt: skip
GENERAL_PRACTICE = "General practice"
_SPECIALISTS: dict[str, tuple[tuple[str, str, str], ...]] = {  # physicians who are asked, and see no patient of their own here
    "north": (("Cardiology", "Henrik", "Aalto"), ("Pediatrics", "Lorraine", "Baptiste")),
    "south": (("Nephrology", "Suresh", "Iyer"), ("Obstetrics", "Naomi", "Feldman")),
    "harbor": (("Psychiatry", "Marta", "Kowal"), ("General surgery", "Elena", "Marchetti")),
}
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
    specialty: str = ""

    @property
    def signs_in(self) -> bool:
        """Whether somebody signs in with a password; an interface shows a token."""
        return self.role != "interface"

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
    members += [_member(facility.slug, "physician", given, family, field) for field, given, family in _SPECIALISTS[facility.slug]]
    members.append(
        Member(facility.slug, "interface", f"interface.{facility.slug}", "Laboratory interface", "", "Laboratory interface")
    )
    admin = Member(facility.slug, "facility-administrator", ADMIN_USERNAME, "Alex Morgan", "Alex", "Morgan")
    return (*members, admin)


def members(facility: Facility, role: str) -> tuple[Member, ...]:
    """Return the facility's staff in one role, `admin` and the specialists left out."""
    own = (m for m in staff(facility) if m.role == role and m.username != ADMIN_USERNAME)
    return tuple(m for m in own if m.specialty in ("", GENERAL_PRACTICE))


def practitioners() -> list[Resource]:
    """Return the network's Practitioner and PractitionerRole resources, each Practitioner once."""
    people: dict[str, Resource] = {}
    roles = []
    for facility in FACILITIES:
        for member in staff(facility):
            people.setdefault(member.practitioner_id, _practitioner(member))
            roles.append(_practitioner_role(facility, member))
    return [*people.values(), *roles]


def _member(facility: str, role: str, given: str, family: str, specialty: str = "") -> Member:
    plain = given.translate(str.maketrans("éí", "ei")).lower()
    specialty = specialty or (GENERAL_PRACTICE if role == "physician" else "")
    title = _QUALIFIED.get(role)
    display = f"{title} {given} {family}" if title else f"{given} {family}"
    return Member(facility, role, f"{plain}.{_SUFFIX.get(role, role)}", display, given, family, specialty)


def _practitioner(member: Member) -> Resource:
    name: Resource = {"use": "official", "text": member.display, "family": member.family}
    if member.given:
        name["given"] = [member.given]
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
    role: Resource = {
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
    if member.specialty:
        own = member.specialty == GENERAL_PRACTICE
        role["specialty"] = [concept(codes.GENERAL_PRACTICE) if own else {"text": member.specialty}]
    return role

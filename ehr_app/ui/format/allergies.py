"""The allergy state of a patient, always exactly one of four (rules A1, A2, A3).

AllergyIntolerance: https://hl7.org/fhir/R4/allergyintolerance.html
Codes that deny an allergy: https://hl7.org/fhir/R4/valueset-allergyintolerance-code.html
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

from ehr_app.ui.format.dates import clinical_day
from ehr_app.ui.format.text import (
    NOT_KNOWN,
    Json,
    clinical_text,
    concept_text,
    has_code,
    in_error,
    is_coded,
    items,
    part,
    plain,
    reference_text,
)

State = Literal["known", "none", "not-recorded", "unavailable"]

WORDS: dict[State, str] = {
    "known": "Known allergies",
    "none": "No known allergies",
    "not-recorded": "Allergies not recorded",
    "unavailable": "Allergies unavailable",
}
NOT_CODED = "not coded, not checked by decision support"

_NO_KNOWN_ALLERGY = "716186003"
_DENIALS = {"716186003": "No known allergy", "409137002": "No known drug allergy",
            "428607008": "No known environmental allergy", "429625007": "No known food allergy"}  # fmt: skip
_SEVERITY = {"severe": 0, "moderate": 1, "mild": 2}
_CRITICALITY = {"high": 0, "unable-to-assess": 1, "low": 2}


@dataclass(frozen=True, slots=True)
class Allergy:
    """One allergy, ready to show."""

    id: str
    name: str
    reaction: str
    grave: bool
    status: str
    coded: bool
    unconfirmed: bool
    wrong: bool
    recorded: str

    @property
    def text(self) -> str:
        """Name, reaction and what has to be said about its certainty."""
        marks = ["unconfirmed"] if self.unconfirmed else []
        marks += [] if self.coded else [NOT_CODED]
        return ", ".join(filter(None, (f"{self.name}: {self.reaction}" if self.reaction else self.name, *marks)))


@dataclass(frozen=True, slots=True)
class AllergyState:
    """The state with its words, what it rests on, and the entries behind it (active first, gravest first)."""

    state: State
    words: str
    note: str
    updated: str
    allergies: tuple[Allergy, ...]

    @property
    def active(self) -> tuple[Allergy, ...]:
        """The allergies that count: neither resolved nor entered in error."""
        return tuple(one for one in self.allergies if not one.wrong and not one.status)


def allergy_state(records: Iterable[Json] | None, zone: ZoneInfo) -> AllergyState:
    """A1: decide the one state of a patient; `records` None means that the source did not answer.

    A2: "no known" needs an author and a date, and a denial is no allergy. A denial of one kind only (drugs, food)
    does not say that there is none.
    """
    if records is None:
        return AllergyState("unavailable", WORDS["unavailable"], "The record did not answer; ask the patient.", "", ())
    known = list(records)
    denials = [one for one in known if _denial(one) and not in_error(one) and _ended(one) == ""]
    entries = sorted((one for one in known if not _denial(one)), key=_gravity)
    allergies = tuple(_allergy(one, zone) for one in entries)
    active = [one for one in allergies if not one.wrong and not one.status]
    latest = max((_stamp(one) for one in [*entries, *denials] if not in_error(one)), default="")
    updated = clinical_day(latest, zone, "") if latest else ""
    if active:
        note = "Also denied elsewhere in the record; please clarify." if denials else ""
        return AllergyState("known", WORDS["known"], note, updated, allergies)
    general = [one for one in denials if has_code(part(one, "code"), _NO_KNOWN_ALLERGY)]
    for denial in sorted(general, key=_stamp, reverse=True):
        if (author := _author(denial)) and _stamp(denial):
            doubt = ", unconfirmed" if _unconfirmed(denial) else ""
            told = f"Told by {author} on {clinical_day(_stamp(denial), zone)}{doubt}"
            return AllergyState("none", WORDS["none"], told, clinical_day(_stamp(denial), zone), allergies)
    return AllergyState("not-recorded", WORDS["not-recorded"], _reason(general, denials, allergies), updated, allergies)


def _reason(general: list[Json], denials: list[Json], allergies: tuple[Allergy, ...]) -> str:
    if general:
        return "An entry “no known allergy” has no author or no date; please ask again."
    if denials:
        kinds = {_DENIALS[str(coding["code"])] for one in denials for coding in items(part(one, "code"), "coding")
                 if coding.get("code") in _DENIALS}  # fmt: skip
        return f"{', '.join(sorted(kinds))} is recorded; other kinds are not."
    past = sum(not one.wrong for one in allergies)
    if past:
        return f"{past} resolved or inactive {'entry' if past == 1 else 'entries'} only."
    return "Only entries made in error." if allergies else "Nobody has recorded an answer yet."


def _allergy(record: Json, zone: ZoneInfo) -> Allergy:
    code = part(record, "code")
    wrong = in_error(record)
    return Allergy(
        id=plain(record.get("id")),
        name=clinical_text(code) or _substances(record) or "Substance not named",
        reaction=_reaction(record),
        grave=_gravity(record)[1:3] < (1, 9) or record.get("criticality") == "high",
        status="Entered in error" if wrong else _ended(record),
        coded=is_coded(code) or any(is_coded(part(one, "substance")) for one in items(record, "reaction")),
        unconfirmed=_unconfirmed(record),
        wrong=wrong,
        recorded=clinical_day(_stamp(record), zone, NOT_KNOWN),
    )


def _reaction(record: Json) -> str:
    told = []
    for reaction in items(record, "reaction"):
        signs = ", ".join(filter(None, (clinical_text(one) for one in items(reaction, "manifestation"))))
        severity = plain(reaction.get("severity"))
        told.append(" ".join(filter(None, (severity, signs or plain(reaction.get("description"))))))
    return "; ".join(filter(None, told))


def _substances(record: Json) -> str:
    return ", ".join(filter(None, (clinical_text(part(one, "substance")) for one in items(record, "reaction"))))


def _denial(record: Json) -> bool:
    return has_code(part(record, "code"), *_DENIALS)


def _ended(record: Json) -> str:
    if has_code(part(record, "verificationStatus"), "refuted"):
        return "Refuted"
    for code in ("resolved", "inactive"):
        if has_code(part(record, "clinicalStatus"), code):
            return code.capitalize()
    return ""


def _unconfirmed(record: Json) -> bool:
    return has_code(part(record, "verificationStatus"), "unconfirmed", "presumed") or _by_patient(record)


def _by_patient(record: Json) -> bool:
    confirmed = has_code(part(record, "verificationStatus"), "confirmed")
    asserter = part(record, "asserter") or part(record, "recorder")
    return not confirmed and str(asserter.get("reference") or "").startswith(("Patient/", "RelatedPerson/"))


def _author(record: Json) -> str:
    for key in ("asserter", "recorder"):
        person = part(record, key)
        if person:
            kind = str(person.get("reference") or person.get("type") or "").split("/")[0]
            role = {"Patient": "the patient", "RelatedPerson": "a related person", "PractitionerRole": "a practitioner",
                    "Practitioner": "a practitioner"}.get(kind, "")  # fmt: skip
            return ", ".join(filter(None, (reference_text(person), role)))
    return ""


def _stamp(record: Json) -> str:
    return str(record.get("recordedDate") or record.get("lastOccurrence") or record.get("onsetDateTime") or "")


def _gravity(record: Json) -> tuple[int, int, int, str]:
    severities = [_SEVERITY.get(str(one.get("severity")), 3) for one in items(record, "reaction")]
    ended = bool(_ended(record)) + 2 * in_error(record)
    critical = _CRITICALITY.get(str(record.get("criticality")), 1)
    return ended, min(severities, default=3), critical, concept_text(part(record, "code")).lower()

"""Names, sex and identifiers of people (rules B2, B3, B4).

HumanName: https://hl7.org/fhir/R4/datatypes.html#HumanName
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from ehr_app.ui.format.dates import age, clinical_date, parse_date, spoken_age, spoken_date
from ehr_app.ui.format.text import NOT_KNOWN, Json, concept_text, items, part, plain

NAME_NOT_KNOWN = "Name not known"

_NAME_ORDER = {"official": 0, "usual": 1, None: 2, "temp": 3, "nickname": 4, "maiden": 5, "old": 6, "anonymous": 7}
_SEX = {"male": "Male", "female": "Female", "other": "Other", "unknown": NOT_KNOWN}


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier with what it is called."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Identity:
    """The identity part of a banner, in its order (B2)."""

    name: str
    preferred: str
    born: str
    born_spoken: str
    age: str
    age_spoken: str
    sex: str
    record_number: str
    died: str
    age_at_death: str


def family_first(names: Iterable[Json]) -> str:
    """B2: `FAMILY, Given (Title)` of the name in use; words when there is none."""
    name = _chosen(names)
    if name is None:
        return NAME_NOT_KNOWN
    family, given, title = plain(name.get("family")), _words(name, "given"), _words(name, "prefix")
    if not family and not given:
        return plain(name.get("text")) or NAME_NOT_KNOWN
    told = ", ".join(filter(None, (family.upper(), given)))
    suffix = _words(name, "suffix")
    told = f"{told}, {suffix}" if suffix else told
    return f"{told} ({title})" if title else told


def spoken_name(names: Iterable[Json]) -> str:
    """The name in its natural order, for patients and for authors: `Dr. Maricarmen Partida`."""
    name = _chosen(names)
    if name is None:
        return NAME_NOT_KNOWN
    told = " ".join(filter(None, (_words(name, "prefix"), _words(name, "given"), plain(name.get("family")))))
    return told or plain(name.get("text")) or NAME_NOT_KNOWN


def preferred_name(names: Iterable[Json]) -> str:
    """The nickname or usual name when it differs from the name in use; else empty."""
    known = list(names)
    shown = _chosen(known)
    for use in ("nickname", "usual"):
        for name in known:
            if name.get("use") == use and name is not shown:
                told = _words(name, "given") or plain(name.get("text"))
                if told and told != _words(shown or {}, "given"):
                    return told
    return ""


def sex(patient: Json) -> str:
    """The administrative gender in words (B3: never blank)."""
    return _SEX.get(str(patient.get("gender") or "unknown"), NOT_KNOWN)


def record_number(patient: Json) -> str:
    """The record number: the identifier of type MR, else the first usual or official one, else words."""
    known = [one for one in items(patient, "identifier") if plain(one.get("value")) and one.get("use") != "old"]
    for one in known:
        if _identifier_code(one) == "MR":
            return plain(one["value"])
    for one in known:
        if one.get("use") in ("usual", "official") and _identifier_code(one) != "SS":
            return plain(one["value"])
    return NOT_KNOWN


def identifiers(patient: Json) -> list[Identifier]:
    """All identifiers with labels; of a social security number only the last four characters are shown."""
    found = []
    for one in items(patient, "identifier"):
        value = plain(one.get("value"))
        if not value:
            continue
        code = _identifier_code(one)
        label = concept_text(part(one, "type")) or plain(one.get("system")) or "Identifier"
        if code == "SS" or "us-ssn" in str(one.get("system")):
            label, value = "Social security number", f"ends {value[-4:]}"
        found.append(Identifier("MRN" if code == "MR" else label, value))
    return found


def identity(patient: Json, on: date) -> Identity:
    """Return the identity shown in banners and lists; `on` is the facility's today."""
    names = items(patient, "name")
    birth = parse_date(patient.get("birthDate"))
    died_at = patient.get("deceasedDateTime")
    dead = bool(died_at) or patient.get("deceasedBoolean") is True
    death_day = parse_date(died_at)
    now_old = "" if dead else age(birth, on)
    return Identity(
        name=family_first(names),
        preferred=preferred_name(names),
        born=clinical_date(birth),
        born_spoken=spoken_date(birth),
        age=now_old,
        age_spoken=spoken_age(now_old),
        sex=sex(patient),
        record_number=record_number(patient),
        died=clinical_date(death_day, "date not known") if dead else "",
        age_at_death=age(birth, death_day.earliest) if death_day else "",
    )


def phones(patient: Json) -> list[str]:
    """The telephone numbers in use, in the given order."""
    return [
        plain(one.get("value"))
        for one in items(patient, "telecom")
        if one.get("system") in ("phone", "sms") and one.get("use") != "old" and plain(one.get("value"))
    ]


def address(patient: Json) -> str:
    """The first address in use, in one line; empty when there is none."""
    for one in items(patient, "address"):
        if one.get("use") == "old":
            continue
        lines = one.get("line")
        told = [plain(line) for line in lines] if isinstance(lines, list) else []
        told += [
            plain(one.get("city")),
            " ".join(filter(None, (plain(one.get("state")), plain(one.get("postalCode"))))),
        ]
        return ", ".join(filter(None, told)) or plain(one.get("text"))
    return ""


def _chosen(names: Iterable[Json]) -> Json | None:
    usable = [name for name in names if any(name.get(key) for key in ("family", "given", "text"))]
    return min(usable, key=lambda name: (_ended(name), _NAME_ORDER.get(_use(name), 2)), default=None)


def _use(name: Json) -> Any:
    return name.get("use")


def _ended(name: Json) -> bool:
    return bool(part(name, "period").get("end"))


def _words(name: Json, key: str) -> str:
    value = name.get(key)
    if isinstance(value, str):
        return plain(value)
    return " ".join(plain(word) for word in value if plain(word)) if isinstance(value, list) else ""


def _identifier_code(identifier: Json) -> str:
    for coding in items(part(identifier, "type"), "coding"):
        if code := coding.get("code"):
            return str(code)
    return ""

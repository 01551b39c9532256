"""Who is in the demo: thirty people written by hand, and a way to invent any number of others.

A `Persona` is a premise (name, age, illnesses, what is special); the chart is generated from it. The people and their
names are invented. Problem keys are those of `problems.COURSES`; the figure after `@` is years before the last day.
"""

from dataclasses import dataclass, field
from random import Random
from typing import Literal

Sex = Literal["male", "female"]
AllergyState = Literal["known", "none", "unrecorded", "error"]


@dataclass(frozen=True, slots=True)
class Persona:
    """The premise of one patient. `age` is in years on the generator's as-of date."""

    given: tuple[str, ...]
    family: str
    sex: Sex
    age: float
    problems: tuple[str, ...] = ()
    allergy: AllergyState = "none"
    preferred: str | None = None
    native: tuple[str, str] | None = None  # given, family in the person's own script
    language: str = "en"
    race: str = "white"
    hispanic: bool = False
    died_years_ago: float | None = None
    specials: frozenset[str] = field(default_factory=frozenset)


FULL_CHARTS = {"north": 120, "south": 100, "harbor": 80}
"""Patients of a facility above this number have a short chart: their last year and a half."""
LARGE: dict[tuple[str, int], int] = {("north", 50): 5000, ("north", 100): 60_000}
"""Patients with a large chart, and at least how many resources it has."""


def full_name(given: tuple[str, ...], family: str) -> str:
    """Return a name as its bearer writes it: Chinese and Japanese put the family first, without a space."""
    if "\u3040" <= family[0] <= "\u9fff":
        return family + "".join(given)
    return f"{' '.join(given)} {family}"


def _special(*names: str) -> frozenset[str]:
    return frozenset(names)


CAST: dict[str, tuple[Persona, ...]] = {
    "north": (
        Persona(("Margaret", "Ann"), "Thorvaldsen", "female", 71.3,
                ("diabetes@11.6", "hypertension@13", "hyperlipidemia@10", "knee-osteoarthritis@6"), "known",
                preferred="Peggy", specials=_special("long-a1c")),
        Persona(("José", "Ángel"), "Núñez Ibarra", "male", 58.6,
                ("hypertension@9", "kidney-disease@5", "gout@4"), "known", language="es", hispanic=True,
                specials=_special("critical-potassium")),
        Persona(("Siobhán",), "O’Connor-Kowalczyk", "female", 34.2, ("pregnancy@0.5", "rhinitis@8"), "known"),
        Persona(("Noah",), "Whitecloud", "male", 0.03, race="native", allergy="unrecorded"),
        Persona(("ليلى",), "الحداد", "female", 46.9, ("hypothyroidism@5",), "none",
                native=("Layla", "Al-Haddad"), language="ar"),
        Persona(("Ebbe",), "Sørensen", "male", 95.1,
                ("heart-failure@4", "hypertension@14", "knee-osteoarthritis@12", "anemia@2"), "known"),
        Persona(("Chloé",), "Dubois", "female", 7.4, ("childhood-asthma@3",), "known", specials=_special("uncoded-allergy")),
        Persona(("Thanh",), "Nguyễn", "male", 41.7, ("hyperlipidemia@4",), "error", native=("Thành", "Nguyễn"),
                language="vi", race="asian"),
        Persona(("Dorothy",), "Blackwood", "female", 88.2,
                ("alzheimer@5", "osteoporosis@9", "hypertension@14", "hip-osteoarthritis@8"), "none",
                died_years_ago=0.7),
        Persona(("Wolfgang", "Maximilian", "Friedrich"), "von Hohenstein-Freudenberg", "male", 52.8,
                ("prediabetes@6", "obesity@9"), "none", preferred="Max"),
        Persona(("Aaliyah",), "Johnson", "female", 16.5, (), "none", race="black"),
        Persona(("Bob",), "Li", "male", 29.0, (), "unrecorded", race="asian"),
    ),
    "south": (
        Persona(("Earl",), "Jefferson", "male", 66.4,
                ("coronary-disease@8", "infarction@3", "hypertension@12", "hyperlipidemia@11"), "known", race="black",
                specials=_special("entered-in-error")),
        Persona(("Guadalupe",), "Hernández", "female", 49.5, ("diabetes@6", "obesity@10", "hypertension@5"), "none",
                preferred="Lupita", language="es", hispanic=True),
        Persona(("秀英",), "王", "female", 73.0, ("osteoporosis@7", "hypertension@9"), "known",
                native=("Xiuying", "Wang"), language="zh", race="asian"),
        Persona(("Tyrone",), "Baptiste", "male", 12.2, ("childhood-asthma@7", "rhinitis@4"), "known", race="black"),
        Persona(("Fatou",), "N’Diaye", "female", 27.6, ("anemia@1.5",), "none", language="fr", race="black"),
        Persona(("Raj",), "Venkataraghavan", "male", 55.3, ("diabetes@9", "hyperlipidemia@8"), "none",
                native=("राज", "वेंकटराघवन"), race="asian", specials=_special("amended-result")),
        Persona(("Mary", "Elizabeth"), "Smith", "female", 62.0, ("rheumatoid-arthritis@7", "hypothyroidism@12"), "known",
                specials=_special("unconfirmed-allergy")),
        Persona(("Mary", "E."), "Smith", "female", 63.1, ("hypertension@4",), "unrecorded"),
        Persona(("Jayden",), "Carter", "male", 2.3, (), "none", race="black"),
        Persona(("Walter",), "Pruitt", "male", 79.8, ("chronic-bronchitis@10", "hypertension@14"), "known"),
    ),
    "harbor": (
        Persona(("Keoni",), "Kahananui-Kamakawiwoʻole", "male", 38.9, ("obesity@8", "prediabetes@3", "asthma@12"), "known",
                race="pacific", preferred="Keo"),
        Persona(("Оксана",), "Шевченко", "female", 44.4, ("depression@2.5", "hypothyroidism@6"), "none",
                native=("Oksana", "Shevchenko"), language="uk"),
        Persona(("Hiroshi",), "Tanaka", "male", 69.7, ("kidney-disease@8", "hypertension@13", "diabetes@12"), "none",
                native=("浩", "田中"), language="ja", race="asian"),
        Persona(("יעל",), "בן־דוד", "female", 31.1, ("rhinitis@6",), "known", native=("Yael", "Ben-David"), language="he"),
        Persona(("Ελένη",), "Παπαδοπούλου", "female", 57.8, ("hyperlipidemia@7", "colon-polyp@2"), "none",
                native=("Eleni", "Papadopoulou"), language="el"),
        Persona(("Mateus",), "Gonçalves", "male", 4.8, (), "known", language="pt"),
        Persona(("Greta",), "Lindström", "female", 82.5, ("heart-failure@3", "hypertension@11", "kidney-disease@3"),
                "known", specials=_special("no-range")),
        Persona(("Sam",), "Rivers", "male", 21.4, (), "error", preferred="Sammy"),
    ),
}  # fmt: skip

PLACED: dict[tuple[str, int], Persona] = {
    ("north", 50): Persona(("Harriet", "Jane"), "Ostrowski", "female", 67.2,
                           ("hypertension@12", "diabetes@9", "hyperlipidemia@10"), "known", preferred="Hattie",
                           specials=_special("home-monitoring")),
    ("north", 100): Persona(("Desmond",), "Achterberg", "male", 61.5,
                            ("diabetes@14", "hypertension@15", "kidney-failure@6.4", "anemia@5"), "known",
                            specials=_special("dialysis")),
}  # fmt: skip

_GIVEN: dict[Sex, tuple[str, ...]] = {
    "female": ("Anna", "Beatriz", "Céline", "Divya", "Esther", "Farah", "Gwen", "Hélène", "Imani", "Jana", "Keiko",
               "Leilani", "María", "Nkechi", "Olga", "Priya", "Quinn", "Ruth", "Saoirse", "Tamar", "Ursula", "Violet"),
    "male": ("Adam", "Björn", "Carlos", "Dimitri", "Emeka", "Farid", "Gustavo", "Hiro", "Ivan", "Jamal", "Kai", "Luis",
             "Mohammed", "Nils", "Omar", "Pavel", "Quentin", "René", "Seán", "Tomás", "Umar", "Viktor", "Wei"),
}  # fmt: skip
_FAMILY = (
    "Abara", "Bergström", "Castillo", "Dvořák", "Eze", "Fernández", "Gagnon", "Hughes", "Iyer", "Jansen", "Kim",
    "Lefèvre", "Müller", "Nakamura", "O’Brien", "Popescu", "Quiroga", "Reyes", "Šimić", "Tran", "Usman", "Vasquez",
    "Walker", "Xiong", "Yıldız", "Zieliński",
)  # fmt: skip
_ADULT_PROBLEMS = (  # key, earliest age in years, share of the people above it
    ("hypertension", 35.0, 0.34), ("hyperlipidemia", 38.0, 0.28), ("diabetes", 40.0, 0.16), ("obesity", 20.0, 0.2),
    ("asthma", 18.0, 0.07), ("hypothyroidism", 30.0, 0.07), ("knee-osteoarthritis", 50.0, 0.15),
    ("osteoporosis", 65.0, 0.12), ("kidney-disease", 60.0, 0.1), ("rhinitis", 16.0, 0.12), ("gout", 45.0, 0.04),
    ("coronary-disease", 55.0, 0.08), ("heart-failure", 68.0, 0.06), ("anemia", 18.0, 0.05), ("depression", 18.0, 0.08),
    ("chronic-bronchitis", 55.0, 0.05), ("rheumatoid-arthritis", 35.0, 0.02), ("colon-polyp", 50.0, 0.08),
)  # fmt: skip


def persona(slug: str, number: int, rng: Random) -> Persona:
    """Return the premise of a facility's patient `number` (from 1): by hand where one is written, else invented."""
    if (slug, number) in PLACED:
        return PLACED[slug, number]
    written = CAST[slug]
    return written[number - 1] if number <= len(written) else _invent(rng)


def _invent(rng: Random) -> Persona:
    sex: Sex = "female" if rng.random() < 0.51 else "male"
    age = round(rng.random() ** 0.8 * 94 + 0.1, 2)
    died = 0.3 + rng.random() * 3 if age > 75 and rng.random() < 0.1 else None
    lived = age - (died or 0.0)
    problems = []
    for key, earliest, share in _ADULT_PROBLEMS:
        if lived > earliest + 1.5 and rng.random() < share:
            problems.append(f"{key}@{0.5 + rng.random() * min(lived - earliest - 1, 12):.1f}")
    if 5 < age < 16 and rng.random() < 0.1:
        problems.append(f"childhood-asthma@{0.5 + rng.random() * (age - 4):.1f}")
    races = ("white", "white", "white", "black", "asian", "native", "pacific")
    states: tuple[AllergyState, ...] = ("known", "none", "none", "unrecorded")
    return Persona(
        (rng.choice(_GIVEN[sex]),), rng.choice(_FAMILY), sex, age, tuple(problems), rng.choice(states),
        race=rng.choice(races), hispanic=rng.random() < 0.18,
        died_years_ago=died,
    )  # fmt: skip

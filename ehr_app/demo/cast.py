"""Who is in the demo: thirty people written by hand, and a way to invent any number of others.

A `Persona` is a premise (name, age, illnesses, what is special); the chart is generated from it. The people and their
names are invented. Problem keys are those of `problems.COURSES`; the figure after `@` is years before the last day.
"""

from dataclasses import dataclass, field, replace
from random import Random
from typing import Literal

from ehr_app.demo import names

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
    human: str = ""  # the same for one human being at several facilities
    moved: bool = False


FULL_CHARTS = {"north": 120, "south": 100, "harbor": 80}
"""Patients of a facility above this number have a short chart: their last year and a half."""
LARGE: dict[tuple[str, int], int] = {("north", 50): 5000, ("north", 100): 60_000}
"""Patients with a large chart, and at least how many resources it has."""


def full_name(given: tuple[str, ...], family: str) -> str:
    """Return a name as its bearer writes it: Chinese, Japanese and Korean put the family first, without a space."""
    if "\u3040" <= family[0] <= "\u9fff" or "\uac00" <= family[0] <= "\ud7a3":
        return family + "".join(given)
    return " ".join((*given, family))


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
        Persona(("Marcus", "Aurel"), "Feldhaus", "male", 37.8, ("hiv@5", "depression@3"), "none", human="feldhaus",
                specials=_special("restricted-hiv", "restricted-mental-health")),
        Persona(("Kayleigh",), "Brandt", "female", 15.8, ("depression@0.8", "suicide-risk@0.6"), "none",
                specials=_special("restricted-mental-health")),
        Persona(("Ray",), "Sorensen", "male", 54.1, ("alcohol@6", "hypertension@8"), "known", human="sorensen",
                specials=_special("restricted-substance-use")),
        Persona(("Camille", "Odette"), "Arsenault", "female", 26.3, (), "none", language="fr", human="arsenault",
                specials=_special("restricted-sexual-health")),
        Persona(("Joanna",), "Whitaker", "female", 41.2, ("partner-abuse@1.2", "anemia@2"), "none",
                specials=_special("restricted-partner-abuse")),
        Persona((), "Sukarno", "male", 63.4, ("gout@6", "hypertension@9"), "known", race="asian"),
        Persona(("Ottilie", "Philippa", "Wilhelmina", "Anastasia"), "Featherstonehaugh-Cholmondeley von und zu Liechtenberg",
                "female", 102.6, ("hypertension@14", "osteoporosis@12", "hip-osteoarthritis@10"), "known", preferred="Tilly"),
        Persona(("Amira",), "Haddad", "female", 29.7, ("pregnancy@0.3", "anemia@0.4"), "none", language="ar"),
        Persona(("Baby", "Girl"), "Haddad", "female", 0.45, (), "unrecorded", language="ar"),
        Persona(("Theo",), "Lindgren", "male", 1.4, (), "none"),
        Persona(("Ada",), "Okonjo", "female", 0.9, (), "none", race="black"),
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
        Persona(("Marcus",), "Feldhaus", "male", 37.8, ("hiv@5",), "none", human="feldhaus", moved=True,
                specials=_special("restricted-hiv")),
        Persona(("Camille",), "Arsenault-Roy", "female", 26.3, (), "unrecorded", language="fr", human="arsenault"),
        Persona(("Opal",), "Mayweather", "female", 45.9, ("overdose@1.1", "depression@4"), "known", race="black",
                specials=_special("restricted-substance-use", "restricted-mental-health")),
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
        Persona(("Raymond",), "Sorenson", "male", 54.1, ("hypertension@8",), "unrecorded", human="sorensen", moved=True),
        Persona(("Marcus", "A."), "Feldhaus", "male", 37.8, ("hiv@5", "depression@3"), "known", human="feldhaus",
                specials=_special("restricted-hiv")),
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

_ADULT_PROBLEMS = (  # key, earliest age in years, share of the people above it
    ("hypertension", 35.0, 0.34), ("hyperlipidemia", 38.0, 0.28), ("diabetes", 40.0, 0.16), ("obesity", 20.0, 0.2),
    ("asthma", 18.0, 0.07), ("hypothyroidism", 30.0, 0.07), ("knee-osteoarthritis", 50.0, 0.15),
    ("osteoporosis", 65.0, 0.12), ("kidney-disease", 60.0, 0.1), ("rhinitis", 16.0, 0.12), ("gout", 45.0, 0.04),
    ("coronary-disease", 55.0, 0.08), ("heart-failure", 68.0, 0.06), ("anemia", 18.0, 0.05), ("depression", 18.0, 0.08),
    ("chronic-bronchitis", 55.0, 0.05), ("rheumatoid-arthritis", 35.0, 0.02), ("colon-polyp", 50.0, 0.08),
)  # fmt: skip


_ELSEWHERE_SHARE = 0.12
_BEFORE = {"south": "north", "harbor": "south"}


def persona(slug: str, number: int, seed: int) -> Persona:
    """Return the premise of a facility's patient `number` (from 1): by hand where one is written, else invented.

    Shape: some invented people are known at another facility too, under the same number there; three may be known at all.
    """
    written = CAST[slug]
    if number <= len(written):
        return written[number - 1]
    if (slug, number) in PLACED:
        return PLACED[slug, number]
    dice = Random(f"{seed}:{slug}:{number}:persona")
    before = _BEFORE.get(slug)
    if before and number > len(CAST[before]) and (before, number) not in PLACED and dice.random() < _ELSEWHERE_SHARE:
        return _known_elsewhere(persona(before, number, seed), dice)
    return _invent(dice, f"{slug}:{number}")


def _known_elsewhere(there: Persona, dice: Random) -> Persona:
    """The same human being at another desk: another spelling, an earlier name, a new home, a part of the illnesses."""
    given, family, moved = there.given, there.family, False
    change = dice.choice(("typo", "move", "name", "initial"))
    if change == "typo":
        family = names.mistyped(family, dice)
    elif change == "name" and there.sex == "female" and there.native is None:
        family = dice.choice(names.culture(dice).family)[0] if dice.random() < 0.5 else f"{family}-Marlowe"
    elif change == "initial" and len(given) > 1:
        given = (given[0], f"{given[1][0]}.")
    else:
        moved = True
    kept = tuple(problem for problem in there.problems if dice.random() < 0.7)
    states: tuple[AllergyState, ...] = (there.allergy, "unrecorded")
    return replace(there, given=given, family=family, problems=kept, allergy=dice.choice(states), moved=moved, preferred=None)


def _invent(dice: Random, human: str) -> Persona:
    sex: Sex = "female" if dice.random() < 0.51 else "male"
    age = round(dice.random() ** 0.8 * 94 + 0.1, 2)
    died = 0.3 + dice.random() * 3 if age > 75 and dice.random() < 0.1 else None
    lived = age - (died or 0.0)
    problems = []
    for key, earliest, share in _ADULT_PROBLEMS:
        if lived > earliest + 1.5 and dice.random() < share:
            problems.append(f"{key}@{0.5 + dice.random() * min(lived - earliest - 1, 12):.1f}")
    if 5 < age < 16 and dice.random() < 0.1:
        problems.append(f"childhood-asthma@{0.5 + dice.random() * (age - 4):.1f}")
    if sex == "female" and 19 < age < 43 and dice.random() < 0.06:
        problems.append(f"pregnancy@{0.1 + dice.random() * 0.55:.2f}")
    states: tuple[AllergyState, ...] = ("known", "none", "none", "unrecorded")
    place = names.culture(dice)
    given = dice.choice(place.female if sex == "female" else place.male)
    family = dice.choice(place.family)
    middle = (dice.choice("ABDEGHJKLMNPRST") + ".",) if place.language == "en" and dice.random() < 0.4 else ()
    return Persona(
        (given[0], *middle), family[0], sex, age, tuple(problems), dice.choice(states),
        native=(given[1], family[1]) if given[1] else None,
        language=place.language if dice.random() < 0.75 else "en", race=place.race, hispanic=place.hispanic,
        died_years_ago=died, human=human,
    )  # fmt: skip

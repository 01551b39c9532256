"""Problems: which illnesses there are, how long they last, how often they are seen, and their Conditions.

Profile: US Core 6.1 Condition Problems and Health Concerns. Courses are invented; they claim no epidemiology.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from ehr_app.demo import codes
from ehr_app.demo.chart import DAYS_PER_YEAR, Chart, Problem, Visit
from ehr_app.demo.elements import Code, Resource, concept, instant, profile, reference, status


@dataclass(frozen=True, slots=True)
class Course:
    """How an illness runs: follow-up interval (chronic) or length (acute), the ages it fits, where it is first seen."""

    code: Code
    follow_up_days: int | None = None
    lasts_days: int | None = None
    from_age: float = 0.0
    to_age: float = 130.0
    first_seen: str = "acute"


COURSES: dict[str, Course] = {
    "diabetes": Course(codes.DIABETES, 91, from_age=30),
    "prediabetes": Course(codes.PREDIABETES, 182, from_age=25),
    "hypertension": Course(codes.HYPERTENSION, 182, from_age=30),
    "hyperlipidemia": Course(codes.HYPERLIPIDEMIA, 240, from_age=30),
    "kidney-disease": Course(codes.KIDNEY_DISEASE, 122, from_age=45),
    "kidney-failure": Course(codes.KIDNEY_FAILURE, 91, from_age=25),
    "obesity": Course(codes.OBESITY, 365, from_age=18),
    "asthma": Course(codes.ASTHMA, 240, from_age=18),
    "childhood-asthma": Course(codes.CHILDHOOD_ASTHMA, 182, from_age=3, to_age=18),
    "chronic-bronchitis": Course(codes.CHRONIC_BRONCHITIS, 182, from_age=45),
    "heart-failure": Course(codes.HEART_FAILURE, 91, from_age=55, first_seen="inpatient"),
    "coronary-disease": Course(codes.CORONARY_DISEASE, 182, from_age=45),
    "infarction": Course(codes.MYOCARDIAL_INFARCTION, lasts_days=30, from_age=45, first_seen="inpatient"),
    "anemia": Course(codes.ANEMIA, 122, from_age=1),
    "knee-osteoarthritis": Course(codes.KNEE_OSTEOARTHRITIS, 365, from_age=45),
    "hip-osteoarthritis": Course(codes.HIP_OSTEOARTHRITIS, 365, from_age=45),
    "osteoporosis": Course(codes.OSTEOPOROSIS, 365, from_age=60),
    "gout": Course(codes.GOUT, 240, from_age=35),
    "rhinitis": Course(codes.RHINITIS, 365, from_age=5),
    "hypothyroidism": Course(codes.HYPOTHYROIDISM, 182, from_age=20),
    "depression": Course(codes.DEPRESSION, 122, from_age=12),
    "alzheimer": Course(codes.ALZHEIMER, 182, from_age=65),
    "rheumatoid-arthritis": Course(codes.RHEUMATOID_ARTHRITIS, 122, from_age=25),
    "colon-polyp": Course(codes.COLON_POLYP, 365, from_age=45),
    "hiv": Course(codes.HIV_INFECTION, 122, from_age=16),
    "alcohol": Course(codes.ALCOHOL, 122, from_age=18),
    "overdose": Course(codes.OVERDOSE, lasts_days=6, from_age=14, first_seen="emergency"),
    "partner-abuse": Course(codes.PARTNER_ABUSE, 182, from_age=16),
    "suicide-risk": Course(codes.SUICIDE_RISK, 60, from_age=12),
    "pregnancy": Course(codes.PREGNANCY, 28, from_age=16, to_age=48),
    "newborn": Course(codes.NEWBORN, lasts_days=28, to_age=0.1, first_seen="inpatient"),
    "viral-sinusitis": Course(codes.VIRAL_SINUSITIS, lasts_days=14, from_age=5),
    "pharyngitis": Course(codes.PHARYNGITIS, lasts_days=9, from_age=2),
    "strep-throat": Course(codes.STREP_THROAT, lasts_days=12, from_age=4, to_age=45),
    "acute-bronchitis": Course(codes.ACUTE_BRONCHITIS, lasts_days=18, from_age=12),
    "otitis-media": Course(codes.OTITIS_MEDIA, lasts_days=12, from_age=0.5, to_age=10),
    "ankle-sprain": Course(codes.ANKLE_SPRAIN, lasts_days=28, from_age=8, to_age=75),
    "laceration": Course(codes.FOREARM_LACERATION, lasts_days=18, from_age=5, first_seen="emergency"),
    "dermatitis": Course(codes.CONTACT_DERMATITIS, lasts_days=16, from_age=1),
    "concussion": Course(codes.CONCUSSION, lasts_days=21, from_age=6, first_seen="emergency"),
    "appendicitis": Course(codes.APPENDICITIS, lasts_days=10, from_age=8, to_age=60, first_seen="inpatient"),
    "pneumonia": Course(codes.PNEUMONIA, lasts_days=24, from_age=40, first_seen="inpatient"),
}
_ACUTE = (  # key and weight
    ("viral-sinusitis", 10), ("pharyngitis", 10), ("acute-bronchitis", 8), ("otitis-media", 9), ("strep-throat", 4),
    ("ankle-sprain", 4), ("laceration", 2), ("dermatitis", 4), ("concussion", 1), ("appendicitis", 1), ("pneumonia", 2),
)  # fmt: skip


def plan(chart: Chart, history_from: date) -> None:
    """Decide the chart's problems: the persona's own and the small illnesses of the years since `history_from`."""
    for entry in chart.persona.problems:
        key, _, years = entry.partition("@")
        _begin(chart, key, chart.last_day - timedelta(days=round(float(years) * DAYS_PER_YEAR)))
    if chart.age(chart.last_day) < 10 and chart.birth >= history_from:
        _begin(chart, "newborn", chart.birth)
    day = history_from
    while True:
        per_year = 1.4 if chart.age(day) < 12 else 0.5
        day += timedelta(days=20 + round(chart.rng.expovariate(per_year) * DAYS_PER_YEAR))
        if day >= chart.last_day - timedelta(days=25):
            break
        fitting = [(k, w) for k, w in _ACUTE if COURSES[k].from_age <= chart.age(day) < COURSES[k].to_age]
        if any(p.key == "appendicitis" for p in chart.problems):
            fitting = [(k, w) for k, w in fitting if k != "appendicitis"]
        if fitting:
            _begin(chart, chart.rng.choices([k for k, _ in fitting], [w for _, w in fitting])[0], day)
    chart.problems.sort(key=lambda p: p.onset)


def _begin(chart: Chart, key: str, onset: date) -> None:
    course = COURSES[key]
    abatement = None
    if course.lasts_days is not None:
        length = timedelta(days=round(course.lasts_days * (0.8 + 0.4 * chart.rng.random())))
        abatement = onset + length if onset + length <= chart.last_day else None
    chart.problems.append(Problem(key, course.code, onset, abatement, course.follow_up_days is not None))


def record(chart: Chart, visit: Visit, problem: Problem) -> None:
    """Add the Condition a visit diagnoses; its status is the one of the chart's last day."""
    problem.condition_id = chart.identify("cond")
    resolved = problem.abatement is not None
    condition: Resource = {
        "resourceType": "Condition",
        "id": problem.condition_id,
        "meta": profile("condition-problems-health-concerns"),
        "clinicalStatus": status("condition-clinical", "resolved" if resolved else "active"),
        "verificationStatus": status("condition-ver-status", "confirmed"),
        "category": [concept(codes.PROBLEM_LIST_ITEM)],
        "code": concept(problem.code),
        "subject": chart.subject,
        "encounter": reference("Encounter", visit.encounter_id),
        "onsetDateTime": problem.onset.isoformat(),
        "recordedDate": instant(visit.start),
        "recorder": visit.clinician.reference,
        "asserter": visit.clinician.reference,
    }
    if problem.abatement is not None:
        condition["abatementDateTime"] = problem.abatement.isoformat()
    chart.add(condition)

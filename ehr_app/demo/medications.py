"""Medications: what each problem is treated with, step by step, as MedicationRequests.

Profile: US Core 6.1 MedicationRequest. Doses are demo data in the strength the code names, not advice.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from ehr_app.demo import codes
from ehr_app.demo.chart import DAYS_PER_YEAR, Chart, Problem, Running, Visit
from ehr_app.demo.elements import Code, Resource, concept, decimal, instant, profile, quantity, reference, status


@dataclass(frozen=True, slots=True)
class Drug:
    """One product with its usual line: amount and its unit, route, how often, in words."""

    code: Code
    text: str
    amount: str
    unit: str
    route: Code
    frequency: int = 1
    period: int = 1
    period_unit: str = "d"
    as_needed: bool = False
    with_food: bool = False

    @property
    def schedule(self) -> str:
        """How often, in words."""
        every = {"d": "daily", "wk": "weekly", "h": f"every {self.period} hours"}[self.period_unit]
        if self.period_unit == "h":
            return every
        times = {1: "once", 2: "twice"}.get(self.frequency, f"{self.frequency} times")
        return f"{times} {every}"


@dataclass(frozen=True, slots=True)
class Step:
    """One drug of a regimen: from how many years after onset, until when (None: still), and why it was changed."""

    drug: Drug
    from_years: float = 0.0
    to_years: float | None = None
    change: str = ""


_METFORMIN = Drug(codes.METFORMIN, "metformin extended release 500 mg", "1", "tablet", codes.ORAL, with_food=True)
_METFORMIN_FULL = Drug(codes.METFORMIN, "metformin extended release 500 mg", "2", "tablet", codes.ORAL, with_food=True)
_LIRAGLUTIDE = Drug(codes.LIRAGLUTIDE, "liraglutide 6 mg per mL", "1.2", "mg", codes.SUBCUTANEOUS)
_GLARGINE = Drug(codes.INSULIN_GLARGINE, "insulin glargine 100 units per mL", "16", "unit", codes.SUBCUTANEOUS)
_LISINOPRIL = Drug(codes.LISINOPRIL, "lisinopril 10 mg", "1", "tablet", codes.ORAL)
_AMLODIPINE = Drug(codes.AMLODIPINE, "amlodipine 5 mg", "1", "tablet", codes.ORAL)
_THIAZIDE = Drug(codes.HYDROCHLOROTHIAZIDE, "hydrochlorothiazide 25 mg", "1", "tablet", codes.ORAL)
_SIMVASTATIN = Drug(codes.SIMVASTATIN, "simvastatin 20 mg", "1", "tablet", codes.ORAL)
_ATORVASTATIN = Drug(codes.ATORVASTATIN, "atorvastatin 80 mg", "1", "tablet", codes.ORAL)
_ASPIRIN = Drug(codes.ASPIRIN, "aspirin 81 mg", "1", "tablet", codes.ORAL)
_CLOPIDOGREL = Drug(codes.CLOPIDOGREL, "clopidogrel 75 mg", "1", "tablet", codes.ORAL)
_METOPROLOL = Drug(codes.METOPROLOL, "metoprolol tartrate 25 mg", "1", "tablet", codes.ORAL, 2)
_NITROGLYCERIN = Drug(codes.NITROGLYCERIN, "nitroglycerin spray 0.4 mg", "1", "spray", codes.ORAL, as_needed=True)
_FUROSEMIDE = Drug(codes.FUROSEMIDE, "furosemide 40 mg", "1", "tablet", codes.ORAL)
_ALBUTEROL = Drug(codes.ALBUTEROL, "albuterol inhaler 90 micrograms", "2", "puff", codes.RESPIRATORY, 1, 6, "h", True)
_FLUTICASONE = Drug(codes.FLUTICASONE, "fluticasone inhaler 44 micrograms", "2", "puff", codes.RESPIRATORY, 2)
_ALENDRONATE = Drug(codes.ALENDRONATE, "alendronate 10 mg", "1", "tablet", codes.ORAL)
_ALLOPURINOL = Drug(codes.ALLOPURINOL, "allopurinol 100 mg", "1", "tablet", codes.ORAL, with_food=True)
_IRON = Drug(codes.FERROUS_SULFATE, "ferrous sulfate 325 mg", "1", "tablet", codes.ORAL)
_LEVOTHYROXINE = Drug(codes.LEVOTHYROXINE, "levothyroxine 75 micrograms", "1", "tablet", codes.ORAL)
_METHOTREXATE = Drug(codes.METHOTREXATE, "methotrexate 10 mg", "1", "tablet", codes.ORAL, 1, 1, "wk")
_LORATADINE = Drug(codes.LORATADINE, "loratadine 10 mg", "1", "tablet", codes.ORAL)
_LORATADINE_CHILD = Drug(codes.LORATADINE_CHEWABLE, "loratadine chewable 5 mg", "1", "tablet", codes.ORAL)
_AMOXICILLIN = Drug(codes.AMOXICILLIN, "amoxicillin 250 mg", "1", "capsule", codes.ORAL, 3)
_CO_AMOXICLAV = Drug(codes.AMOXICILLIN_CLAVULANATE, "amoxicillin 250 mg with clavulanate 125 mg", "1", "tablet",
                     codes.ORAL, 3, with_food=True)  # fmt: skip
_AZITHROMYCIN = Drug(codes.AZITHROMYCIN, "azithromycin 500 mg (Zithromax)", "1", "tablet", codes.ORAL)
_PENICILLIN = Drug(codes.PENICILLIN_V, "penicillin V 500 mg", "1", "tablet", codes.ORAL, 2)
_ACETAMINOPHEN = Drug(codes.ACETAMINOPHEN, "acetaminophen 325 mg", "2", "tablet", codes.ORAL, 1, 6, "h", True)
_IBUPROFEN = Drug(codes.IBUPROFEN, "ibuprofen 200 mg", "1", "tablet", codes.ORAL, 1, 6, "h", True, True)
_NAPROXEN = Drug(codes.NAPROXEN, "naproxen sodium 220 mg", "1", "tablet", codes.ORAL, 2, as_needed=True, with_food=True)
_HYDROCORTISONE = Drug(codes.HYDROCORTISONE, "hydrocortisone 1 % cream", "1", "application", codes.TOPICAL, 2)

REGIMENS: dict[str, tuple[Step, ...]] = {
    "diabetes": (
        Step(_METFORMIN, 0, 0.5, "Dose increased"),
        Step(_METFORMIN_FULL, 0.5),
        Step(_LIRAGLUTIDE, 4.5, 9, "Changed to insulin"),
        Step(_GLARGINE, 9),
    ),
    "hypertension": (
        Step(_THIAZIDE, 0, 2, "Blood pressure above goal"),
        Step(_LISINOPRIL, 2),
        Step(_AMLODIPINE, 6),
    ),
    "hyperlipidemia": (Step(_SIMVASTATIN, 0.2),),
    "kidney-disease": (Step(_FUROSEMIDE, 1.5),),
    "asthma": (Step(_ALBUTEROL), Step(_FLUTICASONE, 0.3)),
    "childhood-asthma": (Step(_ALBUTEROL), Step(_FLUTICASONE, 0.2)),
    "chronic-bronchitis": (Step(_ALBUTEROL), Step(_FLUTICASONE, 1)),
    "heart-failure": (Step(_FUROSEMIDE), Step(_METOPROLOL, 0.2)),
    "coronary-disease": (Step(_ASPIRIN), Step(_NITROGLYCERIN), Step(_METOPROLOL, 0.1), Step(_ATORVASTATIN, 0.3)),
    "infarction": (Step(_CLOPIDOGREL, 0, 1, "Course of one year completed"),),
    "anemia": (Step(_IRON, 0, 1.2, "Hemoglobin recovered"),),
    "knee-osteoarthritis": (Step(_ACETAMINOPHEN, 0.0),),
    "hip-osteoarthritis": (Step(_ACETAMINOPHEN, 0.0),),
    "osteoporosis": (Step(_ALENDRONATE, 0.1, 5, "Planned pause after five years"),),
    "gout": (Step(_NAPROXEN, 0, 0.2, "Attack over"), Step(_ALLOPURINOL, 0.2)),
    "rhinitis": (Step(_LORATADINE),),
    "hypothyroidism": (Step(_LEVOTHYROXINE),),
    "rheumatoid-arthritis": (Step(_METHOTREXATE, 0.1),),
    "viral-sinusitis": (Step(_ACETAMINOPHEN, 0, 10 / DAYS_PER_YEAR, "Short course"),),
    "acute-bronchitis": (Step(_ACETAMINOPHEN, 0, 10 / DAYS_PER_YEAR, "Short course"),),
    "strep-throat": (Step(_PENICILLIN, 0, 10 / DAYS_PER_YEAR, "Short course"),),
    "otitis-media": (Step(_AMOXICILLIN, 0, 10 / DAYS_PER_YEAR, "Short course"),),
    "pneumonia": (Step(_CO_AMOXICLAV, 0, 10 / DAYS_PER_YEAR, "Short course"),),
    "ankle-sprain": (Step(_IBUPROFEN, 0, 10 / DAYS_PER_YEAR, "Short course"),),
    "laceration": (Step(_ACETAMINOPHEN, 0, 7 / DAYS_PER_YEAR, "Short course"),),
    "dermatitis": (Step(_HYDROCORTISONE, 0, 14 / DAYS_PER_YEAR, "Short course"),),
}
_PENICILLINS = {codes.AMOXICILLIN, codes.AMOXICILLIN_CLAVULANATE, codes.PENICILLIN_V}
_PAINKILLERS_KIDNEY = {codes.NAPROXEN, codes.IBUPROFEN}


def record(chart: Chart, visit: Visit, allergens: set[Code]) -> None:
    """Add the MedicationRequests this visit starts: every step of an active problem that has come due.

    Shape: one request per step, at the first visit on or after the step's day; a step that another replaces ends on
    that day. A known penicillin allergy turns penicillins into azithromycin; chronic kidney disease turns
    anti-inflammatory tablets into acetaminophen. A drug that already runs for another problem is not prescribed again.
    """
    for problem in chart.problems:
        if not problem.condition_id or not problem.active_on(visit.day):
            continue
        regimen = REGIMENS.get(problem.key, ())
        for number, step in enumerate(regimen):
            mark = f"step:{problem.condition_id}:{number}"
            due = problem.onset + timedelta(days=round(step.from_years * DAYS_PER_YEAR))
            if mark in chart.levels or visit.day < due:
                continue
            chart.levels[mark] = 1.0
            for earlier in regimen[:number]:
                if earlier.to_years == step.from_years:
                    _close(chart, problem, earlier, visit.day)
            drug = _suited(chart, visit, step.drug, allergens)
            running = chart.running.get(drug.code.code)
            if running is None or running.until <= visit.day:
                _prescribe(chart, visit, problem, drug, _stop(chart, visit, problem, step, regimen), step)


def _stop(chart: Chart, visit: Visit, problem: Problem, step: Step, regimen: tuple[Step, ...]) -> date | None:
    if step.to_years is None or any(later.from_years == step.to_years for later in regimen):
        return None
    length = timedelta(days=round((step.to_years - step.from_years) * DAYS_PER_YEAR))
    return min(visit.day + length, problem.abatement or chart.last_day + length)


def _close(chart: Chart, problem: Problem, step: Step, day: date) -> None:
    running = chart.running.get(step.drug.code.code)
    if running is not None and running.condition_id == problem.condition_id and running.until > day:
        running.request["status"] = "completed"
        running.request["statusReason"] = {"text": step.change}
        running.request["dispenseRequest"]["validityPeriod"]["end"] = day.isoformat()
        del chart.running[step.drug.code.code]


def _suited(chart: Chart, visit: Visit, drug: Drug, allergens: set[Code]) -> Drug:
    if drug.code in _PENICILLINS and codes.PENICILLIN_G in allergens:
        return _AZITHROMYCIN
    if drug.code in _PAINKILLERS_KIDNEY and chart.problem("kidney-disease", visit.day):
        return _ACETAMINOPHEN
    if drug.code == codes.LORATADINE and chart.age(visit.day) < 12:
        return _LORATADINE_CHILD
    return drug


def _prescribe(chart: Chart, visit: Visit, problem: Problem, drug: Drug, stop: date | None, step: Step) -> None:
    ended = stop is not None and stop <= chart.last_day
    state = "completed" if ended or problem.abatement else "stopped" if chart.died else "active"
    request: Resource = {
        "resourceType": "MedicationRequest",
        "id": chart.identify("med"),
        "meta": profile("medicationrequest"),
        "status": state,
        "intent": "order",
        "category": [status("medicationrequest-category", "outpatient")],
        "medicationCodeableConcept": concept(drug.code, drug.text),
        "subject": chart.subject,
        "encounter": reference("Encounter", visit.encounter_id),
        "authoredOn": instant(visit.start),
        "requester": visit.clinician.reference,
        "reasonCode": [concept(problem.code)],
        "reasonReference": [reference("Condition", problem.condition_id)],
        "dosageInstruction": [_dosage(drug)],
        "dispenseRequest": {"validityPeriod": {"start": visit.day.isoformat()}},
    }
    if stop is not None and ended:
        request["dispenseRequest"]["validityPeriod"]["end"] = stop.isoformat()
        request["statusReason"] = {"text": step.change}
    chart.add(request)
    chart.running[drug.code.code] = Running(problem.condition_id, stop or date.max, request)


def _dosage(drug: Drug) -> Resource:
    plural = "" if drug.amount == "1" or drug.unit == "mg" else "s"
    food = ", with food" if drug.with_food else ""
    needed = ", as needed" if drug.as_needed else ""
    places = 1 if "." in drug.amount else 0
    amount = decimal(float(drug.amount), places)
    dose = quantity(amount, "mg", "mg") if drug.unit == "mg" else {"value": amount, "unit": drug.unit}
    dosage: Resource = {
        "sequence": 1,
        "text": f"{drug.amount} {drug.unit}{plural} {drug.schedule}{needed}{food}",
        "timing": {"repeat": {"frequency": drug.frequency, "period": Decimal(drug.period), "periodUnit": drug.period_unit}},
        "asNeededBoolean": drug.as_needed,
        "route": concept(drug.route),
        "doseAndRate": [{"doseQuantity": dose}],
    }
    if drug.with_food:
        dosage["additionalInstruction"] = [concept(codes.WITH_FOOD)]
    return dosage

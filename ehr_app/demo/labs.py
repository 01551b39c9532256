"""Laboratory results: which panels a visit draws, values that drift with the patient's illnesses, reports.

Profiles: US Core 6.1 Laboratory Result Observation and DiagnosticReport for Laboratory Results Reporting.
Ranges are an adult laboratory's; under 18 years they are left out, and so are the flags.
"""

from datetime import datetime
from decimal import Decimal
from math import exp

from ehr_app.demo import codes
from ehr_app.demo.chart import Chart, Visit
from ehr_app.demo.elements import Code, Resource, concept, decimal, instant, profile, quantity, reference
from ehr_app.demo.panels import ANALYTES, PANELS, flag, interpretation, reference_range

_INTERVALS: dict[str, tuple[tuple[str, int], ...]] = {  # problem: panels and how many days apart at least
    "diabetes": (("a1c", 75), ("metabolic", 170), ("lipids", 350), ("urine", 350)),
    "prediabetes": (("a1c", 170),),
    "kidney-disease": (("metabolic", 100), ("count", 350), ("urine", 350)),
    "hyperlipidemia": (("lipids", 170),),
    "hypertension": (("metabolic", 350),),
    "heart-failure": (("metabolic", 80), ("heart", 170)),
    "coronary-disease": (("lipids", 350), ("metabolic", 350)),
    "anemia": (("count", 100),),
    "hypothyroidism": (("thyroid", 150),),
    "rheumatoid-arthritis": (("count", 100),),
    "pregnancy": (("count", 80),),
    "gout": (("metabolic", 350),),
}
_REPORTED_RATE = Decimal(90)
_CHECK_UP = (("lipids", 700), ("metabolic", 700), ("count", 1000))


def record(chart: Chart, visit: Visit) -> None:
    """Draw the visit's panels: each becomes its Observations, then the DiagnosticReport that holds them."""
    for key in _due(chart, visit):
        chart.levels[f"drawn:{key}"] = visit.day.toordinal()
        _report(chart, visit, key)


def filtration_rate(creatinine_mg_dl: float, age_years: float, sex: str) -> float:
    """Return the estimated glomerular filtration rate by the MDRD study equation, without a race term.

    Units: mL/min/{1.73_m2}. Source: https://www.kidney.org/content/mdrd-study-equation
    """
    return float(175 * creatinine_mg_dl**-1.154 * age_years**-0.203 * (0.742 if sex == "female" else 1))


def _due(chart: Chart, visit: Visit) -> list[str]:
    age = chart.age(visit.day)
    if visit.kind in ("inpatient", "emergency"):
        ill = visit.problem is not None and visit.problem.key in ("laceration", "concussion", "newborn")
        return [] if ill else ["metabolic", "count"]
    if age < 18 or (visit.kind == "acute" and not (visit.problem and visit.problem.chronic)):
        return []
    wanted: dict[str, int] = {}
    plans = [_INTERVALS.get(p.key, ()) for p in chart.problems if p.active_on(visit.day)]
    if visit.kind == "wellness" and age >= 35:
        plans.append(_CHECK_UP)
    for plan in plans:
        for key, days in plan:
            wanted[key] = min(days, wanted.get(key, days))
    if visit is chart.visits[-1]:
        forced = {"critical-potassium": "metabolic", "amended-result": "a1c"}
        wanted |= {panel: 0 for special, panel in forced.items() if special in chart.persona.specials}
    today = visit.day.toordinal()
    return [key for key in PANELS if key in wanted and today - chart.levels.get(f"drawn:{key}", 0.0) >= wanted[key]]


def _report(chart: Chart, visit: Visit, key: str) -> None:
    panel = PANELS[key]
    share = 0.6 if visit.kind not in ("inpatient",) else 0.02
    collected = chart.later(visit.start, (visit.end - visit.start).total_seconds() / 60 * share)
    issued = chart.later(collected, chart.rng.randint(150, 1560))
    issued = min(issued, chart.moment(chart.last_day, 23))
    issued = max(issued, collected)
    if key == "urine":
        results = [_urine_protein(chart, visit, collected, issued)]
    else:
        values = _values(chart, visit, key)
        results = [_measured(chart, visit, name, values[name], collected, issued) for name in panel.analytes]
    chart.add(
        {
            "resourceType": "DiagnosticReport",
            "id": chart.identify("rep"),
            "meta": profile("diagnosticreport-lab"),
            "status": "final",
            "category": [concept(codes.LABORATORY_SECTION)],
            "code": concept(panel.code, panel.text),
            "subject": chart.subject,
            "encounter": reference("Encounter", visit.encounter_id),
            "effectiveDateTime": instant(collected),
            "issued": instant(issued),
            "performer": [chart.facility.laboratory],
            "result": results,
        }
    )


def _measured(chart: Chart, visit: Visit, name: str, value: Decimal, collected: datetime, issued: datetime) -> Resource:
    analyte = ANALYTES[name]
    observation = _start(chart, visit, analyte.code, collected, issued)
    observation["valueQuantity"] = quantity(value, analyte.unit, analyte.ucum)
    if name == "filtration-rate" and value > _REPORTED_RATE:  # laboratories report high rates as above a limit
        observation["valueQuantity"] |= {"value": _REPORTED_RATE, "comparator": ">"}
    if chart.age(visit.day) >= 18:
        letter = flag(analyte, chart.persona.sex, value)
        bounds = reference_range(analyte, chart.persona.sex)
        if letter and bounds:
            observation["interpretation"] = [interpretation(letter)]
            observation["referenceRange"] = [bounds]
    return chart.add(observation)


def _urine_protein(chart: Chart, visit: Visit, collected: datetime, issued: datetime) -> Resource:
    """Add a test strip answer; its range is the words of the sample record (uscore_bundle_patient_85: Negative)."""
    kidney = chart.problem("kidney-disease", visit.day)
    found = kidney is not None and kidney.years(visit.day) > 0.8
    observation = _start(chart, visit, codes.URINE_PROTEIN, collected, issued)
    observation["valueCodeableConcept"] = concept(codes.URINE_POSITIVE if found else codes.URINE_NEGATIVE)
    observation["interpretation"] = [interpretation("A" if found else "N")]
    observation["referenceRange"] = [{"text": "Negative"}]
    return chart.add(observation)


def _start(chart: Chart, visit: Visit, code: Code, collected: datetime, issued: datetime) -> Resource:
    return {
        "resourceType": "Observation",
        "id": chart.identify("obs"),
        "meta": profile("observation-lab"),
        "status": "final",
        "category": [concept(codes.LABORATORY_CATEGORY)],
        "code": concept(code),
        "subject": chart.subject,
        "encounter": reference("Encounter", visit.encounter_id),
        "effectiveDateTime": instant(collected),
        "issued": instant(issued),
        "performer": [chart.facility.laboratory],
    }


def _values(chart: Chart, visit: Visit, key: str) -> dict[str, Decimal]:
    if key == "count":
        return _blood_count(chart, visit)
    if key == "lipids":
        return _lipids(chart, visit)
    values: dict[str, Decimal] = {}
    for name in PANELS[key].analytes:
        if name == "filtration-rate":
            rate = filtration_rate(float(values["creatinine"]), max(18.0, chart.age(visit.day)), chart.persona.sex)
            values[name] = decimal(rate, 0)
            continue
        analyte = ANALYTES[name]
        value = chart.drift(name, _target(chart, visit, name), analyte.spread)
        values[name] = decimal(max(value, 10**-analyte.places), analyte.places)
    if key == "metabolic" and visit is chart.visits[-1] and "critical-potassium" in chart.persona.specials:
        values["potassium"] = Decimal("6.4")
    return values


def _target(chart: Chart, visit: Visit, name: str) -> float:
    day = visit.day
    kidney = chart.problem("kidney-disease", day)
    if name == "a1c":
        return _a1c(chart, visit)
    if name == "glucose":
        return 91 + (_a1c(chart, visit) - 5.3) * 24
    if name == "creatinine":
        usual = 0.98 if chart.persona.sex == "male" else 0.84
        return usual + (0.52 + 0.055 * min(kidney.years(day), 8) if kidney else 0)
    if name == "urea-nitrogen":
        return 14 + (9 + 0.8 * min(kidney.years(day), 8) if kidney else 0)
    if name == "potassium":
        return 4.2 + (0.5 if kidney else 0) - (0.2 if chart.problem("heart-failure", day) else 0)
    if name == "carbon-dioxide":
        return 25 - (1.5 if kidney else 0)
    if name == "thyrotropin":
        thyroid = chart.problem("hypothyroidism", day)
        return 2.4 + (6.5 * exp(-thyroid.years(day) / 0.3) if thyroid else 0)
    if name == "natriuretic-peptide":
        failure = chart.problem("heart-failure", day)
        return 620 + (1400 * exp(-failure.years(day) / 0.4) if failure else 0)
    return {"sodium": 140.0, "chloride": 101.5, "calcium": 9.4}[name]


def _a1c(chart: Chart, visit: Visit) -> float:
    diabetes = chart.problem("diabetes", visit.day)
    if diabetes:
        years = diabetes.years(visit.day)
        value = 6.8 + 2.2 * exp(-years / 0.5) + 0.19 * years
        return value - (0.7 if years >= 4.5 else 0) - (0.5 if years >= 9 else 0)
    return 6.05 if chart.problem("prediabetes", visit.day) else 5.3


def _lipids(chart: Chart, visit: Visit) -> dict[str, Decimal]:
    high = chart.problem("hyperlipidemia", visit.day)
    ldl = 104.0
    if high:
        ldl = 168 - 66 * min(1.0, max(0.0, high.years(visit.day) - 0.2) / 0.6)
    if chart.problem("coronary-disease", visit.day):
        ldl = min(ldl, 78.0)
    heavy = chart.problem("obesity", visit.day) or chart.problem("diabetes", visit.day)
    values = {
        "ldl": chart.drift("ldl", ldl, ANALYTES["ldl"].spread, 0.75),
        "hdl": chart.drift("hdl", (57 if chart.persona.sex == "female" else 49) - (6 if heavy else 0), 2.2),
        "triglycerides": chart.drift("triglycerides", 108 + (45 if heavy else 0) + (20 if high else 0), 11.0),
    }
    values = {name: max(value, 20.0) for name, value in values.items()}
    values["cholesterol"] = values["ldl"] + values["hdl"] + values["triglycerides"] / 5
    return {name: decimal(value, 0) for name, value in values.items()}


def _blood_count(chart: Chart, visit: Visit) -> dict[str, Decimal]:
    anemia = chart.problem("anemia", visit.day)
    hemoglobin = 14.9 if chart.persona.sex == "male" else 13.6
    cell_volume = 88.0
    if chart.age(visit.day) < 14:
        hemoglobin, cell_volume = 12.8, 83.0
    if anemia:
        lack = exp(-anemia.years(visit.day) / 0.6)
        hemoglobin, cell_volume = hemoglobin - 0.5 - 3.4 * lack, cell_volume - 11 * lack
    if chart.problem("kidney-disease", visit.day):
        hemoglobin -= 1.4
    if chart.problem("pregnancy", visit.day):
        hemoglobin -= 1.3
    infection = {"appendicitis": 8.0, "pneumonia": 7.0}.get(visit.problem.key if visit.problem else "", 0.0)
    value = chart.drift("hemoglobin", hemoglobin, 0.25, 0.7)
    volume = chart.drift("mcv", cell_volume, 0.7, 0.7)
    packed = value * 2.97
    cells = packed * 10 / volume
    leukocytes = max(2.6, chart.drift("leukocytes", 6.8, 0.6)) + infection
    return {
        "leukocytes": decimal(leukocytes, 1),
        "erythrocytes": decimal(cells, 2),
        "hemoglobin": decimal(value, 1),
        "hematocrit": decimal(packed, 1),
        "mcv": decimal(volume, 0),
        "mch": decimal(value * 10 / cells, 1),
        "mchc": decimal(value * 100 / packed, 1),
        "platelets": decimal(chart.drift("platelets", 248, 14.0), 0),
    }

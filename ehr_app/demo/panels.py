"""Laboratory panels: their analytes, units, the performing laboratory's ranges, and flags computed from the ranges.

Ranges are those printed in the sample records named beside them; an analyte without a sampled range has none.
Critical limits (inclusive): https://site-dr.mainlinehealth.org/specialties/pathology/services-for-health-care-professionals/critical-values
Flags: https://terminology.hl7.org/CodeSystem-v3-ObservationInterpretation.html
"""

from dataclasses import dataclass
from decimal import Decimal

from ehr_app.demo import codes
from ehr_app.demo.elements import HL7, Code, Resource, quantity

Bounds = tuple[Decimal | None, Decimal | None]


@dataclass(frozen=True, slots=True)
class Analyte:
    """One measured quantity. `female` and `male` are the normal bounds, `critical` the limits that must be phoned."""

    code: Code
    unit: str
    ucum: str
    places: int
    spread: float
    female: Bounds | None = None
    male: Bounds | None = None
    critical: Bounds = (None, None)

    def bounds(self, sex: str) -> Bounds | None:
        """Return the normal bounds for a sex, None when the laboratory gives none."""
        return self.male if sex == "male" else self.female


@dataclass(frozen=True, slots=True)
class Panel:
    """An ordered set of analytes reported together; empty for the one test answered in words."""

    code: Code
    text: str
    analytes: tuple[str, ...]


def _b(low: str | None, high: str | None) -> Bounds:
    return (Decimal(low) if low else None, Decimal(high) if high else None)


def _same(code: Code, unit: str, ucum: str, places: int, spread: float, bounds: Bounds, critical: Bounds) -> Analyte:
    return Analyte(code, unit, ucum, places, spread, bounds, bounds, critical)


_NO_LIMIT = _b(None, None)
ANALYTES: dict[str, Analyte] = {
    # us-core/examples-6.1.0/observation-serum-{sodium,potassium,chloride,co2,bun,calcium}.json
    "sodium": _same(codes.SODIUM, "mmol/L", "mmol/L", 0, 1.2, _b("135", "145"), _b("125", "160")),
    "potassium": _same(codes.POTASSIUM, "mmol/L", "mmol/L", 1, 0.2, _b("3.5", "5.5"), _b("2.8", "6.0")),
    "chloride": _same(codes.CHLORIDE, "mmol/L", "mmol/L", 0, 1.1, _b("95", "105"), _NO_LIMIT),
    "carbon-dioxide": _same(codes.CARBON_DIOXIDE, "mmol/L", "mmol/L", 0, 1.0, _b("22", "29"), _b("10", "40")),
    "urea-nitrogen": _same(codes.UREA_NITROGEN, "mg/dL", "mg/dL", 0, 1.6, _b("5", "20"), _b(None, "80")),
    "calcium": _same(codes.CALCIUM, "mg/dL", "mg/dL", 1, 0.18, _b("8.5", "10.5"), _b("6.0", "13.0")),
    # hl7v2 ORU-R01-RMGEAD (70_105)
    "glucose": _same(codes.GLUCOSE, "mg/dL", "mg/dL", 0, 5.0, _b("70", "105"), _b("50", "450")),
    # fhir-r4-examples/Observation-f204.json (64 to 104 umol/L; 88.4 umol/L in 1 mg/dL, rounded)
    "creatinine": _same(codes.CREATININE, "mg/dL", "mg/dL", 2, 0.04, _b("0.72", "1.18"), _b(None, "5.00")),
    "filtration-rate": Analyte(codes.FILTRATION_RATE, "mL/min/1.73 m2", "mL/min/{1.73_m2}", 0, 0.0),
    # ccda Patient-1.ccda
    "a1c": _same(codes.HEMOGLOBIN_A1C, "%", "%", 1, 0.14, _b("4.0", "5.6"), _NO_LIMIT),
    "cholesterol": _same(codes.TOTAL_CHOLESTEROL, "mg/dL", "mg/dL", 0, 0.0, _b("125", "200"), _NO_LIMIT),
    "triglycerides": _same(codes.TRIGLYCERIDES, "mg/dL", "mg/dL", 0, 11.0, _b("70", "150"), _NO_LIMIT),
    "ldl": _same(codes.LDL_CHOLESTEROL, "mg/dL", "mg/dL", 0, 6.0, _b(None, "130"), _NO_LIMIT),
    "hdl": _same(codes.HDL_CHOLESTEROL, "mg/dL", "mg/dL", 0, 2.2, _b("40", None), _NO_LIMIT),
    # ccda CCD.XML (women); hl7v2 LRI_2.0-NG_CBC_Typ_Message (men and the indices)
    "leukocytes": _same(codes.LEUKOCYTES, "10*3/uL", "10*3/uL", 1, 0.6, _b("4.3", "10.8"), _b("2.5", "30.0")),
    "erythrocytes": Analyte(codes.ERYTHROCYTES, "10*6/uL", "10*6/uL", 2, 0.0, _b("3.90", "5.03"), _b("4.30", "6.20")),
    "hemoglobin": Analyte(codes.HEMOGLOBIN, "g/dL", "g/dL", 1, 0.25, _b("12.0", "15.5"), _b("13.0", "18.0"),
                          _b("7.0", "20.0")),
    "hematocrit": Analyte(codes.HEMATOCRIT, "%", "%", 1, 0.0, _b("34.9", "44.5"), _b("40.0", "52.0")),
    "mcv": _same(codes.MCV, "fL", "fL", 0, 0.7, _b("80", "95"), _NO_LIMIT),
    "mch": _same(codes.MCH, "pg", "pg", 1, 0.0, _b("27.0", "31.0"), _NO_LIMIT),
    "mchc": _same(codes.MCHC, "g/dL", "g/dL", 1, 0.0, _b("32.0", "36.0"), _NO_LIMIT),
    "platelets": _same(codes.PLATELETS, "10*3/uL", "10*3/uL", 0, 14.0, _b("150", "350"), _b("50", "1000")),
    "thyrotropin": Analyte(codes.THYROTROPIN, "m[IU]/L", "m[IU]/L", 2, 0.3),
    "natriuretic-peptide": Analyte(codes.NATRIURETIC_PEPTIDE, "pg/mL", "pg/mL", 0, 70.0),
}  # fmt: skip

PANELS: dict[str, Panel] = {
    "metabolic": Panel(
        codes.METABOLIC_PANEL, "Basic metabolic panel",
        ("sodium", "potassium", "chloride", "carbon-dioxide", "urea-nitrogen", "creatinine", "glucose", "calcium",
         "filtration-rate"),
    ),
    "count": Panel(
        codes.BLOOD_COUNT, "Complete blood count",
        ("leukocytes", "erythrocytes", "hemoglobin", "hematocrit", "mcv", "mch", "mchc", "platelets"),
    ),
    "lipids": Panel(codes.LIPID_PANEL, "Lipid panel", ("cholesterol", "triglycerides", "hdl", "ldl")),
    "a1c": Panel(codes.HEMOGLOBIN_A1C, "Hemoglobin A1c", ("a1c",)),
    "thyroid": Panel(codes.THYROTROPIN, "Thyrotropin", ("thyrotropin",)),
    "urine": Panel(codes.URINE_PROTEIN, "Urine protein", ()),
    "heart": Panel(codes.NATRIURETIC_PEPTIDE, "NT-proBNP", ("natriuretic-peptide",)),
}  # fmt: skip

_FLAGS = {"N": "Normal", "L": "Low", "H": "High", "LL": "Critical low", "HH": "Critical high", "A": "Abnormal"}


def flag(analyte: Analyte, sex: str, value: Decimal) -> str | None:
    """Return `LL`, `L`, `N`, `H` or `HH`; None when the laboratory gives no range.

    Shape: a critical limit is inclusive, a normal limit belongs to normal.
    """
    bounds = analyte.bounds(sex)
    if bounds is None:
        return None
    (low, high), (critical_low, critical_high) = bounds, analyte.critical
    if critical_low is not None and value <= critical_low:
        return "LL"
    if critical_high is not None and value >= critical_high:
        return "HH"
    if low is not None and value < low:
        return "L"
    return "H" if high is not None and value > high else "N"


def interpretation(letter: str) -> Resource:
    """Return the CodeableConcept of a flag."""
    name = _FLAGS[letter]
    system = HL7 + "v3-ObservationInterpretation"
    return {"coding": [{"system": system, "code": letter, "display": name}], "text": name}


def reference_range(analyte: Analyte, sex: str) -> Resource | None:
    """Return the Observation.referenceRange entry of the normal range, None when there is none."""
    bounds = analyte.bounds(sex)
    if bounds is None:
        return None
    low, high = bounds
    entry: Resource = {}
    if low is not None:
        entry["low"] = quantity(low, analyte.unit, analyte.ucum)
    if high is not None:
        entry["high"] = quantity(high, analyte.unit, analyte.ucum)
    entry["type"] = {"coding": [{"system": HL7 + "referencerange-meaning", "code": "normal", "display": "Normal Range"}]}
    if low is None or high is None:
        entry["text"] = f"up to {high} {analyte.unit}" if low is None else f"{low} {analyte.unit} or more"
    return entry

"""What the benchmark reads and writes: patients with series of laboratory Observations, made from a seed.

Shapes follow the published trials of other servers (200 patients, 100,000 Observations of about 1 kB), so that figures compare.
"""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

CODES = [f"{10000 + n * 37}-{n % 10}" for n in range(40)]
RARE = "99999-9"
START = datetime(2020, 1, 1, tzinfo=UTC)


def patients(count: int) -> Iterator[dict[str, Any]]:
    """Yield Patients bench-0 ... with one name, birth date and record number each."""
    for n in range(count):
        yield {
            "resourceType": "Patient",
            "id": f"bench-{n}",
            "identifier": [{"system": "https://ehr.example/record-number", "value": f"B{n:06}"}],
            "name": [{"family": f"Family{n % 97}", "given": [f"Given{n}"]}],
            "gender": "female" if n % 2 else "male",
            "birthDate": f"{1930 + n % 80}-{1 + n % 12:02}-{1 + n % 28:02}",
        }


def observation(patient: int, n: int, draw: random.Random) -> dict[str, Any]:
    """Return one final laboratory Observation of about 1 kB."""
    at = START + timedelta(minutes=draw.randrange(3_000_000))
    code = RARE if draw.random() < 0.001 else CODES[n % len(CODES)]
    return {
        "resourceType": "Observation",
        "id": f"bench-{patient}-{n}",
        "status": "final",
        "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": code, "display": f"Analyte {code}"}], "text": f"Analyte {code}"},
        "subject": {"reference": f"Patient/bench-{patient}"},
        "effectiveDateTime": at.isoformat(),
        "issued": (at + timedelta(hours=2)).isoformat(),
        "performer": [{"display": "Bench laboratory"}],
        "valueQuantity": {
            "value": round(draw.uniform(1, 200), 2),
            "unit": "mg/dL",
            "system": "http://unitsofmeasure.org",
            "code": "mg/dL",
        },
        "referenceRange": [{"low": {"value": 10, "unit": "mg/dL"}, "high": {"value": 150, "unit": "mg/dL"}, "text": "10 to 150"}],
        "note": [{"text": " ".join(draw.choice(WORDS) for _ in range(12))}],
    }


WORDS = [
    "sample",
    "drawn",
    "fasting",
    "repeated",
    "later",
    "result",
    "checked",
    "against",
    "earlier",
    "value",
    "by",
    "second",
    "method",
    "stable",
    "haemolysis",
    "absent",
]


def transaction(patient: int, count: int, seed: int) -> bytes:
    """Return a transaction Bundle of `count` POST entries for one patient."""
    draw = random.Random(seed)
    entries = []
    for n in range(count):
        resource = observation(patient, n, draw)
        del resource["id"]
        entries.append({"resource": resource, "request": {"method": "POST", "url": "Observation"}})
    return json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries}).encode()


def write_ndjson(path: Path, patient_count: int, observation_count: int, seed: int = 7) -> int:
    """Write patients and observations as NDJSON; return how many resources."""
    draw = random.Random(seed)
    each = observation_count // patient_count
    with path.open("w") as out:
        for resource in patients(patient_count):
            out.write(json.dumps(resource) + "\n")
        for patient in range(patient_count):
            for n in range(each):
                out.write(json.dumps(observation(patient, n, draw)) + "\n")
    return patient_count + each * patient_count

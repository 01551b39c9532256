"""Every domain of a chart has something to show, in every state it can be in."""

import struct
import zlib
from base64 import b64decode
from collections import Counter, defaultdict
from typing import Any

import pytest

from ehr_app.demo import codes, facilities, files, patients
from ehr_app.demo.load import SEED
from tests.demo.conftest import AS_OF, of_type

Chart = list[dict[str, Any]]
SEVERAL = 4  # patients that must have something, so that nobody finds it by luck only


@pytest.fixture(scope="module")
def clinic() -> list[Chart]:
    """The first people of each facility, those written by hand among them."""
    return [chart for facility in facilities.FACILITIES for chart in patients.generate(facility, 40, SEED, AS_OF)]


@pytest.fixture(scope="module")
def states(clinic: list[Chart]) -> dict[str, Counter[str]]:
    """How many patients have a resource of a type in a status."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for chart in clinic:
        seen = {(r["resourceType"], r.get("status", "")) for r in chart}
        for rtype, state in seen:
            found[rtype][state] += 1
        for rtype in {rtype for rtype, _ in seen}:
            found[rtype]["any"] += 1
    return found


DOMAINS = [
    "AllergyIntolerance", "Appointment", "CarePlan", "CareTeam", "Communication", "Condition", "Consent", "Coverage", "Device",
    "DiagnosticReport", "DocumentReference", "Encounter", "FamilyMemberHistory", "Goal", "ImagingStudy", "Immunization",
    "Media", "MedicationAdministration", "MedicationDispense", "MedicationRequest", "MedicationStatement", "Observation",
    "Procedure", "Provenance", "QuestionnaireResponse", "RelatedPerson", "Task",
]  # fmt: skip


@pytest.mark.parametrize("rtype", DOMAINS)
def test_several_patients_have_every_domain(states: dict[str, Counter[str]], rtype: str) -> None:
    assert states[rtype]["any"] >= SEVERAL


@pytest.mark.parametrize(
    ("rtype", "state"),
    [
        ("Appointment", "booked"),
        ("Appointment", "fulfilled"),
        ("Appointment", "noshow"),
        ("DiagnosticReport", "preliminary"),
        ("DiagnosticReport", "entered-in-error"),
        ("Immunization", "not-done"),
        ("MedicationAdministration", "not-done"),
        ("MedicationRequest", "active"),
        ("MedicationRequest", "completed"),
        ("MedicationRequest", "stopped"),
        ("Observation", "preliminary"),
        ("Observation", "entered-in-error"),
        ("Task", "in-progress"),
        ("Task", "completed"),
    ],
)
def test_the_states_of_a_domain_are_there(states: dict[str, Counter[str]], rtype: str, state: str) -> None:
    assert states[rtype][state]


def test_encounters_have_every_class(clinic: list[Chart]) -> None:
    classes = {encounter["class"]["code"] for chart in clinic for encounter in of_type(chart, "Encounter")}
    assert classes == {"AMB", "EMER", "IMP", "VR", "HH"}


def test_nothing_is_measured_over_video(clinic: list[Chart]) -> None:
    for chart in clinic:
        video = {f"Encounter/{e['id']}" for e in of_type(chart, "Encounter") if e["class"]["code"] == "VR"}
        signs = [r for r in of_type(chart, "Observation") if r["category"][0]["coding"][0]["code"] in ("vital-signs", "laboratory")]
        assert not [r["id"] for r in signs if r["encounter"]["reference"] in video]


def test_a_dose_that_was_not_given_says_why(clinic: list[Chart]) -> None:
    given = {one["id"]: one for chart in clinic for one in of_type(chart, "Immunization")}
    skipped = [one for one in given.values() if one["status"] == "not-done"]
    assert {one["statusReason"]["text"] for one in skipped} == {"Declined", "product out of stock"}


def test_two_sources_tell_different_doses_of_one_drug(clinic: list[Chart]) -> None:
    conflicts = 0
    for chart in clinic:
        ordered = {f"MedicationRequest/{r['id']}": r for r in of_type(chart, "MedicationRequest")}
        for statement in of_type(chart, "MedicationStatement"):
            for source in statement.get("derivedFrom", []):
                request = ordered[source["reference"]]
                assert request["medicationCodeableConcept"] == statement["medicationCodeableConcept"]
                doses = [
                    line["doseAndRate"][0]["doseQuantity"]["value"]
                    for line in (request["dosageInstruction"][0], statement["dosage"][0])
                ]
                conflicts += doses[0] != doses[1]
    assert conflicts >= SEVERAL


def test_a_dispense_follows_its_order(clinic: list[Chart]) -> None:
    for chart in clinic:
        ordered = {f"MedicationRequest/{r['id']}": r for r in of_type(chart, "MedicationRequest")}
        for dispense in of_type(chart, "MedicationDispense"):
            request = ordered[dispense["authorizingPrescription"][0]["reference"]]
            assert dispense["whenHandedOver"] > request["authoredOn"]
            assert dispense["medicationCodeableConcept"] == request["medicationCodeableConcept"]


def test_a_questionnaire_sums_up_to_the_recorded_score(clinic: list[Chart]) -> None:
    points = {answer.code: worth for worth, answer in enumerate(codes.ANSWERS)}
    for chart in clinic:
        scores = {
            r["encounter"]["reference"]: r["valueQuantity"]["value"]
            for r in of_type(chart, "Observation")
            if r["code"]["coding"][0]["code"] == codes.DEPRESSION_SCORE.code
        }
        for response in of_type(chart, "QuestionnaireResponse"):
            worth = sum(points[item["answer"][0]["valueCoding"]["code"]] for item in response["item"])
            assert worth == scores[response["encounter"]["reference"]]


def test_a_report_above_the_limit_carries_a_comparator(clinic: list[Chart]) -> None:
    rates = [
        r["valueQuantity"]
        for chart in clinic
        for r in of_type(chart, "Observation")
        if r["code"]["coding"][0]["code"] == codes.FILTRATION_RATE.code
    ]
    above = [rate for rate in rates if "comparator" in rate]
    assert above and all(rate["comparator"] == ">" and rate["value"] == 90 for rate in above)
    assert max(rate["value"] for rate in rates) == 90


def test_an_implant_has_its_identifier_in_every_part(clinic: list[Chart]) -> None:
    implants = [d for chart in clinic for d in of_type(chart, "Device") if "udiCarrier" in d]
    assert len(implants) >= SEVERAL
    for device in implants:
        carrier = device["udiCarrier"][0]
        parts = (f"(01){carrier['deviceIdentifier']}", f"(10){device['lotNumber']}", f"(21){device['serialNumber']}")
        assert all(part in carrier["carrierHRF"] for part in parts)
        assert device["manufactureDate"] < device["expirationDate"]


def test_documents_are_text_and_whole_pdf_files(clinic: list[Chart]) -> None:
    kinds: Counter[str] = Counter()
    for chart in clinic:
        for document in of_type(chart, "DocumentReference"):
            attachment = document["content"][0]["attachment"]
            data = b64decode(attachment["data"])
            kinds[attachment["contentType"].partition(";")[0]] += 1
            if attachment["contentType"] == "application/pdf":
                _check_pdf(data)
    assert kinds["text/plain"] and kinds["application/pdf"] >= SEVERAL


def test_a_pdf_survives_brackets_and_foreign_letters() -> None:
    _check_pdf(files.pdf(["A (b) \\ c", "Nguyễn 王"]))


def _check_pdf(data: bytes) -> None:
    """The cross reference points at every object, and the content is as long as it says."""
    assert data.startswith(b"%PDF-1.4\n") and data.endswith(b"%%EOF\n")
    start = int(data.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
    lines = data[start:].split(b"\n")
    assert lines[0] == b"xref"
    for number, line in enumerate(lines[3 : 3 + 5], 1):
        assert data[int(line.split()[0]) :].startswith(b"%d 0 obj\n" % number)
    stream = data.split(b"stream\n", 1)[1].split(b"\nendstream", 1)[0]
    assert b"/Length %d " % len(stream) in data


def test_pictures_are_whole_png_files(clinic: list[Chart]) -> None:
    pictures = [b64decode(m["content"]["data"]) for chart in clinic for m in of_type(chart, "Media")]
    assert len(pictures) >= SEVERAL
    for picture in pictures:
        assert picture.startswith(files.PNG_SIGNATURE)
        rest, kinds = picture[8:], []
        while rest:
            length, kind = struct.unpack(">I4s", rest[:8])
            assert zlib.crc32(rest[4 : 8 + length]) == struct.unpack(">I", rest[8 + length : 12 + length])[0]
            kinds.append(kind)
            if kind == b"IHDR":
                width, height = struct.unpack(">II", rest[8:16])
            if kind == b"IDAT":
                assert len(zlib.decompress(rest[8 : 8 + length])) == height * (width + 1)
            rest = rest[12 + length :]
        assert kinds == [b"IHDR", b"IDAT", b"IEND"]


def test_a_study_is_of_a_procedure_and_reported(clinic: list[Chart]) -> None:
    for chart in clinic:
        studies = {f"ImagingStudy/{s['id']}": s for s in of_type(chart, "ImagingStudy")}
        reported = {e["reference"] for r in of_type(chart, "DiagnosticReport") for e in r.get("imagingStudy", [])}
        assert set(studies) == reported
        done = {p["performedPeriod"]["start"] for p in of_type(chart, "Procedure")}
        assert all(study["started"] in done for study in studies.values())


def test_an_appointment_to_come_is_after_the_last_day_on_a_weekday(clinic: list[Chart]) -> None:
    for chart in clinic:
        for appointment in of_type(chart, "Appointment"):
            assert (appointment["start"][:10] > AS_OF.isoformat()) == (appointment["status"] == "booked")
            assert "deceasedDateTime" not in chart[0] or appointment["status"] != "booked"

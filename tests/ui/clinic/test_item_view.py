"""Any item in words: every element of every official example is told, and bad ones do not break it."""

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehr_app.errors import WrongPatient
from ehr_app.standards.r4 import RTYPES
from ehr_app.ui.clinic.item_law import belongs_to
from ehr_app.ui.clinic.item_view import LONGEST, MOST_LINES, UNKNOWN, item_lines, references, relative
from ehr_app.ui.format.elements import element_words, extension_name, system_name, type_plural
from ehr_app.ui.format.text import plain

ZONE = ZoneInfo("UTC")
DATA = Path(__file__).parents[4] / "shared" / "data"
EXAMPLES = sorted((DATA / "fhir-r4-examples").glob("*.json"))
NOT_TOLD = {"div", "data", "hash", "system", "url", "unit", "resourceType", "reference", "versionId", "use"}
"""Told in other words (a system's name, an extension's label), apart (the narrative), or not at all as such (encoded content)."""


def leaves(value: Any, key: str = "") -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [leaf for name, one in value.items() for leaf in leaves(one, name)]
    if isinstance(value, list):
        return [leaf for one in value for leaf in leaves(one, key)]
    return [(key, plain(value))] if isinstance(value, str) else []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_text_and_code_of_an_official_example_is_told(path: Path) -> None:
    resource = json.loads(path.read_text())
    told = item_lines(resource, ZONE)
    if len(told) > MOST_LINES:
        assert told[-1].label == "More"
        return
    said = "\n".join(line.value for line in told)
    words = {plain(part) for part in said.split("\n")} | set(said.replace(",", " ").split())
    text = plain(said)
    missing = [
        (key, one) for key, one in leaves(resource)
        if key not in NOT_TOLD and not one[:4].isdigit() and one not in text and one not in words and len(one) < LONGEST
    ]  # fmt: skip
    assert missing == []
    assert all(line.label for line in told)


def test_values_are_told_by_the_formatters_and_codes_with_system_and_display() -> None:
    resource = {
        "resourceType": "Observation", "status": "final", "effectiveDateTime": "2026-03-04T10:00:00Z",
        "code": {"text": "Potassium", "coding": [{"system": "http://loinc.org", "code": "2823-3", "display": "Potassium"}]},
        "valueQuantity": {"value": 1234.5, "unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L"},
        "subject": {"reference": "Patient/p"}, "performer": [{"reference": "Practitioner/d"}], "madeUp": {"x": True},
        "extension": [{"url": "http://e.org/birth-sex", "valueCode": "F"}], "_status": {"id": "s"},
    }  # fmt: skip
    told = {(one.label, one.value): one for one in item_lines(resource, ZONE, {"Practitioner/d": "Dr Day"})}
    assert ("Effective", "04-Mar-2026 10:00") in told
    assert ("Coding", "2823-3 · Potassium · LOINC") in told
    assert ("Value", "1,234.5 mmol/L") in told
    assert told["Performer", "Dr Day"].ref == "Practitioner/d" and told["Subject", "Patient/p"].ref == ""
    assert told["Made up", ""].note == UNKNOWN and ("X", "Yes") in told
    assert told["Birth sex", "F"].note == "extension"
    assert ("About status", "") in told


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
                    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
                        st.sampled_from(["code", "text", "extension", "contained", "reference", "valueQuantity", "period", "name",
                                         "_name", "meta", "coding", "identifier", "resourceType", "div"]), inner, max_size=5)),
       st.sampled_from(sorted(RTYPES)))
def test_nothing_that_may_be_stored_breaks_an_item(body: Any, rtype: str) -> None:
    resource = {**(body if isinstance(body, dict) else {"text": body}), "resourceType": rtype}
    assert all(isinstance(one.value, str) for one in item_lines(resource, ZONE))
    assert isinstance(list(references(resource)), list)


def test_very_long_and_very_deep_items_say_that_they_are_cut() -> None:
    long = item_lines({"resourceType": "List", "entry": [{"item": {"display": str(n)}} for n in range(2000)]}, ZONE)
    assert len(long) == MOST_LINES + 1 and long[-1].label == "More"
    note = next(one for one in item_lines({"resourceType": "Basic", "note": "x" * 3_000_000}, ZONE) if one.label == "Note")
    assert len(note.value) < LONGEST + 100 and "cut" in note.value
    deep: dict[str, Any] = {"x": 1}
    for _ in range(90):
        deep = {"x": deep}
    assert any("too deep" in one.value for one in item_lines({"resourceType": "Basic", **deep}, ZONE))


def test_references_name_type_and_id_only() -> None:
    assert relative("http://other.example/fhir/Patient/85/_history/3") == "Patient/85"
    assert [relative(one) for one in ("#p", "urn:uuid:1", "Nonsense/1", "Patient/", None, 7)] == [""] * 6


@pytest.mark.parametrize("key", ["subject", "patient", "beneficiary"])
def test_an_item_of_another_patient_is_refused(key: str) -> None:
    with pytest.raises(WrongPatient):
        belongs_to({"resourceType": "Condition", key: {"reference": "Patient/other"}}, "mine")
    belongs_to({"resourceType": "Condition", key: {"reference": "https://x.example/fhir/Patient/mine"}}, "mine")
    belongs_to({"resourceType": "Practitioner", "id": "d"}, "mine")


def test_another_patient_itself_is_refused() -> None:
    with pytest.raises(WrongPatient):
        belongs_to({"resourceType": "Patient", "id": "other"}, "mine")


def test_names_of_r4_read_as_words() -> None:
    assert [element_words(one) for one in ("authoredOn", "FamilyMemberHistory", "udiCarrier", "asNeededBoolean")] == [
        "Authored on", "Family member history", "UDI carrier", "As needed boolean",
    ]  # fmt: skip
    assert (type_plural("FamilyMemberHistory"), type_plural("Device")) == ("Family member histories", "Devices")
    assert (system_name("http://loinc.org"), extension_name("http://hl7.org/x/us-core-birthsex")) == ("LOINC", "Birthsex")
    assert len({type_plural(one) for one in RTYPES}) == len(RTYPES)

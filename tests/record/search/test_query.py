"""Reading search parameters: values, prefixes, escapes, modifiers, and errors that name the parameter and never its value."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ehr_app.errors import BadRequest, EhrError, TooCostly, UnknownParameter
from ehr_app.record.search.query import parse
from ehr_app.record.search.values import (
    DateValue,
    NumberValue,
    ReferenceValue,
    TextValue,
    TokenValue,
    date,
    number,
    quantity,
    token,
)


def _only(rtype: str, name: str, value: str) -> object:
    (term,) = parse(rtype, [(name, value)]).terms
    (read,) = term.values
    return read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a", TokenValue(None, "a")),
        ("s|a", TokenValue("s", "a")),
        ("|a", TokenValue("", "a")),
        ("s|", TokenValue("s", None)),
        (r"a\|b", TokenValue(None, "a|b")),
        (r"s\\|a\,b", TokenValue("s\\", "a,b")),
        ("|", None),
        ("a|b|c", None),
    ],
)
def test_token(text: str, read: TokenValue | None) -> None:
    """Systems and codes, present, absent and escaped."""
    assert token(text) == read


@pytest.mark.parametrize(
    ("text", "lo", "hi"),
    [
        ("2024", (2024, 1, 1), (2025, 1, 1)),
        ("2024-02", (2024, 2, 1), (2024, 3, 1)),
        ("2024-12-31", (2024, 12, 31), (2025, 1, 1)),
        ("2024-02-29T10:30Z", (2024, 2, 29, 10, 30), (2024, 2, 29, 10, 31)),
        ("2024-02-29T10:30:15+02:00", (2024, 2, 29, 8, 30, 15), (2024, 2, 29, 8, 30, 16)),
        ("2024-02-29T10:30:15 02:00", (2024, 2, 29, 8, 30, 15), (2024, 2, 29, 8, 30, 16)),
    ],
)
def test_a_date_covers_its_precision(text: str, lo: tuple[int, ...], hi: tuple[int, ...]) -> None:
    """From a year to a second; a plus sign that became a space is understood."""
    assert date("ge" + text) == DateValue("ge", datetime(*lo, tzinfo=UTC), datetime(*hi, tzinfo=UTC))  # type: ignore[arg-type,misc]


def test_the_ends_of_time_do_not_overflow() -> None:
    """Year 9999 and wide approximations stay within what can be compared."""
    for text in ("9999", "ap9999-12-31", "ap0001", "eq0001-01-01"):
        assert date(text) is not None


@pytest.mark.parametrize(
    "text", ["", "2024-13", "2023-02-29", "20240101", "ge", "2024-1-1", "٢٠٢٤", "2024-01-01T25:00Z", "gt 2024"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    """Impossible days, other digits, other shapes."""
    with pytest.raises(BadRequest, match="birthdate"):
        parse("Patient", [("birthdate", text)])


def test_numbers_stand_for_their_precision() -> None:
    """100 covers 99.5 up to 100.5; 1e2 covers 95 to 105 in steps of its last digit."""
    assert number("100") == NumberValue("eq", Decimal(100), Decimal("99.5"), Decimal("100.5"))
    assert number("lt5.40") == NumberValue("lt", Decimal("5.40"), Decimal("5.395"), Decimal("5.405"))
    assert number("ap100") == NumberValue("ap", Decimal(100), Decimal(90), Decimal(110))
    assert number("1e999") is None and number("NaN") is None and number("0x1") is None


def test_quantities() -> None:
    """With a system and code, with a code alone, with neither."""
    value = quantity("5.4|http://unitsofmeasure.org|mg")
    assert value is not None and (value.system, value.code) == ("http://unitsofmeasure.org", "mg")
    value = quantity("gt5.4||mg")
    assert value is not None and (value.prefix, value.system, value.code) == ("gt", None, "mg")
    assert quantity("5.4|mg") is None


def test_references() -> None:
    """An id stands for every target; a type must be one; versions fall away; addresses stay whole."""
    assert _only("Observation", "patient", "1") == ReferenceValue(("Patient/1",))
    assert _only("Encounter", "subject", "1") == ReferenceValue(("Group/1", "Patient/1"))
    assert _only("Observation", "patient", "Group/1") == ReferenceValue(())
    assert _only("Observation", "subject:Patient", "1") == ReferenceValue(("Patient/1",))
    assert _only("Observation", "subject", "Patient/1/_history/2") == ReferenceValue(("Patient/1",))
    assert _only("Observation", "subject", "http://a.b/Patient/1") == ReferenceValue(("http://a.b/Patient/1",))


def test_commas_mean_or_and_repeats_mean_and() -> None:
    """Escaped commas are part of a value; equal values count once."""
    query = parse("Patient", [("family", r"a\,b,c,c"), ("family", "d")])
    assert [t.values for t in query.terms] == [(TextValue("a,b"), TextValue("c")), (TextValue("d"),)]


@pytest.mark.parametrize(
    ("rtype", "name", "value", "names"),
    [
        ("Patient", "nmae", "x", "nmae"),
        ("Patient", "organization.name", "x", "organization.name"),
        ("Patient", "_has:Observation:patient:code", "x", "_has"),
        ("Patient", "name:text", "x", ":text"),
        ("Observation", "code:in", "x", ":in"),
        ("Observation", "code:below", "x", ":below"),
        ("Observation", "subject:Nothing", "x", ":Nothing"),
        ("Observation", "code-value-quantity", "a$1", "code-value-quantity"),
        ("Patient", "_sort", "family", "birthdate"),
        ("Patient", "_sort", "birthdate,_id", "_sort"),
        ("Patient", "_text", "x", "_text"),
        ("Patient", "_include:iterate", "Patient:organization", "_include"),
        ("Patient", "_revinclude", "Observation:*", "_revinclude"),
        ("Patient", "x'; drop table ehr.resource --", "x", "…"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(rtype: str, name: str, value: str, names: str) -> None:
    """The text names the parameter; lenient handling drops it from what was applied."""
    with pytest.raises(UnknownParameter) as refused:
        parse(rtype, [(name, value)])
    assert names in refused.value.diagnostics
    assert parse(rtype, [(name, value), ("_count", "3")], lenient=True).applied == [("_count", "3")]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("_count", "many"), ("_count", "-1"), ("_count", "٣"), ("_total", "perhaps"), ("name", ""), ("active:missing", "maybe"),
        ("_include", "Nothing:x"), ("_include", "Observation:subject"), ("_include", "Patient:name"),
        ("identifier", "a|b|c"), ("name", "\u0301"), ("_lastUpdated", "yesterday"),
    ],
)  # fmt: skip
def test_values_that_make_no_sense_are_refused_without_quoting_them(name: str, value: str) -> None:
    """An error text never repeats a value."""
    with pytest.raises(BadRequest) as refused:
        parse("Patient", [(name, value)])
    assert name.partition(":")[0] in refused.value.diagnostics
    assert len(value) < 4 or value not in refused.value.diagnostics


def test_limits() -> None:
    """Too many parameters or values are too costly; a page holds at most a thousand."""
    with pytest.raises(TooCostly):
        parse("Patient", [("name", "ab")] * 51)
    with pytest.raises(TooCostly):
        parse("Patient", [("identifier", ",".join(map(str, range(1001))))])
    assert parse("Patient", [("_count", "5000")]).count == 1000


def test_edge_parameters_pass_and_count_is_understood() -> None:
    """The FHIR edge reads these; `_summary=count` asks for the total alone."""
    params = [("_elements", "name"), ("_summary", "count"), ("_format", "json"), ("_pretty", "true")]
    query = parse("Patient", params)
    assert query.only_total and query.applied == params


def test_no_text_makes_anything_but_an_expected_error() -> None:
    """Odd characters in names and values."""
    for text in ("\x00", "\ud800", "'", "%", "\\", "\\,", "|||", "ge", "a" * 10_000, "﷽", "🧑‍⚕️", "-1e308", "$1"):
        for name in ("name", "identifier", "birthdate", "organization", "_profile", "_id", "_lastUpdated", "_sort", text):
            try:
                parse("Patient", [(name, text)])
            except EhrError as error:
                assert error.status == 400

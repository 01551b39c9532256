"""JSON in and out without loss, and what is refused."""

from decimal import Decimal

import pytest

from ehr_app.errors import Malformed, TooLarge
from ehr_app.record.codec import decode, decode_object, encode


@pytest.mark.parametrize("text", ["1.50", "0.0010", "185", "-0.0", "12345678901234567890.123", "12345678901234567890123"])
def test_decimals_keep_their_digits(text: str) -> None:
    assert encode(decode(b'{"value":' + text.encode() + b"}")) == b'{"value":' + text.encode() + b"}"


@pytest.mark.parametrize(("sent", "kept"), [("1.10E+2", "110"), ("1e3", "1E+3"), ("0.000000010", "1.0E-8")])
def test_exponents_may_be_spelled_anew_with_the_same_digits(sent: str, kept: str) -> None:
    assert encode(decode(sent.encode())) == kept.encode()
    assert Decimal(sent).as_tuple().digits == Decimal(kept).as_tuple().digits


def test_order_of_members_and_items_stays() -> None:
    raw = b'{"b":[3,1,2],"a":{"z":null,"y":[]},"_b":[null,{"id":"x"}]}'
    assert encode(decode(raw)) == raw


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b'{"a":1,"a":2}', "'a' appears twice"),
        (b'{"a" :1, "a":2}', "'a' appears twice"),
        (b'{"a":{"b":1,"\\u0062":2}}', "'b' appears twice"),
        (b'{"a":[{"c":1},{"d":1,"d":1}]}', "'d' appears twice"),
        (b'\xef\xbb\xbf{"a":1}', "byte order mark"),
        ('{"a":1}'.encode("utf-16"), "byte order mark"),
        ('{"a":"\xe9"}'.encode("latin-1"), "UTF-8"),
        (b'{"a":NaN}', "byte 5"),
        (b'{"a":1', "truncated"),
        (b"", "truncated"),
        (b'{"a":1}x', "byte 8"),
        (b'{"a":"\\ud800"}', "JSON could not be read"),
        (b"[" * 100_000, "100 levels"),
        (b'{"a":' + b"[" * 150 + b"]" * 150 + b"}", "100 levels"),
        (b'{"a":1e999999999}', "exponent"),
    ],
)
def test_what_is_not_strict_json_is_refused_with_the_place(raw: bytes, said: str) -> None:
    with pytest.raises(Malformed) as caught:
        decode(raw)
    assert said in caught.value.diagnostics


@pytest.mark.parametrize(
    "raw", [b'{"a":"x\\":\\"y","b":1}', b'{"a":"{\\"b\\":1, \\"b\\":2}"}', b'{"a": "\\u0022:", "b" : 2}', b'{"a":"\\\\"}']
)
def test_text_that_looks_like_members_is_only_text(raw: bytes) -> None:
    assert isinstance(decode(raw), dict)


def test_deep_nesting_that_the_parser_cannot_follow_is_refused() -> None:
    with pytest.raises(Malformed):
        decode(b"[" * 5000 + b"]" * 5000)


def test_size_is_checked_before_parsing() -> None:
    with pytest.raises(TooLarge):
        decode(b'"' + b"x" * 100 + b'"', limit_bytes=50)


@pytest.mark.parametrize("raw", [b"[]", b"null", b"1", b'"x"'])
def test_only_an_object_is_a_resource(raw: bytes) -> None:
    with pytest.raises(Malformed):
        decode_object(raw)


def test_floats_are_decimals() -> None:
    assert decode(b'{"a":[1.5,2]}') == {"a": [Decimal("1.5"), 2]}

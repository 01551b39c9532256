"""FHIR JSON in and out without loss: decimals keep their digits, arrays their order, unknown members their place.

Spec: https://hl7.org/fhir/R4/json.html and RFC 8259. Refused: text that is not UTF-8 or starts with a byte order mark, duplicate
member names, NaN and infinities, nesting beyond 100 levels. It deliberately knows nothing of FHIR types.
"""

import json
import re
from decimal import Decimal
from typing import Any

import msgspec

from ehr_app.errors import Malformed, TooLarge

type_error = "the content is not a JSON object"
MAX_DEPTH = 100
MAX_EXPONENT = 400


def _decimal(text: str) -> Decimal:
    value = Decimal(text)
    if not -MAX_EXPONENT < value.adjusted() < MAX_EXPONENT:
        raise Malformed("a number has an exponent beyond what a clinical value can be")
    return value


_decoder = msgspec.json.Decoder(float_hook=_decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")
_NESTING = frozenset((dict, list))
_late_colon = re.compile(rb'"[ \t\r\n]+:')


def encode(value: Any) -> bytes:
    """Return compact UTF-8 JSON."""
    return _encoder.encode(value)


def decode(raw: bytes, *, limit_bytes: int = 50 * 1024 * 1024) -> Any:
    """Return the value of a JSON text, floats as Decimal.

    Raises TooLarge above `limit_bytes`, Malformed with the place for everything that is not strict JSON.
    """
    if len(raw) > limit_bytes:
        raise TooLarge(f"the content has {len(raw)} bytes, at most {limit_bytes} are read")
    if raw[:3] == b"\xef\xbb\xbf" or raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise Malformed("the content starts with a byte order mark; send UTF-8 without it")
    try:
        value = _decoder.decode(raw)
    except RecursionError:
        raise Malformed(f"the content is nested more than {MAX_DEPTH} levels deep") from None
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, ArithmeticError) as error:
        raise Malformed(_place(error)) from None
    _check_shape(raw, value)
    return value


def decode_object(raw: bytes, *, limit_bytes: int = 50 * 1024 * 1024) -> dict[str, Any]:
    """Return the members of a JSON object; raises like `decode`, and Malformed for any other JSON value."""
    value = decode(raw, limit_bytes=limit_bytes)
    if not isinstance(value, dict):
        raise Malformed(type_error)
    return value


def _place(error: Exception) -> str:
    text = str(error)
    return "JSON could not be read: " + (text if "(byte " in text or "truncated" in text else "it is not valid UTF-8 JSON")


def _check_shape(raw: bytes, value: Any) -> None:
    depth = raw.count(b"{") + raw.count(b"[")
    if depth > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise Malformed(f"the content is nested more than {MAX_DEPTH} levels deep")
    encoded = _encoder.encode(value)
    # A string can hold '":' only with its quote escaped, so counting unescaped '":' counts the members.
    if _late_colon.search(raw) or _members(raw) != _members(encoded):
        try:
            json.loads(raw, object_pairs_hook=_unique)
        except RecursionError:
            raise Malformed(f"the content is nested more than {MAX_DEPTH} levels deep") from None


def _members(raw: bytes) -> int:
    return raw.count(b'":') - raw.count(b'\\":')


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        shown = twice if re.fullmatch(r"[A-Za-z_]{1,40}", twice) else "…"
        raise Malformed(f"the member '{shown}' appears twice in one object")
    return members


def _depth(value: Any) -> int:
    deepest, level = 0, [value] if type(value) in _NESTING else []
    while level:
        deepest += 1
        children = (child for item in level for child in (item.values() if type(item) is dict else item))
        level = [child for child in children if type(child) in _NESTING]
    return deepest

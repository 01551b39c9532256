"""Which id an imported resource gets: always the same one for the same entry, so that a repeat finds what the first time stored.

Its own id if it has one; else the uuid of its `urn:uuid:` fullUrl or the last part of its http fullUrl; else one made from
its content.
"""

import re
from hashlib import blake2b

from ehr_app.errors import Malformed
from ehr_app.record.codec import decode, encode
from ehr_app.record.importing.splitting import Piece

_UUID_URL = re.compile(r"urn:uuid:([A-Za-z0-9.-]{1,64})")
_HTTP_URL = re.compile(r"https?://.+/([A-Z][A-Za-z]+)/([A-Za-z0-9.-]{1,64})")
_CONDITIONAL = re.compile(rb'"reference"\s*:\s*"[A-Z][A-Za-z]+\?')


def id_of(piece: Piece) -> str:
    """Return the id of an entry's resource."""
    if piece.id:
        return piece.id
    if found := _UUID_URL.fullmatch(piece.url):
        return found[1]
    found = _HTTP_URL.fullmatch(piece.url)
    if found and found[1] == piece.rtype:
        return found[2]
    return _from_content(piece.raw or b"")


def conditional(piece: Piece) -> bool:
    """Tell whether an entry refers to something by search criteria, which must be stored before."""
    return piece.raw is not None and b"?" in piece.raw and _CONDITIONAL.search(piece.raw) is not None


def _from_content(raw: bytes) -> str:
    try:
        value = decode(raw)
    except Malformed:
        value = None
    inner = value.get("resource", value) if isinstance(value, dict) else None
    return blake2b(raw if inner is None else encode(inner), digest_size=16).hexdigest()

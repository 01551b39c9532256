"""From FHIR ids to the 128-bit keys of the store, and fresh ids.

A fresh id is a UUID version 7 (RFC 9562: time in front, so neighbours in time are neighbours on disk). An id that a client chose
becomes a name-based UUID (version 5) of facility, type and id: two facilities may both hold Patient/85.
"""

import os
import re
import time
from functools import lru_cache
from uuid import UUID, uuid5

NAMESPACE = UUID("8f1d3c1e-5d0b-4a5e-9f53-0a6f6f1c7e11")
_V7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@lru_cache(maxsize=65536)
def uid(facility: int, rtype: str, fhir_id: str) -> UUID:
    """Return the store's key of a resource; total, injective for practical purposes, equal on every machine."""
    if len(fhir_id) == 36 and _V7.fullmatch(fhir_id):
        return UUID(fhir_id)
    return uuid5(NAMESPACE, f"{facility}/{rtype}/{fhir_id}")


def fresh_id() -> str:
    """Return a new FHIR id: a UUID version 7 in its text form."""
    stamp = time.time_ns() // 1_000_000
    bits = int.from_bytes(os.urandom(10), "big")
    value = (stamp << 80) | (0x7 << 76) | ((bits >> 68) << 64) | (0b10 << 62) | (bits & ((1 << 62) - 1))
    return str(UUID(int=value))

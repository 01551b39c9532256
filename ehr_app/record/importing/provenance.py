"""Where imported resources come from: one Provenance per file and patient, in parts of at most 500 targets.

Spec: https://hl7.org/fhir/R4/provenance.html. The ids follow from the run, so that a run that was cut off and is done again writes
each of them once.
"""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID, uuid5

MOST_TARGETS = 500


def provenances(
    written: Iterable[tuple[str | None, str]],
    *,
    run: UUID,
    part: str,
    recorded: str,
    activity: str,
    entities: list[dict[str, Any]],
    who: str,
) -> Iterator[dict[str, Any]]:
    """Yield the Provenance resources of what one run did.

    Shape: `written` is (patient id or None, Type/id), sorted by patient; `part` tells apart what one run says of several files;
    `recorded` is a FHIR instant.
    """
    for patient, number, targets in _parts(written):
        yield {
            "resourceType": "Provenance",
            "id": str(uuid5(run, f"{part}/{patient or ''}/{number}")),
            "target": [{"reference": place} for place in targets],
            "recorded": recorded,
            "activity": {"text": activity},
            "agent": [{"who": {"display": who}}],
            "entity": entities,
        }


def file_entity(sha256: str, display: str) -> dict[str, Any]:
    """Return the entity that is a file."""
    what = {"identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:sha256:{sha256}"}, "display": display}
    return {"role": "source", "what": what}


def batch_entity(batch: UUID) -> dict[str, Any]:
    """Return the entity that is a batch of imports."""
    what = {"identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{batch}"}, "display": "import batch"}
    return {"role": "source", "what": what}


def _parts(written: Iterable[tuple[str | None, str]]) -> Iterator[tuple[str | None, int, list[str]]]:
    patient: str | None = None
    targets: list[str] = []
    part, begun = 0, False
    for owner, place in written:
        if begun and (owner != patient or len(targets) == MOST_TARGETS):
            yield patient, part, targets
            part = part + 1 if owner == patient else 0
            targets = []
        if not targets and owner is not None:
            targets = [f"Patient/{owner}"]
        patient, begun = owner, True
        if place not in targets[:1]:
            targets.append(place)
    if begun:
        yield patient, part, targets

"""Where imported resources come from: one Provenance per file and patient, in parts of at most 500 targets.

Spec: https://hl7.org/fhir/R4/provenance.html. The ids follow from the run, so that a run that was cut off and is done again writes
each of them once.
"""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID, uuid5

MOST_TARGETS = 500


def provenances(
    written: Iterable[tuple[str | None, str]], *, run: UUID, recorded: str, sha256: str, source: str, who: str
) -> Iterator[dict[str, Any]]:
    """Yield the Provenance resources of one file.

    Shape: `written` is (patient id or None, Type/id), sorted by patient; `recorded` is a FHIR instant.
    """
    for patient, part, targets in _parts(written):
        yield {
            "resourceType": "Provenance",
            "id": str(uuid5(run, f"{sha256}/{patient or ''}/{part}")),
            "target": [{"reference": place} for place in targets],
            "recorded": recorded,
            "activity": {"text": "import"},
            "agent": [{"who": {"display": who}}],
            "entity": [
                {
                    "role": "source",
                    "what": {
                        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:sha256:{sha256}"},
                        "display": source,
                    },
                }
            ],
        }


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

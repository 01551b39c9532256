"""Parts of resources: `_elements` and `_summary`, marked SUBSETTED so that no one writes them back.

https://hl7.org/fhir/R4/search.html#elements and #summary. `_summary=true` is refused: which elements are summaries is not in
our tables; `_elements` says the same precisely.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ehr_app.errors import BadRequest, UnknownParameter
from ehr_app.record.codec import encode
from ehr_app.record.store import Stored
from ehr_app.standards.r4 import children

PARAMETERS = ("_summary", "_elements")
SUBSETTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
ALWAYS = frozenset(("resourceType", "id", "meta"))


@dataclass(frozen=True, slots=True)
class View:
    """Which elements to keep besides the mandatory ones; `dropped` is used when `kept` is None."""

    kept: frozenset[str] | None
    dropped: frozenset[str] = frozenset()


def view(pairs: Iterable[tuple[str, str]]) -> View | None:
    """Return the view that the parameters ask for; None for whole resources. Raises BadRequest, UnknownParameter."""
    asked = {name: value for name, value in pairs if name in PARAMETERS}
    if not asked:
        return None
    summary = asked.get("_summary", "false")
    if "_elements" in asked and summary not in ("false", "count"):
        raise BadRequest("_elements and _summary exclude each other")
    if "_elements" in asked:
        return _elements(asked["_elements"])
    if summary == "text":
        return View(frozenset(("text",)))
    if summary == "data":
        return View(None, frozenset(("text",)))
    if summary == "true":
        raise UnknownParameter("_summary=true is not supported; name the elements you want with _elements")
    if summary not in ("false", "count"):
        raise BadRequest("_summary is one of text, data, count and false")
    return None


def of_stored(stored: Stored, chosen: View) -> Stored:
    """Return a stored version reduced to a view."""
    return stored._replace(body=encode(reduced(stored.resource(), chosen)))


def reduced(resource: dict[str, Any], chosen: View) -> dict[str, Any]:
    """Return a resource reduced to a view, its mandatory elements kept and its meta marked."""
    if chosen.kept is None:
        made = {name: value for name, value in resource.items() if name not in chosen.dropped}
    else:
        keep = ALWAYS | chosen.kept | _mandatory(resource["resourceType"])
        made = {name: value for name, value in resource.items() if name.removeprefix("_") in keep}
    meta = made.get("meta", {})
    made["meta"] = {**meta, "tag": [*meta.get("tag", []), SUBSETTED]}
    return made


def _elements(text: str) -> View | None:
    names = frozenset(name.strip().rpartition(".")[2] for name in text.split(",") if name.strip())
    return View(names) if names else None


@lru_cache(maxsize=256)
def _mandatory(rtype: str) -> frozenset[str]:
    return frozenset(name for element in children(rtype).values() if element.min for name, _ in element.properties())

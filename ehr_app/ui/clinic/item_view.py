"""Any resource in words, element by element: nothing that it holds is left out.

Pure. Names and types of elements come from `ehr_app.standards.r4`; what R4 does not know is shown under its own name and said to
be unknown. The narrative (`text.div`) is shown apart, sanitised.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from ehr_app.standards.r4 import PRIMITIVES, RTYPES, children, property_of
from ehr_app.ui.format import people
from ehr_app.ui.format.dates import clinical_range, clinical_time
from ehr_app.ui.format.elements import element_words, extension_name, system_name
from ehr_app.ui.format.numbers import exact_number, measure, range_text, unit_text
from ehr_app.ui.format.text import Json, concept_text, part, plain, reference_text

MOST_LINES = 1500
LONGEST = 4000
DEEPEST = 12
UNKNOWN = "not part of R4"
QUANTITIES = ("Quantity", "Age", "Count", "Distance", "Duration", "Money", "SimpleQuantity")


@dataclass(frozen=True)
class ItemLine:
    """One element: its name in words, its value, how deep it stands, and the item it leads to (`Condition/12`)."""

    depth: int = 0
    label: str = ""
    value: str = ""
    ref: str = ""
    note: str = ""


def item_lines(resource: Json, zone: ZoneInfo, names: Mapping[str, str] | None = None) -> list[ItemLine]:
    """Return every element of a resource in its order; `names` are what the items that it refers to are called.

    Shape: at most 1,500 lines, then one that says that there is more.
    """
    walk = _Walk(zone, names or {})
    found: list[ItemLine] = []
    for line in walk.resource(resource, 0):
        if len(found) == MOST_LINES:
            return [*found, ItemLine(0, "More", "The rest is in the raw data below.")]
        found.append(line)
    return found


def references(value: Any) -> Iterator[str]:
    """Yield what a resource refers to, as `Type/id`; references to its own contained resources are none."""
    if isinstance(value, Mapping):
        if (place := relative(value.get("reference"))) != "":
            yield place
        for member in value.values():
            yield from references(member)
    elif isinstance(value, list):
        for member in value:
            yield from references(member)


def relative(reference: object) -> str:
    """Return `Type/id` of a reference to a resource; empty for anything else."""
    parts = str(reference or "").split("/_history/")[0].split("/")
    if len(parts) < 2 or parts[-2] not in RTYPES or not parts[-1] or len(parts[-1]) > 64:
        return ""
    return "/".join(parts[-2:])


class _Walk:
    """One walk over a resource."""

    def __init__(self, zone: ZoneInfo, names: Mapping[str, str]) -> None:
        self.zone = zone
        self.names = names
        self.told: dict[str, Callable[[Json], tuple[str, frozenset[str]]]] = {
            "CodeableConcept": lambda one: (concept_text(one), frozenset(("text",))),
            "Coding": self._coding,
            "Period": lambda one: (clinical_range(one.get("start"), one.get("end"), zone), frozenset(("start", "end"))),
            "Range": self._range,
            "Ratio": lambda one: (_ratio(one), frozenset()),
            "Identifier": lambda one: (plain(one.get("value")), frozenset(("value",))),
            "HumanName": lambda one: (people.spoken_name([one]), frozenset(("given", "family", "prefix"))),
            "ContactPoint": lambda one: (plain(one.get("value")), frozenset(("value",))),
            "Address": self._address,
            "Annotation": lambda one: (_text(one.get("text")), frozenset(("text",))),
        }

    def resource(self, resource: Json, depth: int) -> Iterator[ItemLine]:
        rtype = str(resource.get("resourceType") or "")
        yield from self.members(resource, rtype if rtype in RTYPES else "", depth, frozenset(("resourceType",)))

    def members(self, value: Json, code: str, depth: int, skipped: frozenset[str]) -> Iterator[ItemLine]:
        for key, member in value.items():
            if key in skipped:
                continue
            if key == "contained" and isinstance(member, list):
                yield from self._contained(member, depth)
            elif key == "text" and isinstance(member, Mapping) and "div" in member:
                rest = {name: one for name, one in member.items() if name != "div"}
                yield ItemLine(depth, "Narrative", plain(rest.pop("status", "")))
                yield from self.members(rest, "Narrative", depth + 1, frozenset())
            elif key in ("extension", "modifierExtension") and isinstance(member, list):
                for one in member:
                    yield from self._extension(one, depth, key == "modifierExtension")
            elif key.startswith("_"):
                yield from self._beside(key[1:], member, depth)
            else:
                yield from self._element(code, key, member, depth)

    def _element(self, code: str, key: str, member: Any, depth: int) -> Iterator[ItemLine]:
        known = _property(code, key)
        label = element_words(known[0].name if known else key)
        note = "" if known or not code else UNKNOWN
        for one in member if isinstance(member, list) else (member,):
            yield from self.value(label, one, known[1].code if known else "", depth, note)

    def value(self, label: str, value: Any, code: str, depth: int, note: str = "") -> Iterator[ItemLine]:
        if isinstance(value, list):
            for one in value:
                yield from self.value(label, one, code, depth, note)
        elif not isinstance(value, Mapping):
            yield ItemLine(depth, label, self.primitive(value, code), note=note)
        elif depth >= DEEPEST:
            yield ItemLine(depth, label, "Nested too deep to show here; it is in the raw data below.", note=note)
        elif "resourceType" in value:
            yield ItemLine(depth, label, element_words(str(value["resourceType"])), note=note)
            yield from self.resource(value, depth + 1)
        elif code == "Reference" or (not code and "reference" in value):
            yield from self._reference(label, value, depth, note)
        else:
            told, used = self.summary(value, code)
            yield ItemLine(depth, label, told, note=note)
            yield from self.members(value, code, depth + 1, used)

    def primitive(self, value: Any, code: str) -> str:
        if isinstance(value, bool):
            return "Yes" if value else "No"
        if code in ("date", "dateTime", "instant"):
            return clinical_time(value, self.zone, plain(value))
        if code == "base64Binary" and isinstance(value, str):
            return f"{len(value):,} characters of encoded content"
        if value is None:
            return "Not recorded"
        return _text(value) if isinstance(value, str) else exact_number(value)

    def summary(self, value: Json, code: str) -> tuple[str, frozenset[str]]:
        """What a data type says in one line, and the members that are told by it."""
        if code in QUANTITIES and value.get("value") is not None:
            shown = measure(value)
            used = {"value", "comparator", "unit"} | ({"code"} if value.get("code") == shown.unit else set())
            return f"{shown.exact} {shown.unit}".strip(), frozenset(used)
        if code == "Money" and value.get("value") is not None:
            return f"{exact_number(value['value'])} {plain(value.get('currency'))}".strip(), frozenset(("value", "currency"))
        return self.told[code](value) if code in self.told else ("", frozenset())

    def _coding(self, one: Json) -> tuple[str, frozenset[str]]:
        told = (plain(one.get("code")), plain(one.get("display")), system_name(plain(one.get("system"))))
        return " · ".join(filter(None, told)), frozenset(("code", "display", "system"))

    def _range(self, one: Json) -> tuple[str, frozenset[str]]:
        low, high = part(one, "low"), part(one, "high")
        unit = unit_text(low or high)
        return f"{range_text(low, high, unit)} {unit}".strip(), frozenset()

    def _address(self, one: Json) -> tuple[str, frozenset[str]]:
        return people.address({"address": [{**one, "use": None}]}), frozenset(("line", "city", "state", "postalCode"))

    def _reference(self, label: str, value: Json, depth: int, note: str) -> Iterator[ItemLine]:
        place = relative(value.get("reference"))
        told = reference_text(value) or self.names.get(place, "") or plain(value.get("reference")) or "Not named"
        yield ItemLine(depth, label, told, place if place in self.names else "", note)
        same = told in (plain(value.get("reference")), self.names.get(place, ""))
        used = {"display"} | ({"reference"} if same or place in self.names else set())
        yield from self.members(value, "Reference", depth + 1, frozenset(used))

    def _contained(self, resources: list[Any], depth: int) -> Iterator[ItemLine]:
        for one in resources:
            if isinstance(one, Mapping):
                yield ItemLine(depth, "Contained", element_words(str(one.get("resourceType") or "")) or "Resource")
                yield from self.resource(one, depth + 1)

    def _extension(self, one: Any, depth: int, modifier: bool) -> Iterator[ItemLine]:
        if not isinstance(one, Mapping):
            yield ItemLine(depth, "Extension", plain(one), note=UNKNOWN)
            return
        url = plain(one.get("url"))
        label = extension_name(url) or "Extension"
        note = "changes the meaning" if modifier else "extension"
        values = [(key, member) for key, member in one.items() if key.startswith("value")]
        for key, member in values:
            known = _property("Extension", key)
            yield from self.value(label, member, known[1].code if known else "", depth, note)
        if not values:
            yield ItemLine(depth, label, note=note)
        rest = {key: member for key, member in one.items() if key != "url" and not key.startswith("value")}
        yield from self.members(rest, "Extension", depth + 1, frozenset())

    def _beside(self, key: str, member: Any, depth: int) -> Iterator[ItemLine]:
        """What stands beside a primitive value: its id and extensions (`_birthDate`)."""
        for one in member if isinstance(member, list) else (member,):
            if isinstance(one, Mapping):
                yield ItemLine(depth, f"About {element_words(key).lower()}")
                yield from self.members(one, "Element", depth + 1, frozenset())


def _property(code: str, key: str) -> Any:
    if not code or code in PRIMITIVES:
        return None
    try:
        children(code)
    except KeyError:
        return None
    return property_of(code, key)


def _ratio(one: Json) -> str:
    told = [measure(part(one, key)).text for key in ("numerator", "denominator") if part(one, key)]
    return " : ".join(told)


def _text(value: object) -> str:
    """Text with its line breaks; a very long one is cut, the whole of it stays in the raw data."""
    lines = [plain(line) for line in str(value or "")[: LONGEST + 1].split("\n")]
    told = "\n".join(lines).strip()
    return told if len(told) <= LONGEST else told[:LONGEST] + " … (cut; the whole text is in the raw data below)"



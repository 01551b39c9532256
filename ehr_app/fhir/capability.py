"""The CapabilityStatement: what this server does, from the same registry that search and index use.

https://hl7.org/fhir/R4/capabilitystatement.html. Public: it tells nothing about anyone. What is not supported is not named in it.
"""

import asyncio
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from ehr_app.fhir.request import Answer, Request
from ehr_app.record.codec import encode
from ehr_app.standards.r4 import RTYPES
from ehr_app.standards.search_parameters import parameters

PUBLISHED_ON = "2026-01-01"
PLACE = "http://placeholder.invalid/fhir/R4"
SECURITY_SERVICE = "http://terminology.hl7.org/CodeSystem/restful-security-service"
VALIDATE = {"name": "validate", "definition": "http://hl7.org/fhir/OperationDefinition/Resource-validate"}
EVERYTHING = {"name": "everything", "definition": "http://hl7.org/fhir/OperationDefinition/Patient-everything"}
INTERACTIONS = ("read", "vread", "update", "delete", "history-instance", "history-type", "create", "search-type")
SYSTEM_INTERACTIONS = ("transaction", "batch", "history-system")
NOT_SEARCHED = frozenset(("composite", "special"))


async def metadata(request: Request) -> Answer:
    """Answer the CapabilityStatement; no token is needed."""
    before, after = await asyncio.to_thread(_halves)
    return Answer(200, before + request.base.encode() + after)


@cache
def _halves() -> tuple[bytes, bytes]:
    before, after = encode(statement(PLACE)).split(PLACE.encode())
    return before, after


def statement(base: str) -> dict[str, Any]:
    """Return the CapabilityStatement of this server at an address."""
    return {
        "resourceType": "CapabilityStatement",
        "id": "ehr",
        "status": "active",
        "date": PUBLISHED_ON,
        "kind": "instance",
        "software": {"name": "ehr_app", "version": release()},
        "implementation": {"description": "Electronic health record, FHIR R4 interface", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [
            {
                "mode": "server",
                "security": {
                    "cors": True,
                    "service": [{"coding": [{"system": SECURITY_SERVICE, "code": "OAuth"}], "text": "Bearer tokens only"}],
                    "description": "Every interaction but this one needs a bearer token; cookies are not looked at.",
                },
                "resource": [_resource(rtype) for rtype in RTYPES],
                "interaction": [{"code": code} for code in SYSTEM_INTERACTIONS],
            }
        ],
    }


@cache
def release() -> str:
    """Return the version of the installed product."""
    try:
        return version("ehr_app")
    except PackageNotFoundError:
        return "0"


def _resource(rtype: str) -> dict[str, Any]:
    known = parameters(rtype)
    made: dict[str, Any] = {
        "type": rtype,
        "interaction": [{"code": code} for code in INTERACTIONS],
        "versioning": "versioned-update",
        "readHistory": True,
        "updateCreate": True,
        "conditionalCreate": True,
        "conditionalRead": "full-support",
        "conditionalUpdate": True,
        "conditionalDelete": "single",
        "referencePolicy": ["literal", "local"],
        "searchInclude": [f"{rtype}:{code}" for code, p in known.items() if p.type == "reference"],
        "searchRevInclude": list(_pointing_at(rtype)),
        "searchParam": [_parameter(code, p.type, p.url) for code, p in known.items() if p.type not in NOT_SEARCHED],
    }
    made["operation"] = [VALIDATE, EVERYTHING] if rtype == "Patient" else [VALIDATE]
    return {name: value for name, value in made.items() if value != []}


def _parameter(code: str, kind: str, url: str) -> dict[str, str]:
    made = {"name": code, "type": kind}
    if url:
        made["definition"] = url
    return made


@cache
def _pointing_at(rtype: str) -> tuple[str, ...]:
    return _reverse().get(rtype, ())


@cache
def _reverse() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for source in RTYPES:
        for code, parameter in parameters(source).items():
            if parameter.type == "reference":
                for target in parameter.targets:
                    found.setdefault(target, []).append(f"{source}:{code}")
    return {target: tuple(names) for target, names in found.items()}

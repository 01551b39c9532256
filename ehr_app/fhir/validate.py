"""`$validate`: what the write path would say about a resource, without writing it.

https://hl7.org/fhir/R4/resource-operation-validate.html. Base R4 only; a profile or a mode is refused, not ignored.
"""

from typing import Any

from ehr_app.errors import BadRequest, InvalidResource, UnknownParameter
from ehr_app.fhir import interactions, outcome
from ehr_app.fhir.request import Answer, Request
from ehr_app.standards.validation import check


async def validate(request: Request) -> Answer:
    """Answer 200 with an OperationOutcome that lists what is wrong, or says that nothing is."""
    interactions.refuse_unknown(request, ())
    async with request.open("validate"):
        content = _resource(await request.content())
        resource = interactions.resource_of(content, request.rtype)
        issues = check(resource)
    if not issues:
        return Answer(200, outcome.success(request.number, "no issues found"))
    told = outcome.of_error(InvalidResource("", issues), request.number)
    return Answer(200, told.body)


def _resource(content: Any) -> Any:
    """Return the resource itself, also when it comes inside Parameters. Raises UnknownParameter, BadRequest."""
    if not isinstance(content, dict) or content.get("resourceType") != "Parameters":
        return content
    found: list[Any] = []
    parameters = content.get("parameter", [])
    if not isinstance(parameters, list):
        raise BadRequest("the Parameters hold no list of parameters")
    for parameter in parameters:
        if not isinstance(parameter, dict) or parameter.get("name") != "resource":
            raise UnknownParameter("only the parameter 'resource' is supported")
        found.append(parameter.get("resource"))
    if len(found) != 1:
        raise BadRequest("send one parameter 'resource'")
    return found[0]

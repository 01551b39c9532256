"""A Bundle posted to the base: a batch runs each entry by itself, a transaction goes to `ehr_app.fhir.transaction`.

https://hl7.org/fhir/R4/http.html#transaction. Each entry of a batch opens the record for itself: its own access row and commit.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from ehr_app.errors import EhrError
from ehr_app.fhir import bundle, interactions, outcome, transaction
from ehr_app.fhir.entries import bundle_of, entry_of
from ehr_app.fhir.request import Answer, ClientGone, Request

Dispatch = Callable[[Request], Awaitable[Answer]]


async def process(request: Request, dispatch: Dispatch) -> Answer:
    """Answer a batch or transaction Bundle; `dispatch` performs one entry's request."""
    interactions.refuse_unknown(request, ())
    async with request.open("bundle") as record:
        kind, raw = bundle_of(await request.content())
        if kind == "transaction":
            return Answer(200, await transaction.process(request, record, raw))
    entries = [await _one(request, position, item, dispatch) for position, item in enumerate(raw)]
    return Answer(200, bundle.responses("batch-response", entries))


async def _one(request: Request, position: int, raw: Any, dispatch: Dispatch) -> bytes:
    try:
        entry = entry_of(position, raw, request.base)
        wish = request.prefer.returns or "minimal"
        handling = "lenient" if request.prefer.lenient else "strict"
        headers = {**entry.headers, b"prefer": f"return={wish}, handling={handling}".encode()}
        answer = await dispatch(
            request.inner(entry.method, entry.parts, entry.query.encode("utf-8", "replace"), headers, entry.resource)
        )
        return bundle.response(answer)
    except ClientGone:
        raise
    except EhrError as error:
        told = outcome.of_error(error, request.number, prefix=f"Bundle.entry[{position}].resource")
    except Exception as error:
        told = outcome.unexpected(error, request.number, "batch entry")
    return bundle.response(told, failed=True)

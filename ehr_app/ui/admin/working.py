"""Steps of a batch are done by a process of their own, never beside the screens; it ends with the server that started it."""

import asyncio
import sys
from uuid import UUID

from ehr_app.errors import Conflict
from ehr_app.record.importing import steps
from ehr_app.record.importing.job import Step
from ehr_app.settings import settings

_running: dict[UUID, asyncio.Task[int]] = {}


async def start(step: Step, facility: str, batch: UUID) -> None:
    """Start a step. Raises Conflict while another one of this batch runs."""
    if is_running(batch):
        raise Conflict("this batch is being worked on already")
    command = (sys.executable, "-m", "ehr_app.record.importing.job", step, facility, str(batch))
    process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE)
    _running[batch] = asyncio.create_task(process.wait())
    _running[batch].add_done_callback(lambda _: _running.pop(batch, None))


def is_running(batch: UUID) -> bool:
    """Tell whether a step of a batch runs: one that this server started, or any that holds the batch."""
    return batch in _running or steps.is_held(settings().data, batch)

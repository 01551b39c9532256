"""Steps of a batch are done by a process of their own, never beside the screens; it ends with the server that started it."""

import asyncio
import sys
from uuid import UUID

from ehr_app.errors import Conflict
from ehr_app.record.importing import steps
from ehr_app.record.importing.job import Step
from ehr_app.settings import settings

_running: set[asyncio.Task[int]] = set()


async def start(step: Step, facility: str, batch: UUID) -> None:
    """Start a step. Raises Conflict while another one of this batch runs."""
    if steps.is_held(settings().data, batch):
        raise Conflict("this batch is being worked on already")
    command = (sys.executable, "-m", "ehr_app.record.importing.job", step, facility, str(batch))
    process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE)
    task = asyncio.create_task(process.wait())
    _running.add(task)
    task.add_done_callback(_running.discard)

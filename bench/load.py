"""A small HTTP/1.1 load client over plain sockets: bounded in requests, keep-alive, checks every status.

It runs in its own process, so that its work is not counted as the server's.
"""

import asyncio
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Outcome:
    """What one run saw: seconds per request, wall seconds, bytes received and unexpected answers."""

    latencies_s: list[float] = field(default_factory=list)
    wall_s: float = 0.0
    received: int = 0
    wrong: list[str] = field(default_factory=list)

    def percentile_ms(self, share: float) -> float:
        """Return a percentile of the latencies in milliseconds."""
        ordered = sorted(self.latencies_s)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def request(method: str, path: str, host: str, token: str, body: bytes = b"") -> bytes:
    """Return the bytes of one request."""
    head = [f"{method} {path} HTTP/1.1", f"Host: {host}", f"Authorization: Bearer {token}", "Accept: application/fhir+json"]
    if body:
        head += ["Content-Type: application/fhir+json", f"Content-Length: {len(body)}"]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


async def drive(
    port: int, make: Callable[[int], bytes], requests: int, concurrency: int, expected: tuple[int, ...] = (200, 201)
) -> Outcome:
    """Send `requests` requests over `concurrency` connections; `make(n)` gives the n-th."""
    outcome = Outcome()
    numbers = iter(range(requests))

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 26)
        for n in numbers:
            started = time.perf_counter()
            writer.write(make(n))
            status, size = await _answer(reader)
            outcome.latencies_s.append(time.perf_counter() - started)
            outcome.received += size
            if status not in expected:
                outcome.wrong.append(f"request {n}: {status}")
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*[connection() for _ in range(concurrency)])
    outcome.wall_s = time.perf_counter() - started
    return outcome


async def _answer(reader: asyncio.StreamReader) -> tuple[int, int]:
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    lowered = head.lower()
    if b"transfer-encoding: chunked" in lowered:
        size = 0
        while True:
            length = int((await reader.readline()).split(b";")[0], 16)
            await reader.readexactly(length + 2)
            size += length
            if length == 0:
                return status, size
    start = lowered.find(b"content-length:")
    length = int(lowered[start + 15 : lowered.index(b"\r\n", start)]) if start >= 0 else 0
    await reader.readexactly(length)
    return status, len(head) + length


if __name__ == "__main__":
    sys.exit("this module is used by `python -m bench`")

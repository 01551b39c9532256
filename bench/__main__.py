"""Print what the product costs: CPU milliseconds per request over all server processes, beside peers and bounds.

`make bench` runs everything; `python -m bench --help` shows how to run a part, or ten times the data. Peers' figures
(Medplum 5.1.12, WSO2 fhir-server, Care) were measured on the same kind of machine, two cores, concurrency 16. A row whose
access log does not count exactly its requests is marked INVALID.
"""

import argparse
import asyncio
import json
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import psutil

from bench import charts, dataset, live, load, policy, screens
from bench.processes import Server, ehr, free_port
from ehr_app.record.embedded import EmbeddedPostgres
from ehr_app.settings import Settings

CONCURRENCY, RUNS = 16, 5
HOST = "localhost"


@dataclass(frozen=True)
class Work:
    """One row: a request to repeat, how often, the bar per unit, what peers need, and how many units one request has."""

    name: str
    requests: int
    bar_ms: float
    reach_ms: float
    peers: str
    make: Callable[[int], bytes]
    units: int = 1
    concurrency: int = CONCURRENCY


def main() -> None:
    """Make the data, start the server, run the rows."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--observations", type=int, default=100_000, help="size of the set (default 100,000; large: 1,000,000)")
    parser.add_argument("--patients", type=int, default=200)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--only", choices=["server", "screens", "charts", "live", "policy"], help="run one part")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ehr-bench-"))
    folder.chmod(0o755)
    try:
        if chosen.only in (None, "server"):
            measure_server(folder, chosen.patients, chosen.observations, chosen.runs)
        if chosen.only in (None, "policy"):
            asyncio.run(policy.measure(folder / "policy"))
        if chosen.only in (None, "screens"):
            screens.measure(folder / "screens")
        if chosen.only in (None, "live"):
            live.measure(folder / "live")
        if chosen.only in (None, "charts"):
            charts.measure(folder / "charts")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measure_server(folder: Path, patients: int, observations: int, runs: int) -> None:
    """Import, then every request row against `ehr serve`."""
    data, port = folder / "data", free_port()
    print(f"constant endpoint (bound): {constant_bound(folder):.3f} ms CPU per request", flush=True)
    ehr(data, "facility", "add", "north", "--name", "North", "--time-zone", "UTC")
    ehr(data, "user", "add", "bench", "--facility", "north", "--role", "physician", "--display", "Bench")
    server = Server(data, port)
    try:
        print(f"start to ready: {server.start_s:.2f} s")
        import_rate(folder, data, patients, observations)
        token = ehr(data, "token", "--facility", "north", "--user", "bench", "--scopes", "system/*.cruds").split()[-1]
        asyncio.run(_analyze(data))
        head = f"\n{'work':<46}{'CPU ms':>8}{'python':>8}{'postgres':>9}{'bar':>7}{'reach':>7}  {'p50/p95/p99 ms':<20}"
        print(head + "peers (CPU ms)", flush=True)
        for work in works(token, patients, observations // patients):
            print(row(server, data, work, runs), flush=True)
        print(f"memory of the web process: {server.memory_mb():.0f} MB")
    finally:
        server.stop()


def works(token: str, patients: int, each: int) -> list[Work]:
    """The rows of the bars; those that write come last, so that charts have the size that is printed."""

    def get(path: str) -> bytes:
        return load.request("GET", f"/fhir/R4/{path}", HOST, token)

    def read(n: int) -> bytes:
        return get(f"Observation/bench-{n % patients}-{n * 7 % each}")

    def chart(n: int) -> bytes:
        code = dataset.CODES[n % len(dataset.CODES)]
        return get(f"Observation?patient=bench-{n % patients}&code=http://loinc.org%7C{code}&_sort=-date&_count=20")

    def create(n: int) -> bytes:
        resource = dataset.observation(n % patients, n, random.Random(n))
        del resource["id"]
        return load.request("POST", "/fhir/R4/Observation", HOST, token, json.dumps(resource).encode())

    def transaction(n: int) -> bytes:
        return load.request("POST", "/fhir/R4", HOST, token, dataset.transaction(n % patients, 198, n))

    def everything(n: int) -> bytes:
        return get(f"Patient/bench-{n % patients}/$everything")

    return [
        Work("read by id", 4000, 0.30, 0.17, "Medplum 0.65, WSO2 0.17, Care 12", read),
        Work("search patient + code, newest 20", 2000, 0.60, 0.35, "Medplum 3.1, WSO2 10.3, Care 20", chart),
        Work(f"Patient/$everything, about {each} resources", 160, 6.0, 3.0, "Medplum 80, WSO2 30", everything),
        Work("create Observation", 2000, 1.0, 0.5, "Medplum 4.6, WSO2 3.1, Care 17", create),
        Work("transaction of 198 entries, per resource", 24, 0.25, 0.12, "Medplum 4.2, WSO2 0.85, Care 14", transaction, 198, 4),
    ]


def row(server: Server, data: Path, work: Work, runs: int) -> str:
    """Measure one work and return its line; the median of the runs counts."""
    asyncio.run(load.drive(server.port, work.make, min(work.requests, 200), work.concurrency))  # warm
    costs, latencies, faults = [], load.Outcome(), []
    for _ in range(runs):
        logged = asyncio.run(_accesses(data))
        before = server.cpu_s()
        outcome = asyncio.run(load.drive(server.port, work.make, work.requests, work.concurrency))
        after = server.cpu_s()
        counted = asyncio.run(_accesses(data)) - logged
        if counted != work.requests:
            faults.append(f"INVALID: {counted} access rows for {work.requests} requests")
        faults += outcome.wrong[:2]
        latencies.latencies_s += outcome.latencies_s
        costs.append({kind: 1000 * (after[kind] - before[kind]) / work.requests / work.units for kind in before})
    total = statistics.median(sum(cost.values()) for cost in costs)
    python, postgres = (statistics.median(cost[kind] for cost in costs) for kind in ("python", "postgres"))
    spread = "/".join(f"{latencies.percentile_ms(share):.1f}" for share in (0.5, 0.95, 0.99))
    verdict = "" if total <= work.bar_ms else "  ABOVE THE BAR"
    return (
        f"{work.name:<46}{total:>8.3f}{python:>8.3f}{postgres:>9.3f}{work.bar_ms:>7}{work.reach_ms:>7}  {spread:<20}{work.peers}"
        f"{verdict}{'  ' + '; '.join(faults[:3]) if faults else ''}"
    )


def import_rate(folder: Path, data: Path, patients: int, observations: int) -> None:
    """`ehr import` of the whole set: resources per second, bytes on disk and WAL per resource."""
    source = folder / "bench.ndjson"
    count = dataset.write_ndjson(source, patients, observations)
    size, wal = asyncio.run(_sizes(data))
    started = time.perf_counter()
    ehr(data, "import", str(source), "--facility", "north")
    took = time.perf_counter() - started
    later_size, later_wal = asyncio.run(_sizes(data))
    verdict = "" if count / took >= 8000 else "  BELOW THE BAR"
    peers = "(bar 8,000, reach 15,000; Medplum 141, WSO2 1,150)"
    print(f"import, validated and indexed: {count / took:,.0f} resources/s {peers}{verdict}")
    print(f"disk: {(later_size - size) / count:,.0f} bytes per resource; WAL: {(later_wal - wal) / count:,.0f} bytes per resource")
    print(f"JSON as sent: {source.stat().st_size / count:,.0f} bytes per resource", flush=True)
    source.unlink()


def constant_bound(folder: Path) -> float:
    """CPU milliseconds per request of a constant answer by the same server program."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--workers", "1", "--host", "127.0.0.1", "--port", str(port)]
    server = subprocess.Popen([*command, "--log-level", "critical", "bench.constant:application"], stdout=subprocess.DEVNULL)
    try:
        _wait(port)
        mine = psutil.Process(server.pid)

        def used() -> float:
            return sum(sum(p.cpu_times()[:2]) for p in (mine, *mine.children(recursive=True)))

        costs = []
        for _ in range(3):
            before = used()
            asyncio.run(load.drive(port, lambda n: load.request("GET", "/x", HOST, "t"), 10_000, CONCURRENCY))
            costs.append(1000 * (used() - before) / 10_000)
        return statistics.median(costs)
    finally:
        server.terminate()
        server.wait(10)


async def _owner(data: Path) -> asyncpg.Connection:
    return await asyncpg.connect(EmbeddedPostgres(data, Settings()).dsn("ehr_owner"))


async def _accesses(data: Path) -> int:
    connection = await _owner(data)
    try:
        return int(await connection.fetchval("select count(*) from ehr.access where refused is null"))
    finally:
        await connection.close()


async def _sizes(data: Path) -> tuple[int, int]:
    connection = await asyncpg.connect(EmbeddedPostgres(data, Settings()).dsn("postgres"))
    try:
        sql = "select pg_database_size('ehr'), pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint"
        return tuple(await connection.fetchrow(sql))  # type: ignore[return-value]
    finally:
        await connection.close()


async def _analyze(data: Path) -> None:
    connection = await asyncpg.connect(EmbeddedPostgres(data, Settings()).dsn("postgres"))
    try:
        await connection.execute("vacuum analyze")
    finally:
        await connection.close()


def _wait(port: int) -> None:
    for _ in range(400):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"nothing listens on port {port}")


if __name__ == "__main__":
    main()

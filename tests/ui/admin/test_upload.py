"""Bringing files in over HTTP: who may, what is refused, and that nothing is left of what did not arrive whole."""

import gzip
import json
import socket
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest

from ehr_app.errors import Malformed, TooLarge
from ehr_app.record.importing import receiving, sealed
from ehr_app.record.importing.receiving import DiskFull, receive, shown_name
from ehr_app.record.importing.sources import Broken, Source, chunks
from tests.server import Server

BUNDLE = json.dumps({"resourceType": "Bundle", "type": "batch", "entry": []}).encode()


@pytest.fixture(scope="module")
def cookie(server: Server) -> str:
    """The administrator's session."""
    return server.sign_in("north", "admin")


@pytest.fixture
def client(server: Server, cookie: str) -> Iterator[httpx.Client]:
    """The administrator's browser."""
    with server.client("north", Cookie=cookie) as made:
        yield made


@pytest.fixture
def batch(client: httpx.Client) -> str:
    answer = client.post("/imports")
    assert answer.status_code == 201, answer.text
    return str(answer.json()["batch"])


def folder(server: Server, batch: str) -> Path:
    return server.data / "imports" / batch


def kept(server: Server, batch: str) -> list[str]:
    """The files of a batch, its lock aside."""
    return sorted(path.name for path in folder(server, batch).glob("*") if path.name != "lock")


def send(client: httpx.Client, batch: str, content: bytes, name: str = "a.json", **headers: str) -> httpx.Response:
    return client.post(f"/imports/{batch}/files", content=content, headers={"x-filename": name, **headers})


def test_a_file_is_kept_sealed_and_named_by_number(server: Server, client: httpx.Client, batch: str) -> None:
    answer = send(client, batch, BUNDLE, "Maria%20O%27Brien.json")

    assert answer.status_code == 201
    assert answer.json() == {"file": 0, "name": "Maria O'Brien.json", "size": len(BUNDLE)}
    assert kept(server, batch) == ["0.sealed"]
    assert b"Bundle" not in (folder(server, batch) / "0.sealed").read_bytes()


def test_without_a_session_nothing_is_taken(server: Server, batch: str) -> None:
    with server.client("north") as stranger:
        assert stranger.post("/imports").status_code == 401
        assert send(stranger, batch, BUNDLE).status_code == 401
        assert stranger.get(f"/imports/{batch}/findings").status_code == 302
    assert kept(server, batch) == []


@pytest.mark.parametrize("user", ["amara", "ivo"])
def test_other_roles_are_refused_and_the_look_is_logged(server: Server, batch: str, user: str) -> None:
    with server.client("north", Cookie=server.sign_in("north", user)) as other:
        for answer in (other.post("/imports"), send(other, batch, BUNDLE), other.get(f"/imports/{batch}/findings")):
            assert answer.status_code == 403
            assert b"not allowed" in answer.content
    assert kept(server, batch) == []


def test_another_origin_and_another_facility_are_refused(server: Server, cookie: str, client: httpx.Client, batch: str) -> None:
    for origin in ("http://evil.example", "null", ""):
        with server.client("north", Cookie=cookie, Origin=origin) as evil:
            assert evil.post("/imports").status_code == 403
            assert send(evil, batch, BUNDLE).status_code == 403
    with server.client("south", Cookie=server.sign_in("south", "admin")) as elsewhere:
        assert send(elsewhere, batch, BUNDLE).status_code == 404
        assert elsewhere.get(f"/imports/{batch}/findings").status_code == 404
    with server.client("south", Cookie=cookie) as stolen:
        assert send(stolen, batch, BUNDLE).status_code == 401
    assert kept(server, batch) == []


def test_a_batch_that_does_not_exist_leaves_no_folder(server: Server, client: httpx.Client) -> None:
    unknown = str(uuid.uuid4())
    assert send(client, unknown, BUNDLE).status_code == 404
    assert not folder(server, unknown).exists()
    assert client.post("/imports/..%2f..%2fkeys/files", content=BUNDLE).status_code in (404, 405)


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("../../keys/master.key", "master.key"),
        ("C:\\Users\\x\\report.json", "report.json"),
        ("/etc/passwd", "passwd"),
        ("..", "file"),
        ("", "file"),
        ("a\x00b\r\n.json", "ab.json"),
        ("\u202egnosj.exe", "gnosj.exe"),
        ("n" * 500 + ".ndjson.gz", "n" * 99 + "…" + "n" * 10 + ".ndjson.gz"),
        ("Ünï 名.json", "Ünï 名.json"),
    ],
)
def test_a_name_is_shown_without_tricks(sent: str, shown: str) -> None:
    assert shown_name(sent) == shown


def test_a_path_as_a_name_writes_nowhere_else(server: Server, client: httpx.Client, batch: str) -> None:
    before = {path for path in server.data.rglob("*") if path.is_file() and "pg" not in path.parts}

    assert send(client, batch, BUNDLE, "..%2F..%2Fkeys%2Fmaster.key").json()["name"] == "master.key"

    after = {path for path in server.data.rglob("*") if path.is_file() and "pg" not in path.parts}
    assert after - before == {folder(server, batch) / "0.sealed", folder(server, batch) / "lock"}


def test_a_body_that_breaks_off_leaves_nothing(server: Server, cookie: str, client: httpx.Client, batch: str) -> None:
    head = f"POST /imports/{batch}/files HTTP/1.1\r\nHost: {server.host('north')}\r\nOrigin: {server.url('north', '')}\r\n"
    head += f"Cookie: {cookie}\r\nx-filename: cut.json\r\nContent-Length: 5000000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port)) as wire:
        wire.sendall(head.encode() + b"x" * 100_000)
        deadline = time.monotonic() + 10
        while not (folder(server, batch) / "0.part").exists():
            assert time.monotonic() < deadline
    deadline = time.monotonic() + 10
    while kept(server, batch):
        assert time.monotonic() < deadline, kept(server, batch)
    assert send(client, batch, BUNDLE).json()["file"] == 0


def test_what_is_announced_as_too_large_is_refused_before_it_is_sent(server: Server, cookie: str, batch: str) -> None:
    head = f"POST /imports/{batch}/files HTTP/1.1\r\nHost: {server.host('north')}\r\nOrigin: {server.url('north', '')}\r\n"
    head += f"Cookie: {cookie}\r\nContent-Length: {receiving.LARGEST_FILE_BYTES + 1}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as wire:
        wire.sendall(head.encode())
        answer = wire.recv(4096)
    assert b" 413 " in answer.split(b"\r\n")[0]
    assert b"split it and bring the parts" in answer
    assert kept(server, batch) == []


async def _stream(*parts: bytes):  # type: ignore[no-untyped-def]
    for part in parts:
        yield part


KEY = bytes(32)


async def test_what_grows_too_large_or_differs_from_what_was_announced_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = uuid.uuid4()
    monkeypatch.setattr(receiving, "LARGEST_FILE_BYTES", 1000)
    with pytest.raises(TooLarge):
        await receive(tmp_path, number, 0, KEY, _stream(b"x" * 600, b"x" * 600), None)
    with pytest.raises(Malformed):
        await receive(tmp_path, number, 0, KEY, _stream(b"x" * 600), 601)
    assert list((tmp_path / "imports" / str(number)).iterdir()) == []


async def test_a_full_disk_is_said_kindly_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    number = uuid.uuid4()
    monkeypatch.setattr(receiving, "LEFT_FREE_BYTES", 1 << 60)
    with pytest.raises(DiskFull) as refused:
        await receive(tmp_path, number, 0, KEY, _stream(b"x"), 1)
    assert refused.value.status == 507 and "not enough room" in refused.value.sentence
    monkeypatch.setattr(receiving, "LEFT_FREE_BYTES", 0)

    def full(self: object, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sealed.Sealer, "write", full)
    with pytest.raises(DiskFull):
        await receive(tmp_path, number, 0, KEY, _stream(b"x"), 1)
    assert list((tmp_path / "imports" / str(number)).iterdir()) == []


@pytest.mark.parametrize("size", [0, 1, sealed.CHUNK_BYTES - 1, sealed.CHUNK_BYTES, sealed.CHUNK_BYTES + 1, 3 * sealed.CHUNK_BYTES])
async def test_a_sealed_file_reads_as_it_came_from_any_place(tmp_path: Path, size: int) -> None:
    number, content = uuid.uuid4(), bytes(n * 7 % 251 for n in range(size))
    await receive(tmp_path, number, 0, KEY, _stream(content[: size // 3], content[size // 3 :]), size)
    path = tmp_path / "imports" / str(number) / "0.sealed"

    assert sealed.size(path) == size
    with sealed.opened(path, KEY) as stream:
        assert stream.read() == content
        for at in (0, size // 2, max(0, size - 1)):
            stream.seek(at)
            assert stream.read(1000) == content[at : at + 1000]
    for damage in (lambda raw: raw[:-1], lambda raw: raw[:20] + bytes([raw[20] ^ 1]) + raw[21:], lambda raw: raw + b"x"):
        broken = path.with_name("broken")
        broken.write_bytes(damage(path.read_bytes()))
        with pytest.raises(OSError), sealed.opened(broken, KEY) as stream:
            stream.read()


def test_a_file_that_unpacks_without_end_is_read_no_further(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ehr_app.record.importing.sources.UNPACKED_FREELY", 1 << 20)
    path = tmp_path / "bomb.json.gz"
    path.write_bytes(gzip.compress(b" " * (64 << 20)))
    source = Source(0, path, "bomb.json.gz")
    read = 0
    with pytest.raises(Broken, match="unpacks to far more"), source.open() as stream:
        for chunk in chunks(stream, source.most_unpacked()):
            read += len(chunk)
    assert read <= source.most_unpacked() < 64 << 20


async def test_the_tables_of_batches_show_nothing_to_others(server: Server, batch: str) -> None:
    dsn = server.audit_dsn.replace("ehr_audit", "ehr_app")
    connection = await asyncpg.connect(dsn)
    try:
        assert await connection.fetchval("select count(*) from ehr.import_batch") == 0
        assert await connection.fetchval("select count(*) from ehr.import_part") == 0
    finally:
        await connection.close()

"""The server starts with a key from KMS; without its key it says so once and makes no other."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kms import running
from tests.runtime.commands import ehr, serving
from tests.runtime.test_embedded import stopped

NORTH = ("facility", "add", "north", "--name", "North", "--time-zone", "UTC")


@pytest.fixture
def data() -> Iterator[Path]:
    """A folder that the database's own account may enter."""
    with tempfile.TemporaryDirectory(prefix="ehr keys ") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "data"


def test_a_server_whose_key_is_in_kms_starts_and_without_kms_says_so_once(front_end: None, data: Path) -> None:
    with running() as kms:
        with serving("--data", data, "--port", "0", "--no-demo", **kms.environment) as server:
            server.ready()
        assert [path.name for path in (data / "keys").iterdir()] == ["master.kms"]
        assert "opened by KMS" in ehr("doctor", "--data", data, **kms.environment).stdout
        gone = {**kms.environment, "AWS_ENDPOINT_URL_KMS": "http://127.0.0.1:9"}
    done = ehr("serve", "--data", data, "--port", "0", "--no-demo", **gone)
    assert done.returncode != 0 and done.stderr.count("KMS does not answer") == 1 and "Traceback" not in done.stderr
    assert stopped(data)
    assert "WRONG  key file    KMS does not answer" in ehr("doctor", "--data", data, **gone).stdout


def test_a_lost_key_file_is_named_and_never_replaced(front_end: None, data: Path) -> None:
    assert ehr(*NORTH, "--data", data).returncode == 0
    (data / "keys" / "master.key").unlink()
    for command in (NORTH, ("serve", "--port", "0", "--no-demo")):
        done = ehr(*command, "--data", data)
        assert done.returncode != 0 and "master.key is missing" in done.stderr and "Traceback" not in done.stderr
    assert list((data / "keys").iterdir()) == []

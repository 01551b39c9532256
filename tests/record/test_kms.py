"""The key-encryption key in a KMS: wrapped on disk, opened over HTTP by boto3, and said clearly when it is not."""

from base64 import b64decode, b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from ehr_app.cli_doctor import _keys
from ehr_app.errors import Unavailable
from ehr_app.record import keys
from ehr_app.settings import Settings
from tests.kms import Kms, running


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kms]:
    with running() as service:
        for name, value in service.environment.items():
            monkeypatch.setenv(name, value)
        yield service


def made(tmp_path: Path) -> tuple[Settings, keys.KeyFile]:
    settings = Settings(data=tmp_path)
    return settings, keys.load_or_create(settings.keys, settings.kms_key_id)


def test_a_new_key_lies_wrapped_on_disk_and_is_opened_again(kms: Kms, tmp_path: Path) -> None:
    settings, key = made(tmp_path)
    path = tmp_path / "keys" / "master.kms"
    assert settings.keys == path and path.stat().st_mode & 0o777 == 0o600 and list(path.parent.iterdir()) == [path]
    sealed = b64decode(path.read_text().split()[2])
    assert key.key not in sealed and len(key.key) == 32
    assert keys.load(path).key == keys.load_or_create(path, "main").key == key.key
    assert kms.asked == ["GenerateDataKey"] + ["Decrypt"] * 3


def test_an_open_key_file_is_taken_over_and_doctor_wants_it_gone(kms: Kms, tmp_path: Path) -> None:
    before = keys.load_or_create(tmp_path / "keys" / "master.key")
    settings, after = made(tmp_path)
    assert after.key == before.key
    assert "master.key" in _keys(settings).text and _keys(settings).mend
    (tmp_path / "keys" / "master.key").unlink()
    assert "opened by KMS" in _keys(settings).text and not _keys(settings).mend


@pytest.mark.parametrize("part", ["sealed", "key"])
def test_a_wrapped_key_that_was_changed_does_not_open(kms: Kms, tmp_path: Path, part: str) -> None:
    settings, _ = made(tmp_path)
    word, key_id, sealed = settings.keys.read_text().split()
    changed = bytearray(b64decode(sealed))
    changed[-1] ^= 1
    line = f"{word} {key_id} {b64encode(changed).decode()}" if part == "sealed" else f"{word} other {sealed}"
    settings.keys.write_text(line + "\n")
    with pytest.raises(Unavailable, match="InvalidCiphertextException" if part == "sealed" else "NotFoundException"):
        keys.load(settings.keys)
    assert _keys(settings).mend


@pytest.mark.parametrize("content", ["ehr-kms-1 main", "ehr-kms-1 main not*base64", "ehr-kms-1 a b c"])
def test_a_damaged_file_is_named_without_asking_kms(kms: Kms, tmp_path: Path, content: str) -> None:
    path = tmp_path / "master.kms"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(Unavailable, match="damaged"):
        keys.load(path)
    assert kms.asked == []


def test_a_key_wrapped_for_another_use_is_refused(kms: Kms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings, _ = made(tmp_path)
    monkeypatch.setattr("ehr_app.record.kms.CONTEXT", {"use": "something else"})
    with pytest.raises(Unavailable, match="InvalidCiphertextException"):
        keys.load(settings.keys)


def test_a_kms_that_is_away_is_said_in_one_sentence_and_makes_no_file(
    kms: Kms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", "http://127.0.0.1:9")
    with pytest.raises(Unavailable, match="KMS does not answer .EndpointConnectionError."):
        made(tmp_path)
    assert not (tmp_path / "keys").exists()

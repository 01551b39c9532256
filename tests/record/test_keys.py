"""The key file, wrapped data keys, blind hashes, and sealed bodies and objects."""

import secrets
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ehr_app.errors import Unavailable
from ehr_app.record.body import Vault
from ehr_app.record.codec import decode, encode
from ehr_app.record.keys import DataKey, KeyFile, blinder, load, load_or_create
from ehr_app.record.objects import SMALLEST_CHARACTERS, ObjectStore, bring_in, move_out

TEXT = b'{"resourceType":"Patient","id":"a","name":[{"family":"Okafor"}]}'
KEY = UUID(int=7)


def vault(number: int = 1) -> Vault:
    return Vault({1: DataKey(number, AESGCM(AESGCM.generate_key(256)))}, {})


def test_a_new_key_file_is_private_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "master.key"
    made = load_or_create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_or_create(path).key == made.key
    assert list(path.parent.iterdir()) == [path]


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    load_or_create(path)
    path.chmod(0o644)
    with pytest.raises(Unavailable, match="chmod 600"):
        load(path)


@pytest.mark.parametrize("content", ["", "ehr-key-1:short", "something else", "ehr-key-1:" + "A" * 44 + "\nmore"])
def test_a_damaged_key_file_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "master.key"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(Unavailable, match="damaged"):
        load(path)


def test_a_data_key_opens_only_with_the_key_file_that_wrapped_it() -> None:
    one, other = KeyFile(secrets.token_bytes(32)), KeyFile(secrets.token_bytes(32))
    wrapped = one.wrap(3, b"k" * 32)
    assert one.unwrap(3, wrapped) == b"k" * 32
    for keys, facility in ((other, 3), (one, 4)):
        with pytest.raises(Unavailable, match="key file"):
            keys.unwrap(facility, wrapped)


def test_the_blind_hash_depends_on_key_and_on_the_borders_of_its_parts() -> None:
    one, other = (blinder(KeyFile(bytes([n]) * 32)) for n in (1, 2))
    assert one("t", "Patient", "a") == one("t", "Patient", "a")
    assert one("t", "Patient", "a") != other("t", "Patient", "a")
    assert one("ab", "c") != one("a", "bc")
    assert -(2**63) <= one("x") < 2**63


def test_a_sealed_body_opens_and_shows_nothing() -> None:
    closed = vault()
    frame = closed.seal(1, 5, KEY, 2, TEXT)
    assert closed.open(5, KEY, 2, frame) == TEXT
    assert b"Okafor" not in frame and b"Patient" not in frame
    assert frame != closed.seal(1, 5, KEY, 2, TEXT)


@pytest.mark.parametrize("place", [(6, KEY, 2), (5, UUID(int=8), 2), (5, KEY, 3)])
def test_a_body_moved_to_another_row_or_version_does_not_open(place: tuple[int, UUID, int]) -> None:
    closed = vault()
    frame = closed.seal(1, 5, KEY, 2, TEXT)
    with pytest.raises(Unavailable):
        closed.open(*place, frame)


def test_one_changed_bit_anywhere_is_noticed() -> None:
    closed = vault()
    frame = closed.seal(1, 5, KEY, 2, TEXT)
    for position in range(1, len(frame)):
        changed = frame[:position] + bytes([frame[position] ^ 1]) + frame[position + 1 :]
        with pytest.raises(Unavailable):
            closed.open(5, KEY, 2, changed)


def test_another_facilitys_key_does_not_open_it() -> None:
    frame = vault().seal(1, 5, KEY, 2, TEXT)
    with pytest.raises(Unavailable):
        vault().open(5, KEY, 2, frame)


async def test_large_values_leave_the_body_and_come_back(tmp_path: Path) -> None:
    objects = ObjectStore(tmp_path, b"o" * 32)
    data = "QUJD" * SMALLEST_CHARACTERS
    resource = {"resourceType": "Binary", "data": data, "note": [{"content": {"data": data[:-4]}}, {"data": "QUJD"}]}
    smaller, moved = await move_out(objects, resource)
    assert moved and len(encode(smaller)) < 400
    assert decode(await bring_in(objects, encode(smaller))) == resource
    assert all(b"QUJDQUJD" not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


async def test_a_missing_or_changed_object_is_an_error_and_never_other_bytes(tmp_path: Path) -> None:
    objects = ObjectStore(tmp_path, b"o" * 32)
    name = await objects.put(b"content")
    path = next(p for p in tmp_path.rglob("*") if p.is_file())
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(Unavailable):
        await objects.get(name)
    await objects.delete(name)
    await objects.delete(name)
    with pytest.raises(Unavailable):
        await objects.get(name)
    with pytest.raises(Unavailable):
        await objects.get(uuid4())


async def test_a_full_disk_is_one_sentence_and_leaves_no_draft(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(Unavailable, match="document store"):
        await ObjectStore(blocked, b"o" * 32).put(b"content")

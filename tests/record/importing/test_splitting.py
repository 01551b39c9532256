"""Borders of entries: found in any chunking, proven by the parser, precise where the text breaks."""

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from ehr_app.record.importing import splitting
from ehr_app.record.importing.sources import Broken
from ehr_app.record.importing.splitting import Piece, Shape, lines, pieces

STRINGS = ['a"b', "\\", "{", "}]", '"', '\\"', "é", "},{", '{"fullUrl":', "x" * 60]


def chopped(raw: bytes, size: int) -> Iterator[bytes]:
    return (raw[at : at + size] for at in range(0, len(raw), size))


def anything(draw: random.Random, depth: int = 0) -> Any:
    kind = draw.randrange(8 if depth < 4 else 5)
    if kind == 5:
        return [anything(draw, depth + 1) for _ in range(draw.randrange(4))]
    if kind > 5:
        return {draw.choice(["fullUrl", "resource", "a", 'b"']): anything(draw, depth + 1) for _ in range(draw.randrange(4))}
    return draw.choice([draw.choice(STRINGS), draw.random(), None, True, draw.randrange(100)])


def entries(draw: random.Random) -> list[Any]:
    return [{draw.choice(["fullUrl", "resource", "q"]): anything(draw)} for _ in range(draw.randrange(6))]


@pytest.mark.parametrize("seed", range(150))
def test_every_entry_is_found_in_any_chunking(seed: int) -> None:
    draw = random.Random(seed)
    wanted = entries(draw)
    value = {"x": anything(draw), "entry": wanted, "resourceType": "Bundle", "type": "batch"}
    raw = json.dumps(value, indent=draw.choice([None, 1]), ensure_ascii=draw.choice([True, False])).encode()
    shape = Shape()

    found = list(pieces(chopped(raw, draw.randrange(1, 40)), shape))

    assert [json.loads(piece.raw or b"") for piece in found] == wanted
    assert [raw[piece.start : piece.stop] for piece in found] == [piece.raw for piece in found]
    assert (shape.rtype, shape.type, shape.stop, shape.more) == ("Bundle", "batch", len(raw), False)


@pytest.mark.parametrize("seed", range(150))
def test_what_stands_before_the_break_is_found(seed: int) -> None:
    draw = random.Random(seed)
    wanted = entries(draw)
    raw = json.dumps({"entry": wanted, "type": "batch", "x": anything(draw)}).encode()
    cut = draw.randrange(len(raw))
    found: list[Piece] = []

    with pytest.raises(Broken) as broken:
        found.extend(pieces(chopped(raw[:cut], 7), Shape()))
        pytest.fail("a text that breaks off was taken as whole")

    assert broken.value.position <= cut
    assert broken.value.reason

    found = []
    with pytest.raises(Broken):
        for piece in pieces(chopped(raw[:cut], 7), Shape()):
            found.append(piece)
    assert [json.loads(piece.raw or b"") for piece in found] == wanted[: len(found)]


@pytest.mark.parametrize("seed", range(40))
def test_lines_are_found_in_any_chunking(seed: int) -> None:
    draw = random.Random(seed)
    wanted = entries(draw)
    raw = b"\r\n\n".join(json.dumps(value).encode() for value in wanted)

    found = list(lines(chopped(raw, draw.randrange(1, 30))))

    assert [json.loads(piece.raw or b"") for piece in found] == wanted
    assert [piece.n for piece in found] == [1 + 2 * n for n in range(len(wanted))]


def test_an_entry_with_balanced_brackets_never_hides_the_next_one() -> None:
    raw = b'{"entry":[{"resource":{"a":tru}},{"resource":{"resourceType":"Patient","id":"p"}},{"resource":1 2}],"type":"batch"}'

    found = list(pieces(iter([raw]), Shape()))

    assert [piece.id for piece in found] == ["", "p", ""]


def test_an_entry_of_too_many_bytes_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splitting, "LARGEST_BYTES", 10_000)
    monkeypatch.setattr(splitting, "GUESS_BYTES", 5_000)
    small = {"resource": {"resourceType": "Patient", "id": "p"}}
    large = {"resource": {"resourceType": "Binary", "data": "x" * 50_000}}
    raw = json.dumps({"entry": [small, large, small]}).encode()

    found = list(pieces(chopped(raw, 1000), Shape()))

    assert [piece.raw is None for piece in found] == [False, True, False]
    assert found[1].stop - found[1].start == len(json.dumps(large))
    as_lines = b"\n".join(json.dumps(value["resource"]).encode() for value in (small, large, small))
    assert [piece.raw is None for piece in lines(chopped(as_lines, 1000))] == [False, True, False]

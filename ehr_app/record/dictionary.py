"""The zstd dictionaries of bodies, trained on records that this project generates, never on a patient's.

A dictionary is part of the product and is never changed or removed once shipped: bodies name it by number.
To make the next one: `ehr demo --patients 300 -o demo.ndjson`, then `python -m ehr_app.record.dictionary N demo.ndjson`.
"""

import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import zstandard

FOLDER = Path(__file__).parent / "dictionaries"
SIZE_BYTES = 65_536


@cache
def shipped() -> dict[int, bytes]:
    """Return every dictionary of this version by its number."""
    return {int(path.stem): path.read_bytes() for path in sorted(FOLDER.glob("*.zdict"))}


def train(samples: Sequence[bytes]) -> bytes:
    """Return a dictionary trained on JSON texts."""
    return zstandard.train_dictionary(SIZE_BYTES, list(samples), level=3).as_bytes()


if __name__ == "__main__":
    number, source = sys.argv[1:]
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{int(number)}.zdict").write_bytes(train(Path(source).read_bytes().splitlines()))

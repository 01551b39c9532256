"""Small real files made by code: a PDF of one page of text, and PNG drawings in shades of grey.

Specs: https://www.iso.org/standard/75839.html (PDF 2.0; what is written here is valid since 1.4) and https://www.w3.org/TR/png/.
"""

import struct
import zlib
from collections.abc import Sequence
from functools import cache
from math import exp, sin
from random import Random

_LINE_POINTS = 15
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def pdf(lines: Sequence[str]) -> bytes:
    """Return a one-page PDF in US letter with the lines in Helvetica, the first one larger."""
    shown = []
    for n, line in enumerate(lines):
        shown.append(f"BT /F1 {16 if n == 0 else 11} Tf 60 {720 - n * _LINE_POINTS} Td ({_escaped(line)}) Tj ET")
    content = "\n".join(shown).encode("cp1252", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


@cache
def chest(seed: int) -> bytes:
    """Return a PNG that looks like a plain film of a chest from afar: two dark lungs, a bright spine, ribs."""
    rng = Random(seed)
    width, height = 160, 180
    lean = rng.uniform(-3, 3)
    rows = []
    for y in range(height):
        row = bytearray()
        for x in range(width):
            across, along = (x - width / 2 - lean) / width, y / height
            lungs = sum(exp(-(((across - side) / 0.13) ** 2) - ((along - 0.48) / 0.3) ** 2) for side in (-0.21, 0.21))
            spine = exp(-((across / 0.05) ** 2))
            ribs = 0.5 + 0.5 * sin(along * 62 + abs(across) * 14)
            heart = exp(-(((across - 0.05) / 0.13) ** 2) - ((along - 0.66) / 0.16) ** 2)
            value = 0.62 - 0.5 * lungs + 0.25 * spine + 0.1 * ribs * lungs + 0.34 * heart
            row.append(round(255 * min(0.97, max(0.02, value))))
        rows.append(bytes(row))
    return _png(width, height, rows)


@cache
def strip(seed: int) -> bytes:
    """Return a PNG of a paper strip with a curve of beats on a grid."""
    rng = Random(seed)
    width, height, beat = 320, 96, rng.randint(44, 58)
    image = [bytearray(235 if x % 16 and y % 16 else 200 for x in range(width)) for y in range(height)]
    last = height // 2
    for x in range(width):
        phase = (x % beat) / beat
        wave = 7 * exp(-(((phase - 0.2) / 0.04) ** 2)) + 38 * exp(-(((phase - 0.4) / 0.014) ** 2))
        wave += 10 * exp(-(((phase - 0.66) / 0.06) ** 2)) - 9 * exp(-(((phase - 0.44) / 0.012) ** 2))
        y = round(height * 0.62 - wave + rng.uniform(-0.6, 0.6))
        for dark in range(min(last, y), max(last, y) + 1):
            image[min(height - 1, max(0, dark))][x] = 20
        last = y
    return _png(width, height, [bytes(row) for row in image])


def _png(width: int, height: int, rows: Sequence[bytes]) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress(b"".join(b"\x00" + row for row in rows), 9)
    return PNG_SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _escaped(line: str) -> str:
    return line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")

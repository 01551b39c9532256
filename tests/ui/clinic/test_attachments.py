"""Documents: the bytes decide, sizes are read from the header, what is broken or huge says so."""

import struct
from base64 import b64encode

import pytest

from ehr_app.ui.clinic.attachments import attachments, binary_of, content_of, data_of, file_name, text_of

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\nxref\n0 1\ntrailer<<>>\nstartxref\n9\n%%EOF\n"


def png(width: int, height: int) -> bytes:
    head = struct.pack(">I", 13) + b"IHDR" + struct.pack(">II", width, height)
    return b"\x89PNG\r\n\x1a\n" + head + b"\x08\x02\x00\x00\x00" + bytes(9)


def jpeg(width: int, height: int) -> bytes:
    return b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08" + struct.pack(">HH", height, width) + bytes(12)


def webp(width: int, height: int) -> bytes:
    return b"RIFF\x00\x00\x00\x00WEBPVP8X" + bytes(8) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")


@pytest.mark.parametrize(
    ("data", "claimed", "kind", "mime"),
    [
        (b"Plain words", "text/plain", "text", "text/plain"),
        (b"Plain words", "application/pdf", "broken", "application/octet-stream"),
        (b"<html><body>x", "text/plain", "html", "text/html"),
        (b"<p>x", "text/html; charset=utf-8", "html", "text/html"),
        (PDF, "text/html", "pdf", "application/pdf"),
        (PDF[:30], "application/pdf", "broken", "application/octet-stream"),
        (png(10, 10), "text/html", "image", "image/png"),
        (png(10_000, 10_000), "image/png", "large", "image/png"),
        (b"\x89PNG\r\n\x1a\n", "image/png", "broken", "application/octet-stream"),
        (jpeg(640, 480), "", "image", "image/jpeg"),
        (jpeg(20_000, 5_000), "", "large", "image/jpeg"),
        (webp(100, 50), "", "image", "image/webp"),
        (b"GIF89a\x0a\x00\x0a\x00\x00\x00\x00\x00", "", "image", "image/gif"),
        (b"MZ\x90\x00\x03\x00", "image/png", "other", "application/octet-stream"),
        (b"<svg onload='x'></svg>", "image/svg+xml", "text", "text/plain"),
        (b"", "text/plain", "empty", "application/octet-stream"),
    ],
)
def test_the_first_bytes_decide_not_the_claimed_type(data: bytes, claimed: str, kind: str, mime: str) -> None:
    content = content_of(data, claimed)
    assert (content.kind, content.mime) == (kind, mime)
    assert bool(content.words) == (kind in ("broken", "large", "other", "empty"))


def test_an_image_of_100_megapixels_says_how_large_it_is() -> None:
    assert "10,000 × 10,000 pixels (100 megapixels)" in content_of(png(10_000, 10_000)).words


def test_every_attachment_is_found_wherever_it_stands() -> None:
    note = {"contentType": "text/plain", "data": "eA=="}
    document = {"resourceType": "DocumentReference", "content": [{"attachment": note}, {"attachment": {"url": "Binary/b1"}}]}
    assert attachments(document) == [note, {"url": "Binary/b1"}]
    assert attachments({"resourceType": "DiagnosticReport", "presentedForm": [note]}) == [note]
    assert attachments({"resourceType": "Media", "content": note}) == [note]
    assert attachments({"resourceType": "Communication", "payload": [{"contentAttachment": note}]}) == [note]
    assert attachments({"resourceType": "Binary", "data": "eA=="}) == [{"resourceType": "Binary", "data": "eA=="}]
    assert attachments({"resourceType": "Basic", "contained": [{"resourceType": "Media", "content": note}]}) == [note]
    assert attachments({"resourceType": "Nonsense", "content": note}) == []


def test_bytes_come_from_base64_with_line_breaks_and_from_nothing_else() -> None:
    encoded = b64encode(b"hello" * 30).decode()
    assert data_of({"data": f"{encoded[:60]}\n{encoded[60:]}"}) == b"hello" * 30
    assert [data_of(one) for one in ({}, {"data": ""}, {"data": "%%%"}, {"data": 7})] == [None] * 4
    assert binary_of({"url": "http://x.example/fhir/Binary/b1/_history/2"}) == "b1"
    assert [binary_of(one) for one in ({}, {"url": "http://x.example/file.pdf"}, {"url": "Binary/../x"})] == [""] * 3


def test_text_is_read_in_its_character_set() -> None:
    assert text_of("ñ".encode("latin-1"), "text/plain; charset=iso-8859-1") == "ñ"
    assert text_of("ñ".encode()) == "ñ" and text_of(b"\xff\xfen\x00") == "n" and text_of(b"\xf1\x81") != ""


def test_a_download_is_named_by_safe_letters_and_what_it_is() -> None:
    content = content_of(PDF)
    assert file_name({"title": 'a"; rm -rf /\r\nX: y.exe'}, content, "Doc-1") == "a-rm-rf-X-y.pdf"
    assert file_name({}, content, "Doc-1") == "Doc-1.pdf"

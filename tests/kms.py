"""A key management service on loopback that really encrypts: the three calls of AWS KMS that the product makes.

Protocol: https://docs.aws.amazon.com/kms/latest/APIReference/ (JSON 1.1, X-Amz-Target). Signatures are not checked.
"""

import json
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class Refused(Exception):
    """Answered as KMS names it."""


class Kms:
    """One region's keys by id."""

    def __init__(self) -> None:
        """Shape: one key, `main`."""
        self.keys = {"main": AESGCM(AESGCM.generate_key(256))}
        self.asked: list[str] = []
        self.address = ""

    @property
    def environment(self) -> dict[str, str]:
        """What boto3 reads."""
        return {
            "AWS_ENDPOINT_URL_KMS": self.address,
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "EHR_KMS_KEY_ID": "main",
        }

    def answer(self, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Perform one call. Raises Refused."""
        self.asked.append(operation)
        cipher = self.keys.get(asked.get("KeyId", "main"))
        if cipher is None:
            raise Refused("NotFoundException")
        bound = json.dumps(asked.get("EncryptionContext", {}), sort_keys=True).encode()
        if operation == "Decrypt":
            sealed = b64decode(asked["CiphertextBlob"])
            try:
                opened = cipher.decrypt(sealed[:12], sealed[12:], bound)
            except InvalidTag:
                raise Refused("InvalidCiphertextException") from None
            return {"KeyId": asked["KeyId"], "Plaintext": b64encode(opened).decode()}
        key = secrets.token_bytes(32) if operation == "GenerateDataKey" else b64decode(asked["Plaintext"])
        nonce = secrets.token_bytes(12)
        sealed = b64encode(nonce + cipher.encrypt(nonce, key, bound)).decode()
        more = {"Plaintext": b64encode(key).decode()} if operation == "GenerateDataKey" else {}
        return {"KeyId": asked["KeyId"], "CiphertextBlob": sealed, **more}


@contextmanager
def running() -> Iterator[Kms]:
    """Serve on a free port of loopback."""
    kms = Kms()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                status, answer = 200, kms.answer(self.headers["X-Amz-Target"].rpartition(".")[2], asked)
            except Refused as refused:
                status, answer = 400, {"__type": str(refused)}
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kms.address = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield kms
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""The key-encryption key kept by AWS KMS: on disk it exists wrapped only, and KMS unwraps it at each start.

https://docs.aws.amazon.com/kms/latest/APIReference/ : GenerateDataKey, Encrypt, Decrypt, always with an encryption context. Region,
endpoint and credentials are boto3's own (AWS_DEFAULT_REGION, AWS_ENDPOINT_URL_KMS, ...). It deliberately rotates nothing: KMS does.
"""

import logging
from typing import Any, NamedTuple

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ehr_app.errors import Unavailable

CONTEXT = {"use": "ehr key-encryption key"}
PATIENCE = Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 2})
logging.getLogger("botocore").setLevel(logging.WARNING)  # it tells where it found credentials, at every start


class Wrapped(NamedTuple):
    """A key as KMS gives it back: who wrapped it, and the sealed bytes."""

    key_id: str
    sealed: bytes


def generate(key_id: str) -> tuple[bytes, Wrapped]:
    """Return a new 32-byte key, open and wrapped. Raises Unavailable."""
    answer = _ask("generate_data_key", KeyId=key_id, KeySpec="AES_256")
    return answer["Plaintext"], Wrapped(answer["KeyId"], answer["CiphertextBlob"])


def wrap(key_id: str, key: bytes) -> Wrapped:
    """Seal a key that there is already. Raises Unavailable."""
    answer = _ask("encrypt", KeyId=key_id, Plaintext=key)
    return Wrapped(answer["KeyId"], answer["CiphertextBlob"])


def unwrap(wrapped: Wrapped) -> bytes:
    """Open a wrapped key. Raises Unavailable."""
    key: bytes = _ask("decrypt", KeyId=wrapped.key_id, CiphertextBlob=wrapped.sealed)["Plaintext"]
    return key


def _ask(operation: str, **parameters: Any) -> Any:
    try:
        return getattr(boto3.client("kms", config=PATIENCE), operation)(EncryptionContext=CONTEXT, **parameters)
    except ClientError as error:
        said = error.response.get("Error", {}).get("Code", "no reason")
        raise Unavailable(f"KMS refused to {operation.replace('_', ' ')} ({said}): check EHR_KMS_KEY_ID and its policy") from error
    except BotoCoreError as error:
        raise Unavailable(
            f"KMS does not answer ({type(error).__name__}): check AWS_DEFAULT_REGION, AWS_ENDPOINT_URL_KMS and the credentials"
        ) from error

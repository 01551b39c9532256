"""Bearer tokens for the API, issued by the local administrator; only the hash is stored, so a token is shown once."""

import json
import secrets
from base64 import urlsafe_b64encode
from datetime import timedelta
from hashlib import sha256

from ehr_app.errors import BadRequest, NotFound
from ehr_app.identity import ledger, scopes
from ehr_app.record.ids import uid

ISSUED = "select ehr.issue_token($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9)"
NUMBER = "select number from ehr.facility where slug = $1 and number > 0"
LIFE = timedelta(days=30)


async def issue(
    proof: bytes, facility: str, username: str, scope_list: str, *, patient: str | None = None, life: timedelta = LIFE
) -> str:
    """Return a new bearer token for an account of a facility.

    Shape: scopes of the level `patient/` need a patient, and with a patient the token sees that patient only.
    Raises BadRequest (scopes), NotFound (no such facility, or no such account working there).
    """
    asked = scopes.parsed(scope_list)
    if patient is None and any(scope.level == "patient" for scope in asked):
        raise BadRequest("patient/ scopes need a patient: name it with --patient")
    found = await ledger.rows(NUMBER, facility)
    if not found:
        raise NotFound(f"there is no facility {facility}")
    key = uid(found[0][0], "Patient", patient) if patient is not None else None
    token = urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")
    hashed, text = sha256(token.encode()).digest(), " ".join(scope_list.split())
    rules = json.dumps(scopes.rules(asked))
    done = await ledger.rows(ISSUED, proof, hashed, username.strip(), facility, text, rules, key, patient, life)
    if not done[0][0]:
        raise NotFound(f"no account {username.strip()} works at {facility}")
    return token

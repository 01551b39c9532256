"""Accounts and where they work: added, disabled and given a new password by the local administrator only.

Every function takes `proof`, the key file's local proof (`KeyFile.local_proof()`); the database refuses anybody else.
"""

import re
import secrets
from datetime import datetime

from ehr_app.errors import BadRequest, NotFound
from ehr_app.identity import ledger, passwords

ADDED = "select ehr.add_account($1, $2, $3, $4, $5, $6, $7, $8)"
DISABLED = "select ehr.disable_account($1, $2)"
RESET = "select ehr.reset_password($1, $2, $3)"
FACILITY = "select 1 from ehr.facility where slug = $1 and number > 0"
USERNAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")


def fresh_password() -> str:
    """Return a password that can be read out: about 77 bits in four groups."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(4))


async def add(
    proof: bytes,
    username: str,
    display: str,
    facility: str,
    role: str,
    *,
    password_hash: str | None = None,
    practitioner: str | None = None,
    expires_at: datetime | None = None,
) -> None:
    """Add an account, or a further role of it. Without a password it cannot sign in until `reset`.

    Shape: `password_hash` comes from `passwords.hashed`; for an account that exists already it is not used.
    Raises BadRequest, NotFound (facility).
    """
    name = username.strip().lower()
    if not USERNAME.fullmatch(name):
        raise BadRequest("a username has 1 to 64 characters: a-z, 0-9, dot, dash, underscore, @")
    if not display.strip() or not role.strip():
        raise BadRequest("a display name and a role are needed")
    if not await ledger.rows(FACILITY, facility):
        raise NotFound(f"there is no facility {facility}")
    await ledger.rows(ADDED, proof, name, display.strip(), password_hash, practitioner, facility, role.strip(), expires_at)


async def disable(proof: bytes, username: str) -> None:
    """Close an account with its sessions and tokens. Raises NotFound."""
    if not (await ledger.rows(DISABLED, proof, username.strip()))[0][0]:
        raise NotFound(f"there is no account {username.strip()}")


async def reset(proof: bytes, username: str, password: str) -> None:
    """Give an account a new password, open it again if it was disabled, and end its sessions. Raises NotFound."""
    if not (await ledger.rows(RESET, proof, username.strip(), await passwords.hashed(password)))[0][0]:
        raise NotFound(f"there is no account {username.strip()}")

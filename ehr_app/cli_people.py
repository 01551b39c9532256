"""`ehr token`, `ehr facility` and `ehr user`: the local administrator, proved by the key file, acts on facilities and accounts."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from ehr_app import cli_database
from ehr_app.identity import facilities, ledger, passwords, tokens, users
from ehr_app.record import keys

T = TypeVar("T")


def token(arguments: argparse.Namespace) -> int:
    """Print a bearer token, and nothing else, on standard output."""
    facility, user, scopes, patient = arguments.facility, arguments.user, arguments.scopes, arguments.patient
    print(_asked(arguments, lambda proof: tokens.issue(proof, facility, user, scopes, patient=patient)))
    return 0


def add_facility(arguments: argparse.Namespace) -> int:
    """Add a facility; its subdomain answers within half a minute."""
    slug, name, zone = arguments.slug, arguments.name, arguments.time_zone
    _asked(arguments, lambda proof: facilities.add(proof, slug, name, zone))
    print(f"{name} is the facility {slug}; add its people with `ehr user add`")
    return 0


def add(arguments: argparse.Namespace) -> int:
    """Add an account with a fresh password, which is shown once."""
    password = users.fresh_password()
    name, display, facility, role = arguments.name, arguments.display, arguments.facility, arguments.role

    async def added(proof: bytes) -> None:
        hashed = await passwords.hashed(password)
        await users.add(proof, name, display, facility, role, password_hash=hashed)

    _asked(arguments, added)
    print(f"{name} may sign in at {facility}; if the account is new, its password is {password}")
    return 0


def disable(arguments: argparse.Namespace) -> int:
    """Close an account."""
    _asked(arguments, lambda proof: users.disable(proof, arguments.name))
    print(f"{arguments.name} can no longer sign in; sessions and tokens have ended")
    return 0


def reset(arguments: argparse.Namespace) -> int:
    """Give an account a fresh password, which is shown once."""
    password = users.fresh_password()
    _asked(arguments, lambda proof: users.reset(proof, arguments.name, password))
    print(f"the new password of {arguments.name} is {password}")
    return 0


def _asked(arguments: argparse.Namespace, ask: Callable[[bytes], Awaitable[T]]) -> T:
    with cli_database.opened(cli_database.chosen(arguments)) as (settings, _):
        proof = keys.load(settings.keys).local_proof()

        async def run() -> T:
            async with ledger.opened(settings.audit_dsn, connections=1):
                return await ask(proof)

        return asyncio.run(run())

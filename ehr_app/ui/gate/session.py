"""What a handler shows at the door: the browser's session secret and the facility of the host."""

import reflex as rx

from ehr_app.errors import Unauthenticated
from ehr_app.identity import sessions
from ehr_app.identity.hosts import facility_slug
from ehr_app.record.access import Credential


def credential_of(state: rx.State) -> tuple[Credential, str | None]:
    """Return the credential and facility slug of the browser behind a state. Raises Unauthenticated."""
    headers = state.router.headers
    secret = sessions.secret_of(headers.cookie, headers.host)
    if secret is None:
        raise Unauthenticated
    return Credential("session", secret), facility_slug(headers.host)

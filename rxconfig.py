"""Reflex's own settings: one port, state in memory only, no foreign origin, a bundle that works on any host.

Reflex: https://reflex.dev/docs/api-reference/config/ (0.10.1). Run-time settings live in `ehr_app.settings`.
"""

import re
from pathlib import Path
from typing import Any

import reflex as rx

from ehr_app.settings import settings

SOCKET = re.compile(r"([`'\"])ws://localhost:\d+(/[^`'\"]*)\1")
PAGE = re.compile(r"([`'\"])http://localhost:\d+(/[^`'\"]*)\1")


class OriginRelative(rx.plugins.Plugin):
    """Make the bundle talk to the host that served it; Reflex bakes in the address of the build machine."""

    def post_build(self, **context: Any) -> None:
        """Rewrite the environment chunk before the files are compressed."""
        for chunk in Path(context["static_dir"]).rglob("reflex-env-*.js"):
            text = SOCKET.sub(r"location.origin.replace(/^http/,`ws`)+`\2`", chunk.read_text("utf-8"))
            chunk.write_text(PAGE.sub(r"location.origin+`\2`", text), "utf-8")


config = rx.Config(
    app_name="ehr_app",
    frontend_port=3000,
    backend_port=3000,
    telemetry_enabled=False,
    show_built_with_reflex=False,
    state_manager_mode=rx.constants.StateManagerMode.MEMORY,
    redis_token_expiration=settings().session_idle_min * 60,
    cors_allowed_origins=[],
    trusted_proxy_hops=settings().proxy_hops,
    plugins=[rx.plugins.TailwindV4Plugin(), OriginRelative()],
    disable_plugins=[rx.plugins.SitemapPlugin],
)

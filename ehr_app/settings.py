"""Every setting of the product, read once from the environment (prefix EHR_); docs/settings.md explains each of them.

What is not here cannot be configured. Facilities' own preferences live in the database, not here.
"""

import os
from functools import cache
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT = Path(__file__).resolve().parent.parent


def default_data() -> Path:
    """The folder `data` beside the program, or /var/lib/ehr when root runs a copy that lies in a closed home."""
    if os.name == "posix" and os.geteuid() == 0 and not _open_to_all(PROJECT):
        return Path("/var/lib/ehr")
    return PROJECT / "data"


def _open_to_all(folder: Path) -> bool:
    return all(part.stat().st_mode & 0o001 for part in (folder, *folder.parents))


class Settings(BaseSettings):
    """One object for the whole process; `settings()` returns it."""

    model_config = SettingsConfigDict(env_prefix="EHR_", extra="ignore")

    data: Path = Field(default_factory=default_data, description="Folder of the database, keys, documents and logs.")
    host: str = Field(default="127.0.0.1", description="Address the server listens on.")
    port: int = Field(default=3000, ge=0, le=65535, description="Port the server listens on; 0 takes a free one.")
    base_domain: str = Field(default="localhost", description="Domain whose subdomains are the facilities.")
    allowed_hosts: str = Field(default="", description="Further Host names to accept, separated by commas.")
    https: bool = Field(default=False, description="True when browsers reach the server by https through a proxy.")
    proxies: str = Field(default="127.0.0.1", description="Addresses of proxies whose X-Forwarded headers count.")
    proxy_hops: int = Field(default=0, ge=0, description="How many trusted proxies stand before the server.")
    database_url: str | None = Field(default=None, description="External PostgreSQL, as the role ehr_app.")
    audit_database_url: str | None = Field(default=None, description="External PostgreSQL, as the role ehr_audit.")
    owner_database_url: str | None = Field(default=None, description="External PostgreSQL, as the role ehr_owner.")
    pg_bin: Path | None = Field(default=None, description="Folder with the PostgreSQL programs to use.")
    key_file: Path | None = Field(default=None, description="The key file; DIR/keys/master.key or master.kms when not set.")
    kms_key_id: str | None = Field(default=None, description="AWS KMS key that wraps the key file.")
    pool_size: int = Field(default=10, ge=1, description="Database connections of one server process.")
    log_level: str = Field(default="info", description="debug, info, warning or error.")
    session_idle_min: int = Field(default=20, ge=1, description="Minutes without a touch after which a session ends.")
    session_life_h: int = Field(default=12, ge=1, description="Hours after which every session ends.")

    @property
    def keys(self) -> Path:
        """Where the key-encryption key of this installation lies."""
        return self.key_file or self.data / "keys" / ("master.kms" if self.kms_key_id else "master.key")

    @property
    def app_dsn(self) -> str:
        """The database as the application role. Raises RuntimeError in a process that nobody gave a database."""
        return _given(self.database_url, "EHR_DATABASE_URL")

    @property
    def audit_dsn(self) -> str:
        """The database as the audit writer. Raises RuntimeError likewise."""
        return _given(self.audit_database_url, "EHR_AUDIT_DATABASE_URL")

    @property
    def external(self) -> bool:
        """True when the database is somebody else's to start and stop."""
        return self.database_url is not None


@cache
def settings() -> Settings:
    """The settings of this process."""
    return Settings()


def adopt(chosen: Settings) -> None:
    """Make `chosen` the settings of this process and of those it starts."""
    for name, value in chosen.model_dump(exclude_none=True).items():
        os.environ[f"EHR_{name.upper()}"] = str(value)
    settings.cache_clear()


def _given(address: str | None, variable: str) -> str:
    if address is None:
        raise RuntimeError(f"no database: use the `ehr` command, or set {variable}")
    return address

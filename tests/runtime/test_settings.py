"""Settings come from the environment, are all documented, and a wrong one is named."""

import argparse
import re
from pathlib import Path

import pytest

from ehr_app import cli_database
from ehr_app.errors import BadRequest
from ehr_app.settings import PROJECT, Settings


def documented() -> set[str]:
    """The variables of the table in docs/settings.md."""
    return set(re.findall(r"^\| `EHR_([A-Z_]+)` \|", (PROJECT / "docs" / "settings.md").read_text(), re.MULTILINE))


def test_every_setting_is_documented_and_every_documented_setting_exists() -> None:
    assert documented() == {name.upper() for name in Settings.model_fields}


def test_every_setting_describes_itself() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_documented_defaults_are_the_defaults() -> None:
    text = (PROJECT / "docs" / "settings.md").read_text()
    for name in ("host", "port", "base_domain", "proxies", "proxy_hops", "pool_size", "session_idle_min"):
        assert f"| `EHR_{name.upper()}` | `{Settings.model_fields[name].default}` |" in text


def test_the_command_line_overrules_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EHR_PORT", "4000")
    monkeypatch.setenv("EHR_DATA", "/elsewhere")
    chosen = cli_database.chosen(argparse.Namespace(data=tmp_path / "x" / ".." / "y", port=None))
    assert (chosen.port, chosen.data) == (4000, tmp_path / "y")


def test_a_setting_that_makes_no_sense_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EHR_PORT", "eighty")
    with pytest.raises(BadRequest, match="EHR_PORT"):
        cli_database.chosen(argparse.Namespace(data=None))


def test_the_key_file_lies_in_the_data_folder_unless_named(tmp_path: Path) -> None:
    assert Settings(data=tmp_path).keys == tmp_path / "keys" / "master.key"
    assert Settings(data=tmp_path, key_file=Path("/run/key")).keys == Path("/run/key")

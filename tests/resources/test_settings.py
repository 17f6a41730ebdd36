"""Settings: defaults that work, and a wrong one named with its value and what is allowed."""

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ty_resources.settings import Settings, SettingsError


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("TY_")]:
        monkeypatch.delenv(name)


def test_defaults_need_no_environment() -> None:
    config = Settings.load()
    assert config.postgres_url is None
    assert config.engine == "embedded"
    assert config.inbox == Path(".ty/inbox")


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("TY_TIMEZONE", "Europe/Berlinn", "IANA time zone"),
        ("TY_POSTGRES_URL", "mysql://x", "postgresql://"),
        ("TY_ENGINE", "magic", "embedded"),
        ("TY_CHUNK_SIZE", "0", "greater than or equal to 1"),
        ("TY_START_DATE", "yesterday", "valid date"),
        ("TY_POSTGRES_SCHEMA", "drop table", "match pattern"),
    ],
)
def test_a_wrong_setting_is_told_with_name_value_and_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, allowed: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as told:
        Settings.load()
    assert name in str(told.value)
    assert value in str(told.value)
    assert allowed in str(told.value)


def test_all_wrong_settings_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TY_TIMEZONE", "Mars")
    monkeypatch.setenv("TY_MAX_ATTEMPTS", "many")
    with pytest.raises(SettingsError) as told:
        Settings.load()
    assert "TY_TIMEZONE" in str(told.value)
    assert "TY_MAX_ATTEMPTS" in str(told.value)


def test_today_is_the_day_in_the_time_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TY_TIMEZONE", "Pacific/Kiritimati")
    east = Settings.load().today()
    monkeypatch.setenv("TY_TIMEZONE", "Pacific/Niue")
    assert east - Settings.load().today() >= dt.timedelta(days=1)


def test_the_command_line_stops_at_a_wrong_setting_without_a_traceback() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "from ty_jobs.cli import main; main()", "health"],
        env={**os.environ, "TY_TIMEZONE": "Mars"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert told.returncode == 2
    assert "TY_TIMEZONE='Mars'" in told.stderr
    assert "Traceback" not in told.stderr

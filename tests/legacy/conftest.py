import datetime as dt
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

sys.path.append(str(Path(__file__).parent))

import old_system

from ty_assets.legacy.importer import Options

NOW = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)


@pytest.fixture(scope="session")
def old_url(new_database: Callable[[], str]) -> str:
    """The replaced system's database; nobody writes to it."""
    url = new_database()
    old_system.create(url)
    return url


@pytest.fixture
def old_folder(old_url: str, tmp_path: Path) -> Path:
    """Its tables as CSV files; a test's own."""
    return old_system.export(old_url, tmp_path / "old")


@pytest.fixture
def options() -> Callable[..., Options]:
    def make(**changes: Any) -> Options:
        given: dict[str, Any] = {
            "today": NOW.date(),
            "now": NOW,
            "start_date": dt.date(2026, 1, 1),
            "zone": ZoneInfo("Europe/Berlin"),
            "max_chars": 1_000_000,
            "embedding_model": "bge-m3@0123456789ab",
            "replace_catalogue": True,
            **changes,
        }
        return Options(**given)

    return make

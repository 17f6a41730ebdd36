"""What a user installs: a wheel that has everything, a lock file that pins everything and names no index."""

import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("ty_assets", "ty_resources", "ty_jobs", "serving", "sql")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=240)
    (built,) = folder.glob("*.whl")
    return built


def test_every_file_of_the_packages_is_in_the_wheel(wheel: Path) -> None:
    packaged = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        str(file.relative_to(ROOT))
        for package in PACKAGES
        for file in (ROOT / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert len(wanted) > 150
    assert wanted - packaged == set()
    assert {"ty_jobs/dagster.yaml", "ty_jobs/workspace.yaml"} <= packaged


@pytest.mark.slow
def test_the_demo_runs_from_the_wheel_in_another_folder(
    wheel: Path, new_database: Callable[[], str], tmp_path: Path
) -> None:
    """The wheel's content comes before the checkout; its modules say where they were loaded from."""
    installed, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    elsewhere.mkdir()
    zipfile.ZipFile(wheel).extractall(installed)
    script = (
        "import sys; sys.argv = ['ty', 'demo']\n"
        "import sql, serving, ty_assets, ty_resources, ty_jobs.cli\n"
        "loaded = (sql, serving, ty_assets, ty_resources, ty_jobs)\n"
        f"assert all(module.__file__.startswith({str(installed)!r}) for module in loaded)\n"
        "ty_jobs.cli.main()"
    )
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        cwd=elsewhere,
        env={**os.environ, "PYTHONPATH": str(installed), "TY_POSTGRES_URL": new_database(), "TY_HOME": "home"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert told.stdout.count("score") == 4
    assert "Senior Data Engineer" in told.stdout
    assert sorted(path.name for path in elsewhere.iterdir()) == ["home"]


def test_the_lock_file_pins_with_hashes_and_names_no_index() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    assert "://" not in lock
    assert "--index-url" not in lock
    pinned = re.findall(r"^([a-z0-9._-]+)==[^ ]+", lock, re.MULTILINE)
    assert len(pinned) > 80
    assert lock.count("--hash=sha256:") >= len(pinned)
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    for name in re.findall(r'^    "([a-z0-9-]+)(?:\[[a-z]+\])?[><=]', project, re.MULTILINE):
        assert name in pinned, f"{name} is not in the lock file; run make lock"


def test_the_definitions_load_in_a_fresh_interpreter() -> None:
    script = (
        "import dagster as dg\nfrom ty_jobs.definitions import build_definitions\n"
        "dg.Definitions.validate_loadable(build_definitions())"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", script], check=True, timeout=120)

"""`ty` as a person types it: in a process of its own, against a database of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psycopg
import pytest

from ty_jobs.demo import samples

TY = [sys.executable, "-W", "ignore", "-c", "from ty_jobs.cli import main; main()"]


class Shell:
    """Runs `ty` with settings of its own."""

    def __init__(self, url: str, home: Path) -> None:
        self.url = url
        self.environment = {**os.environ, "TY_POSTGRES_URL": url, "TY_HOME": str(home)}

    def __call__(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        told = subprocess.run(
            [*TY, *arguments], env=self.environment, capture_output=True, text=True, timeout=240, check=False
        )
        assert told.returncode == code, told.stdout + told.stderr
        return told


@pytest.fixture
def ty(new_database: Callable[[], str], tmp_path: Path) -> Shell:
    return Shell(new_database(), tmp_path / "home")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_people_and_postings_from_the_shell_are_matched_and_told_as_json(ty: Shell) -> None:
    told = ty("run", "--days", "2026-03-02..2026-03-03", "--source", str(samples() / "postings"), "--json")
    (run,) = json.loads(told.stdout)
    assert run["success"]
    assert run["rows"]["postings"] == 48
    assert "database:" in told.stderr
    assert "engine: embedded" in " ".join(told.stderr.split())
    (person,) = json.loads(ty("profile", "import", str(samples() / "profiles" / "nurse.json"), "--json").stdout)[
        "imported"
    ]
    matches = json.loads(ty("profile", "matches", person["profile_id"][:8], "--limit", "3", "--json").stdout)
    assert len(matches) == 3
    assert all(match["matched"] for match in matches)
    assert matches[0]["recommendation"] == "apply"
    (listed,) = json.loads(ty("profile", "list", "--json").stdout)
    assert listed["profile_id"] == person["profile_id"]
    stages = {stage["stage"]: stage for stage in json.loads(ty("health", "--json").stdout)["stages"]}
    assert stages["posting_facets"]["pending"] == 0
    assert stages["posting_facets"]["done"] == stages["posting_summaries"]["done"] > 40


def test_the_same_person_again_updates_the_profile(ty: Shell, tmp_path: Path) -> None:
    resume = json.loads((samples() / "profiles" / "electrician.json").read_text("utf-8"))
    file = tmp_path / "resume.json"
    for label in ("Elektroniker", "Elektromeister"):
        resume["basics"]["label"] = label
        file.write_text(json.dumps(resume), "utf-8")
        ty("profile", "import", str(file), "--no-match")
    (person,) = json.loads(ty("profile", "list", "--json").stdout)
    assert person["headline"] == "Elektromeister"


def test_a_bad_resume_is_refused_with_file_path_and_reason_and_the_good_one_is_in(ty: Shell, tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text('{"basics": {"name": "X", "label": 7}, "work": [{"startDate": "soon"}]}')
    nurse = str(samples() / "profiles" / "nurse.json")
    told = ty("profile", "import", str(bad), str(tmp_path / "missing.json"), nurse, "--no-match", code=1)
    message = " ".join(told.stderr.split())
    assert "bad.json" in message
    assert "label" in message
    assert "startDate" in message
    assert len(json.loads(ty("profile", "list", "--json").stdout)) == 1
    failures = json.loads(ty("health", "--json").stdout)["failures"]
    assert sorted(failure["subject"] for failure in failures) == ["bad.json", "missing.json"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("run", "--days", "soon"), "expected today, yesterday, YYYY-MM-DD or A..B, got 'soon'"),
        (("run", "--days", "2026-03-04..2026-03-02"), "expected the earlier day first"),
        (("run", "--days", "1999-01-01"), "TY_START_DATE"),
        (("run", "--source", "nowhere.jsonl"), "does not exist"),
        (("run", "--select", "postngs"), "expected assets of postings_job"),
        (("profile", "matches", "zzz"), "see `ty profile list`"),
        (("bench", "speed"), "expected all or one of pipeline"),
        (("catalogue", "import", "nowhere.csv"), "nowhere.csv"),
        (("demand",), "there is no demand snapshot"),
    ],
)
def test_a_wrong_argument_is_told_in_a_sentence(ty: Shell, arguments: tuple[str, ...], expected: str) -> None:
    told = ty(*arguments, code=2)
    assert expected in " ".join(told.stderr.split())
    assert "Traceback" not in told.stderr


def test_a_broken_catalogue_changes_nothing(ty: Shell, tmp_path: Path) -> None:
    good, broken = tmp_path / "good.csv", tmp_path / "broken.csv"
    header = "id,kind,name,short_name,kldb,level\n"
    good.write_text(header + "1,t,Koch/Köchin,Koch,29302,2\n", "utf-8")
    broken.write_text(header + "1,t,Koch/Köchin,Koch,29302,2\n2,t,Arzt/Ärztin,Arzt,8140,4\n", "utf-8")
    assert "1 occupations" in ty("catalogue", "import", str(good)).stdout
    told = ty("catalogue", "import", str(broken), code=2)
    assert "broken.csv" in told.stderr
    assert "kldb" in told.stderr
    with psycopg.connect(ty.url, options="-c search_path=ty,public") as connection:
        assert connection.execute("SELECT count(*) FROM occupations").fetchone() == (1,)


@pytest.mark.slow
def test_up_serves_dagster_and_the_match_view_until_it_is_interrupted(ty: Shell) -> None:
    dagster, view = free_port(), free_port()
    environment = {**ty.environment, "TY_DAGSTER_PORT": str(dagster), "TY_SERVING_PORT": str(view)}
    process = subprocess.Popen([*TY, "up"], env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert process.stdout is not None
        printed = ""
        while "Ctrl-C" not in printed:
            line = process.stdout.readline()
            assert line, f"ty up ended: {printed}"
            printed += line
        assert "dagster_version" in httpx.get(f"http://127.0.0.1:{dagster}/server_info").json()
        assert httpx.get(f"http://127.0.0.1:{view}/health").status_code == 200
        second = subprocess.run([*TY, "up"], env=environment, capture_output=True, text=True, timeout=120, check=False)
        assert second.returncode == 2
        assert "port is in use" in " ".join(second.stderr.split())
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    time.sleep(0.2)
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{view}/health")

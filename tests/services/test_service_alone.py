"""Each role started for real by `ty service`: it gets ready, says so, gives figures, and ends in its time."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import psycopg
import pytest
from service_process import TY, Service, free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.xdist_group("services")]

# What each role's own end may take, with room for a machine that runs other tests too.
WITHIN = 60


def port_of(name: str) -> list[str]:
    return ["--port", str(free_port())] if name in ("webserver", "code-server", "serving") else []


@pytest.mark.parametrize(
    ("name", "needs"),
    [
        ("webserver", {"database", "web server"}),
        ("daemon", {"database", "daemon"}),
        ("code-server", {"database", "code location"}),
        ("serving", {"database", "match view"}),
        ("run-worker", {"database", "Redis", "worker"}),
    ],
)
def test_a_role_gets_ready_gives_figures_and_ends_when_asked_to(
    name: str, needs: set[str], environment: dict[str, str], redis_url: str, tmp_path: Path
) -> None:
    if name == "run-worker":
        environment |= {"TY_REDIS_URL": redis_url, "TY_DAGSTER_YAML": "deploy/celery/dagster.yaml"}
    with Service(name, tmp_path, environment, *port_of(name)) as service:
        assert set(service.wait_until_ready()["needs"]) == needs
        assert service.ask("/livez").status_code == 200
        figures = service.ask("/metrics").text
        assert f'ty_service_ready{{role="{name}"}} 1.0' in figures
        assert f'ty_service_processes{{role="{name}"}}' in figures
        if name == "run-worker":
            assert "ty_pool_queued_runs 0.0" in figures
        (child,) = psutil.Process(service.process.pid).children()
        assert service.stop(WITHIN) == 0, service.log.read_text()
        assert not child.is_running()


def test_postgres_is_kept_for_others_until_it_is_stopped(tmp_path: Path) -> None:
    home = tmp_path / "home"
    environment = {"TY_HOME": str(home), "TY_POSTGRES_URL": ""}
    with Service("postgres", tmp_path, environment) as service:
        assert service.wait_until_ready()["needs"]["server"] == "ok"
        assert service.stop(WITHIN) == 0, service.log.read_text()
    from ty_resources import embedded_postgres

    folder = embedded_postgres.data_folder(home)
    assert not (folder / "postmaster.pid").exists()
    embedded_postgres.remove(home)


def test_a_model_host_is_ready_when_it_has_the_models_that_the_settings_name(tmp_path: Path) -> None:
    # `ollama serve`, as the simulated server has it: its address comes as OLLAMA_HOST.
    fakes = Path(__file__).parents[1] / "fakes"
    program = tmp_path / "bin" / "ollama"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\n[ "$1" = serve ] && exec {sys.executable} {fakes / "ollama_server.py"} '
        f'--port "${{OLLAMA_HOST##*:}}" --parent $PPID --config "{{}}"\n'
    )
    program.chmod(0o755)
    environment = {"PATH": f"{program.parent}:{os.environ['PATH']}", "TY_HOME": str(tmp_path)}
    with Service("model-host", tmp_path, environment, "--port", str(free_port())) as service:
        assert service.wait_until_ready()["needs"] == {"models": "ok"}
        assert service.stop(WITHIN) == 0
    missing = {**environment, "TY_REASONING_MODEL": "nobody-has:1b"}
    with Service("model-host", tmp_path, missing, "--port", str(free_port())) as service:
        while "not pulled: nobody-has:1b" not in service.wait_for(False)["needs"]["models"]:
            time.sleep(0.2)


def test_readiness_follows_the_database_and_liveness_does_not(environment: dict[str, str], tmp_path: Path) -> None:
    """A database that is away makes nothing ready, and a restart of the service would not bring it back."""
    with Service("serving", tmp_path, environment, *port_of("serving")) as service:
        service.wait_until_ready()
        with psycopg.connect(environment["TY_POSTGRES_URL"], autocommit=True) as connection:
            connection.execute("ALTER TABLE ty._yoyo_migration RENAME TO away")
            told = service.wait_for(False)
            assert told["needs"]["database"].startswith("not migrated")
            assert service.ask("/livez").status_code == 200
            connection.execute("ALTER TABLE ty.away RENAME TO _yoyo_migration")
        service.wait_until_ready()


def test_a_service_that_ends_by_itself_says_so_with_exit_code_1(environment: dict[str, str], tmp_path: Path) -> None:
    with Service("serving", tmp_path, environment, *port_of("serving")) as service:
        service.wait_until_ready()
        (child,) = psutil.Process(service.process.pid).children()
        child.kill()
        assert service.process.wait(WITHIN) == 1
        assert "ended by itself" in service.log.read_text()


def test_a_service_that_is_killed_takes_its_process_along(environment: dict[str, str], tmp_path: Path) -> None:
    with Service("serving", tmp_path, environment, *port_of("serving")) as service:
        service.wait_until_ready()
        (child,) = psutil.Process(service.process.pid).children()
        service.process.send_signal(signal.SIGKILL)
        assert child.wait(WITHIN) is None or not child.is_running()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [(("nobody",), "expected one of webserver"), (("daemon", "--port", "5555"), "listens nowhere")],
)
def test_what_cannot_be_had_ends_with_exit_code_2(
    arguments: tuple[str, ...], expected: str, environment: dict[str, str]
) -> None:
    told = subprocess.run(
        [*TY, "service", *arguments], env={**os.environ, **environment}, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert told.returncode == 2
    assert expected in " ".join(told.stderr.split())
    assert "Traceback" not in told.stderr


def test_without_a_database_another_try_may_help_and_the_exit_code_says_so(tmp_path: Path) -> None:
    environment = {**os.environ, "TY_POSTGRES_URL": "postgresql://127.0.0.1:1/ty", "TY_HOME": str(tmp_path)}
    told = subprocess.run(
        [*TY, "service", "serving"], env=environment, capture_output=True, text=True, timeout=240, check=False
    )
    assert told.returncode == 1
    assert "no database" in told.stderr

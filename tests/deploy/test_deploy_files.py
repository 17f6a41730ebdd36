"""Every deployment file, read by the tool that will read it, as far as that tool can be had without its service.

Not had: helm (Dagster's chart is not at hand to render its values with) and Docker's own compose; the values are
checked for what this project's docs promise of them, compose files against the published schema of their format.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster._core.instance.config import dagster_instance_config
from dagster._core.workspace.load import location_origins_from_config

from ty_jobs.services.roles import _HEALTH_PORTS, ROLES

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("ty-*.service"))
COMPOSE = [ROOT / "compose.yaml", DEPLOY / "celery" / "compose.yaml"]
INSTANCES = [ROOT / "dagster.yaml", DEPLOY / "celery" / "dagster.yaml", DEPLOY / "code-servers" / "dagster.yaml"]


def ran(*command: str | Path) -> subprocess.CompletedProcess[str]:
    told = [str(part) for part in command]
    return subprocess.run(told, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT)


def tool(name: str) -> str:
    """A linter of the development extra, beside this Python or on the path; or of the system."""
    found = shutil.which(name, path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def loaded(file: Path) -> Any:
    return yaml.safe_load(file.read_text("utf-8"))


def test_all_yaml_is_well_written() -> None:
    told = ran(tool("yamllint"), "--strict", *COMPOSE, DEPLOY, *INSTANCES, ROOT / "workspace.yaml")
    assert told.returncode == 0, told.stdout


def test_there_is_a_unit_for_every_role() -> None:
    assert {unit.stem.removeprefix("ty-") for unit in UNITS} == set(ROLES)


def test_systemd_takes_all_units(tmp_path: Path) -> None:
    program = tool("systemd-analyze")
    for unit in (*UNITS, DEPLOY / "systemd" / "ty.target"):
        # It looks for the program too, which is nowhere yet.
        (tmp_path / unit.name).write_text(unit.read_text().replace("/opt/ty/venv/bin/ty ", "/bin/true "))
    told = ran(program, "verify", "--man=no", *sorted(tmp_path.iterdir()))
    complaints = [line for line in told.stderr.splitlines() if line.startswith("ty") or "/ty-" in line]
    assert complaints == []
    assert told.returncode == 0, told.stderr


def test_systemd_would_notice_a_wrong_unit(tmp_path: Path) -> None:
    wrong = tmp_path / "ty-wrong.service"
    wrong.write_text(UNITS[0].read_text().replace("Restart=on-failure", "Restart=perhaps"))
    told = ran(tool("systemd-analyze"), "verify", "--man=no", wrong)
    assert "perhaps" in told.stderr


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_units_are_hardened_and_give_a_role_its_time_to_end(unit: Path) -> None:
    told = dict(re.findall(r"^(\w+)=(.*)$", unit.read_text(), flags=re.M))
    assert told["User"] == "ty"
    assert (told["ProtectSystem"], told["NoNewPrivileges"], told["CapabilityBoundingSet"]) == ("strict", "yes", "")
    assert told["Restart"] == "on-failure"
    assert told["RestartPreventExitStatus"] == "2"
    assert "MemoryMax" in told
    assert int(told["TimeoutStopSec"]) > _stop_seconds(unit.stem.removeprefix("ty-"))


def _stop_seconds(name: str) -> float:
    source = (ROOT / "ty_jobs" / "services" / "roles.py").read_text()
    body = source[source.index(f"def _{name.replace('-', '_')}(") :]
    found = re.search(r'_HEALTH_PORTS\["[\w-]+"\],\s*(\d+)', body)
    assert found is not None
    return float(found[1])


@pytest.mark.parametrize("file", INSTANCES, ids=lambda file: file.parent.name)
def test_dagster_takes_every_instance_file(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TY_REDIS_URL", "redis://127.0.0.1:6379/0")
    shutil.copy(file, tmp_path / "dagster.yaml")
    told, _ = dagster_instance_config(str(tmp_path))
    assert told["run_monitoring"]["max_runtime_seconds"] == 21600
    assert told["run_monitoring"]["free_slots_after_run_end_seconds"] > 0
    assert told["run_retries"]["enabled"] is True
    runs = told["concurrency"]["runs"]
    assert runs["max_concurrent_runs"] == (3 if file.parent.name == "celery" else 4)  # there: one for each worker
    assert {limit["key"]: limit["limit"] for limit in runs["tag_concurrency_limits"]} == {
        "dagster/partition": 1,
        "ty/batch": 2,
    }


def test_the_pool_has_its_launcher_and_several_retries() -> None:
    told = loaded(DEPLOY / "celery" / "dagster.yaml")
    assert told["run_launcher"] == {"module": "ty_jobs.fleet.launcher", "class": "PooledRunLauncher", "config": {}}
    assert told["run_retries"]["max_retries"] >= 3


@pytest.mark.parametrize("file", sorted(DEPLOY.glob("*/workspace*.yaml")), ids=lambda file: str(file.name))
def test_dagster_takes_every_workspace_file(file: Path) -> None:
    origins = location_origins_from_config(loaded(file), str(file))
    assert list(origins) == ["ty"]


@pytest.mark.parametrize("file", COMPOSE, ids=lambda file: file.parent.name)
def test_compose_files_follow_the_published_schema(file: Path) -> None:
    told = ran(tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", file)
    assert told.returncode == 0, told.stdout + told.stderr


def test_compose_has_every_role_once_and_no_password() -> None:
    both = loaded(COMPOSE[0])["services"] | loaded(COMPOSE[1])["services"]
    assert {"webserver", "daemon", "serving", "postgres", "ollama", "redis", "code-server", "run-worker"} <= set(both)
    for service in (loaded(COMPOSE[0])["services"], loaded(COMPOSE[1])["services"]):
        for name, told in service.items():
            for key, value in (told.get("environment") or {}).items():
                assert "PASSWORD" not in key or str(value).startswith("${"), f"{name}: {key}"
            assert all(str(port).startswith("127.0.0.1:") for port in told.get("ports", [])), name
            if "image" in told and told["image"] == "ty:local":
                assert told["read_only"], name
                assert told["cap_drop"] == ["ALL"], name


def test_the_dockerfile_is_linted() -> None:
    told = ran(tool("hadolint"), "--failure-threshold", "info", ROOT / "Dockerfile")
    assert told.returncode == 0, told.stdout


def test_the_image_is_made_from_the_lock_file_runs_as_nobody_special_and_tells_its_health() -> None:
    text = (ROOT / "Dockerfile").read_text()
    final = text[text.rindex("\nFROM ") :]
    assert "--require-hashes" in text
    assert re.search(r"^USER 10001:10001$", final, flags=re.M)
    assert "HEALTHCHECK" in final
    assert "pip" not in final
    port = re.search(r'"--health-port", "(\d+)"', final)
    assert port is not None
    assert f"127.0.0.1:{port[1]}/readyz" in final
    copied = set(re.findall(r"^COPY ([\w.]+(?:/\w+)?) ", text, flags=re.M))
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert set(packages["packages"]) <= copied | {"sql"}
    assert {name.split("/")[0] for name in packages["force-include"]} <= {c.split("/")[0] for c in copied} | {
        "dagster.yaml", "workspace.yaml",
    }  # fmt: skip


def test_everything_the_dockerfile_copies_is_let_through() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    for line in re.findall(r"^COPY (?!--from)(.+)$", (ROOT / "Dockerfile").read_text(), flags=re.M):
        for name in line.split()[:-1]:
            assert f"!{name}" in ignored
            assert (ROOT / name).exists()


def test_kubernetes_takes_all_manifests() -> None:
    told = ran(tool("kubernetes-validate"), "--strict", DEPLOY / "kubernetes" / "serving.yaml")
    assert told.returncode == 0, told.stdout + told.stderr


def test_kubernetes_probes_ask_where_a_service_answers() -> None:
    documents = list(yaml.safe_load_all((DEPLOY / "kubernetes" / "serving.yaml").read_text()))
    (deployment,) = (one for one in documents if one["kind"] == "Deployment")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "health"}
    assert container["livenessProbe"]["httpGet"]["path"] == "/livez"
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert f'"--health-port", "{ports["health"]}"' in (ROOT / "Dockerfile").read_text()


def test_helm_values_have_a_pod_for_each_run_an_outside_postgres_and_bounds() -> None:
    values = loaded(DEPLOY / "kubernetes" / "values.yaml")
    assert values["runLauncher"]["type"] == "K8sRunLauncher"
    assert values["postgresql"]["enabled"] is False
    # A bare postgresql:// means psycopg 3 to SQLAlchemy 2.1, where Dagster's NOTIFY fails, and with it every run.
    assert values["postgresql"]["postgresqlScheme"] == "postgresql+psycopg2"
    daemon = values["dagsterDaemon"]
    instance = loaded(DEPLOY / "celery" / "dagster.yaml")
    assert daemon["runMonitoring"]["maxRuntimeSeconds"] == instance["run_monitoring"]["max_runtime_seconds"]
    assert daemon["runRetries"]["maxRetries"] == instance["run_retries"]["max_retries"]
    (code,) = values["dagster-user-deployments"]["deployments"]
    bounded: list[Mapping[str, Any]] = [
        values["dagsterWebserver"], daemon, values["runLauncher"]["config"]["k8sRunLauncher"], code,
    ]  # fmt: skip
    assert all("memory" in one["resources"]["limits"] for one in bounded)
    assert code["dagsterApiGrpcArgs"][:2] == ["--module-name", "ty_jobs.definitions"]


def test_run_configuration_of_a_pod_is_what_dagsters_launcher_takes() -> None:
    told = loaded(DEPLOY / "kubernetes" / "values.yaml")["runLauncher"]["config"]["k8sRunLauncher"]["runK8sConfig"]
    # camelCase in the chart, as in Kubernetes itself; Dagster names these four sections.
    assert set(told) <= {"containerConfig", "podSpecConfig", "podTemplateSpecMetadata", "jobSpecConfig", "jobMetadata"}


def test_health_ports_are_told_as_they_are() -> None:
    page = (ROOT / "docs" / "deploy-one-machine.md").read_text()
    for name, port in _HEALTH_PORTS.items():
        assert re.search(rf"\| `{name}` \|.*\b{port}\b", page), f"{name}: {port}"

"""What each role is, and what keeps one from being started, told in a sentence."""

from pathlib import Path

import pytest

from ty_jobs.services import roles
from ty_jobs.services.errors import ServiceError
from ty_jobs.services.roles import ROLES, role
from ty_resources.settings import Settings


def configured(**changes: object) -> Settings:
    return Settings().model_copy(update=changes)


def test_every_role_has_a_health_port_of_its_own() -> None:
    assert len(set(roles._HEALTH_PORTS.values())) == len(ROLES)


def test_a_role_listens_on_this_machine_unless_told_otherwise() -> None:
    made = role("webserver", configured(dagster_port=4444))
    assert (made.host, made.port) == ("127.0.0.1", 4444)
    assert made.command[made.command.index("-h") + 1] == "127.0.0.1"
    assert made.warning == ""


@pytest.mark.parametrize("name", ["webserver", "code-server"])
def test_what_has_no_sign_in_warns_whoever_opens_it_to_others(name: roles.RoleName) -> None:
    assert "no sign-in" in role(name, configured(), host="0.0.0.0").warning


def test_a_port_replaces_the_usual_one_in_the_command() -> None:
    made = role("code-server", configured(), port=5555)
    assert made.port == 5555
    assert made.command[made.command.index("-p") + 1] == "5555"


@pytest.mark.parametrize(
    ("name", "settings", "expected"),
    [
        ("daemon", {}, "listens nowhere"),
        ("run-worker", {}, "TY_REDIS_URL"),
        ("postgres", {"postgres_url": "postgresql://there/ty"}, "TY_POSTGRES_URL names a server already"),
        ("model-host", {}, "no program `ollama`"),
    ],
)
def test_what_cannot_be_had_is_told_with_what_to_do(
    name: roles.RoleName, settings: dict[str, object], expected: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServiceError, match=expected):
        role(name, configured(**settings), port=5555)


def test_the_embedded_postgres_is_for_its_own_machine() -> None:
    with pytest.raises(ServiceError, match="for its own machine"):
        role("postgres", configured(postgres_url=None), host="0.0.0.0")


def test_code_servers_of_other_hosts_are_found_by_the_workspace_that_the_settings_name(tmp_path: Path) -> None:
    file = tmp_path / "workspace.yaml"
    file.write_text("load_from: []\n")
    command = role("daemon", configured(workspace=file)).command
    assert command[command.index("-w") + 1] == str(file)

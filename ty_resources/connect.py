"""From settings to what every entry point needs: a migrated database and the engines."""

from functools import cache

from ty_resources import embedded_postgres
from ty_resources.inference.client import ModelClient
from ty_resources.inference.embedded import EMBEDDING_MODEL, EmbeddedEngine
from ty_resources.inference.engine import InferenceEngine
from ty_resources.migrations import migrate
from ty_resources.postgres import Database
from ty_resources.settings import Settings, settings

DAGSTER_SCHEMA = "dagster"
_migrated: set[str] = set()


def postgres_url(config: Settings) -> str:
    """The server to use; the embedded one is started, or joined when it runs."""
    return config.postgres_url or embedded_postgres.start(config.home)


def direct_url(config: Settings) -> str:
    """The same database past a pooler: for what belongs to a session, such as a lock that outlives its transaction."""
    return config.postgres_direct_url or postgres_url(config)


def connect(config: Settings) -> Database:
    """Open the database with its schema up to date."""
    db = Database(postgres_url(config), config.postgres_schema, config.postgres_pool)
    if db.conninfo not in _migrated:  # sensors open it every few seconds; once a process is often enough to look
        with Database(direct_url(config), config.postgres_schema) as direct:
            migrate(direct, DAGSTER_SCHEMA)
        _migrated.add(db.conninfo)
    return db


def model_client(config: Settings) -> ModelClient | None:
    """The wire to the model servers that the settings name; None on the embedded engine. Nothing is asked yet."""
    # Imported here: httpx takes a tenth of a second that the embedded default need not pay.
    if config.engine == "ollama":
        from ty_resources.inference.ollama import OllamaClient

        return OllamaClient(
            config.ollama_urls,
            context_tokens=config.context_tokens,
            keep_alive=config.keep_alive,
            request_timeout=config.request_timeout,
        )
    if config.engine == "openai":
        from ty_resources.inference.openai_compatible import OpenAIClient

        return OpenAIClient(
            config.openai_base_url,
            api_key=config.openai_api_key.get_secret_value() if config.openai_api_key else None,
            context_tokens=config.context_tokens,
            request_timeout=config.request_timeout,
        )
    return None


def make_engine(config: Settings, embedded: InferenceEngine) -> InferenceEngine:
    """The engine that the settings name: the embedded one itself, or a model engine."""
    client = model_client(config)
    if client is None:
        return embedded
    from ty_resources.inference.model_engine import ModelEngine

    return ModelEngine(
        client,
        extraction_model=config.extraction_model,
        reasoning_model=config.reasoning_model,
        embedding_model=config.embedding_model,
        workers=config.workers,
        context_tokens=config.context_tokens,
        max_answer_tokens=config.max_answer_tokens,
        patience=config.engine_patience,
        embedding_engine=embedded if config.embedding_model == EMBEDDING_MODEL else None,
    )


@cache
def embedded_engine() -> InferenceEngine:
    """The rules and the packaged encoder, which read everything first; made once for each process."""
    return EmbeddedEngine(settings().workers)


@cache
def default_engine() -> InferenceEngine:
    """The engine that the settings name, made once for each process."""
    return make_engine(settings(), embedded_engine())

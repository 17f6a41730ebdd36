"""The thin Dagster resources over the rest of this package: the database and the engines.

Assets ask for `db: dg.ResourceParam[Database]`, `engine: dg.ResourceParam[InferenceEngine]` (the one that TY_ENGINE
names) and `embedded: dg.ResourceParam[InferenceEngine]` (rules and the packaged encoder), so a test may hand in plain
objects.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import dagster as dg

from ty_resources.connect import connect, default_engine, embedded_engine
from ty_resources.inference.engine import InferenceEngine
from ty_resources.logs import in_run
from ty_resources.postgres import Database
from ty_resources.settings import settings


class PostgresResource(dg.ConfigurableResource[Database]):
    """The database of `TY_POSTGRES_URL`, or the embedded one, migrated; one pool for each run."""

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Database]:
        run = context.run
        named = in_run(run.run_id, run.tags.get("dagster/partition", "")) if run else nullcontext()
        with connect(settings()) as db, named:
            yield db


class EngineResource(dg.ConfigurableResource[InferenceEngine]):
    """The engine that `TY_ENGINE` names; one for the process, since models load slowly. Usage counts by run."""

    def create_resource(self, context: dg.InitResourceContext) -> InferenceEngine:
        engine = default_engine()
        engine.usage.start()
        return engine


class EmbeddedEngineResource(dg.ConfigurableResource[InferenceEngine]):
    """Rules and the packaged encoder, whatever `TY_ENGINE` names: what gives every posting its rows at once."""

    def create_resource(self, context: dg.InitResourceContext) -> InferenceEngine:
        return embedded_engine()

"""The match view as uvicorn starts it; the database is told by the process that runs all."""

import logging
import os
import threading

from fastapi import FastAPI

from serving.app import create_app
from serving.comments import CommentReader
from serving.onboarding.processing import Processing
from serving.opened import OpenedMatches
from serving.operations import Operations
from serving.plain_logs import keep_messages_out
from serving.screening import Screening
from ty_assets.openings.posting import warm_up
from ty_resources.connect import connect, default_engine, embedded_engine
from ty_resources.inference.engine import InferenceEngine
from ty_resources.inference.errors import EngineError
from ty_resources.logs import configure_logs
from ty_resources.postgres import Database
from ty_resources.settings import settings


def app() -> FastAPI:
    """The application of `serving`, over TY_DATABASE_CONNINFO or else the configured database."""
    configure_logs(settings())
    keep_messages_out()
    conninfo = os.environ.get("TY_DATABASE_CONNINFO")
    if not conninfo:
        with connect(settings()) as db:
            conninfo = db.conninfo
    engine = default_engine()
    operations = Operations(Database(conninfo, settings().postgres_schema), engine, settings())
    opened = OpenedMatches(Database(conninfo, settings().postgres_schema), engine, embedded_engine(), settings())
    comments = CommentReader(Database(conninfo, settings().postgres_schema), engine) if engine.remote else None
    packaged = embedded_engine().embedding_model
    screening = Screening(Database(conninfo, settings().postgres_schema), packaged, settings())
    application = create_app(conninfo, opened, operations, comments, screening)
    # A model takes up to a minute to load, the packaged encoder a second: better now than at the first click.
    threading.Thread(target=_warm_up, args=(engine, application.state.processing), name="warm-up", daemon=True).start()
    return application


def _warm_up(engine: InferenceEngine, processing: Processing) -> None:
    try:
        warm_up()
        embedded_engine().warm_up(embedding=True)  # terms that a reading brings are encoded while somebody waits
        processing.get_ready()
        engine.warm_up(["extraction"])
    except EngineError as error:
        logging.getLogger("ty.serving").warning("no model is warmed up: %s", error)

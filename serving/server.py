"""The match view as uvicorn starts it; the database is told by the process that runs all."""

import os

from fastapi import FastAPI

from serving.app import create_app
from ty_resources.connect import connect
from ty_resources.settings import settings


def app() -> FastAPI:
    """The application of `serving`, over TY_DATABASE_CONNINFO or else the configured database."""
    conninfo = os.environ.get("TY_DATABASE_CONNINFO")
    if not conninfo:
        with connect(settings()) as db:
            conninfo = db.conninfo
    return create_app(conninfo)

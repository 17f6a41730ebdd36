"""The match view as one ASGI application. It binds nothing itself; `ty up` serves it on the loopback address.

Request-time work never goes through a Dagster run, which takes seconds to start: the view reads, and asks for what it
shows to be refined.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files

import psycopg
from fastapi import FastAPI, Request
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import JSONResponse
from starlette.staticfiles import StaticFiles

from serving import api, errors, pages
from serving.matches import Matches
from serving.opened import OpenedPostings
from serving.security import LOOPBACK_HOSTS, SecurityHeaders


def create_app(database_url: str, opened: OpenedPostings | None = None) -> FastAPI:
    """The application over one database.

    database_url: a libpq URL or conninfo on whose search path the project's tables are. A database that is
    away is no error here; /health and every page say so until it is back. opened: reads what is opened, where a model
    is configured; it is closed with the application.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with Matches(database_url).opened() as matches:
            app.state.matches = matches
            app.state.opened = opened
            yield
        if opened is not None:
            opened.close()

    app = FastAPI(
        title="ty match view",
        lifespan=lifespan,
        openapi_url="/api/openapi.json",
        # both load scripts from elsewhere, which the content security policy forbids
        docs_url=None,
        redoc_url=None,
    )
    errors.install(app)
    app.include_router(api.router)
    app.include_router(pages.router)
    app.add_api_route("/health", health, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=str(files("serving").joinpath("static"))), name="static")
    # the last one added is the outermost: a refused host's answer has the headers too
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=LOOPBACK_HOSTS, www_redirect=False)
    app.add_middleware(SecurityHeaders)
    return app


async def health(request: Request) -> JSONResponse:
    """200 where the tables can be read, 503 otherwise."""
    try:
        await request.app.state.matches.ready()
    except psycopg.Error:
        return errors.problem(request, 503, errors.DATABASE_AWAY)
    return JSONResponse({"status": "ok", "database": "ok"})

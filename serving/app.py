"""The match view as one ASGI application. It binds nothing itself; `ty up` serves it on the loopback address.

Request-time work never goes through a Dagster run, which takes seconds to start: the view reads, and asks for what it
shows to be refined.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files

from fastapi import FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.staticfiles import StaticFiles

from serving import api, errors, health_page, pages
from serving.matches import Matches
from serving.opened import OpenedPostings
from serving.operations import Operations
from serving.security import LOOPBACK_HOSTS, SecurityHeaders
from ty_resources.postgres import Database
from ty_resources.settings import settings


def create_app(
    database_url: str, opened: OpenedPostings | None = None, operations: Operations | None = None
) -> FastAPI:
    """The application over one database.

    database_url: a libpq URL or conninfo on whose search path the project's tables are. A database that is
    away is no error here; /health and every page say so until it is back. opened: reads what is opened, where a model
    is configured. operations: reads for the health page. Both are closed with the application.
    """
    watch = operations or Operations(Database(database_url, settings().postgres_schema), None, settings())

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with Matches(database_url).opened() as matches:
            app.state.matches = matches
            app.state.opened = opened
            app.state.operations = watch
            yield
        watch.close()
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
    app.include_router(health_page.router)
    app.mount("/static", StaticFiles(directory=str(files("serving").joinpath("static"))), name="static")
    # the last one added is the outermost: a refused host's answer has the headers too
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=LOOPBACK_HOSTS, www_redirect=False)
    app.add_middleware(SecurityHeaders)
    return app

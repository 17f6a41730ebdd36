"""The match view as one ASGI application. It binds nothing itself; `ty up` serves it on the loopback address.

Request-time work never goes through a Dagster run, which takes seconds to start: what is opened is read and explained
here, as a run would.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files

from fastapi import Depends, FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.staticfiles import StaticFiles

from serving import analyses, api, errors, feedback, feedback_page, health_page, market, pages, people
from serving.comments import CommentReader
from serving.matches import Matches
from serving.opened import OpenedMatches
from serving.operations import Operations
from serving.screening import Screening, newcomers_first
from serving.security import LOOPBACK_HOSTS, SecurityHeaders
from ty_resources.connect import embedded_engine
from ty_resources.postgres import Database
from ty_resources.settings import settings


def create_app(
    database_url: str,
    opened: OpenedMatches | None = None,
    operations: Operations | None = None,
    comments: CommentReader | None = None,
    screening: Screening | None = None,
) -> FastAPI:
    """The application over one database.

    database_url: a libpq URL or conninfo on whose search path the project's tables are. A database that is
    away is no error here; /health and every page say so until it is back. opened: analyses what is opened; by
    the rules where none is given. operations: reads for the health page. comments: has a model read
    what people write, where one is configured. screening: gives newcomers their first
    matches. All are closed with the application.
    """
    schema = settings().postgres_schema
    watch = operations or Operations(Database(database_url, schema), None, settings())
    rules = embedded_engine()
    ranking = people.People(Database(database_url, schema), rules.embedding_model)
    opening = opened or OpenedMatches(Database(database_url, schema), rules, rules, settings())

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with Matches(database_url).opened() as matches:
            app.state.matches = matches
            app.state.opened = opening
            app.state.operations = watch
            app.state.comments = comments
            app.state.people = ranking
            app.state.screening = screening
            if screening is not None:
                screening.start()
            yield
        watch.close()
        opening.close()
        if comments is not None:
            comments.close()
        ranking.close()
        if screening is not None:
            screening.close()

    app = FastAPI(
        title="ty match view",
        lifespan=lifespan,
        openapi_url="/api/openapi.json",
        # both load scripts from elsewhere, which the content security policy forbids
        docs_url=None,
        redoc_url=None,
    )
    errors.install(app)
    app.include_router(api.router, dependencies=[Depends(newcomers_first)])
    app.include_router(analyses.router)
    app.include_router(people.router)
    app.include_router(feedback.router)
    app.include_router(market.router)
    app.include_router(feedback_page.router)
    app.include_router(pages.router, dependencies=[Depends(newcomers_first)])
    app.include_router(health_page.router)
    app.mount("/static", StaticFiles(directory=str(files("serving").joinpath("static"))), name="static")
    # the last one added is the outermost: a refused host's answer has the headers too
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=LOOPBACK_HOSTS, www_redirect=False)
    app.add_middleware(SecurityHeaders)
    return app

"""The match view as one ASGI application. It binds nothing itself; `ty up` serves it on the loopback address.

Request-time work never goes through a Dagster run, which takes seconds to start: what is opened is read and explained
here, as a run would.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files

from fastapi import Depends, FastAPI, Request
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from serving import (
    admin_page,
    analyses,
    api,
    errors,
    feedback,
    feedback_page,
    health_page,
    letters,
    market,
    market_page,
    pages,
    people,
    queue,
)
from serving.accounts import account_page
from serving.accounts import api as accounts_api
from serving.accounts import pages as accounts_pages
from serving.accounts.identity import recognised, recruiters_only
from serving.accounts.passwords import Passwords
from serving.accounts.records import Records
from serving.accounts.visitors import KeptByBrowser
from serving.batches import batches, models, upload_csv
from serving.batches import files as batch_files
from serving.batches import pages as evaluation_pages
from serving.batches.best import BestCandidates
from serving.batches.models import ServedModels
from serving.batches.preparing import Preparing
from serving.batches.quality import KnownQuality
from serving.batches.stored_files import StoredFiles
from serving.batches.stored_tables import StoredTables
from serving.body_size import BodySize, BodyTooLong
from serving.comments import CommentReader
from serving.kept_answers import KeptAnswers
from serving.matches import Matches
from serving.nearness import KnownChoices
from serving.notices import api as notices_api
from serving.notices import pages as notices_pages
from serving.onboarding import api as onboarding_api
from serving.onboarding import pages as onboarding_pages
from serving.onboarding.processing import Processing
from serving.onboarding.start import too_long
from serving.opened import OpenedMatches
from serving.operations import Operations
from serving.replica import ReadsAfterWrites
from serving.same_site import same_site
from serving.screening import Screening, newcomers_first
from serving.security import PublicAddress, SecurityHeaders
from ty_resources.connect import embedded_engine
from ty_resources.postgres import Database, with_schema
from ty_resources.settings import settings


def create_app(
    database_url: str,
    opened: OpenedMatches | None = None,
    operations: Operations | None = None,
    comments: CommentReader | None = None,
    screening: Screening | None = None,
    passwords: Passwords | None = None,
) -> FastAPI:
    """The application over one database.

    database_url: a libpq URL or conninfo on whose search path the project's tables are. A database that is
    away is no error here; /health and every page say so until it is back. opened: analyses what is opened; by
    the rules where none is given. operations: reads for the health page. comments: has a model read
    what people write, where one is configured. screening: gives newcomers their first
    matches. passwords: hashes them, by the settings where none is given. All are closed with the application.
    """
    schema = settings().postgres_schema
    read_url = settings().postgres_read_url
    replica_url = with_schema(read_url, schema) if read_url else None
    watch = operations or Operations(Database(database_url, schema), None, settings())
    rules = embedded_engine()
    ranking = people.People(Database(database_url, schema), rules.embedding_model)
    opening = opened or OpenedMatches(Database(database_url, schema), rules, rules, settings())
    hashing = passwords or Passwords(settings().password_memory_kib)
    public = PublicAddress.of(settings().public_url)
    indexes = screening.indexes if screening is not None else None
    served_models = ServedModels(settings())
    processing = Processing(Database(database_url, schema), rules, settings(), indexes)
    tables = StoredTables(Database(database_url, schema))
    preparing = Preparing(tables, settings())

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with Matches(database_url, replica_url=replica_url).opened() as matches:
            app.state.matches = matches
            app.state.records = Records(matches.pool)
            app.state.stored_files = StoredFiles(matches)
            app.state.models = served_models
            app.state.best = BestCandidates(tables.db)
            app.state.quality = KnownQuality(tables.db)
            app.state.choices = KnownChoices()
            app.state.kept = KeptAnswers()
            app.state.opened = opening
            app.state.operations = watch
            app.state.comments = comments
            app.state.people = ranking
            app.state.screening = screening
            app.state.passwords = hashing
            if screening is not None:
                screening.start()
            yield
        watch.close()
        opening.close()
        hashing.close()
        if comments is not None:
            comments.close()
        ranking.close()
        processing.close()
        served_models.close()
        preparing.close()
        if screening is not None:
            screening.close()

    app = FastAPI(
        title="ty match view",
        lifespan=lifespan,
        # Of every route, so that none is forgotten: who asks, and whether a change comes from our own pages.
        dependencies=[Depends(recognised), Depends(recruiters_only), Depends(same_site)],
        openapi_url="/api/openapi.json",
        # both load scripts from elsewhere, which the content security policy forbids
        docs_url=None,
        redoc_url=None,
    )
    app.state.is_secure = public.is_secure
    app.state.processing = processing
    app.state.tables = tables
    app.state.preparing = preparing
    errors.install(app)
    app.add_exception_handler(BodyTooLong, _too_long)
    app.include_router(api.router, dependencies=[Depends(newcomers_first)])
    app.include_router(analyses.router)
    app.include_router(people.router)
    app.include_router(feedback.router)
    app.include_router(market.router)
    app.include_router(feedback_page.router)
    app.include_router(pages.router, dependencies=[Depends(newcomers_first)])
    app.include_router(health_page.router)
    app.include_router(admin_page.router)
    for room in (queue, letters, market_page, onboarding_pages, onboarding_api):
        app.include_router(room.router)
    for room in (accounts_pages, account_page, accounts_api):
        app.include_router(room.router)
    for room in (notices_pages, notices_api):
        app.include_router(room.router)
    for room in (batch_files, batches, models, evaluation_pages):
        app.include_router(room.router)
    app.mount("/static", StaticFiles(directory=str(files("serving").joinpath("static"))), name="static")
    # the last one added is the outermost: a refused host's answer has the headers too
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=public.hosts, www_redirect=False)
    app.add_middleware(KeptByBrowser)
    app.add_middleware(ReadsAfterWrites, secure=public.is_secure)
    app.add_middleware(BodySize)
    app.add_middleware(SecurityHeaders, public=public)
    return app


async def _too_long(request: Request, error: Exception) -> Response:
    """Where it was sent, so that what else was typed there is not lost."""
    told = upload_csv.too_long if request.url.path == upload_csv.UPLOAD else too_long
    return await told(request, error)

"""For programs: whether the view can read its tables, the pipeline's health as JSON, and metrics for Prometheus.

/health is open to everybody and says nothing but yes or no; a browser is led to the admin page. The rest is for
administrators, and metrics for programs on this machine too.
Belongs here: the routes. Not here: what is read and how often (`operations`), the metrics' names (`metrics`), and the
page (`admin_page`).
"""

from dataclasses import asdict
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import psycopg
from fastapi import APIRouter, Depends, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from serving import errors
from serving.accounts.identity import account_of, admin
from serving.metrics import CONTENT_TYPE, exposition
from serving.operations import Operations
from serving.security import LOOPBACK_HOSTS
from ty_assets.health.report import HealthReport

router = APIRouter()

SLOW: Final = "Reading the tables takes longer than a page waits. The database is busy; try again."
_LOOPBACK: Final = ("127.0.0.1", "::1")


def _operations(request: Request) -> Operations:
    operations: Operations = request.app.state.operations
    return operations


Watch = Annotated[Operations, Depends(_operations)]


@router.get("/health", include_in_schema=False)
async def health(request: Request) -> Response:
    """200 where the tables can be read, 503 otherwise."""
    try:
        await request.app.state.matches.ready()
    except psycopg.Error:
        return errors.answer(request, 503, errors.DATABASE_AWAY)
    if errors.wants_page(request):
        return RedirectResponse("/admin", 303, headers={"Vary": "Accept"})
    return JSONResponse({"status": "ok", "database": "ok"}, headers={"Vary": "Accept"})


@router.get("/api/health", tags=["admin"], dependencies=[Depends(admin)])
async def health_report(request: Request, watch: Watch) -> dict[str, Any]:
    """Stages, sources, incidents and the latest failures; times in seconds, rates a minute."""
    await request.app.state.matches.ready()
    report = await watch.health()
    if report is None:
        raise HTTPException(503, SLOW)
    return {**asdict(report), "failed": report.failed, "given_up": report.given_up}


def of_this_machine(request: Request, watch: Watch) -> bool:
    """Whether a program on this machine asks, as far as that can be told.

    Behind a proxy everybody comes from this machine, so with TY_PUBLIC_URL nobody is believed to.
    """
    named = urlsplit(watch.config.public_url or "http://127.0.0.1").hostname
    client = request.client.host if request.client else ""
    forwarded = any(name in request.headers for name in ("forwarded", "x-forwarded-for", "x-real-ip"))
    is_public = named not in (*_LOOPBACK, *LOOPBACK_HOSTS)
    return client in _LOOPBACK and not forwarded and not is_public


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request, watch: Watch, is_local: Annotated[bool, Depends(of_this_machine)]) -> Response:
    """In Prometheus' text format. A database or a model server that is away has no figures, and is no error."""
    account = account_of(request)
    if not is_local and (account is None or not account.is_admin):
        told = "Metrics are for programs on this machine, and for administrators: send an API token of one."
        raise HTTPException(401, told, {"WWW-Authenticate": "Bearer"})
    report: HealthReport | None
    try:
        await request.app.state.matches.ready()
        report = await watch.health()
    except psycopg.Error:
        report = None
    text = exposition(report, await watch.machine(), await watch.loaded_models())
    return Response(text, headers={"Content-Type": CONTENT_TYPE})

"""How the pipeline does: a page for people, the same as JSON, and metrics for Prometheus.

/health answers both: who starts this program hears at once whether it can read its tables; a browser gets the page.
Belongs here: the routes. Not here: what is read and how often (`operations`), and the metrics' names (`metrics`).
Nothing of a person is shown: of a failure its class, not its message.
"""

from dataclasses import asdict
from typing import Annotated, Any

import psycopg
from fastapi import APIRouter, Depends, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from serving import errors
from serving.language import negotiate
from serving.metrics import CONTENT_TYPE, exposition
from serving.operations import Operations
from serving.rendering import templates
from ty_assets.health.report import HealthReport

router = APIRouter()

_SLOW = "Reading the tables takes longer than a page waits. The database is busy; try again."


def _operations(request: Request) -> Operations:
    operations: Operations = request.app.state.operations
    return operations


Watch = Annotated[Operations, Depends(_operations)]


@router.get("/health", include_in_schema=False)
async def health(request: Request, watch: Watch) -> Response:
    """For programs: 200 where the tables can be read, 503 otherwise. For browsers: the page."""
    try:
        await request.app.state.matches.ready()
        if not errors.wants_page(request):
            return JSONResponse({"status": "ok", "database": "ok"}, headers={"Vary": "Accept"})
        report = await watch.health()
    except psycopg.Error:
        return errors.answer(request, 503, errors.DATABASE_AWAY)
    if report is None:
        return errors.answer(request, 503, _SLOW)
    t = negotiate(request)
    shown = {"t": t, "report": report, "config": watch.config}
    return templates.TemplateResponse(request, "health.html", shown, headers={"Vary": "Accept"})


@router.get("/api/health", tags=["health"])
async def health_report(request: Request, watch: Watch) -> dict[str, Any]:
    """Stages, sources, incidents and the latest failures; times in seconds, rates a minute."""
    await request.app.state.matches.ready()
    report = await watch.health()
    if report is None:
        raise HTTPException(503, _SLOW)
    return {**asdict(report), "failed": report.failed, "given_up": report.given_up}


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request, watch: Watch) -> Response:
    """In Prometheus' text format. A database or a model server that is away has no figures, and is no error."""
    report: HealthReport | None
    try:
        await request.app.state.matches.ready()
        report = await watch.health()
    except psycopg.Error:
        report = None
    text = exposition(report, await watch.machine(), await watch.loaded_models())
    return Response(text, headers={"Content-Type": CONTENT_TYPE})

"""The pages of evaluations: their list, and one while it runs and when it is done.

Belongs here: routes. Not here: how one begins (`upload_csv.py`), rubrics (`rubric_page.py`), and what a page shows of
one (`watching.py`).
"""

import asyncio
from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from serving.accounts.identity import Recruiter
from serving.accounts.limits import limited
from serving.batches import quality as chart
from serving.batches import rubric_page, upload_csv
from serving.batches.best import BestCandidates, table_of
from serving.batches.failures import failures_of
from serving.batches.files import Files
from serving.batches.quality import KnownQuality, findings
from serving.batches.stored_tables import StoredTables
from serving.batches.upload_csv import Tables
from serving.batches.watching import Shown
from serving.dependencies import Form, Reader
from serving.language import Language, Spoken
from serving.matches import Matches
from serving.rendering import templates
from ty_assets.candidate_evaluations import control
from ty_assets.candidate_evaluations.quality import rubric_of
from ty_assets.candidate_evaluations.rubric import Rubric
from ty_resources.settings import settings

_own = APIRouter(prefix="/evaluations", default_response_class=HTMLResponse)

PAGE: Final = 25
BatchId = Annotated[str, Path(pattern=r"^batch_[0-9a-f]{32}$")]
_PRIORITIES: Final = {"1": 1, "0": 0, "-1": -1}


async def _best(request: Request) -> BestCandidates:
    best: BestCandidates = request.app.state.best
    return best


async def _quality(request: Request) -> KnownQuality:
    known: KnownQuality = request.app.state.quality
    return known


@_own.get("")
async def evaluations(
    request: Request, account: Recruiter, reader: Reader, t: Spoken, after: str | None = None
) -> Response:
    """All of the account's, those that programs made as well, the newest first."""
    rows = await reader.rows("batches_of_account", account_id=account.account_id, after=after or None, most=PAGE + 1)
    shown = {
        "evaluations": [Shown.of(row) for row in rows[:PAGE]],
        "next": rows[PAGE - 1]["batch_id"] if len(rows) > PAGE else None,
        "after": after,
        "zone": settings().zone,
    }
    return templates.TemplateResponse(request, "evaluations.html", {"t": t, **shown})


@_own.get("/{batch_id}")
async def evaluation(
    request: Request,
    account: Recruiter,
    reader: Reader,
    t: Spoken,
    best: Annotated[BestCandidates, Depends(_best)],
    known: Annotated[KnownQuality, Depends(_quality)],
    tables: Tables,
    batch_id: BatchId,
) -> Response:
    shown = await _found(reader, account.account_id, batch_id)
    parts = await _parts(reader, account.account_id, shown)
    rubric = await _rubric(tables, shown)
    quality = await known.of(shown, rubric) if rubric else None
    page: dict[str, Any] = {
        "shown": shown,
        "parts": parts,
        "rubric": rubric,
        "best": await best.of([part.row for part in parts], rubric) if rubric and shown.row["completed"] else None,
        "failures": await failures_of(reader, shown.row) if shown.row["failed"] else [],
        "quality": findings(t, quality, rubric) if quality and rubric else None,
        "chart": chart,
        "zone": settings().zone,
    }
    return templates.TemplateResponse(request, "evaluation.html", {"t": t, **page})


@_own.post("/{batch_id}")
async def change(account: Recruiter, reader: Reader, t: Spoken, form: Form, batch_id: BatchId) -> Response:
    """do=pause, resume, cancel; or priority=-1, 0, 1. What can no longer be done shows the page as it is now."""
    who, action = account.account_id, form.get("do")
    changes = {"pause": control.pause, "resume": control.resume, "cancel": control.cancel}
    if action in changes:
        steps = changes[action](who, batch_id)
    elif form.get("priority") in _PRIORITIES:
        steps = control.set_priority(who, batch_id, _PRIORITIES[form["priority"]])
    else:
        raise HTTPException(422, "expected do=pause, do=resume, do=cancel or a priority of -1, 0 or 1")
    try:
        if await reader.carry_out(steps) is None:
            raise HTTPException(404)
    except control.WrongStatus:
        pass
    return RedirectResponse(t.link(f"/evaluations/{batch_id}"), 303)


@_own.get("/{batch_id}/scores.csv", dependencies=[Depends(limited("export"))])
async def scores(account: Recruiter, reader: Reader, tables: Tables, t: Spoken, batch_id: BatchId) -> Response:
    """Everybody ranked, of all parts; while it runs, who has been judged by now."""
    shown = await _found(reader, account.account_id, batch_id)
    rubric = await _rubric(tables, shown)
    if rubric is None:
        raise HTTPException(404)
    parts = [part.row for part in await _parts(reader, account.account_id, shown)]
    # German spreadsheets take a comma for the decimal sign, and a semicolon between columns.
    delimiter = ";" if t.code == "de" else ","
    blocks: Iterator[bytes] = table_of(tables.db, parts, rubric, delimiter)
    return StreamingResponse(blocks, media_type="text/csv; charset=utf-8", headers=_as_file(shown, t, "csv"))


@_own.get("/{batch_id}/{which}.jsonl")
async def lines(
    account: Recruiter,
    reader: Reader,
    files: Files,
    t: Spoken,
    batch_id: BatchId,
    which: Literal["results", "errors"],
) -> Response:
    """The answers, or the errors, as the API gives them."""
    shown = await _found(reader, account.account_id, batch_id)
    file_id = shown.row["output_file_id" if which == "results" else "error_file_id"]
    row = await files.find(account.account_id, file_id) if file_id else None
    if row is None:
        raise HTTPException(404)
    headers = _as_file(shown, t, f"{which}.jsonl")
    return StreamingResponse(files.content(row), media_type="application/jsonl", headers=headers)


async def _found(reader: Matches, account_id: UUID, batch_id: str) -> Shown:
    rows = await reader.rows("batch_of_account", account_id=account_id, batch_id=batch_id)
    if not rows:
        raise HTTPException(404)
    return Shown.of(rows[0])


async def _rubric(tables: StoredTables, shown: Shown) -> Rubric | None:
    """As it was given, else as the requests have it that `ty batch prepare` made; None for any other batch."""
    return await asyncio.to_thread(rubric_of, tables.db, shown.batch_id)


async def _parts(reader: Matches, account_id: UUID, shown: Shown) -> list[Shown]:
    """All that were made of the same table; itself where there are no others."""
    if not shown.part:
        return [shown]
    known = shown.metadata.get("evaluation", "")
    rows = await reader.rows("evaluation_parts", account_id=account_id, evaluation=known)
    return [Shown.of(row) for row in rows] or [shown]


def _as_file(shown: Shown, t: Language, ending: str) -> dict[str, str]:
    plain, called = f"{shown.batch_id}.{ending}", quote(f"{shown.name or shown.batch_id}.{ending}", safe="")
    return {"Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{called}"}


router = APIRouter(include_in_schema=False)
# The page of one comes last: any of the other addresses would be an id to it.
for room in (upload_csv, rubric_page):
    router.include_router(room.router)
router.include_router(_own)

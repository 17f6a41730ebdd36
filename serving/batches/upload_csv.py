"""The pages on which an evaluation begins: a table is sent, its columns and a rubric are chosen, it is started.

Belongs here: routes. Not here: what a table holds (`stored_tables.py`), what is chosen (`choices.py`), and the work
(`preparing.py`).
"""

import asyncio
import datetime as dt
from functools import partial
from itertools import islice
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response

from serving.accounts.identity import Recruiter
from serving.accounts.limits import limited
from serving.batches.choices import PRIORITIES, USES, Choices, chosen, estimate, models_of
from serving.batches.preparing import Order, Preparing
from serving.batches.rubrics import KeptRubrics, Rubrics
from serving.batches.stored_tables import StoredTables, Survey, TableTooLarge
from serving.body_size import BodyTooLong
from serving.dependencies import Form, Reader
from serving.language import Language, Spoken, negotiate
from serving.matches import Matches
from serving.onboarding.wording import without_person
from serving.operations import Operations
from serving.rendering import templates
from ty_assets.candidate_evaluations.prepare import Candidate, PrepareError, candidates
from ty_assets.candidate_evaluations.question import Question
from ty_assets.candidate_evaluations.table import TableError
from ty_assets.feedback.steps import ask
from ty_resources.postgres import Row
from ty_resources.settings import settings

router = APIRouter(prefix="/evaluations", default_response_class=HTMLResponse, include_in_schema=False)

UPLOAD: Final = "/evaluations/new"
_FILE: Final = "table"
_PREVIEWED: Final = 2
# A small table is prepared before anybody has read that it is.
_PATIENCE: Final = 1.5
_NAME: Final = 200


async def _preparing(request: Request) -> Preparing:
    preparing: Preparing = request.app.state.preparing
    return preparing


async def _tables(request: Request) -> StoredTables:
    tables: StoredTables = request.app.state.tables
    return tables


Prepares = Annotated[Preparing, Depends(_preparing)]
Tables = Annotated[StoredTables, Depends(_tables)]


@router.get("/new")
async def start(request: Request, account: Recruiter, t: Spoken) -> Response:
    return _start(request, t)


@router.post("/new", dependencies=[Depends(limited("import"))])
async def upload(request: Request, account: Recruiter, tables: Tables, t: Spoken) -> Response:
    """Keep the table; one that cannot be read is told why, and not kept."""
    form = await request.form(max_files=2, max_fields=20)
    file = form.get(_FILE)
    if not isinstance(file, UploadFile) or not file.filename:
        return _start(request, t, t("evaluation.fault.no_file"), status=422)
    config = settings()
    name = file.filename.replace("\x00", "")[-_NAME:]
    expires_at = dt.datetime.now(dt.UTC) + dt.timedelta(days=config.batch_file_days)
    keep = partial(tables.store, limit=config.batch_file_bytes, expires_at=expires_at)
    try:
        file_id = await asyncio.to_thread(keep, account.account_id, name, file.file)
    except TableError as error:
        return _start(request, t, t("evaluation.fault.unreadable"), str(error), status=422)
    except TableTooLarge:
        return _start(request, t, _too_large(t), status=413)
    return RedirectResponse(t.link(f"{UPLOAD}/{file_id}"), 303)


@router.get("/new/{file_id}")
async def choose(
    request: Request, account: Recruiter, reader: Reader, tables: Tables, kept: KeptRubrics, t: Spoken, file_id: str
) -> Response:
    """What was found in the table, what the first candidates become, and what it takes; all of it can be changed."""
    stored = await _stored(reader, account.account_id, file_id)
    given = dict(request.query_params)
    return await _choose(request, t, reader, tables, kept, account.account_id, stored, given)


@router.post("/new/{file_id}")
async def chosen_so(
    request: Request,
    account: Recruiter,
    reader: Reader,
    tables: Tables,
    preparing: Prepares,
    kept: KeptRubrics,
    t: Spoken,
    form: Form,
    file_id: str,
) -> Response:
    """do=look: show what the choices come to; do=start: begin; do=forget: delete the table."""
    stored = await _stored(reader, account.account_id, file_id)
    if form.get("do") == "forget":
        await reader.carry_out(ask("stored_file_drop", account_id=account.account_id, file_id=file_id))
        return RedirectResponse(t.link("/evaluations"), 303)
    survey = await _survey(tables, file_id)
    offered = await kept.offered(account.account_id, t.code)
    uses = ",".join(form.get(f"use-{number}", "") for number in range(len(survey.table.columns)))
    choices = chosen({**form, "uses": uses}, survey, offered, await _models(request), stored["filename"])
    rubric = next(one for one in offered if one.choice == choices.rubric)
    if form.get("do") != "start" or not choices.columns(survey).text or _ids(choices) > 1:
        return RedirectResponse(t.link(f"{UPLOAD}/{file_id}", **choices.query), 303)
    order = Order(
        account_id=account.account_id,
        table_id=file_id,
        name=choices.name,
        columns=choices.columns(survey),
        rubric=rubric.rubric,
        model=choices.model,
        keep_names=choices.keep_names,
        skip_empty=choices.skip_empty,
        priority=choices.priority,
        total=survey.candidates,
    )
    ticket = preparing.begin(order)
    await asyncio.to_thread(preparing.wait, ticket, _PATIENCE)
    return RedirectResponse(t.link(f"/evaluations/preparing/{ticket}"), 303)


@router.get("/preparing/{ticket}")
async def prepared(request: Request, account: Recruiter, preparing: Prepares, t: Spoken, ticket: str) -> Response:
    """How far it is; at its end the page of what has been started."""
    found = preparing.progress(account.account_id, ticket)
    if found is None:
        return RedirectResponse(t.link("/evaluations"), 303)
    if found.state == "done":
        return RedirectResponse(t.link(f"/evaluations/{found.batch_ids[0]}"), 303)
    shown = {"prepared": found, "ticket": ticket}
    return templates.TemplateResponse(request, "evaluation_preparing.html", {"t": t, **shown})


async def too_long(request: Request, error: Exception) -> Response:
    """A table that is too large is told where it was sent."""
    assert isinstance(error, BodyTooLong)
    t = negotiate(request)
    return _start(request, t, _too_large(t), status=413)


def _start(request: Request, t: Language, problem: str = "", detail: str = "", status: int = 200) -> Response:
    shown = {
        "problem": problem,
        "detail": detail,
        "limit": settings().batch_file_bytes,
        "days": settings().batch_file_days,
    }
    return templates.TemplateResponse(request, "evaluation_start.html", {"t": t, **shown}, status)


def _too_large(t: Language) -> str:
    return t("evaluation.fault.too_large", limit=t.number(settings().batch_file_bytes // 1_000_000))


async def _stored(reader: Matches, account_id: UUID, file_id: str) -> Row:
    rows = await reader.carry_out(ask("table_of_account", account_id=account_id, file_id=file_id))
    if not rows:
        raise HTTPException(404)
    return rows[0]


async def _survey(tables: StoredTables, file_id: str) -> Survey:
    try:
        return await asyncio.to_thread(tables.survey, file_id)
    except TableError:  # it could be read when it was sent, so its parts are gone by now
        raise HTTPException(404) from None


async def _models(request: Request) -> list[str]:
    watch: Operations = request.app.state.operations
    return models_of(settings(), [model.name for model in await watch.loaded_models()])


def _ids(choices: Choices) -> int:
    return choices.uses.count("id")


async def _choose(
    request: Request,
    t: Language,
    reader: Matches,
    tables: StoredTables,
    kept: Rubrics,
    account_id: UUID,
    stored: Row,
    given: dict[str, str],
) -> Response:
    survey = await _survey(tables, stored["file_id"])
    offered = await kept.offered(account_id, t.code)
    models = await _models(request)
    choices = chosen(given, survey, offered, models, stored["filename"])
    rubric = next(one for one in offered if one.choice == choices.rubric)
    question = Question(rubric.rubric, choices.model)
    rates = await reader.carry_out(ask("rate_of_model", account_id=account_id, model=choices.model))
    preview, problem = await asyncio.to_thread(_previewed, tables, stored["file_id"], survey, choices)
    shown: dict[str, Any] = {
        "table": stored,
        "survey": survey,
        "choices": choices,
        "uses": USES,
        "priorities": PRIORITIES,
        "offered": offered,
        "rubric": rubric,
        "models": models,
        "preview": preview,
        "problem": problem,
        "ids": _ids(choices),
        "estimate": estimate(survey, choices, question, rates[0]["per_second"] if rates else None, settings()),
        "per_second": rates[0]["per_second"] if rates else None,
        "is_rules": settings().engine == "embedded",
        "without_person": without_person,
    }
    return templates.TemplateResponse(request, "evaluation_table.html", {"t": t, **shown})


def _previewed(
    tables: StoredTables, file_id: str, survey: Survey, choices: Choices
) -> tuple[list[Candidate], str | None]:
    """The first candidates as they will be judged, and what is wrong with the table so far."""
    columns = choices.columns(survey)
    if not columns.text:
        return [], None
    found: list[Candidate] = []
    try:
        read = candidates(
            survey.table,
            tables.bytes_of(file_id),
            columns,
            keep_names=choices.keep_names,
            skip_empty=choices.skip_empty,
        )
        found.extend(islice(read, _PREVIEWED))
    except (PrepareError, TableError) as error:
        return found, str(error)
    return found, None

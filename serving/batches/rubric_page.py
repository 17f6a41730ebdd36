"""The pages of rubrics: which there are, one as a form, and a file in its place.

Belongs here: routes. Not here: the form (`rubric_form.py`), and where rubrics are kept (`rubrics.py`).
"""

from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response

from serving.accounts.identity import Recruiter
from serving.batches.rubric_form import RubricForm, faults_of, form_of, read, sent_rubric
from serving.batches.rubrics import KeptRubrics, Refused, sample_rubrics
from serving.language import Language, Spoken
from serving.onboarding.forms import SentForm
from serving.rendering import templates
from ty_assets.candidate_evaluations.rubric import Rubric
from ty_assets.candidate_evaluations.rubric_file import LARGEST, RubricError
from ty_resources.postgres import Row

router = APIRouter(prefix="/evaluations/rubrics", default_response_class=HTMLResponse, include_in_schema=False)

_FILE: Final = "rubric"


@router.get("")
async def rubrics(request: Request, account: Recruiter, kept: KeptRubrics, t: Spoken) -> Response:
    return await _list(request, t, account.account_id, kept)


@router.post("/upload")
async def upload(request: Request, account: Recruiter, kept: KeptRubrics, t: Spoken) -> Response:
    """A rubric that somebody has as a file. What is wrong with it is told with its lines."""
    form = await request.form(max_files=2, max_fields=20)
    file = form.get(_FILE)
    content = await file.read(4 * LARGEST + 1) if isinstance(file, UploadFile) else b""
    try:
        rubric = Rubric.parse(content.decode("utf-8-sig"), t("rubric.file"))
    except UnicodeDecodeError:
        return await _list(request, t, account.account_id, kept, [t("rubric.fault.encoding")], 422)
    except RubricError as error:
        return await _list(request, t, account.account_id, kept, list(faults_of(error)), 422)
    try:
        rubric_id = await kept.keep(account.account_id, rubric)
    except Refused:
        return await _list(request, t, account.account_id, kept, [t("rubric.fault.taken")], 422)
    return RedirectResponse(t.link(f"/evaluations/rubrics/{rubric_id}"), 303)


@router.get("/new")
async def new(
    request: Request, account: Recruiter, kept: KeptRubrics, t: Spoken, sample: str = "", table: str = ""
) -> Response:
    """An empty form, or one that a sample has filled in."""
    form = RubricForm(language=t.code)
    if sample:
        found = next((one for one in sample_rubrics() if one.sample == sample), None)
        if found is None:
            raise HTTPException(404)
        form = form_of(found.rubric)
    return _form(request, t, form, None, table=table)


@router.post("/new")
async def keep_new(
    request: Request, account: Recruiter, kept: KeptRubrics, t: Spoken, sent: SentForm, table: str = ""
) -> Response:
    return await _sent(request, account.account_id, kept, t, sent, None, table)


@router.get("/{rubric_id}")
async def one(
    request: Request,
    account: Recruiter,
    kept: KeptRubrics,
    t: Spoken,
    rubric_id: UUID,
    table: str = "",
    saved: bool = False,
) -> Response:
    found = await _found(kept, account.account_id, rubric_id)
    try:
        rubric = Rubric.parse(found["content"])
    except RubricError as error:
        return await _list(request, t, account.account_id, kept, list(faults_of(error)), 422)
    return _form(request, t, form_of(rubric), rubric_id, table=table, saved=saved)


@router.post("/{rubric_id}")
async def change(
    request: Request, account: Recruiter, kept: KeptRubrics, t: Spoken, rubric_id: UUID, sent: SentForm, table: str = ""
) -> Response:
    await _found(kept, account.account_id, rubric_id)
    if (sent.get("do") or ("",))[0] == "delete":
        await kept.end(account.account_id, rubric_id)
        return RedirectResponse(t.link("/evaluations/rubrics"), 303)
    return await _sent(request, account.account_id, kept, t, sent, rubric_id, table)


@router.get("/{rubric_id}/rubric.yaml")
async def as_file(account: Recruiter, kept: KeptRubrics, rubric_id: UUID) -> Response:
    """For `ty batch prepare`, and to hand on."""
    found = await _found(kept, account.account_id, rubric_id)
    headers = {"Content-Disposition": 'attachment; filename="rubric.yaml"'}
    return Response(found["content"], media_type="application/yaml", headers=headers)


async def _found(kept: KeptRubrics, account_id: UUID, rubric_id: UUID) -> Row:
    found = await kept.find(account_id, rubric_id)
    if found is None:
        raise HTTPException(404)
    return found


async def _sent(
    request: Request,
    account_id: UUID,
    kept: KeptRubrics,
    t: Language,
    sent: SentForm,
    rubric_id: UUID | None,
    table: str,
) -> Response:
    """A button of the rows shows the form again; saving goes back to where somebody came from."""
    form, place = sent_rubric(sent)
    if place:
        return _form(request, t, form, rubric_id, table=table, place=place)
    told = read(form, t)
    faults = dict(told.faults)
    if told.rubric is not None:
        try:
            rubric_id = await kept.keep(account_id, told.rubric, rubric_id)
        except Refused:
            faults["name"] = t("rubric.fault.taken")
        else:
            if table:
                return RedirectResponse(t.link(f"/evaluations/new/{table}", rubric=rubric_id), 303)
            return RedirectResponse(t.link(f"/evaluations/rubrics/{rubric_id}", saved="true"), 303)
    return _form(request, t, form, rubric_id, table=table, faults=faults, status=422)


async def _list(
    request: Request,
    t: Language,
    account_id: UUID,
    kept: KeptRubrics,
    problems: list[str] | None = None,
    status: int = 200,
) -> Response:
    own = await kept.own(account_id)
    shown = {
        "own": own.offered,
        "unreadable": own.unreadable,
        "samples": sorted(sample_rubrics(), key=lambda one: one.rubric.language != t.code),
        "problems": problems or [],
    }
    return templates.TemplateResponse(request, "evaluation_rubrics.html", {"t": t, **shown}, status)


def _form(
    request: Request,
    t: Language,
    form: RubricForm,
    rubric_id: UUID | None,
    *,
    table: str = "",
    place: str = "",
    faults: dict[str, str] | None = None,
    saved: bool = False,
    status: int = 200,
) -> Response:
    shown = {
        "form": form,
        "rubric_id": rubric_id,
        "table": table,
        "place": place,
        "faults": faults or {},
        "saved": saved,
        "field_called": _called,
    }
    return templates.TemplateResponse(request, "evaluation_rubric.html", {"t": t, **shown}, status)


def _called(t: Language, name: str) -> str:
    """What a field is called: "Criterion 2, weight"."""
    section, _, rest = name.partition("-")
    number, _, of_row = rest.partition("-")
    if section == "criteria" and number:
        return f"{t('rubric.criterion')} {int(number) + 1}, {t(f'rubric.criterion.{of_row}')}"
    return t(f"rubric.{section}") if section else t("rubric.title")

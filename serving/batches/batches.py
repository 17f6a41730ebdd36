"""/v1/batches: create, list, retrieve and cancel, as OpenAI's clients ask for them; and pause, resume and priority.

Belongs here: the routes. Not here: the objects (`objects.py`), what a change does to a batch
(ty_assets/candidate_evaluations/control.py), and its execution, which is a Dagster run's.
"""

import asyncio
from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Path, Query

from serving.accounts.identity import Account, Recruiter
from serving.accounts.limits import limited
from serving.batches.errors import RESPONSES, ApiError
from serving.batches.objects import Batch, NewBatch, Priority, batch_object
from serving.batches.pagination import (
    FEW_BATCHES,
    LONGEST_ID,
    MOST_BATCHES,
    After,
    Listed,
    listed,
    unknown_cursor,
)
from serving.dependencies import Reader
from serving.matches import Matches
from ty_assets.candidate_evaluations import control, creation
from ty_assets.candidate_evaluations.rubric import Rubric
from ty_assets.candidate_evaluations.rubric_file import RubricError
from ty_assets.feedback.steps import Steps
from ty_resources.postgres import Row
from ty_resources.settings import settings

router = APIRouter(prefix="/v1", tags=["batches"], responses=RESPONSES)

BatchId = Annotated[str, Path(max_length=LONGEST_ID)]
Change = Callable[[UUID, str], Steps[Row | None]]


@router.post("/batches", dependencies=[Depends(limited("batch"))])
async def create(reader: Reader, account: Recruiter, wanted: NewBatch) -> Batch:
    """A batch of the requests in an uploaded file. Its lines are looked at next, while its status is `validating`."""
    if wanted.rubric is not None:
        await _check(wanted.rubric)
    expires = wanted.output_expires_after
    steps = creation.create(
        account.account_id,
        endpoint=wanted.endpoint,
        input_file_id=wanted.input_file_id,
        completion_window=wanted.completion_window,
        hours=settings().batch_hours,
        metadata=wanted.metadata,
        rubric=wanted.rubric,
        priority=wanted.priority,
        output_expires_seconds=expires.seconds if expires else None,
    )
    try:
        return batch_object(await reader.carry_out(steps))
    except creation.NoSuchFile:
        raise ApiError(404, "There is no such file, or no longer.", param="input_file_id") from None
    except creation.WrongPurpose:
        message = "Expected a file that was uploaded with the purpose batch."
        raise ApiError(400, message, param="input_file_id", code="invalid_value") from None


@router.get("/batches")
async def list_batches(
    reader: Reader,
    account: Recruiter,
    after: After = None,
    limit: Annotated[int, Query(ge=1, le=MOST_BATCHES)] = FEW_BATCHES,
) -> Listed[Batch]:
    """The account's batches, the newest first."""
    of = account.account_id
    if after and not await reader.rows("batch_of_account", account_id=of, batch_id=after):
        raise unknown_cursor("batch")
    rows = await reader.rows("batches_of_account", account_id=of, after=after or None, most=limit + 1)
    return listed(rows, limit, "batch_id", batch_object)


@router.get("/batches/{batch_id}")
async def retrieve(reader: Reader, account: Recruiter, batch_id: BatchId) -> Batch:
    rows = await reader.rows("batch_of_account", account_id=account.account_id, batch_id=_plain(batch_id))
    if not rows:
        raise _unknown()
    return batch_object(rows[0])


@router.post("/batches/{batch_id}/cancel")
async def cancel(reader: Reader, account: Recruiter, batch_id: BatchId) -> Batch:
    """No model is asked any more within two seconds. What was answered stays; the rest is in the error file."""
    return await _changed(reader, account, batch_id, control.cancel)


@router.post("/batches/{batch_id}/pause")
async def pause(reader: Reader, account: Recruiter, batch_id: BatchId) -> Batch:
    """Beyond OpenAI's: what is in flight is finished, the rest waits until it is resumed."""
    return await _changed(reader, account, batch_id, control.pause)


@router.post("/batches/{batch_id}/resume")
async def resume(reader: Reader, account: Recruiter, batch_id: BatchId) -> Batch:
    """Beyond OpenAI's: go on where it was; it expires as much later as it has waited."""
    return await _changed(reader, account, batch_id, control.resume)


@router.post("/batches/{batch_id}/priority")
async def prioritise(
    reader: Reader, account: Recruiter, batch_id: BatchId, wanted: Annotated[Priority, Body()]
) -> Batch:
    """Beyond OpenAI's: a batch of a higher priority goes before others, even before one that is under way."""

    def to_wanted(account_id: UUID, batch_id: str) -> Steps[Row | None]:
        return control.set_priority(account_id, batch_id, wanted.priority)

    return await _changed(reader, account, batch_id, to_wanted)


async def _check(rubric: str) -> None:
    """Raises 400 for a rubric that nobody could judge by, with its faults."""
    try:
        await asyncio.to_thread(Rubric.parse, rubric)  # reading a long one takes longer than others may wait
    except RubricError as error:
        raise ApiError(400, str(error), param="rubric", code="invalid_value") from None


async def _changed(reader: Matches, account: Account, batch_id: str, change: Change) -> Batch:
    try:
        row = await reader.carry_out(change(account.account_id, _plain(batch_id)))
    except control.WrongStatus as error:
        raise ApiError(409, f"The batch is {error.status}: this cannot be done any more.") from None
    if row is None:
        raise _unknown()
    return batch_object(row)


def _plain(batch_id: str) -> str:
    """Raises 404 for an id with a zero byte, which no text of the database has."""
    if "\0" in batch_id:
        raise _unknown()
    return batch_id


def _unknown() -> ApiError:
    return ApiError(404, "There is no such batch.", param="batch_id", code="batch_not_found")

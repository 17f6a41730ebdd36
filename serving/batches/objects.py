"""The objects of the API as OpenAI's clients read them, and what a batch may be made of.

Belongs here: their shapes, from rows. Not here: reading rows, routes, and lists (`pagination.py`). Times are seconds
since 1970. What goes beyond OpenAI's objects stands in fields of its own, which its clients pass on untouched.
"""

import datetime as dt
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ty_assets.candidate_evaluations.progress import Progress, progress_of
from ty_resources.inference.relay import CHAT, EMBEDDINGS
from ty_resources.postgres import Row

_PAIRS: Final = 16
_LONGEST_KEY: Final = 64
_LONGEST_VALUE: Final = 512
_LONGEST_RUBRIC: Final = 100_000
LEAST_SECONDS: Final = 3_600
MOST_SECONDS: Final = 2_592_000

# A zero byte is in no text that Postgres stores.
_NO_NUL: Final = r"^[^\x00]*$"
Key = Annotated[str, StringConstraints(max_length=_LONGEST_KEY, pattern=_NO_NUL)]
Value = Annotated[str, StringConstraints(max_length=_LONGEST_VALUE, pattern=_NO_NUL)]
Metadata = Annotated[dict[Key, Value], Field(max_length=_PAIRS)]


class File(BaseModel):
    """status: `uploaded` while the batch whose results it holds goes on, `processed` when it is whole."""

    id: str
    object: Literal["file"] = "file"
    bytes: int
    created_at: int
    expires_at: int | None
    filename: str
    purpose: Literal["batch", "batch_output", "user_data"]
    status: Literal["uploaded", "processed"]
    status_details: None = None


class Deleted(BaseModel):
    id: str
    object: Literal["file"] = "file"
    deleted: Literal[True] = True


class Fault(BaseModel):
    """What is wrong with a batch's input file. line: of the file, from 1."""

    code: str
    message: str
    param: str | None
    line: int | None


class Faults(BaseModel):
    object: Literal["list"] = "list"
    data: list[Fault]


class Counts(BaseModel):
    total: int
    completed: int
    failed: int


class InputDetails(BaseModel):
    cached_tokens: int


class OutputDetails(BaseModel):
    reasoning_tokens: int


class Usage(BaseModel):
    input_tokens: int
    input_tokens_details: InputDetails
    output_tokens: int
    output_tokens_details: OutputDetails
    total_tokens: int


class Batch(BaseModel):
    """priority, paused_at and progress go beyond OpenAI's. usage: cached_tokens is 0 where servers do not report them,
    since OpenAI has no word for that; progress says null.
    """

    id: str
    object: Literal["batch"] = "batch"
    endpoint: str
    model: str | None
    errors: Faults | None
    input_file_id: str
    completion_window: str
    status: Literal[
        "validating", "failed", "in_progress", "finalizing", "completed", "expired", "cancelling", "cancelled"
    ]
    output_file_id: str | None
    error_file_id: str | None
    created_at: int
    in_progress_at: int | None
    expires_at: int
    finalizing_at: int | None
    completed_at: int | None
    failed_at: int | None
    expired_at: int | None
    cancelling_at: int | None
    cancelled_at: int | None
    request_counts: Counts
    usage: Usage
    metadata: dict[str, str] | None
    priority: int
    paused_at: int | None
    progress: Progress


class Model(BaseModel):
    """created: 0, since servers of local models do not tell."""

    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "local"


class Models(BaseModel):
    object: Literal["list"] = "list"
    data: list[Model]


class _Sent(BaseModel):
    # strict: "5" is no number and 1 no text, as with OpenAI
    model_config = ConfigDict(extra="forbid", strict=True)


class ExpiresAfter(_Sent):
    anchor: Literal["created_at"]
    seconds: Annotated[int, Field(ge=LEAST_SECONDS, le=MOST_SECONDS)]


class NewBatch(_Sent):
    """priority, rubric: beyond OpenAI's. rubric: YAML, where the requests were made from one; what the answers are read
    and checked by."""

    input_file_id: Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=_NO_NUL)]
    endpoint: Literal[CHAT, EMBEDDINGS]  # type: ignore[valid-type]
    completion_window: Literal["24h"]
    metadata: Metadata | None = None
    output_expires_after: ExpiresAfter | None = None
    priority: Annotated[int, Field(ge=-1, le=1)] = 0
    rubric: Annotated[str, StringConstraints(max_length=_LONGEST_RUBRIC, pattern=_NO_NUL)] | None = None


class Priority(_Sent):
    """-1: after the others, 0, or 1: before them, even before a batch that is under way."""

    priority: Annotated[int, Field(ge=-1, le=1)]


def file_object(row: Row) -> File:
    return File(
        id=row["file_id"],
        bytes=row["bytes"],
        created_at=_seconds(row["created_at"]),
        expires_at=_known(row["expires_at"]),
        filename=row["filename"],
        purpose=row["purpose"],
        status="processed" if row["is_complete"] else "uploaded",
    )


def batch_object(row: Row) -> Batch:
    """row: of `batches_shown`."""
    now = dt.datetime.now(dt.UTC)
    inputs, outputs = row["prompt_tokens"], row["output_tokens"]
    given: dict[str, Any] = {
        name: row[name]
        for name in ("endpoint", "model", "input_file_id", "completion_window", "status", "output_file_id",
                     "error_file_id", "metadata", "priority")
    }  # fmt: skip
    times = {
        name: _known(row[name])
        for name in ("in_progress_at", "finalizing_at", "completed_at", "failed_at", "expired_at", "cancelling_at",
                     "cancelled_at", "paused_at")
    }  # fmt: skip
    return Batch(
        id=row["batch_id"],
        **given,
        **times,
        created_at=_seconds(row["created_at"]),
        expires_at=_seconds(row["expires_at"]),
        errors=Faults(data=[_fault(error) for error in row["errors"]]) if row["errors"] else None,
        request_counts=Counts(total=row["total"], completed=row["completed"], failed=row["failed"]),
        usage=Usage(
            input_tokens=inputs,
            input_tokens_details=InputDetails(cached_tokens=row["cached_tokens"]),
            output_tokens=outputs,
            output_tokens_details=OutputDetails(reasoning_tokens=0),
            total_tokens=inputs + outputs,
        ),
        progress=progress_of(row, now),
    )


def _fault(error: dict[str, Any]) -> Fault:
    return Fault(code=error["code"], message=error["message"], param=error.get("param"), line=error.get("line"))


def _seconds(moment: dt.datetime) -> int:
    return int(moment.timestamp())


def _known(moment: dt.datetime | None) -> int | None:
    return None if moment is None else _seconds(moment)

"""/v1/files: upload, list, retrieve, content and delete, as OpenAI's clients ask for them.

Belongs here: the routes, and what an upload's fields have to say. Not here: how a body is taken apart (`uploads.py`)
and where a file lies (`stored_files.py`).
"""

from typing import Annotated, Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import StreamingResponse

from serving.accounts.identity import Account, Recruiter
from serving.accounts.limits import limited
from serving.batches.errors import RESPONSES, ApiError
from serving.batches.objects import LEAST_SECONDS, MOST_SECONDS, Deleted, File, file_object
from serving.batches.pagination import LONGEST_ID, MOST_FILES, After, Listed, listed, unknown_cursor
from serving.batches.stored_files import FileInUse, FileTooLong, NoFile, StoredFiles
from serving.batches.uploads import Upload
from ty_resources.postgres import Row
from ty_resources.settings import settings

router = APIRouter(prefix="/v1", tags=["batches"], responses=RESPONSES)

Purpose = Literal[
    "assistants", "assistants_output", "batch", "batch_output", "fine-tune", "fine-tune-results", "vision",
    "user_data", "evals",
]  # fmt: skip
FileId = Annotated[str, Path(max_length=LONGEST_ID)]
_UPLOAD: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "purpose"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "purpose": {"type": "string", "enum": ["batch"]},
                        "expires_after[anchor]": {"type": "string", "enum": ["created_at"]},
                        "expires_after[seconds]": {
                            "type": "integer",
                            "minimum": LEAST_SECONDS,
                            "maximum": MOST_SECONDS,
                        },
                    },
                }
            }
        },
    }
}


async def _stored_files(request: Request) -> StoredFiles:
    files: StoredFiles = request.app.state.stored_files
    return files


Files = Annotated[StoredFiles, Depends(_stored_files)]


@router.post("/files", openapi_extra=_UPLOAD, dependencies=[Depends(limited("file"))])
async def upload(request: Request, account: Recruiter, files: Files) -> File:
    """A file of requests for a batch, one a line. It is stored as it comes: memory does not grow with it."""
    sent = Upload(request)
    file_id = await files.begin(account.account_id, "")
    try:
        # The fields may come after the file, so that it is known only then whether it was wanted.
        await files.fill(file_id, sent.pieces(), settings().batch_file_bytes)
        keep_seconds = _wanted(sent)
        row = await files.complete(file_id, keep_seconds, sent.filename)
    except BaseException as error:
        await files.drop(file_id)
        if isinstance(error, FileTooLong | NoFile | ApiError):
            await sent.rest()
        if isinstance(error, FileTooLong):
            raise ApiError(413, str(error), param="file") from None
        if isinstance(error, NoFile):
            raise ApiError(404, str(error)) from None
        raise
    return file_object(row)


@router.get("/files")
async def list_files(
    account: Recruiter,
    files: Files,
    after: After = None,
    limit: Annotated[int, Query(ge=1, le=MOST_FILES)] = MOST_FILES,
    order: Literal["asc", "desc"] = "desc",
    purpose: Purpose | None = None,
) -> Listed[File]:
    """The account's files, by the moment they came."""
    if after and await files.find(account.account_id, after) is None:
        raise unknown_cursor("file")
    rows = await files.listed(
        account.account_id, purpose=purpose, after=after or None, newest_first=order == "desc", most=limit + 1
    )
    return listed(rows, limit, "file_id", file_object)


@router.get("/files/{file_id}")
async def retrieve(account: Recruiter, files: Files, file_id: FileId) -> File:
    return file_object(await _found(files, account, file_id))


@router.get(
    "/files/{file_id}/content",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def content(account: Recruiter, files: Files, file_id: FileId) -> StreamingResponse:
    """What was uploaded, byte by byte; or what a batch has put out, while it goes on the part that is there by now."""
    row = await _found(files, account, file_id)
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(row['filename'] or file_id, safe='')}"}
    if row["is_complete"]:
        headers["Content-Length"] = str(row["bytes"])  # so that a transfer that broke off is told from a whole one
    return StreamingResponse(files.content(row), media_type="application/octet-stream", headers=headers)


@router.delete("/files/{file_id}")
async def delete(account: Recruiter, files: Files, file_id: FileId) -> Deleted:
    """The file and what it holds: of an output file a batch's answers. Not while a batch that goes on needs it."""
    try:
        if not await files.delete(account.account_id, _plain(file_id)):
            raise _unknown()
    except FileInUse as error:
        raise ApiError(409, str(error), code="file_in_use") from None
    return Deleted(id=file_id)


async def _found(files: StoredFiles, account: Account, file_id: str) -> Row:
    row = await files.find(account.account_id, _plain(file_id))
    if row is None:
        raise _unknown()
    return row


def _plain(file_id: str) -> str:
    """Raises 404 for an id with a zero byte, which no text of the database has."""
    if "\0" in file_id:
        raise _unknown()
    return file_id


def _unknown() -> ApiError:
    return ApiError(404, "There is no such file, or no longer.", param="id")


def _wanted(sent: Upload) -> int | None:
    """How long the file is to be kept, where that is said. Raises ApiError for fields that do not do."""
    purpose = sent.fields.get("purpose")
    if sent.filename is None:
        raise ApiError(400, "A file is missing: the field `file`.", param="file", code="missing_required_parameter")
    if purpose is None:
        message = "A purpose is missing: the field `purpose`, with the value batch."
        raise ApiError(400, message, param="purpose", code="missing_required_parameter")
    if purpose != "batch":
        raise ApiError(400, "Expected the purpose batch.", param="purpose", code="invalid_value")
    if not sent.filename.lower().endswith(".jsonl"):
        raise ApiError(400, "A file of requests is one of JSON lines: its name ends in .jsonl.", param="file")
    anchor, seconds = sent.fields.get("expires_after[anchor]"), sent.fields.get("expires_after[seconds]")
    if anchor is None and seconds is None:
        return None
    if anchor != "created_at":
        raise ApiError(400, "Expected the anchor created_at.", param="expires_after.anchor", code="invalid_value")
    if seconds is None or not seconds.isascii() or not seconds.isdigit() or len(seconds) > len(str(MOST_SECONDS)):
        raise ApiError(400, "Expected a number of seconds.", param="expires_after.seconds", code="invalid_type")
    if not LEAST_SECONDS <= int(seconds) <= MOST_SECONDS:
        message = f"Expected from {LEAST_SECONDS} to {MOST_SECONDS} seconds."
        raise ApiError(400, message, param="expires_after.seconds", code="invalid_value")
    return int(seconds)

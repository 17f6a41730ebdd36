"""A batch begins: its row, from a file that was uploaded.

Belongs here: only that, as steps, for serving and for plain code alike. Not here: what a sender may ask for
(serving/batches), whether the file holds requests (`validation`), and what becomes of it later (`control`).
"""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from ty_assets.candidate_evaluations.ids import new_batch_id
from ty_assets.feedback.steps import Steps, ask
from ty_resources.postgres import Row

WINDOW: Final = "24h"  # the only one that OpenAI takes
PURPOSE: Final = "batch"


class NoSuchFile(LookupError):
    """The account has no complete file of this id."""


class WrongPurpose(ValueError):
    """The file was uploaded for something else. purpose: for what."""

    def __init__(self, purpose: str) -> None:
        super().__init__(f"the file's purpose is {purpose}")
        self.purpose = purpose


def create(
    account_id: UUID,
    *,
    endpoint: str,
    input_file_id: str,
    hours: float,
    metadata: Mapping[str, str] | None = None,
    rubric: str | None = None,
    priority: int = 0,
    output_expires_seconds: int | None = None,
    completion_window: str = WINDOW,
) -> Steps[Row]:
    """The new batch, as `batches_shown` has it; its validation begins within seconds.

    hours: until it expires, TY_BATCH_HOURS. rubric: YAML, where it was made from one. priority: -1, 0 or 1.
    Raises: NoSuchFile, WrongPurpose.
    """
    files = yield from ask("batch_input", account_id=account_id, file_id=input_file_id)
    if not files or not files[0]["is_complete"]:
        raise NoSuchFile(input_file_id)
    if files[0]["purpose"] != PURPOSE:
        raise WrongPurpose(files[0]["purpose"])
    batch_id = new_batch_id()
    yield from ask(
        "batch_add",
        batch_id=batch_id,
        account_id=account_id,
        endpoint=endpoint,
        input_file_id=input_file_id,
        completion_window=completion_window,
        metadata=None if metadata is None else json.dumps(dict(metadata)),
        rubric=rubric,
        priority=priority,
        output_expires_seconds=output_expires_seconds,
        open_for=dt.timedelta(hours=hours),
    )
    rows = yield from ask("batch_of_account", account_id=account_id, batch_id=batch_id)
    return rows[0]

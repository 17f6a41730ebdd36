"""Forms of the onboarding as they are sent, and what its pages take from a request.

Belongs here: the dependencies. Not here: what a form changes (`fields.py`).
"""

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from serving.dependencies import Reader
from serving.onboarding.processing import Processing
from serving.onboarding.suggestions import Suggestions


async def _sent(request: Request) -> Mapping[str, Sequence[str]]:
    """The fields of a form, each with its values. Raises 422 for anything else."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise HTTPException(422, "expected a form")
    sent: dict[str, list[str]] = {}
    for name, value in (await request.form(max_fields=MOST_FIELDS)).multi_items():
        if isinstance(value, str):
            sent.setdefault(name, []).append(value)
    return sent


# A hundred rows of each kind, and the rest.
MOST_FIELDS = 3_000

SentForm = Annotated[Mapping[str, Sequence[str]], Depends(_sent)]


def _processing(request: Request) -> Processing:
    processing: Processing = request.app.state.processing
    return processing


Processed = Annotated[Processing, Depends(_processing)]


def _suggestions(reader: Reader, processing: Processed) -> Suggestions:
    return Suggestions(reader, processing)


Suggested = Annotated[Suggestions, Depends(_suggestions)]

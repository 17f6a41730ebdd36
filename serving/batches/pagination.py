"""Lists as OpenAI's clients page through them: by the id of the last object that they have.

Belongs here: the bounds, the envelope, and the cursor that is none. Not here: the rows (sql/queries), and the opaque
cursors of the rest of the view (serving/paging.py).
"""

from collections.abc import Callable, Sequence
from typing import Annotated, Final, Generic, Literal, TypeVar

from fastapi import Query
from pydantic import BaseModel, StringConstraints

from serving.batches.errors import ApiError
from ty_resources.postgres import Row

MOST_FILES: Final = 10_000
MOST_BATCHES: Final = 100
FEW_BATCHES: Final = 20
# Of our ids, and of what is looked up in place of one.
LONGEST_ID: Final = 100

After = Annotated[
    Annotated[str, StringConstraints(max_length=LONGEST_ID, pattern=r"^[\w.-]*$")] | None,
    Query(description="The id of the last object of the page before."),
]
Object = TypeVar("Object", bound=BaseModel)


class Listed(BaseModel, Generic[Object]):
    """One page. has_more: whether asking again, with `last_id` as `after`, brings another one."""

    object: Literal["list"] = "list"
    data: list[Object]
    first_id: str | None
    last_id: str | None
    has_more: bool


def listed(rows: Sequence[Row], limit: int, id_column: str, shown: Callable[[Row], Object]) -> Listed[Object]:
    """rows: up to limit + 1 of them; the one too many says that there are more."""
    page = rows[:limit]
    ids = [row[id_column] for row in page]
    return Listed[Object].model_construct(
        object="list",
        data=[shown(row) for row in page],
        first_id=ids[0] if ids else None,
        last_id=ids[-1] if ids else None,
        has_more=len(rows) > limit,
    )


def unknown_cursor(kind: str) -> ApiError:
    """`after` names nothing of the account's: an empty page would look like the end of the list."""
    return ApiError(404, f"There is no such {kind}; `after` takes the id of the last one of a page.", param="after")

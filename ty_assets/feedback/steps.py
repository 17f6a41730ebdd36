"""Work on the database as steps that know no driver: a coroutine for serving and a plain call elsewhere run the same.

A step yields an `Ask` and is handed its rows; what it returns is the work's result. All steps of one piece of work are
one transaction. Belongs here: the protocol and the plain runner. Not here: any work (`store`), and the asynchronous
runner (serving/matches.py).
"""

from collections.abc import Generator
from typing import Any, NamedTuple, TypeVar

from ty_resources.postgres import Database, Row

Result = TypeVar("Result")


class Ask(NamedTuple):
    """A named query and its parameters."""

    query: str
    parameters: dict[str, Any]


Steps = Generator[Ask, list[Row], Result]


def ask(query: str, **parameters: Any) -> Steps[list[Row]]:
    """One step; its rows."""
    rows = yield Ask(query, parameters)
    return rows


def carry_out(db: Database, steps: Steps[Result]) -> Result:
    """All steps in one transaction; what they raise undoes it."""
    with db.transaction() as connection:
        rows: list[Row] = []
        try:
            wanted = next(steps)
            while True:
                cursor = connection.execute(db.queries[wanted.query], wanted.parameters)
                rows = cursor.fetchall() if cursor.description is not None else []
                wanted = steps.send(rows)
        except StopIteration as end:
            result: Result = end.value
            return result

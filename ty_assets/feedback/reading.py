"""Comments read by the reasoning model: which are unread, and what becomes of the answers.

Belongs here: asking through the owner's cache, so that an answer goes when the person goes. Not here: the question
(`task`) and learning (`store`).
"""

from collections import defaultdict
from typing import NamedTuple
from uuid import UUID

from ty_assets.feedback.steps import carry_out
from ty_assets.feedback.store import keep_readings
from ty_assets.feedback.task import CommentItem, CommentRules, CommentTask
from ty_resources.inference.cache import run_cached
from ty_resources.inference.engine import InferenceEngine
from ty_resources.postgres import Database


class ReadComments(NamedTuple):
    """read: answered and learned from. failed: the patterns' reading stays, and the next call asks again."""

    read: int
    failed: int


def read_comments(db: Database, engine: InferenceEngine, profile_id: UUID | None = None) -> ReadComments:
    """Have the engine read the comments that it has not read, of one person or of all.

    On an engine without a model nothing is asked: the patterns have read every comment when it came. What failed has no
    line in the ledger of failures, which would outlive its person. Raises what the engine raises when it is away.
    """
    if not engine.remote:
        return ReadComments(0, 0)
    task = CommentTask()
    model, version = engine.model(task.role), engine.task_version(task)
    unread: dict[UUID, list[tuple[UUID, str]]] = defaultdict(list)
    for row in db.rows("comments_to_read", profile_id=profile_id, model=model, task_version=version):
        unread[row["profile_id"]].append((row["posting_id"], row["comment"]))
    read = failed = 0
    for person, said in unread.items():
        items = [CommentItem(comment=comment) for _, comment in said]
        answers = run_cached(db, engine, task, items, owner=person, lane="person")
        kept: list[tuple[UUID, str, CommentRules, int]] = []
        for (posting_id, comment), item, answer in zip(said, items, answers, strict=True):
            if answer.output is None:
                failed += 1
                continue
            kept.append((posting_id, comment, *task.verify(item, answer.output)))
        if kept:
            carry_out(db, keep_readings(person, kept, model=model, version=version))
        read += len(kept)
    return ReadComments(read, failed)

"""Polished letters of opened matches: asked for in the lane of people's clicks, kept beside the draft.

Belongs here: when there is something to polish, and the row. Not here: what may stand (task.py). Optional
(TY_POLISH_LETTERS): nobody waits for it, and while there is none the draft is shown.
"""

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ty_assets.polish.task import LetterDraft, PolishTask
from ty_resources.inference.cache import run_cached
from ty_resources.inference.engine import InferenceEngine
from ty_resources.postgres import Database

_COLUMNS: Final = ["profile_id", "posting_id", "language", "sentences", "model", "task_version", "draft_hash"]


def draft_hash(sentences: Sequence[Mapping[str, Any]]) -> str:
    """32 hexadecimal digits over the draft's words: what a polished letter goes with."""
    text = "\n".join(str(sentence["text"]) for sentence in sentences)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def polish(
    db: Database,
    engine: InferenceEngine,
    profile_id: uuid.UUID,
    posting_id: uuid.UUID,
    language: str,
    sentences: Sequence[Mapping[str, Any]],
) -> bool:
    """Polish one letter and keep it; whether a new wording stands. One call of the model; blocks for it.

    sentences: as in match_analyses.sentences. Each keeps its sources. Where a wording brings anything new, an empty
    list is kept, so that nobody asks again, and the draft stays. Raises the engine's error where it does not answer.
    """
    task = PolishTask()
    item = LetterDraft(language=language, sentences=tuple(str(sentence["text"]) for sentence in sentences))
    (answer,) = run_cached(db, engine, task, [item], owner=profile_id, lane="person")
    if answer.output is None:
        raise answer.error or RuntimeError("the engine gave neither an answer nor an error")
    said, _ = task.verify(item, answer.output)
    stands = tuple(said.sentences) != item.sentences
    kept = [{**old, "text": new} for old, new in zip(sentences, said.sentences, strict=True)] if stands else []
    row = (
        profile_id, posting_id, language, json.dumps(kept, ensure_ascii=False), engine.model(task.role),
        engine.task_version(task), bytes.fromhex(draft_hash(sentences)),
    )  # fmt: skip
    db.upsert("polished_letters", _COLUMNS, [row], ["profile_id", "posting_id", "language"])
    return stands

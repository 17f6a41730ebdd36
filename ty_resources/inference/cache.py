"""The content-addressed cache in front of every engine: what was answered once is never asked again."""

import hashlib
import json
import uuid
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel

from ty_resources.inference.engine import Answer, InferenceEngine
from ty_resources.inference.task import Task
from ty_resources.postgres import Database

Item = TypeVar("Item", bound=BaseModel)
Output = TypeVar("Output", bound=BaseModel)


def cache_keys(task: Task[Any, Any], engine: InferenceEngine, texts: Sequence[str]) -> list[bytes]:
    """32 bytes for each text, over all that its answer depends on: task, prompt or rules, schema, model, exact text."""
    asked = json.dumps(
        [task.name, engine.task_version(task), task.schema(), engine.model(task.role)],
        ensure_ascii=False,
        sort_keys=True,
    )
    common = hashlib.sha256(asked.encode())
    keys = []
    for text in texts:
        digest = common.copy()
        digest.update(b"\x00" + text.encode("utf-8", "surrogatepass"))
        keys.append(digest.digest())
    return keys


def run_cached(
    db: Database,
    engine: InferenceEngine,
    task: Task[Item, Output],
    items: Sequence[Item],
    owner: uuid.UUID | None = None,
) -> list[Answer[Output]]:
    """Answer each item from the cache or by the engine; new answers are committed before this returns.

    Equal items are asked once. Every answer, cached or new, is verified: claims without evidence go.
    owner: the person whose text the items are; the rows go when the person goes.
    """
    keys = cache_keys(task, engine, [task.render(item) for item in items])
    output_type: type[Output] = task.output  # type: ignore[assignment]
    known = {
        row["key"]: Answer(output_type.model_validate(row["output"]))
        for row in db.rows("cached_outputs", keys=list(set(keys)))
    }
    missing = {key: item for key, item in zip(keys, items, strict=True) if key not in known}
    if missing:
        fresh = dict(zip(missing, engine.run(task, list(missing.values())), strict=True))
        rows = (
            (
                key,
                task.name,
                engine.task_version(task),
                engine.model(task.role),
                answer.output.model_dump_json(),
                owner,
            )
            for key, answer in fresh.items()
            if answer.output is not None
        )
        db.insert_new("inference_cache", ["key", "task", "task_version", "model", "output", "owner"], rows)
        known.update(fresh)
    return [known[key] for key in keys]

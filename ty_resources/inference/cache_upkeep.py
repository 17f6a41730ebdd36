"""What the cache holds, and the removal of what is not wanted any more. Not here: how it is filled (`cache`)."""

from typing import Any

from ty_resources.postgres import Database, Row


def cache_stats(db: Database) -> list[Row]:
    """One row for each task and model: task, model, answers, of_people (answers made from a person's text), bytes,
    oldest (timestamp), last_used_on (date).
    """
    return db.rows("cache_stats")


def prune_cache(
    db: Database,
    *,
    unused_for_days: int | None = None,
    model: str | None = None,
    task: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Remove the answers that all the given options name; {"answers": how many, "bytes": their size}.

    unused_for_days: not used on this many days up to today, at least 1. model, task: as `cache_stats` names them.
    dry_run: only count. Raises ValueError without any option: nobody empties the cache by leaving something out.
    """
    if unused_for_days is None and not model and not task:
        raise ValueError("expected at least one of days unused, model and task: nothing is removed without being named")
    if unused_for_days is not None and unused_for_days < 1:
        raise ValueError(f"expected at least 1 day unused, got {unused_for_days}")
    name = "prunable_answers" if dry_run else "prune_answers"
    told = db.row(name, unused_for_days=unused_for_days, model=model or None, task=task or None)
    return dict(told or {})

"""Following one batch until it has ended: a bar on a terminal, a line now and then in a log.

Belongs here: when it is asked again, and how its state is told. Not here: HTTP (`batch_api`), commands
(`batch_remote`).
"""

import time
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from ty_jobs.batch_api import SETTLED, ApiError, Batch, BatchApi

# Often enough for a bar that moves; a server away is asked a little more rarely with each time.
EVERY: Final = 1.0
_RARELY: Final = 10.0
# Seconds between two lines where nobody sees a bar.
_LINE: Final = 30.0


class Watching:
    """Follows batches of one API."""

    def __init__(self, api: BatchApi, console: Console, every: float = EVERY) -> None:
        self._api, self._console, self._every = api, console, every

    def until_settled(self, batch_id: str, patience: float) -> Batch:
        """The batch once it has ended.

        patience: seconds for which a server may be away. Raises ApiError after them, and for what waiting cannot mend.
        """
        if not self._console.is_terminal:
            return self._followed(batch_id, patience, None)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[told]}", style="dim"),
        )
        with Progress(*columns, console=self._console) as bar:
            return self._followed(batch_id, patience, bar)

    def _followed(self, batch_id: str, patience: float, bar: Progress | None) -> Batch:
        line = bar.add_task("…", total=None, told="") if bar is not None else None
        away_since: float | None = None
        said, said_at, wait = "", 0.0, self._every
        while True:
            try:
                batch = self._api.batch(batch_id)
            except ApiError as error:
                away_since = away_since or time.monotonic()
                if not error.passes or time.monotonic() - away_since > patience:
                    raise
                if bar is not None and line is not None:
                    bar.update(line, told=escape(f"waiting: {error}"))
                time.sleep(wait)
                wait = min(2 * wait, _RARELY)
                continue
            away_since, wait = None, self._every
            state, told = standing(batch), told_of(batch)
            counts = batch.get("request_counts") or {}
            done = counts.get("completed", 0) + counts.get("failed", 0)
            if bar is not None and line is not None:
                bar.update(line, description=state, total=counts.get("total") or None, completed=done, told=told)
            elif state != said or time.monotonic() - said_at >= _LINE:
                figures = f"{done:,}/{counts.get('total', 0):,}"
                self._console.print(f"{batch_id}: {state}, {figures} {told}".rstrip(" ,"), soft_wrap=True)
                said, said_at = state, time.monotonic()
            if batch["status"] in SETTLED:
                return batch
            time.sleep(self._every)


def standing(batch: Batch) -> str:
    """The status, and whether it is paused."""
    paused = batch.get("paused_at") is not None and batch["status"] not in SETTLED
    return f"{batch['status']}, paused" if paused else str(batch["status"])


def told_of(batch: Batch) -> str:
    """Rate, time left, cached share, failures and memory, as far as they are known."""
    progress = batch.get("progress") or {}
    failed = (batch.get("request_counts") or {}).get("failed") or 0
    rate, left = progress.get("rate_per_second"), progress.get("eta_seconds")
    place, vram = progress.get("queue_position"), progress.get("vram_bytes")
    running = batch["status"] not in SETTLED
    parts = [
        f"{rate:,.2f}/s" if rate else "",
        f"{duration(left)} left" if running and left is not None else "",
        f"{share(progress['saved_share'])} of the prompts cached" if progress.get("saved_share") else "",
        f"{failed:,} failed" if failed else "",
        f"{vram / 2**30:.1f} GiB on the GPU" if running and vram else "",
        f"place {place} in the queue" if running and place and place > 1 else "",
    ]
    return ", ".join(part for part in parts if part)


def share(value: float | None) -> str:
    """0 .. 1 in percent."""
    return "–" if value is None else f"{value:.1%}"


def duration(seconds: float | None) -> str:
    """Its two largest units."""
    if seconds is None:
        return "–"
    left, parts = round(seconds), list[str]()
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count or parts:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"

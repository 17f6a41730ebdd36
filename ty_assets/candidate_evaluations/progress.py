"""How far a batch has come, from its row: what the standard's counts leave open.

Belongs here: pure arithmetic on a row of `batches_shown`. Not here: reading it, and how it is shown (serving/batches,
ty_jobs/batch_remote.py). Nothing is estimated that nobody has told: what the server does not report is None.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

# A rate that was not renewed for so long is of another time: it is renewed every few seconds while somebody works.
_STALE: Final = dt.timedelta(seconds=90)


@dataclass(frozen=True)
class Progress:
    """percent: of the requests that have an answer or an error, 0 to 100, with one decimal; 100 only when all have.
    rate_per_second: of the last minutes. eta_seconds: by that rate; None while nothing moves. saved_share: of the
    prompt tokens, those that the server took from its cache; None where it does not report them. vram_bytes: what the
    models take on the GPU. queue_position: 1 has its turn; None when it has ended or is paused. trouble: why its
    workers wait: server_down, server_busy, server_faults.
    """

    percent: float
    rate_per_second: float | None
    eta_seconds: int | None
    prompt_tokens: int
    cached_tokens: int | None
    output_tokens: int
    saved_share: float | None
    in_flight: int
    workers: int
    vram_bytes: int | None
    queue_position: int | None
    paused: bool
    trouble: str | None


def progress_of(row: Mapping[str, Any], now: dt.datetime) -> Progress:
    """row: of `batches_shown`."""
    done, total = row["completed"] + row["failed"], row["total"]
    moving = (
        row["status"] == "in_progress"
        and row["workers"] > 0
        and row["pace_at"] is not None
        and now - row["pace_at"] < _STALE
    )
    rate = row["pace_rate"] if moving and row["pace_rate"] else None
    known = row["cached_known"]
    return Progress(
        # Rounded down: 100 is told when all of them are done, and not before.
        percent=done * 1000 // total / 10 if total else 0.0,
        rate_per_second=round(rate, 3) if rate else None,
        eta_seconds=round((total - done) / rate) if rate else None,
        prompt_tokens=row["prompt_tokens"],
        cached_tokens=row["cached_tokens"] if known else None,
        output_tokens=row["output_tokens"],
        saved_share=round(row["cached_tokens"] / row["prompt_tokens"], 4) if known and row["prompt_tokens"] else None,
        in_flight=int(row["in_flight"]),
        workers=row["workers"],
        vram_bytes=row["vram_bytes"],
        queue_position=row["queue_position"],
        paused=row["paused_at"] is not None,
        trouble=row["trouble"],
    )

"""What is left to do once nothing is to be asked any more: by whom a batch has been completed, cancelled or outlived.

Belongs here: the steps up to its end, each of which may be broken off and taken up by another process. Not here: the
end itself (`ending`) and what went before (`working`).
"""

import logging
import threading
from collections.abc import Callable
from typing import Final, Literal

from ty_assets.candidate_evaluations.ending import end
from ty_assets.candidate_evaluations.patience import patiently
from ty_assets.candidate_evaluations.result_lines import unanswered
from ty_assets.candidate_evaluations.store import WorkStore
from ty_resources.postgres import Database
from ty_resources.settings import Settings

_log = logging.getLogger("ty.batches")

# Lines of errors in one transaction: some tenths of a second.
_AT_ONCE: Final = 2_000
_PAUSE: Final = 0.2

_MESSAGES: Final = {
    "batch_cancelled": "This request was not executed: its batch was cancelled.",
    "batch_expired": "This request could not be executed before the completion window expired.",
}


def complete(
    db: Database, batch_id: str, config: Settings, stop: threading.Event, *, probes: Callable[[], object]
) -> bool:
    """Every request has a result: whether this call has ended the batch. probes: asked before.

    What a probe finds is worth having, but no batch fails for the lack of it.
    """
    patiently(lambda: db.execute("batch_finalize", batch_id=batch_id), stop)
    try:
        probes()
    except Exception as error:
        # Its words may quote a candidate.
        _log.warning("%s: its probes failed (%s); it is completed without them", batch_id, type(error).__name__)
    if stop.is_set():
        return False
    return patiently(lambda: end(db, batch_id, "completed", config), stop)


def break_off(
    db: Database,
    store: WorkStore,
    batch_id: str,
    why: Literal["cancelled", "expired"],
    config: Settings,
    stop: threading.Event,
) -> bool:
    """Requests without a result get an error that says why; then the batch ends. Whether it has by this call.

    Others may be at it too: what they have in flight is theirs, and waited for.
    """
    code = f"batch_{why}"
    while not stop.is_set():
        patiently(lambda: store.beat(0, None, None), stop)
        taken = patiently(
            lambda: store.take(_AT_ONCE, None, even_later=True), stop, before_again=lambda: store.only([])
        )
        if taken:
            lines = [unanswered(one.line, one.custom_id, code, _MESSAGES[code]) for one in taken]
            patiently(lambda lines=lines: store.keep(lines), stop)  # type: ignore[misc]
        elif patiently(store.left, stop)["taken"]:
            stop.wait(_PAUSE)
        else:
            return patiently(lambda: end(db, batch_id, why, config), stop)
    return False

"""A posting that somebody opens is read by the model at once, before the night's work.

The page never waits for it: it shows what there is; the reading is there when it is opened again after the next run.
Belongs here: noting and reading what was opened. Not here: the order of all other postings (ty_assets/readings).
"""

import datetime as dt
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from ty_assets.readings.store import Budget, read_postings
from ty_resources.inference.engine import InferenceEngine
from ty_resources.inference.errors import EngineError
from ty_resources.postgres import Database
from ty_resources.settings import Settings

_log = logging.getLogger("ty.serving")

# Readings at a time; a model has few slots, and the night keeps some of them busy.
_AT_ONCE = 4
# What waits to be read; beyond it an opened posting is only noted, and the next run reads it first.
_WAITING = 64
# A click is not part of the night's hours.
_WHOLE_NIGHT = 24.0


class OpenedPostings:
    """Reads opened postings in threads of its own. Thread-safe; close at the end."""

    def __init__(self, db: Database, engine: InferenceEngine, config: Settings) -> None:
        self._db, self._engine, self._config = db, engine, config
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="opened")
        self._open: set[UUID] = set()
        self._lock = threading.Lock()

    def opened(self, posting_id: UUID) -> bool:
        """Note that a posting was opened; whether it is going to be read now. Blocks for one short statement."""
        if not self._db.execute("request_reading", posting_id=posting_id):
            return False
        with self._lock:
            if posting_id in self._open or len(self._open) >= _WAITING:
                return False
            self._open.add(posting_id)
        self._pool.submit(self._read, posting_id)
        return True

    def _read(self, posting_id: UUID) -> None:
        try:
            read_postings(
                self._db,
                self._engine,
                self._db.rows("posting_to_read", posting_id=posting_id),
                Budget(_WHOLE_NIGHT, dt.datetime.now(self._config.zone)),
                max_attempts=self._config.max_attempts,
                lane="person",
            )
        except EngineError as error:
            _log.warning("an opened posting waits for the next run: %s", error)
        except Exception:
            _log.exception("an opened posting could not be read")
        finally:
            with self._lock:
                self._open.discard(posting_id)

    def close(self) -> None:
        """Drop what waits; what is asked already is kept when it comes."""
        self._pool.shutdown(wait=False, cancel_futures=True)

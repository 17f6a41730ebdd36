"""A comment is read by patterns at once, and by the reasoning model, where one is configured, once the answer is sent.

Belongs here: when the model is asked. Not here: what is asked (ty_assets/feedback/task.py) and what follows from it
(ty_assets/feedback/store.py). No comment is logged.
"""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from ty_assets.feedback.reading import read_comments
from ty_resources.inference.engine import InferenceEngine
from ty_resources.inference.errors import EngineError
from ty_resources.postgres import Database

_log = logging.getLogger("ty.serving")


class CommentReader:
    """Reads people's new comments in a thread of its own. Thread-safe; close at the end."""

    def __init__(self, db: Database, engine: InferenceEngine) -> None:
        self._db, self._engine = db, engine
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="comments")
        self._waiting: set[UUID] = set()
        self._lock = threading.Lock()

    def read(self, profile_id: UUID) -> None:
        """Have this person's unread comments read soon; asked twice while it waits, they are read once."""
        with self._lock:
            if profile_id in self._waiting:
                return
            self._waiting.add(profile_id)
        self._pool.submit(self._read, profile_id)

    def _read(self, profile_id: UUID) -> None:
        with self._lock:
            self._waiting.discard(profile_id)  # a comment that comes from now on asks again
        try:
            told = read_comments(self._db, self._engine, profile_id)
            if told.failed:
                _log.warning("%d comments are read by patterns alone: the model's answers were no use", told.failed)
        except EngineError as error:
            _log.warning("a comment is read by patterns alone for now: %s", error)
        except Exception as error:
            # Without its message: it may quote the comment.
            _log.error("a comment could not be read: %s", type(error).__name__)

    def close(self) -> None:
        """Drop what waits; what was answered is kept."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._db.close()

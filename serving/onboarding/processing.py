"""From a saved document to matches, at once and in this process: read, anonymised, skills, vectors, screened.

Belongs here: the thread that does it, and how far it is. Not here: the steps themselves, which the assets of people and
matches share (ty_assets/profiles, ty_assets/matching/newcomers.py): the next run finds rows that are current. The rules
read here, who answer within seconds; a model that is configured reads the person in the next run.
"""

import logging
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, Literal
from uuid import UUID

from ty_assets.berufenet.candidates import TitleItem
from ty_assets.berufenet.store import occupation_index, private_index
from ty_assets.matching.newcomers import WarmIndexes, is_newcomer, screen_again
from ty_assets.matching.places import town
from ty_assets.profiles.document import ProfileDocument
from ty_assets.profiles.facets import Readers, store_facets_of
from ty_assets.profiles.store import store_document, store_profile
from ty_resources.inference.engine import InferenceEngine
from ty_resources.postgres import Database
from ty_resources.settings import Settings

Step = Literal["read", "skills", "vectors", "screening"]
State = Literal["running", "done", "failed"]
STEPS: Final[tuple[Step, ...]] = ("read", "skills", "vectors", "screening")
FACTS: Final = ("entries", "facets", "vectors", "postings", "matches", "strong")
ORIGIN: Final = "view"
# Whoever was processed longer ago than the last so many is told by the tables.
_REMEMBERED: Final = 1_000

# In no dictionary, so that what is used for such titles and places is made ready as well.
_ANY_TITLE: Final = "Leitung des Nachtbetriebs"
_ANY_TOWN: Final = "Kiel"

_log = logging.getLogger("ty.serving")


@dataclass(frozen=True)
class Progress:
    """How far somebody is. facts: what to tell of the steps: entries, facets, vectors, postings, matches, strong."""

    state: State = "running"
    step: Step = "read"
    facts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    seconds: float = 0.0  # since it began

    def done(self, step: Step) -> bool:
        return self.state == "done" or STEPS.index(step) < STEPS.index(self.step)


class Processing:
    """Processes people in threads. Thread-safe; close at the end.

    indexes: the postings in memory; of its own where nobody else keeps them.
    """

    def __init__(
        self, db: Database, embedded: InferenceEngine, config: Settings, indexes: WarmIndexes | None = None
    ) -> None:
        self._db, self._embedded, self._config = db, embedded, config
        self._indexes = indexes or WarmIndexes(db, embedded.embedding_model)
        # Two at a time: the product of a screening has all cores to itself anyway.
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="onboarding")
        self._lock = threading.Lock()
        self._known: dict[UUID, Progress] = {}
        self._begun: dict[UUID, float] = {}
        self._again: set[UUID] = set()

    def close(self) -> None:
        """Begin nothing more; what is being written is written to its end."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._db.close()

    def get_ready(self) -> None:
        """Have read what the first person would wait for: catalogue, encoder, towns. Takes seconds, for a thread."""
        try:
            index = occupation_index(self._db, self._embedded)
            private_index(index, self._embedded).decide([TitleItem(title=_ANY_TITLE)])
            town(_ANY_TOWN)
        except Exception as error:
            _log.warning("the first profile will take longer: %s", type(error).__name__)

    def codes_meant(self, title: str) -> list[str]:
        """The occupation codes that a title may mean, the likeliest first; for a thread."""
        try:
            (found,) = occupation_index(self._db, self._embedded).decide([TitleItem(title=title)])
        except Exception as error:
            # Suggestions are a help; whoever gets none writes on.
            _log.warning("no occupations are suggested: %s", type(error).__name__)
            return []
        codes = [found.kldb, *(other.kldb for other in found.runner_ups)]
        return [code for code in codes if code]

    def save(self, document: ProfileDocument, raw: bytes) -> None:
        """Store the document, the contact apart, and begin. Takes milliseconds, for a thread."""
        store_document(self._db, document, raw, ORIGIN)
        self.begin(document.profile_id)

    def begin(self, profile_id: UUID) -> None:
        """Process what is stored; once more where it was saved again meanwhile."""
        with self._lock:
            known = self._known.get(profile_id)
            if known is not None and known.state == "running":
                self._again.add(profile_id)
                return
            if len(self._known) >= _REMEMBERED:
                for settled in [key for key, value in self._known.items() if value.state != "running"]:
                    del self._known[settled]
            self._known[profile_id] = Progress()
            self._begun[profile_id] = time.monotonic()
        self._pool.submit(self._process, profile_id)

    def progress(self, profile_id: UUID) -> Progress | None:
        """None for who has not been processed here lately."""
        with self._lock:
            known = self._known.get(profile_id)
            return None if known is None else replace(known)

    def _tell(self, profile_id: UUID, state: State, step: Step, **facts: int) -> None:
        with self._lock:
            known = self._known.get(profile_id, Progress())
            seconds = time.monotonic() - self._begun.get(profile_id, time.monotonic())
            self._known[profile_id] = Progress(state, step, MappingProxyType({**known.facts, **facts}), seconds)

    def _process(self, profile_id: UUID) -> None:
        while True:
            state = self._tried(profile_id)
            with self._lock:
                if profile_id not in self._again:
                    self._begun.pop(profile_id, None)
                    known = self._known.get(profile_id, Progress())
                    self._known[profile_id] = replace(known, state=state)
                    return
                self._again.discard(profile_id)

    def _tried(self, profile_id: UUID) -> State:
        try:
            return "done" if self._steps(profile_id) else "failed"
        except Exception as error:
            # Its class alone: a message may quote what a person wrote.
            _log.warning("a profile could not be processed: %s", type(error).__name__)
            return "failed"

    def _steps(self, profile_id: UUID) -> bool:
        """Whether all of it could be done. What fails is in the ledger of failures, and tried again by the next run."""
        db, config = self._db, self._config
        self._tell(profile_id, "running", "read")
        read = store_profile(db, profile_id, config.max_attempts)
        if read.failed:
            return False
        self._tell(profile_id, "running", "skills", **self._counts(profile_id, "entries"))
        found = store_facets_of(
            db,
            Readers(self._embedded, self._embedded),
            occupation_index(db, self._embedded),
            profile_id,
            today=config.today(),
            max_attempts=config.max_attempts,
            tell=lambda facets: self._tell(profile_id, "running", "vectors", facets=facets),
        )
        if found.failed:
            return False
        self._tell(profile_id, "running", "screening", **self._counts(profile_id, "facets", "vectors"))
        postings = len(self._indexes.current(self._embedded.embedding_model).postings)
        self._tell(profile_id, "running", "screening", postings=postings)
        # Who is as they were keeps what a run has found, which may be more than is found here.
        if read.derived or found.derived or is_newcomer(db, profile_id):
            screen_again(self._indexes, profile_id, config.matches_per_day)
        self._tell(profile_id, "running", "screening", **self._counts(profile_id, "matches", "strong"))
        return True

    def _counts(self, profile_id: UUID, *names: str) -> dict[str, int]:
        row = self._db.row("processing_progress", profile_id=profile_id) or {}
        return {name: row[name] for name in names if name in row}

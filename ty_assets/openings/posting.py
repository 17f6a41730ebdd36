"""One posting at request time: read by the model where nobody has yet, its stages taken over, and loaded for matching.

Belongs here: what is the same for everybody who opens it. Not here: what is told to one person (`people.py`), who waits
for whom (serving), and days of postings (derive.py, matching/load.py).
"""

import datetime as dt
import logging
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import psycopg
from psycopg import sql
from pydantic import ValidationError

from ty_assets.derive import input_hash
from ty_assets.embeddings.store import keeping
from ty_assets.facets.likeness import likely_kind
from ty_assets.facets.vocabulary import vocabulary
from ty_assets.matching import scores
from ty_assets.matching.calibration import Calibration
from ty_assets.matching.columns import read_vectors
from ty_assets.matching.explain import Asked, posting_view
from ty_assets.matching.index import Snapshot
from ty_assets.matching.matrix import Rows
from ty_assets.matching.places import town
from ty_assets.matching.postings import Postings
from ty_assets.matching.texts import HASH, Texts
from ty_assets.posting_analysis.task import PostingAnalysis
from ty_assets.readings.answer import PostingReading
from ty_assets.readings.store import Budget, read_postings
from ty_assets.readings.task import PostingReadingTask
from ty_assets.stages import STAGES
from ty_resources import failures
from ty_resources.inference.engine import InferenceEngine
from ty_resources.inference.errors import EngineError
from ty_resources.postgres import Database, Row
from ty_resources.settings import Settings

_log = logging.getLogger("ty.openings")

# A click is not part of the night's hours.
_WHOLE_NIGHT = 24.0
# Some ten kilobytes each, and its terms' vectors.
_MOST_POSTINGS = 256
_LEDGER = ("stage", "subject", "model", "task_version", "input_hash", "row_count", "removed")

# Why the rules' words are shown. embedded: no model is configured; unreachable: it does not answer; failed: it could
# not read this posting; busy: too many wait for it; out_of_scope: no posting that is read.
RulesBecause = Literal["embedded", "unreachable", "failed", "busy", "out_of_scope"]


@dataclass(frozen=True)
class Told:
    """Who has read a posting. because: why it is the rules; None where it is a model."""

    read_by: str
    version: str
    because: RulesBecause | None = None


@dataclass(frozen=True)
class Unread:
    """A posting that the configured model has not read as it is now."""

    row: Row

    def by_rules(self, because: RulesBecause) -> Told:
        return Told(self.row["facets_by"] or "", self.row["facets_version"] or "", because)


def warm_up() -> None:
    """Load what the first reading and the first scores load: seconds, for which somebody would wait."""
    town("Berlin")
    likely_kind("Berlin")


def look_up(db: Database, engine: InferenceEngine, posting_id: uuid.UUID) -> Told | Unread | None:
    """Who has read the posting, with its reading taken over; Unread where the model has to. None: no such posting.

    Asks no model; the server may be asked which model it has, where it was not lately.
    """
    row = db.row("opened_posting", posting_id=posting_id)
    if row is None:
        return None
    if engine.remote and row["in_scope"] and not _is_read(row, engine):
        return Unread(row)
    _take_over(db, row)
    if row["read_by"] is not None:
        return Told(row["read_by"], row["read_version"])
    return Unread(row).by_rules("out_of_scope" if not row["in_scope"] else "embedded")


def read(db: Database, engine: InferenceEngine, config: Settings, unread: Unread) -> Told:
    """Have the posting read, and take its reading over: one call of the model at most.

    Who else asks for the same posting, in this process or another, waits for the same answer (`single_flight`). Where
    the model fails, the posting is noted, and the next run reads it first. Blocks for as long as the model takes.
    """
    because = _read(db, engine, config, unread.row)
    row = db.row("opened_posting", posting_id=unread.row["posting_id"])
    if row is None or row["read_by"] is None:
        return unread.by_rules(because or "failed")
    _take_over(db, row)
    return Told(row["read_by"], row["read_version"])


def note(db: Database, unread: Unread) -> None:
    """Have the next run read it first."""
    db.execute("request_reading", posting_id=unread.row["posting_id"])


def _is_read(row: Row, engine: InferenceEngine) -> bool:
    """By the configured model as it is asked now; while nobody answers who that is, by any."""
    if row["read_by"] is None:
        return False
    task = PostingReadingTask()
    try:
        return bool((row["read_by"], row["read_version"]) == (engine.model(task.role), engine.task_version(task)))
    except EngineError:
        return True


def _read(db: Database, engine: InferenceEngine, config: Settings, row: Row) -> RulesBecause | None:
    db.execute("request_reading", posting_id=row["posting_id"])
    if row["given_up"]:
        return "failed"
    budget = Budget(_WHOLE_NIGHT, dt.datetime.now(config.zone))
    try:
        report = read_postings(db, engine, [row], budget, max_attempts=config.max_attempts, lane="person")
    except EngineError as error:
        _log.warning("an opened posting waits for the next run: %s", error)
        return "unreachable"
    return None if report.derived else "failed"


def _take_over(db: Database, row: Row) -> None:
    """Write the reading's parts as the stages' rows, as the next run would; nothing where they are there."""
    if row["read_by"] is None:
        return
    by = (row["read_by"], row["read_version"])
    last = (row["facets_by"], row["facets_version"]) if row["quoted"] else (row["summary_by"], row["summary_version"])
    if last == by:
        return
    posting_id, day = row["posting_id"], row["first_seen_on"]
    (stored,) = db.rows("readings", posting_ids=[posting_id])
    try:
        reading = PostingReading.model_validate(stored["reading"])
    except ValidationError:  # stored by another version: the rows stay until it is read again
        return
    with db.transaction() as connection:
        for stage, task in STAGES:
            if stage.part is None or (stage.rests_on_quotes and not row["quoted"]):
                continue
            inputs = _of_one_posting(db, connection, stage.inputs, posting_id, days=[day])
            if not inputs:
                return  # no run has come so far yet; it will find the reading
            provenance = (*by, input_hash(task.render(stage.item(inputs[0]))))
            values = [(posting_id, *v, *provenance) for v in stage.rows(stage.part(reading))]
            columns = ("posting_id", *stage.columns, "model", "task_version", "input_hash")
            db.replace(stage.table, columns, values, {"posting_id": [posting_id]}, connection)
            ledger = (stage.name, posting_id, *provenance, len(values), 0)
            db.upsert("derivations", _LEDGER, [ledger], ("stage", "subject"), connection)
            failures.resolve(db, stage.name, [posting_id], connection)


def _of_one_posting(
    db: Database, connection: psycopg.Connection[Row], name: str, posting_id: uuid.UUID, **params: Any
) -> list[Row]:
    """A run's own query, so that one posting is read as a day of them is."""
    narrowed = sql.SQL(db.queries["of_one_posting"]).format(query=sql.SQL(db.queries[name]))
    return connection.execute(narrowed, {**params, "posting_id": posting_id}).fetchall()


@dataclass(frozen=True)
class LoadedPosting:
    """One posting, ready to be screened and explained.

    written: by which transactions its facets and requirements were. complete: every term and the title have a vector.
    """

    snapshot: Snapshot
    told: scores.Told
    asked: Asked
    calibration: Calibration
    written: tuple[str, ...] = ()
    complete: bool = True

    @property
    def heads(self) -> Mapping[uuid.UUID, Row]:
        return self.told.heads

    @property
    def texts(self) -> Texts:
        return self.snapshot.texts

    @cached_property
    def spelt(self) -> Texts:
        """The texts as this posting spells them: one vector stands for all spellings."""
        terms = (
            self.told.terms.get(k, term) for k, term in zip(self.texts.hashes.tolist(), self.texts.terms, strict=True)
        )
        return replace(self.texts, terms=tuple(terms))


class KnownPostings:
    """Postings that were opened lately, as `load_posting` has them. Thread-safe.

    One that has changed is read anew: what is kept goes by its head and by who has written its facets and requirements
    last. Where a term has no vector yet it is read anew as well.
    """

    def __init__(self, most: int = _MOST_POSTINGS) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[uuid.UUID, str], LoadedPosting] = OrderedDict()

    def of(
        self,
        db: Database,
        connection: psycopg.Connection[Row],
        engines: Sequence[InferenceEngine],
        calibration: Calibration,
        posting_id: uuid.UUID,
    ) -> LoadedPosting | None:
        """See `load_posting`."""
        key = posting_id, calibration.model
        with self._lock:
            known = self._known.get(key)
        loaded = load_posting(db, connection, engines, calibration, posting_id, known)
        with self._lock:
            self._known.pop(key, None)
            if loaded is not None and loaded.complete:
                self._known[key] = loaded
            while len(self._known) > self._most:
                self._known.popitem(last=False)
        return loaded


def load_posting(
    db: Database,
    connection: psycopg.Connection[Row],
    engines: Sequence[InferenceEngine],
    calibration: Calibration,
    posting_id: uuid.UUID,
    known: LoadedPosting | None = None,
) -> LoadedPosting | None:
    """The posting in the vectors of the calibration's model; None where it is not open, or no run has derived it.

    engines: of whom one may have that model; it encodes terms that have no vector yet. known: as it was loaded before;
    given back where it is still so.
    """
    first = connection.execute(db.queries["day_of_opened"], {"posting_id": posting_id}).fetchone()
    days = [first["first_seen_on"]] if first else []

    def of(name: str) -> list[Row]:
        return _of_one_posting(db, connection, name, posting_id, days=days)

    heads = of("posting_heads")
    if first is None or not heads:
        return None
    head, written = heads[0], tuple(first["written"])
    if known is not None and (head, written, calibration) == (
        known.heads[posting_id],
        known.written,
        known.calibration,
    ):
        return known
    facets, requirements = of("facets_of_days"), of("requirements_of_days")
    terms = {bytes(f["text_hash"]): f["term"] for f in facets}
    title = {bytes(head["title_hash"]): head["title_normalised"]}
    _encode_missing(db, engines, calibration.model, {**title, **terms}, days[0])
    texts = _texts(db, calibration.model, terms, vocabulary().domain_of)
    titles = _texts(db, calibration.model, title)
    dimension = max(texts.vectors.shape[1], titles.vectors.shape[1])
    texts, titles = _of_width(texts, dimension), _of_width(titles, dimension)
    analysis = PostingAnalysis.model_validate(head["analysis"]) if head["analysis"] else None
    usable = texts.find(np.array([bytes(f["text_hash"]) for f in facets], dtype=HASH)) >= 0
    view = posting_view(head, [f for f, found in zip(facets, usable, strict=True) if found], analysis)
    spelt = {key.rstrip(b"\0"): term for key, term in terms.items()}
    told = scores.Told({posting_id: head}, {posting_id: {r["ordinal"]: r["text"] for r in requirements}}, spelt)
    postings = Postings.from_views([view], texts, titles)
    snapshot = Snapshot(calibration.model, postings, texts, titles, np.array([days[0].toordinal()], np.int32), as_of="")
    complete = bool(usable.all()) and len(titles.hashes) == len(title)
    return LoadedPosting(snapshot, told, Asked.of(head, requirements, facets), calibration, written, complete)


def _encode_missing(
    db: Database, engines: Sequence[InferenceEngine], model: str, wanted: Mapping[bytes, str], day: dt.date
) -> None:
    """Encode and keep what has no vector yet, where an engine has the model; without it, those terms count nothing."""
    there = {bytes(row["text_hash"]) for row in db.rows("embeddings_there", model=model, hashes=list(wanted))}
    missing = sorted(text for key, text in wanted.items() if key not in there)
    if not missing:
        return
    try:
        engine = next((one for one in engines if one.embedding_model == model), None)
        if engine is not None:
            keeping(db, engine, day)(missing)
    except EngineError as error:
        _log.warning("terms of an opened posting have no vector yet: %s", error)


def _texts(
    db: Database, model: str, wanted: Mapping[bytes, str], domain_of: Callable[[str], str | None] | None = None
) -> Texts:
    """Of the wanted texts those with a vector, read as the screening index reads them."""
    rows = Rows(len(wanted))
    with db.transaction() as connection:
        keys, terms = read_vectors(db, connection, "vectors_of_hashes", rows, model=model, hashes=list(wanted))
    order = np.argsort(keys)
    return Texts.of(keys[order], [terms[i] for i in order.tolist()], rows.view()[order], domain_of)


def _of_width(texts: Texts, dimension: int) -> Texts:
    """An empty matrix is as wide as the other."""
    return texts if len(texts.hashes) else replace(texts, vectors=np.zeros((0, dimension), np.float32))

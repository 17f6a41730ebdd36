"""From tables to `posting_relevance`: a day is judged again when its postings, its best matches or people have changed.

Nothing is encoded: what is compared has its vectors by then, of postings in `embeddings`, of people in
`profile_embeddings`.
"""

import datetime as dt
import hashlib
import uuid
from collections.abc import Callable, Sequence
from functools import cache

from ty_assets.derive import DayEntry
from ty_assets.matching.calibration import Calibration
from ty_assets.matching.calibration_store import load_calibration
from ty_assets.matching.load import load_day, load_people
from ty_assets.matching.person import Person
from ty_assets.matching.scores import day_hash
from ty_assets.relevance.interests import everybody_as_one
from ty_assets.relevance.relevance import VERSION, Relevance, judge, without_people
from ty_resources.inference.engine import InferenceEngine
from ty_resources.postgres import Database

STAGE = "posting_relevance"  # in the ledger of days
BEST = 50  # matches that a person may look at
_COLUMNS = ["posting_id", "relevance", "decision", "reason", "model", "task_version", "input_hash"]


def store_relevance(
    db: Database, embedded: InferenceEngine, days: Sequence[dt.date], best: int = BEST
) -> tuple[int, int]:
    """Judge the postings of each day against everybody; (days judged, days unchanged).

    best: each person's best matches over all days, of which none is out.
    """
    judged = 0
    calibration = load_calibration(db, embedded)
    version = f"{VERSION}-{calibration.version}"
    people = db.rows("people_to_match")

    @cache
    def everybody(dimension: int) -> list[Person]:
        """Read once for all days, and only if one has changed."""
        known = load_people(db, calibration.model, dimension)
        return everybody_as_one([person for person, _ in known], dimension)

    for day in days:
        heads = db.rows("posting_heads", days=[day])
        kept = {row["posting_id"] for row in db.rows("best_matches_on_day", day=day, best=best)}
        digest = hashlib.sha256(day_hash(heads, people, 0) + b"".join(sorted(i.bytes for i in kept))).digest()[:16]
        entry = DayEntry(STAGE, day, calibration.model, version, digest)
        if entry.is_current(db):
            continue
        posting_ids = [head["posting_id"] for head in heads]
        found = _judge_day(db, calibration, day, posting_ids, everybody if people else None, kept)
        rows = [
            (posting_id, told.relevance, told.decision, told.reason, calibration.model, version, entry.input_hash)
            for posting_id, told in found
        ]
        with db.transaction() as connection:
            connection.execute(db.queries["forget_relevance_of_day"], {"day": day})
            db.upsert("posting_relevance", _COLUMNS, rows, ["posting_id"], connection)
            entry.write(db, len(rows), connection)
        judged += 1
    return judged, len(days) - judged


def _judge_day(
    db: Database,
    calibration: Calibration,
    day: dt.date,
    posting_ids: Sequence[uuid.UUID],
    everybody: Callable[[int], list[Person]] | None,
    best: set[uuid.UUID],
) -> list[tuple[uuid.UUID, Relevance]]:
    if everybody is None or not posting_ids:
        return list(zip(posting_ids, without_people(len(posting_ids)), strict=True))
    loaded = load_day(db, calibration.model, [day])
    people = everybody(loaded.dimension)
    found = judge(loaded.postings, loaded.texts, loaded.titles, people, calibration, best)
    return list(zip(loaded.postings.posting_ids, found, strict=True))

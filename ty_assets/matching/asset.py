"""The assets `match_scores` and `match_analyses`: who fits what, and why."""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import dagster as dg

from ty_assets.berufenet.asset import berufenet_mapping
from ty_assets.derive import DayEntry
from ty_assets.embeddings.asset import embeddings
from ty_assets.matching import explain, scores
from ty_assets.matching.calibration import Calibration
from ty_assets.matching.calibration_store import load_calibration, stored_calibration
from ty_assets.matching.checks import check_analyses, check_scores
from ty_assets.matching.index import load_snapshot
from ty_assets.matching.load import load_day, load_people
from ty_assets.matching.person import Person
from ty_assets.matching.rank import rank
from ty_assets.matching.space import STAGE, matched_in, matching_space
from ty_assets.posting_analysis.asset import posting_llm_analysis
from ty_assets.profiles.asset import profile_facets
from ty_assets.table_asset import days_of, result, table_asset
from ty_resources.inference.engine import InferenceEngine
from ty_resources.postgres import Database, Row
from ty_resources.settings import settings

People = dict[str, list[tuple[Person, bytes]]]  # by embedding model, each with the hash of what they were made from

# A match rests on all people, whatever their bucket.
EVERYBODY = dg.AssetDep(profile_facets, partition_mapping=dg.AllPartitionMapping())


def store_scores(
    db: Database, engine: InferenceEngine, embedded: InferenceEngine, days: Sequence[dt.date], keep: int
) -> tuple[int, int]:
    """Screen the active postings of each day against every person, and replace the day's matches.

    Returns (days screened, days unchanged): a day is screened again when a posting, a person, the calibration, the
    rules or the space (see `space`) have changed since.
    """
    screened = 0
    everybody = db.rows("people_to_match")
    people: People = {}
    for day in days:
        calibration = matching_space(db, engine, embedded, day)
        model = calibration.model
        heads = db.rows("posting_heads", days=[day])
        # Who has no vectors of this model yet is compared in the packaged ones, and nobody waits for anybody.
        others = {row["profile_id"] for row in db.rows("people_without_vectors", model=model)}
        digest = scores.day_hash(heads, everybody, keep, others)
        entry = DayEntry(STAGE, day, model, f"{scores.VERSION}-{calibration.version}", digest)
        if entry.is_current(db):
            continue
        rows: list[tuple[Any, ...]] = []
        if heads and everybody:
            rows = _match_rows(db, day, calibration, people, keep, {row["profile_id"] for row in everybody} - others)
            if others and model != embedded.embedding_model:
                packaged = load_calibration(db, embedded)
                rows += _match_rows(db, day, packaged, people, keep, others)
        with db.transaction() as connection:
            # A posting whose first day has moved leaves matches under its old one.
            connection.execute(db.queries["forget_moved_matches"], {"day": day})
            db.replace("profile_posting_matches", scores.COLUMNS, rows, {"day": [day]}, connection)
            entry.write(db, len(rows), connection)
        screened += 1
    return screened, len(days) - screened


def _match_rows(
    db: Database,
    day: dt.date,
    calibration: Calibration,
    people: People,
    keep: int,
    whom: Collection[uuid.UUID],
) -> list[tuple[Any, ...]]:
    """The best `keep` of the day for each of these people, by the engine that the match view screens with."""
    snapshot = load_snapshot(db, calibration.model, [day])
    if calibration.model not in people:
        people[calibration.model] = load_people(db, calibration.model, snapshot.dimension)
    chosen = [(one, known) for one, known in people[calibration.model] if one.profile.profile_id in whom]
    told = scores.told_of(db, snapshot.postings.posting_ids)
    rows: list[tuple[Any, ...]] = []
    ranked = rank(snapshot, [one for one, _ in chosen], calibration)
    for of_one, (_, known) in zip(ranked, chosen, strict=True):
        rows += scores.match_rows(snapshot, of_one, of_one.best(keep), known, calibration, told)
    return rows


def _spaces(db: Database, days: Sequence[dt.date]) -> str:
    """The embedding models that these days are matched in, with the number of days of each."""
    counts = Counter(model for day in days if (model := matched_in(db, day)))
    return ", ".join(f"{model}: {count}" for model, count in sorted(counts.items())) or "none"


def store_analyses(
    db: Database, embedded: InferenceEngine, days: Sequence[dt.date], limit: int, overall: int
) -> tuple[int, int]:
    """Explain each person's best matches of each day that are not explained yet; (written, unchanged).

    limit: of a day. overall: those of the day that are among the person's best so many of all days come as well.
    """
    written = unchanged = 0
    for day in days:
        stale: dict[uuid.UUID, list[Row]] = {}
        for person in db.rows("people_to_match"):
            whose = {"profile_id": person["profile_id"], "day": day}
            best = db.rows("best_matches_of_day", **whose, limit=limit, overall=overall)
            fresh = [m for m in best if m["known_hash"] != explain.input_hash(m, person["name"])]
            unchanged += len(best) - len(fresh)
            if fresh:
                stale[person["profile_id"]] = fresh
        # In the vectors that the scores were made with: the heat map shows the same similarities.
        for model in sorted({m["model"] for matches in stale.values() for m in matches}):
            calibration = stored_calibration(db, model) or load_calibration(db, embedded)
            made_with = {person: [m for m in matches if m["model"] == model] for person, matches in stale.items()}
            written += _explain_day(db, calibration, day, made_with)
    return written, unchanged


def _explain_day(db: Database, calibration: Calibration, day: dt.date, stale: Mapping[uuid.UUID, Sequence[Row]]) -> int:
    loaded = load_day(db, calibration.model, [day])
    facets = explain.by_posting(db.rows("facets_of_days", days=[day]))
    requirements = explain.by_posting(db.rows("requirements_of_days", days=[day]))
    people = load_people(db, calibration.model, loaded.dimension)
    wanted = {match["posting_id"] for matches in stale.values() for match in matches}
    asked = {i: explain.Asked.of(loaded.heads[i], requirements.get(i, []), facets.get(i, [])) for i in wanted}
    written = 0
    for person, _ in people:
        rows = [
            explain.analysis_row(asked[m["posting_id"]], loaded.texts, m, person, calibration)
            for m in stale.get(person.profile.profile_id, [])
        ]
        written += db.upsert("match_analyses", explain.COLUMNS, rows, ["profile_id", "posting_id"])
    return written


@table_asset(
    "profile_posting_matches",
    group="6_matching",
    code_version=scores.VERSION,
    deps=[embeddings, berufenet_mapping, posting_llm_analysis, EVERYBODY],
    checks=["everybody_is_matched"],
    blocking=["scores_are_in_range"],
)
def match_scores(
    context: dg.AssetExecutionContext,
    db: dg.ResourceParam[Database],
    engine: dg.ResourceParam[InferenceEngine],
    embedded: dg.ResourceParam[InferenceEngine],
) -> dg.MaterializeResult:
    """Every active posting of the day scored exactly against every person: gates, score, matched and missing.

    One matrix product over the unique terms, then a gather for each posting. The best of each person are kept
    (TY_MATCHES_PER_DAY).
    """
    days = days_of(context)
    screened, unchanged = store_scores(db, engine, embedded, days, settings().matches_per_day)
    return result(
        db,
        "profile_posting_matches",
        db.rows("match_counts", days=days),
        metadata={"days screened": screened, "days unchanged": unchanged, "embedding models": _spaces(db, days)},
        checks=check_scores(db, days),
    )


@table_asset(
    "match_analyses",
    group="6_matching",
    code_version=explain.VERSION,
    deps=[match_scores],
    checks=["reasons_quote_the_posting"],
)
def match_analyses(
    context: dg.AssetExecutionContext,
    db: dg.ResourceParam[Database],
    embedded: dg.ResourceParam[InferenceEngine],
) -> dg.MaterializeResult:
    """The best matches explained: apply or skip, reasons with quotes, cover letter or narrative, heat map.

    From the posting's analysis and templates alone; no model is called for a person.
    """
    days = days_of(context)
    config = settings()
    written, unchanged = store_analyses(db, embedded, days, config.analyses_per_day, config.analyses_overnight)
    return result(
        db,
        "match_analyses",
        db.rows("analysis_counts", days=days),
        metadata={"written": written, "unchanged": unchanged},
        checks=check_analyses(db, days),
    )

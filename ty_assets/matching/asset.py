"""The assets `match_scores` and `match_analyses`: who fits what, and why."""

import datetime as dt
from collections.abc import Sequence

import dagster as dg

from ty_assets.berufenet.asset import berufenet_mapping
from ty_assets.embeddings.asset import embeddings
from ty_assets.matching import explain, scores
from ty_assets.matching.checks import check_analyses, check_scores
from ty_assets.matching.load import load_calibration, load_day, load_people
from ty_assets.posting_analysis.asset import posting_llm_analysis
from ty_assets.profiles.asset import profile_facets
from ty_assets.table_asset import days_of, result, table_asset
from ty_resources.inference.engine import InferenceEngine
from ty_resources.postgres import Database
from ty_resources.settings import settings

# A match rests on all people, whatever their bucket.
EVERYBODY = dg.AssetDep(profile_facets, partition_mapping=dg.AllPartitionMapping())


def store_scores(db: Database, engine: InferenceEngine, days: Sequence[dt.date], keep: int) -> int:
    """Screen the active postings of each day against every person, and replace the day's matches; rows written."""
    calibration = load_calibration(db, engine)
    written = 0
    for day in days:
        loaded = load_day(db, engine.embedding_model, [day])
        people = load_people(db, engine.embedding_model, loaded.texts.vectors.shape[1])
        rows = (
            row for person, digest in people for row in scores.match_rows(loaded, person, digest, calibration, keep)
        )
        written += db.replace("profile_posting_matches", scores.COLUMNS, rows, {"day": [day]})
    return written


def store_analyses(db: Database, engine: InferenceEngine, days: Sequence[dt.date], limit: int) -> tuple[int, int]:
    """Explain each person's best matches of each day that are not explained yet; (written, unchanged)."""
    calibration = load_calibration(db, engine)
    written = unchanged = 0
    for day in days:
        loaded = load_day(db, engine.embedding_model, [day])
        facets = explain.by_posting(db.rows("facets_of_days", days=[day]))
        requirements = explain.by_posting(db.rows("requirements_of_days", days=[day]))
        people = load_people(db, engine.embedding_model, loaded.texts.vectors.shape[1])
        for person, _ in people:
            best = db.rows("best_matches_of_day", profile_id=person.profile.profile_id, day=day, limit=limit)
            stale = [m for m in best if m["known_hash"] != explain.input_hash(m, person)]
            unchanged += len(best) - len(stale)
            rows = [
                explain.analysis_row(
                    loaded,
                    m,
                    person,
                    calibration,
                    requirements.get(m["posting_id"], []),
                    facets.get(m["posting_id"], []),
                )
                for m in stale
            ]
            if rows:
                written += db.upsert("match_analyses", explain.COLUMNS, rows, ["profile_id", "posting_id"])
    return written, unchanged


@table_asset(
    "profile_posting_matches",
    group="6_matching",
    code_version=scores.VERSION,
    deps=[embeddings, berufenet_mapping, posting_llm_analysis, EVERYBODY],
    checks=["scores_are_in_range", "everybody_is_matched"],
)
def match_scores(
    context: dg.AssetExecutionContext,
    db: dg.ResourceParam[Database],
    engine: dg.ResourceParam[InferenceEngine],
) -> dg.MaterializeResult:
    """Every active posting of the day scored exactly against every person: gates, score, matched and missing.

    One matrix product over the unique terms, then a gather for each posting. The best of each person are kept
    (TY_MATCHES_PER_DAY).
    """
    days = days_of(context)
    store_scores(db, engine, days, settings().matches_per_day)
    counts = db.rows("match_counts", days=days)
    return result(db, "profile_posting_matches", counts, checks=check_scores(db, days))


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
    engine: dg.ResourceParam[InferenceEngine],
) -> dg.MaterializeResult:
    """The best matches explained: apply or skip, reasons with quotes, cover letter or narrative, heat map.

    From the posting's analysis and templates alone; no model is called for a person.
    """
    days = days_of(context)
    written, unchanged = store_analyses(db, engine, days, settings().analyses_per_day)
    return result(
        db,
        "match_analyses",
        db.rows("analysis_counts", days=days),
        metadata={"written": written, "unchanged": unchanged},
        checks=check_analyses(db, days),
    )

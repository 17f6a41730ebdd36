"""The asset `posting_relevance`: what a language model reads first, later and not at all."""

import dagster as dg

from ty_assets.matching.asset import EVERYBODY, match_scores
from ty_assets.relevance.checks import check_relevance
from ty_assets.relevance.relevance import VERSION
from ty_assets.relevance.store import store_relevance
from ty_assets.table_asset import days_of, result, table_asset
from ty_resources.inference.engine import InferenceEngine
from ty_resources.postgres import Database


@table_asset(
    "posting_relevance",
    group="6_matching",
    code_version=VERSION,
    deps=[match_scores, EVERYBODY],
    checks=["best_matches_are_not_left_out"],
)
def posting_relevance(
    context: dg.AssetExecutionContext,
    db: dg.ResourceParam[Database],
    embedded: dg.ResourceParam[InferenceEngine],
) -> dg.MaterializeResult:
    """How near each posting is to what anybody here looks for, by the packaged encoder, with decision and reason.

    Beyond people's best matches a language model reads what is `first` before what comes `later`, and what is `out`
    only when somebody opens it. Nothing is deleted, and matching screens all of them.
    """
    days = days_of(context)
    judged, unchanged = store_relevance(db, embedded, days)
    reasons = db.rows("relevance_reasons", days=days)
    return result(
        db,
        "posting_relevance",
        db.rows("relevance_counts", days=days),
        metadata={
            "days judged": judged,
            "days unchanged": unchanged,
            "by decision and reason": {f"{row['decision']}: {row['reason']}": row["postings"] for row in reasons},
        },
        preview=db.rows("preview_posting_relevance", days=days),
        checks=[check_relevance(db, days)],
    )

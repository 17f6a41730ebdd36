"""The asset `posting_statuses`: which postings are still open, judged every night over all days."""

import dagster as dg

from ty_assets.life.sweep import sweep
from ty_assets.postings.asset import postings
from ty_assets.table_asset import count_check, result, table_asset
from ty_resources.postgres import Database
from ty_resources.settings import settings

VERSION = "1"


@table_asset(
    "posting_status_changes",
    group="1_postings",
    code_version=VERSION,
    deps=[postings],
    checks=["silent_sources_close_nothing"],
    partitions_def=None,
)
def posting_statuses(db: dg.ResourceParam[Database]) -> dg.MaterializeResult:
    """Active, stale, invalidated: each posting by what its source's listings say of it, with the reason kept.

    Stale after TY_STALE_AFTER listings without it, when it has run out, or when its source says that it is gone;
    invalidated TY_INVALID_AFTER days later; active again as soon as it is seen. A listing that failed says nothing.
    """
    config = settings()
    today = config.today()
    swept = sweep(
        db,
        today=today,
        missed=config.stale_after,
        invalid_after=config.invalid_after,
        unseen=config.stale_after_days,
    )
    reasons = {
        f"{row['status']}: {row['reason']}": row["postings"] for row in db.rows("status_changes_of_day", today=today)
    }
    return result(
        db,
        "posting_status_changes",
        db.rows("status_counts"),
        metadata={
            "newly stale": swept.stale,
            "invalidated": swept.invalidated,
            "reopened": swept.reopened,
            "changed today, by reason": reasons,
            "days touched": ", ".join(map(str, swept.days)) or "none",
        },
        preview=db.rows("preview_posting_status_changes"),
        checks=[
            count_check(
                "silent_sources_close_nothing",
                db.value("closed_by_silence", today=today),
                "postings closed today as missing, though their source had no complete listing since they were seen",
            )
        ],
    )

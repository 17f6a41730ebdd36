"""The assets `raw_postings` and `postings`: what came, and what it says in one normal form."""

import datetime as dt
from dataclasses import asdict
from pathlib import Path

import dagster as dg

from ty_assets.postings import ingest, store
from ty_assets.postings.checks import check_postings, check_raw_postings
from ty_assets.table_asset import days_of, result, table_asset
from ty_resources.postgres import Database
from ty_resources.settings import settings
from ty_resources.sources.files import FileSource


class RawPostingsConfig(dg.Config):
    """Where to read from.

    source: a JSONL or CSV file, or a folder of them; empty: the drop folder. A record without a date of its
    own belongs to the run's last day when a source is named, and to today when it comes by the drop folder.
    """

    source: str = ""


@table_asset(
    "raw_postings",
    group="1_postings",
    code_version=ingest.TASK_VERSION,
    checks=["all_records_readable"],
    kinds=frozenset({"python", "postgres", "file"}),
)
def raw_postings(
    context: dg.AssetExecutionContext, config: RawPostingsConfig, db: dg.ResourceParam[Database]
) -> dg.MaterializeResult:
    """Every posting as received, append-only: one row for each content that a source has delivered.

    Partition: the day it was fetched. Broken records are in `failures`, with file and line.
    """
    days = days_of(context)
    path = Path(config.source) if config.source else settings().inbox
    if not config.source:
        path.mkdir(parents=True, exist_ok=True)
    done = ingest.ingest(
        db,
        FileSource(path, settings().file_settle_seconds),
        days,
        undated=_undated(days, named=bool(config.source)),
        today=settings().today(),
        now=dt.datetime.now(dt.UTC),
        max_chars=settings().max_posting_chars,
        max_attempts=settings().max_attempts,
        progress=lambda received: context.log.info(f"raw_postings: {received} records"),
    )
    return result(
        db,
        "raw_postings",
        db.rows("raw_counts", days=days),
        metadata={k.replace("_", " "): v for k, v in asdict(done).items()},
        checks=check_raw_postings(done),
    )


def _undated(days: list[dt.date], *, named: bool) -> dt.date | None:
    if named:
        return max(days)
    return settings().today() if settings().today() in days else None


@table_asset(
    "postings",
    group="1_postings",
    code_version=store.TASK_VERSION,
    deps=[raw_postings],
    checks=["postings_have_text", "no_duplicate_of_a_duplicate", "all_raw_postings_arrived"],
)
def postings(context: dg.AssetExecutionContext, db: dg.ResourceParam[Database]) -> dg.MaterializeResult:
    """Each posting once, in normal form: plain text, language, scope with reasons, link to the first of its kind.

    Key: source and external id. Partition: the day first seen. Nothing is deleted: what is out of scope or a
    duplicate stays, and says why.
    """
    days = days_of(context)
    report = store.store_postings(
        db,
        days,
        max_attempts=settings().max_attempts,
        progress=lambda done, total: context.log.info(f"postings: {done} of {total}"),
    )
    told = asdict(report) | {"other_days": ", ".join(map(str, sorted(report.other_days))) or "none"}
    out_of_scope = {row["reason"]: row["postings"] for row in db.rows("scope_reasons", days=days)}
    return result(
        db,
        "postings",
        db.rows("posting_counts", days=days),
        metadata={k.replace("_", " "): v for k, v in told.items()} | {"out of scope, by reason": out_of_scope},
        preview=db.rows("preview_postings", days=days),
        checks=check_postings(db, days),
    )

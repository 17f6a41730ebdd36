"""The assets `raw_postings` and `postings`: what came, and what it says in one normal form."""

import datetime as dt
from dataclasses import asdict
from pathlib import Path
from typing import Any

import dagster as dg

from ty_assets.postings import ingest, store
from ty_assets.postings.checks import check_postings, check_raw_postings
from ty_assets.postings.fetch import fetch
from ty_assets.table_asset import days_of, result, table_asset
from ty_resources.postgres import Database
from ty_resources.settings import settings
from ty_resources.sources.files import FileSource
from ty_resources.sources.registry import named_sources
from ty_resources.sources.source import SourceError

# Of one run's fetching: what has come is matched then, and the next run goes on with the round.
_AT_MOST = dt.timedelta(minutes=1)


class RawPostingsConfig(dg.Config):
    """Where to read from.

    source: a JSONL or CSV file, or a folder of them; empty: the drop folder. only: names of files in that folder; all
    without. undated: the day (YYYY-MM-DD) of records without a date of their own; else they belong to the run's last
    day when a source is named, and to today when they come by the drop folder.
    service: a remote source's name, asked in the place of files; full: for everything it has, not only for what is new.
    """

    source: str = ""
    only: list[str] = []  # noqa: RUF012 (a pydantic model copies its defaults)
    undated: str = ""
    service: str = ""
    full: bool = False


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

    Partition: the day it was fetched. Broken records are in `failures`, with file and line, or the source's number.
    """
    days = days_of(context)
    if config.service:
        told, failed = _from_service(context, config, db, days)
    else:
        told, failed = _from_files(context, config, db, days)
    return result(
        db,
        "raw_postings",
        db.rows("raw_counts", days=days),
        metadata={name.replace("_", " "): value for name, value in told.items()},
        checks=check_raw_postings(failed, told["received"]),
    )


def _from_files(
    context: dg.AssetExecutionContext, config: RawPostingsConfig, db: Database, days: list[dt.date]
) -> tuple[dict[str, Any], int]:
    path = Path(config.source) if config.source else settings().inbox
    if not config.source:
        path.mkdir(parents=True, exist_ok=True)
    done = ingest.ingest(
        db,
        FileSource(path, settings().file_settle_seconds, only=config.only),
        days,
        undated=_undated(days, config),
        today=settings().today(),
        now=dt.datetime.now(dt.UTC),
        max_chars=settings().max_posting_chars,
        max_attempts=settings().max_attempts,
        earliest=settings().start_date,
        progress=lambda received: context.log.info(f"raw_postings: {received} records"),
    )
    return asdict(done), done.failed


def _from_service(
    context: dg.AssetExecutionContext, config: RawPostingsConfig, db: Database, days: list[dt.date]
) -> tuple[dict[str, Any], int]:
    """A round of the service, for today: what is fetched belongs to the day it is fetched on."""
    today = settings().today()
    if today not in days:
        raise dg.Failure(
            f"{config.service} is asked for what it has today, {today}; this run is of {days[0]}..{days[-1]}",
            allow_retries=False,
        )
    (source,) = named_sources(settings(), [config.service]).values()
    try:
        fetched = fetch(
            db,
            source,
            "full" if config.full else "new",
            today=today,
            now=dt.datetime.now(dt.UTC),
            max_chars=settings().max_posting_chars,
            max_attempts=settings().max_attempts,
            at_most=_AT_MOST,
            progress=lambda what, done: context.log.info(f"raw_postings: {done} {what} of {config.service}"),
        )
    except SourceError as error:
        # Its state is noted, and whoever watches it is told when it is silent for long; what has come is matched.
        context.log.warning(str(error))
        return {"received": 0, "error": str(error)}, 0
    return {"received": fetched.listed, **asdict(fetched)}, fetched.failed


def _undated(days: list[dt.date], config: RawPostingsConfig) -> dt.date | None:
    if config.undated:
        return dt.date.fromisoformat(config.undated)
    if config.source:
        return max(days)
    return settings().today() if settings().today() in days else None


@table_asset(
    "postings",
    group="1_postings",
    code_version=store.TASK_VERSION,
    deps=[raw_postings],
    checks=[
        "postings_have_text",
        "no_duplicate_of_a_duplicate",
        "contents_are_unique",
        "all_raw_postings_arrived",
        "useful_columns_are_filled",
    ],
    blocking=["no_day_is_lost", "most_succeed", "needed_columns_are_filled"],
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
    copies = {row["method"]: row["postings"] for row in db.rows("link_counts", days=days)}
    return result(
        db,
        "postings",
        db.rows("posting_counts", days=days),
        metadata={k.replace("_", " "): v for k, v in told.items()}
        | {"out of scope, by reason": out_of_scope, "copies, by method": copies},
        preview=db.rows("preview_postings", days=days),
        checks=check_postings(db, days, report),
    )

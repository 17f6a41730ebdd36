"""What every asset here has in common: it is one Postgres table, written by partition, and says so in Dagster.

Belongs here: the decorator that applies owners, kinds and partitions once, and the result with row counts,
columns and a preview. Not here: what a single asset does.
"""

import datetime as dt
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Protocol

import dagster as dg

from ty_assets.derive import Method, Stage, derive
from ty_assets.partitions import daily, ranges
from ty_resources.draining import checkpoint
from ty_resources.inference.engine import InferenceEngine
from ty_resources.postgres import Database, Row
from ty_resources.settings import settings

OWNER = "team:data"

# A run with this tag asks no model server for anything that matches can do without for now.
WITHOUT_MODELS = {"ty/models": "none"}
# A run with this tag, a number, has the model read only what is opened or among anybody's best so many matches.
READ_BEST = "ty/read-best"


def table_asset(
    table: str,
    *,
    group: str,
    code_version: str,
    deps: Sequence[Any] = (),
    checks: Sequence[str] = (),
    blocking: Sequence[str] = (),
    kinds: frozenset[str] = frozenset({"python", "postgres"}),
    partitions_def: dg.PartitionsDefinition[Any] | None = daily,
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """`@dg.asset` with the project's policies; the function's docstring is the description.

    checks: names of the checks that the function's result carries; they run inside the asset, so they cost
    no step of their own. blocking: of these, those whose error ends the run before the assets that rest on this one.

    A check blocks where going on would put wrong rows before people: rows that are gone and would not be made again, a
    day of which a large part failed. What is wrong with single postings never blocks: it has its row in `failures`, and
    nobody's matches wait for it. Shares are looked at from twenty rows on, so that a quiet day is never a broken one.
    """

    def decorate(function: Callable[..., Any]) -> dg.AssetsDefinition:
        with warnings.catch_warnings():
            # `backfill_policy` has been "beta" for years; we know, and pin Dagster's minor version.
            warnings.simplefilter("ignore", dg.BetaWarning)
            return make(function)

    def make(function: Callable[..., Any]) -> dg.AssetsDefinition:
        return dg.asset(
            name=function.__name__,
            group_name=group,
            owners=[OWNER],
            kinds=set(kinds),
            code_version=code_version,
            deps=list(deps),
            partitions_def=partitions_def,
            backfill_policy=ranges if partitions_def is not None else None,
            metadata={"dagster/table_name": table},
            check_specs=[
                dg.AssetCheckSpec(name, asset=function.__name__, blocking=name in blocking)
                for name in dict.fromkeys([*checks, *blocking])
            ],
        )(function)

    return decorate


def days_of(context: dg.AssetExecutionContext) -> list[dt.date]:
    """The days of this run: one, or a range. What asks for them begins, so a run that is asked to end does so here."""
    checkpoint()
    return [dt.date.fromisoformat(key) for key in context.partition_keys]


def buckets_of(context: dg.AssetExecutionContext) -> list[int]:
    """The people's buckets of this run; as `days_of`."""
    checkpoint()
    return [int(key) for key in context.partition_keys]


def result(
    db: Database,
    table: str,
    counts: Sequence[Row],
    *,
    metadata: Mapping[str, Any] | None = None,
    preview: Sequence[Row] = (),
    checks: Sequence[dg.AssetCheckResult] = (),
) -> dg.MaterializeResult[Any]:
    """Row counts by partition, the table's columns, and a few rows to look at (never of people).

    counts: rows of (partition, rows, ...) as the named queries give them.
    """
    total = sum(int(row["rows"]) for row in counts)
    columns = [dg.TableColumn(row["name"], row["type"]) for row in db.rows("table_columns", table=table)]
    shown: dict[str, Any] = {
        "dagster/row_count": total,
        "dagster/partition_row_count": total,
        "dagster/column_schema": dg.TableSchema(columns=columns),
    }
    if len(counts) > 1:
        shown["rows by partition"] = dg.MetadataValue.md(_markdown(counts))
    if preview:
        shown["preview"] = dg.MetadataValue.md(_markdown(preview))
    shown.update(metadata or {})
    return dg.MaterializeResult(metadata=shown, check_results=list(checks))


def derived(
    context: dg.AssetExecutionContext,
    db: Database,
    stage: Stage[Any, Any],
    method: Method[Any, Any],
    checks: Callable[[Database, Sequence[dt.date]], Sequence[dg.AssetCheckResult]] = lambda db, days: (),
) -> dg.MaterializeResult[Any]:
    """Bring a per-posting stage up to date for the run's days, and tell of it.

    The metadata says what was asked of which model, what was current already and what failed.
    """
    days = days_of(context)
    report = derive(
        db,
        stage,
        method,
        days,
        chunk_size=settings().chunk_size,
        max_attempts=settings().max_attempts,
        progress=lambda done, total: context.log.info(f"{stage.name}: {done} of {total} postings"),
    )
    told = {k.replace("_", " "): round(v, 3) if isinstance(v, float) else v for k, v in asdict(report).items()}
    return result(
        db,
        stage.table,
        db.rows("stage_counts", stage=stage.name, days=days),
        metadata=told,
        preview=db.rows(f"preview_{stage.table}", days=days),
        checks=[
            few_failures(report),
            most_succeed(report.failed + report.given_up, report.postings),
            rows_are_in_the_ledger(db, stage.name, days),
            *checks(db, days),
        ],
    )


# Of every stage that `derived` brings up to date.
STAGE_CHECKS = ("few_failures",)
STAGE_BLOCKS = ("most_succeed", "rows_are_in_the_ledger")

# Fewer rows tell nothing about a share.
_ENOUGH = 20
# Single odd postings fail; when a fifth does, the stage is broken, and the best matches would be the best of a remnant.
_MOST = 0.8


class Failures(Protocol):
    """What a report has to say for `few_failures`."""

    postings: int
    failed: int
    given_up: int


def models_loaded_once(engine: InferenceEngine) -> dg.AssetCheckResult:
    """A run does all work of one model before the next, so none is loaded twice: a load takes up to a minute."""
    again = {name: loads for name, loads in engine.usage.loads().items() if loads > 1}
    return dg.AssetCheckResult(
        check_name="models_loaded_once",
        passed=not again,
        severity=dg.AssetCheckSeverity.WARN,
        description=(
            f"loaded again within this run: {', '.join(f'{name} {n} times' for name, n in again.items())}. Another "
            "program uses the server, TY_KEEP_ALIVE is too short, or OLLAMA_MAX_LOADED_MODELS too small"
            if again
            else None
        ),
        metadata={"loads": engine.usage.loads()},
    )


def few_failures(report: Failures, among: int | None = None) -> dg.AssetCheckResult:
    """Failed and given-up postings: any is a warning, more than one in twenty an error.

    among: postings in all, where the report's are only those that this run had to do.
    """
    bad = report.failed + report.given_up
    among = report.postings if among is None else among
    share = bad / among if among else 0.0
    return dg.AssetCheckResult(
        check_name="few_failures",
        passed=bad == 0,
        severity=dg.AssetCheckSeverity.ERROR if share > 0.05 else dg.AssetCheckSeverity.WARN,
        description=f"{bad} of {among} postings failed; see `ty health --failures`" if bad else None,
        metadata={"failed": report.failed, "given up": report.given_up, "share": share},
    )


def most_succeed(failed: int, of: int) -> dg.AssetCheckResult:
    """Fails when a fifth of the postings, and at least twenty, failed or were given up. Made to block."""
    broken = failed >= _ENOUGH and failed > (1 - _MOST) * of
    return dg.AssetCheckResult(
        check_name="most_succeed",
        passed=not broken,
        severity=dg.AssetCheckSeverity.ERROR,
        description=f"{failed} of {of} postings failed: the stage is broken; see `ty health --failures`"
        if broken
        else None,
        metadata={"failed": failed, "postings": of},
    )


def rows_are_in_the_ledger(db: Database, stage: str, days: Sequence[dt.date]) -> dg.AssetCheckResult:
    """Each posting has as many rows as its line in the ledger says. Made to block.

    Rows and ledger are written in one transaction, so they differ after a hand in the database or a restored backup
    only; then a run believes the rows current, and what follows would rest on rows that are not there.
    """
    off = db.value("rows_against_ledger", stage=stage, days=list(days))
    lost = "postings have other rows than `derivations` says; delete their lines there, and the next run makes them"
    return count_check("rows_are_in_the_ledger", off, lost)


def share_check(
    name: str, bad: int, of: int, *, warn_from: float, fail_from: float, what: str, **metadata: Any
) -> dg.AssetCheckResult:
    """A check of a share: a warning above `warn_from`, an error above `fail_from`; of fewer than twenty, neither."""
    share = bad / of if of >= _ENOUGH else 0.0
    return dg.AssetCheckResult(
        check_name=name,
        passed=share <= warn_from,
        severity=dg.AssetCheckSeverity.ERROR if share > fail_from else dg.AssetCheckSeverity.WARN,
        description=f"{share:.0%} of {of} {what}" if share > warn_from else None,
        metadata={"share": share, "count": bad, "of": of, **metadata},
    )


def count_check(name: str, count: int, description: str, **metadata: Any) -> dg.AssetCheckResult:
    """A check that passes when a query counted nothing wrong."""
    return dg.AssetCheckResult(
        check_name=name,
        passed=count == 0,
        severity=dg.AssetCheckSeverity.ERROR,
        description=f"{count} {description}" if count else None,
        metadata={"count": count, **metadata},
    )


def _markdown(rows: Sequence[Row]) -> str:
    names = list(rows[0])
    lines = [" | ".join(names), " | ".join("---" for _ in names)]
    lines += [" | ".join(_cell(row[name]) for name in names) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def _cell(value: object) -> str:
    text = str(value).replace("|", "\\|").replace("\n", " ")
    return text if len(text) <= 160 else text[:159] + "…"

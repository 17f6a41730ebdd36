"""Checks that look at all partitions at once, every morning: none is left failed, nobody's best matches unexplained.

Belongs here: what no run over a few partitions can know of itself. Not here: checks of a run's own rows, which are
inside the assets (ty_assets/*/checks.py).
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import dagster as dg
from dagster._core.storage.partition_status_cache import AssetPartitionStatus

from ty_assets.drift.checks import drift
from ty_assets.partitions import batches, daily
from ty_assets.table_asset import count_check
from ty_jobs.assets import PIPELINE_ORDER, all_assets
from ty_resources.postgres import Database
from ty_resources.settings import settings

NO_FAILED_PARTITIONS = "no_failed_partitions"
_PARTITIONS = {
    spec.key: spec.partitions_def for assets in all_assets() for spec in assets.specs if spec.partitions_def is not None
}
_NAMED = 12  # spans of partitions in a message that a person reads


@dg.multi_asset_check(
    name="partitions",
    specs=[
        dg.AssetCheckSpec(
            NO_FAILED_PARTITIONS,
            asset=key,
            description="The last run of every partition has made it; what did not is named, with what mends it.",
        )
        for key in sorted(_PARTITIONS, key=lambda key: PIPELINE_ORDER.index(key.to_user_string()))
    ],
    can_subset=True,
)
def no_failed_partitions(context: dg.AssetCheckExecutionContext) -> Iterable[dg.AssetCheckResult]:
    for check in sorted(context.selected_asset_check_keys, key=str):
        partitions = _PARTITIONS[check.asset_key]
        keys = partitions.get_partition_keys(dynamic_partitions_store=context.instance)
        statuses = context.instance.get_status_by_partition(check.asset_key, keys, partitions) or {}
        failed = [key for key in keys if statuses.get(key) == AssetPartitionStatus.FAILED]
        yield dg.AssetCheckResult(
            asset_key=check.asset_key,
            check_name=check.name,
            passed=not failed,
            severity=dg.AssetCheckSeverity.ERROR,
            description=told(check.asset_key.to_user_string(), failed, partitions, keys) if failed else None,
            metadata={"failed": len(failed), "partitions": ", ".join(failed[:200])},
        )


@dg.asset_check(
    asset="match_analyses",
    name="best_matches_are_explained",
    description="Each person's best matches over all days (TY_ANALYSES_OVERNIGHT) have their analysis.",
)
def best_matches_are_explained(db: dg.ResourceParam[Database]) -> dg.AssetCheckResult:
    best = settings().analyses_overnight
    lacking = db.value("best_matches_without_analysis", best=best)
    # `ty run` on their days explains them, and so does the next night.
    return count_check("best_matches_are_explained", lacking, f"of everybody's best {best} matches have no analysis")


def told(asset: str, failed: Sequence[str], partitions: dg.PartitionsDefinition, keys: Sequence[str]) -> str:
    """Which partitions failed, and the commands that make them. keys: of all there are."""
    spans = spans_of(failed, keys)
    named = ", ".join(first if first == last else f"{first}..{last}" for first, last in spans[:_NAMED])
    more = f" and {len(spans) - _NAMED} spans more" if len(spans) > _NAMED else ""
    mending = mended_by(asset, spans[0], partitions)
    return f"failed and not made since ({len(failed)}): {named}{more}. {mending}"


def mended_by(asset: str, span: tuple[str, str], partitions: dg.PartitionsDefinition) -> str:
    """What to do about one span."""
    first, last = span
    days = first if first == last else f"{first}..{last}"
    if partitions == batches:
        return "To mend: see `ty models`; a batch that has not ended is tried again by itself"
    if partitions != daily:
        return f"To mend: in the Dagster UI, people_job, Materialize, partitions {days.replace('..', ' to ')}"
    if asset in ("posting_readings", "occupation_readings"):
        return f"To mend: in the Dagster UI, refinement_job, Materialize, partitions {days.replace('..', ' to ')}"
    return f"To mend: `ty run --days {days} --select {asset}`, without --select for what follows from it too"


def spans_of(chosen: Sequence[str], keys: Sequence[str]) -> list[tuple[str, str]]:
    """Partitions that follow each other as first and last. chosen: some of the keys, in their order."""
    place = {key: i for i, key in enumerate(keys)}
    if not chosen:
        return []
    ends = [a for a, b in pairwise(chosen) if place[b] != place[a] + 1]
    begins = [b for a, b in pairwise(chosen) if place[b] != place[a] + 1]
    return list(zip([chosen[0], *begins], [*ends, chosen[-1]], strict=True))


standing_checks = [no_failed_partitions, best_matches_are_explained, drift]
# Jobs over assets leave these out: what looks at every partition is for once a day.
STANDING = dg.AssetSelection.checks(*standing_checks)

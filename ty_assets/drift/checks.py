"""Checks that yesterday looks like the four weeks before it: languages, requirements of a posting, best scores.

A drift is a warning, never an error: the rows may be right and the world may have changed. It says where to look: a
source that sends something else, rules that no longer find their headings, a model or a calibration that was changed.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping

import dagster as dg

from ty_assets.drift.stability import LOOK_BACK, Stability, stability
from ty_resources.postgres import Database
from ty_resources.settings import settings

# By check: the asset, the query that counts, what is compared.
_MEASURES = {
    "languages_are_steady": ("postings", "drift_languages", "languages of the postings"),
    "requirement_counts_are_steady": (
        "posting_requirements", "drift_requirement_counts", "numbers of requirements of a posting",
    ),
    "best_scores_are_steady": ("match_scores", "drift_best_scores", "scores of people's best matches"),
}  # fmt: skip
_PEOPLE = 200  # whose scores are looked at


class DriftConfig(dg.Config):
    """day: the one that is compared, YYYY-MM-DD; empty: yesterday, which is complete."""

    day: str = ""


@dg.multi_asset_check(
    specs=[
        dg.AssetCheckSpec(name, asset=asset, description=f"The {what} are as in the four weeks before.")
        for name, (asset, _, what) in _MEASURES.items()
    ],
    can_subset=True,
)
def drift(
    context: dg.AssetCheckExecutionContext, config: DriftConfig, db: dg.ResourceParam[Database]
) -> Iterable[dg.AssetCheckResult]:
    day = dt.date.fromisoformat(config.day) if config.day else settings().today() - dt.timedelta(days=1)
    for check in sorted(context.selected_asset_check_keys, key=str):
        yield check_drift(db, day, check.name)


def check_drift(db: Database, day: dt.date, name: str) -> dg.AssetCheckResult:
    """One measure of one day."""
    asset, query, what = _MEASURES[name]
    counts: defaultdict[dt.date, dict[Hashable, int]] = defaultdict(dict)
    more = {"people": _PEOPLE} if query == "drift_best_scores" else {}
    for row in db.rows(query, first=day - LOOK_BACK, day=day, **more):
        counts[row["day"]][row["bin"]] = row["count"]
    found = stability(counts, day)
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name=name,
        passed=found.steady,
        severity=dg.AssetCheckSeverity.WARN,
        description=_told(found, what),
        metadata=_metadata(found),
    )


def _told(found: Stability, what: str) -> str:
    if found.drift is None or found.limit is None:
        return f"{found.day}: not compared, {found.why}"
    than = f"{found.drift:.2f} by the population stability index, limit {found.limit:.2f}"
    if found.steady:
        return f"{found.day}: the {what} are as on {found.days} days before ({than})"
    moved = sorted((found.shares or {}).items(), key=lambda item: -abs(item[1][0] - item[1][1]))[:3]
    told = ", ".join(f"{name}: {now:.0%} instead of {usual:.0%}" for name, (now, usual) in moved)
    return f"{found.day}: the {what} have moved ({than}); {told}"


def _metadata(found: Stability) -> Mapping[str, dg.MetadataValue | str | int | float]:
    known: dict[str, dg.MetadataValue | str | int | float] = {
        "day": str(found.day), "size": found.size, "days compared with": found.days,
    }  # fmt: skip
    if found.drift is not None and found.limit is not None:
        known |= {"population stability index": round(found.drift, 4), "limit": round(found.limit, 4)}
    if found.shares:
        lines = [f"| {name} | {now:.1%} | {usual:.1%} |" for name, (now, usual) in found.shares.items()]
        known["shares"] = dg.MetadataValue.md("\n".join(["| bin | day | before |", "| --- | --- | --- |", *lines]))
    return known

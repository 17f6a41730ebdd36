"""Checks of `candidate_evaluations`: that a batch did not drift, that repeats agree, that names change nothing.

Belongs here: what Dagster shows of them. Not here: the measures (quality.py). They warn and never fail a batch: the
scores are there, and whoever uses them has to know how far they carry.
"""

from collections.abc import Mapping
from typing import Any, Final

import dagster as dg

from ty_assets.candidate_evaluations.bias import Bias
from ty_assets.candidate_evaluations.consistency import Consistency
from ty_assets.candidate_evaluations.drift import Drift
from ty_assets.candidate_evaluations.plots import as_markdown, bias_plot, consistency_plot, drift_plot
from ty_assets.candidate_evaluations.quality import quality, rubric_of
from ty_assets.candidate_evaluations.rubric import OVERALL, Rubric
from ty_resources.postgres import Database

ASSET: Final = "candidate_evaluations"
DRIFT: Final = "scores_do_not_drift"
CONSISTENCY: Final = "repeats_agree"
BIAS: Final = "names_change_no_score"
CHECKS: Final = (DRIFT, CONSISTENCY, BIAS)

_Metadata = Mapping[str, dg.MetadataValue[Any] | str | int | float]


def check_quality(db: Database, batch_id: str) -> list[dg.AssetCheckResult]:
    """All three of one batch. A batch without a rubric has no scores: they pass, and say so."""
    rubric = rubric_of(db, batch_id)
    if rubric is None:
        told = f"{batch_id}: its requests were not prepared from a rubric, so that nothing is known of scores"
        return [_result(name, True, told, {"batch": batch_id}) for name in CHECKS]
    found = quality(db, batch_id, rubric)
    about: _Metadata = {"batch": batch_id, "answers": found.answers, "answers looked at": found.sampled}
    return [
        _result(name, part.passed, part.told(), {**about, **shown})
        for name, part, shown in (
            (DRIFT, found.drift, _drift(found.drift, rubric)),
            (CONSISTENCY, found.consistency, _consistency(found.consistency, rubric)),
            (BIAS, found.bias, _bias(found.bias, rubric)),
        )
    ]


def _result(name: str, passed: bool, told: str, metadata: _Metadata) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=ASSET,
        check_name=name,
        passed=passed,
        severity=dg.AssetCheckSeverity.WARN,
        description=told,
        metadata=metadata,
    )


def _drift(drift: Drift, rubric: Rubric) -> _Metadata:
    if not drift.enough:
        return {}
    rows = [f"| {place}0 % | {tenth.value:.2f} | {tenth.count} |" for place, tenth in enumerate(drift.tenths, 1)]
    return {
        "change": round(drift.change.value, 3),
        "limit": drift.limit,
        "tenths": dg.MetadataValue.md("\n".join(["| up to | mean | candidates |", "| --- | --- | --- |", *rows])),
        "plot": dg.MetadataValue.md(as_markdown(drift_plot(drift, rubric), "overall score over the file")),
    }


def _consistency(consistency: Consistency, rubric: Rubric) -> _Metadata:
    if not consistency.candidates:
        return {}
    rows = [f"| {_name(rubric, key)} | {deviation:.2f} |" for key, deviation in consistency.by_criterion.items()]
    return {
        "standard deviation": round(consistency.deviation, 3),
        "identical": round(consistency.identical, 3),
        "points that tell two candidates apart": round(consistency.tells_apart, 2),
        "limit": consistency.limit,
        "by criterion": dg.MetadataValue.md("\n".join(["| | standard deviation |", "| --- | --- |", *rows])),
        "plot": dg.MetadataValue.md(as_markdown(consistency_plot(consistency, rubric), "scores of repeats")),
    }


def _bias(bias: Bias, rubric: Rubric) -> _Metadata:
    if not bias.candidates:
        return {}
    rows = [
        f"| {_name(rubric, key)} | {bias.gender[key].value:+.2f} | {bias.origin[key].value:+.2f} |"
        for key in bias.gender
    ]
    head = ["| | women less men | foreign less local names |", "| --- | --- | --- |"]
    return {
        "women less men": round(bias.gender[OVERALL].value, 3),
        "foreign less local names": round(bias.origin[OVERALL].value, 3),
        "limit": bias.limit,
        "by criterion": dg.MetadataValue.md("\n".join([*head, *rows])),
        "plot": dg.MetadataValue.md(as_markdown(bias_plot(bias, rubric), "differences by name")),
    }


def _name(rubric: Rubric, key: str) -> str:
    return rubric.by_key[key].name if key in rubric.by_key else key

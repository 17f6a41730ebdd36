"""The assets `demand_snapshot` and `profession_similarity`: what the market of a day asks for."""

import datetime as dt
import json
from collections.abc import Sequence

import dagster as dg

from ty_assets.berufenet.asset import berufenet_mapping
from ty_assets.demand.checks import check_demand
from ty_assets.demand.similarity import similar_occupations
from ty_assets.demand.states import states_of
from ty_assets.derive import DayEntry, input_hash
from ty_assets.facets.asset import posting_facets
from ty_assets.table_asset import days_of, result, table_asset
from ty_resources.postgres import Database

SIMILARITY_VERSION = "1"
_DEMAND = ["day", "occupation_group", "region", "active", "new", "closed", "by_level", "top_terms"]
_BY_STATE = ["day", "occupation_group", "state", "active", "new", "closed", "by_level", "top_terms"]
_SIMILARITY = ["day", "kldb_a", "kldb_b", "similarity", "shared_terms"]


@table_asset(
    "demand_snapshot",
    group="4_demand",
    code_version="2",
    deps=[berufenet_mapping, posting_facets],
    checks=["every_active_posting_is_counted"],
)
def demand_snapshot(context: dg.AssetExecutionContext, db: dg.ResourceParam[Database]) -> dg.MaterializeResult:
    """For each day, occupation group (three KldB digits) and region: active, new and closed postings, top terms.

    A posting is active from the day first seen until it has run out or is no longer seen; duplicates count
    once, for as long as any of them is there. `demand_by_state` has the sums for each federal state and for all.
    """
    days = days_of(context)
    for day in days:
        rows = [
            (
                day,
                r["occupation_group"],
                r["region"],
                r["active"],
                r["new"],
                r["closed"],
                r["by_level"],
                json.dumps(r["top_terms"]),
            )
            for r in db.rows("demand_of_day", day=day)
        ]
        db.replace("demand_snapshot", _DEMAND, rows, {"day": [day]})
    store_by_state(db, days)
    return result(
        db,
        "demand_snapshot",
        db.rows("demand_counts", days=days),
        preview=db.rows("preview_demand_snapshot", days=days),
        checks=check_demand(db, days),
    )


def store_by_state(db: Database, days: Sequence[dt.date]) -> None:
    """Replace the days' sums by state; of days that were counted before there were any, the sums come as well."""
    regions, states = states_of(row["region"] for row in db.rows("demand_regions", days=list(days)))
    mapping = {"regions": regions, "states": states}
    earlier = {row["day"] for row in db.rows("days_without_states")} - set(days)
    for day in [*days, *sorted(earlier)]:
        told = [] if day in earlier else db.rows("terms_of_day_by_state", day=day, **mapping)
        terms = {(row["occupation_group"], row["state"]): row["top_terms"] for row in told}
        rows = [
            (
                day,
                r["occupation_group"],
                r["state"],
                r["active"],
                r["new"],
                r["closed"],
                r["by_level"],
                json.dumps(terms.get((r["occupation_group"], r["state"]), [])),
            )
            for r in db.rows("demand_of_day_by_state", day=day, **mapping)
        ]
        db.replace("demand_by_state", _BY_STATE, rows, {"day": [day]})


@table_asset(
    "profession_similarity",
    group="4_demand",
    code_version=SIMILARITY_VERSION,
    deps=[berufenet_mapping, posting_facets],
)
def profession_similarity(context: dg.AssetExecutionContext, db: dg.ResourceParam[Database]) -> dg.MaterializeResult:
    """Pairs of occupations whose active postings ask for the same terms, with the terms they share.

    Cosine of TF-IDF profiles over facets; the ten nearest of each occupation.
    """
    days = days_of(context)
    for day in days:
        store_similarity(db, day)
    counts = db.rows("similarity_counts", days=days)
    return result(db, "profession_similarity", counts, preview=db.rows("preview_profession_similarity", days=days))


def store_similarity(db: Database, day: dt.date) -> None:
    """Replace the day's pairs, unless they rest on the same counts as before."""
    counts: Sequence[tuple[str, str, int]] = [
        (row["kldb"], row["term"], row["postings"]) for row in db.rows("terms_by_occupation", day=day)
    ]
    entry = DayEntry("profession_similarity", day, "tf-idf", SIMILARITY_VERSION, input_hash(json.dumps(counts)))
    if entry.is_current(db):
        return
    rows = [(day, p.kldb_a, p.kldb_b, p.similarity, p.shared_terms) for p in similar_occupations(counts)]
    with db.transaction() as connection:
        db.replace("profession_similarity", _SIMILARITY, rows, {"day": [day]}, connection)
        entry.write(db, len(rows), connection)

"""The assets `profiles` and `profile_facets`: people without their names, and what they can do."""

from dataclasses import asdict

import dagster as dg

from ty_assets.berufenet.store import occupation_index
from ty_assets.partitions import buckets
from ty_assets.profiles import facets, store
from ty_assets.profiles.checks import check_people
from ty_assets.profiles.task import ProfileFacetsTask
from ty_assets.table_asset import buckets_of, models_loaded_once, result, table_asset
from ty_resources.inference.engine import InferenceEngine
from ty_resources.postgres import Database
from ty_resources.settings import settings


@table_asset(
    "profiles",
    group="5_people",
    code_version=store.TASK_VERSION,
    partitions_def=buckets,
    checks=["all_documents_readable"],
)
def profiles(context: dg.AssetExecutionContext, db: dg.ResourceParam[Database]) -> dg.MaterializeResult:
    """Each person without name and contacts: headline, summary, languages, place, wishes and work history.

    Partition: a hash of the profile's id. Names and contacts stay in a table that matching never reads.
    """
    chosen = buckets_of(context)
    report = store.store_profiles(db, chosen, settings().max_attempts)
    return result(
        db,
        "profiles",
        db.rows("profile_counts", buckets=chosen),
        metadata=asdict(report),
        checks=[check_people("all_documents_readable", report)],
    )


@table_asset(
    "profile_facets",
    group="5_people",
    code_version=ProfileFacetsTask.version,
    partitions_def=buckets,
    deps=[profiles],
    checks=["all_people_have_facets", "models_loaded_once"],
)
def profile_facets(
    context: dg.AssetExecutionContext,
    db: dg.ResourceParam[Database],
    engine: dg.ResourceParam[InferenceEngine],
    embedded: dg.ResourceParam[InferenceEngine],
) -> dg.MaterializeResult:
    """What each person can do, one term a row: stated, extracted from a job, or implied by a rule; with its source.

    Written with it: the career (domains, occupations, level, years) and the vectors of the terms.
    """
    chosen = buckets_of(context)
    report = facets.store_facets(
        db,
        facets.Readers(engine, embedded),
        occupation_index(db, embedded),
        chosen,
        today=settings().today(),
        max_attempts=settings().max_attempts,
    )
    return result(
        db,
        "profile_facets",
        db.rows("profile_facet_counts", buckets=chosen),
        metadata={**asdict(report), **engine.usage.metadata()},
        checks=[check_people("all_people_have_facets", report), models_loaded_once(engine)],
    )

"""Everything that Dagster sees, put together in one function, so that a test gets a fresh object."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from ty_assets.berufenet import asset as berufenet
from ty_assets.demand import asset as demand
from ty_assets.embeddings import asset as embeddings
from ty_assets.facets import asset as facets
from ty_assets.matching import asset as matching
from ty_assets.posting_analysis import asset as posting_analysis
from ty_assets.postings import asset as postings
from ty_assets.profiles import asset as profiles
from ty_assets.readings import asset as readings
from ty_assets.requirements import asset as requirements
from ty_assets.summaries import asset as summaries
from ty_jobs.jobs import jobs
from ty_jobs.schedules import schedules
from ty_jobs.sensors import sensors
from ty_resources.resources import EmbeddedEngineResource, EngineResource, PostgresResource

# The assets in the order the data flows.
PIPELINE_ORDER = (
    "raw_postings", "postings", "posting_readings", "posting_summaries", "posting_requirements", "posting_facets",
    "embeddings", "berufenet_mapping", "posting_llm_analysis", "demand_snapshot", "profession_similarity",
    "profiles", "profile_facets", "match_scores", "match_analyses",
)  # fmt: skip
_MODULES = [
    postings, readings, summaries, requirements, facets, embeddings, berufenet, posting_analysis, demand, profiles,
    matching,
]  # fmt: skip


def build_definitions(overrides: Mapping[str, Any] | None = None) -> dg.Definitions:
    """All assets, jobs, schedules and sensors.

    overrides: resources to use in place of the real ones, e.g. {"db": a Database, "engine": an engine, "embedded": one
    without a server}.
    """
    return dg.Definitions(
        assets=dg.load_assets_from_modules(_MODULES),
        jobs=jobs,
        schedules=schedules,
        sensors=sensors,
        resources={
            "db": PostgresResource(),
            "engine": EngineResource(),
            "embedded": EmbeddedEngineResource(),
            **(overrides or {}),
        },
        # A process for each step would import everything anew: 31 s for ten trivial assets against 1.5 s.
        executor=dg.in_process_executor,
    )


@dg.definitions
def definitions() -> dg.Definitions:
    return build_definitions()

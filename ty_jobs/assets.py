"""Which assets there are: all of them, with the policies that hold for all, in the order the data flows."""

import dagster as dg

from ty_assets.berufenet import asset as berufenet
from ty_assets.berufenet import catalogue_asset as catalogue
from ty_assets.candidate_evaluations import asset as candidate_evaluations
from ty_assets.demand import asset as demand
from ty_assets.embeddings import asset as embeddings
from ty_assets.facets import asset as facets
from ty_assets.feedback import asset as feedback
from ty_assets.life import asset as life
from ty_assets.matching import asset as matching
from ty_assets.notices import asset as notices
from ty_assets.occupation_readings import asset as occupation_readings
from ty_assets.posting_analysis import asset as posting_analysis
from ty_assets.postings import asset as postings
from ty_assets.profiles import asset as profiles
from ty_assets.readings import asset as readings
from ty_assets.relevance import asset as relevance
from ty_assets.requirements import asset as requirements
from ty_assets.summaries import asset as summaries
from ty_assets.verdicts import asset as verdicts
from ty_jobs.freshness import fresh

# The assets in the order the data flows.
PIPELINE_ORDER = (
    "raw_postings", "postings", "posting_facts", "posting_statuses", "posting_readings", "posting_summaries",
    "posting_requirements", "posting_facets", "embeddings", "berufenet_catalogue", "occupation_readings",
    "berufenet_mapping", "posting_llm_analysis", "demand_snapshot", "profession_similarity", "profiles",
    "profile_facets", "match_scores", "personal_matches", "match_notices", "posting_relevance",
    "match_analyses", "match_verdicts", "decision_agreement", "candidate_evaluations",
)  # fmt: skip
MODULES = [
    postings, life, readings, summaries, requirements, facets, embeddings, catalogue, occupation_readings, berufenet,
    posting_analysis, demand, profiles, matching, feedback, notices, relevance,
    verdicts, candidate_evaluations,
]  # fmt: skip


def all_assets() -> list[dg.AssetsDefinition]:
    """Fresh objects, each with its freshness policy."""
    return list(dg.map_asset_specs(fresh, dg.load_assets_from_modules(MODULES)))  # type: ignore[arg-type]

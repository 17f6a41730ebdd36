"""What runs together: a day's postings, a bucket of people, the matches between them, a batch of candidates."""

import dagster as dg
from dagster import JobDefinition
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from ty_assets.table_asset import WITHOUT_MODELS
from ty_jobs.notices_mail import notices_mail_job
from ty_jobs.standing_checks import STANDING
from ty_jobs.upkeep import upkeep_job

PEOPLE = ["profiles", "profile_facets"]
MATCHES = ["match_scores", "personal_matches", "match_notices", "match_analyses"]

RELEVANCE = "posting_relevance"
READINGS = "posting_readings"
OCCUPATION_READINGS = "occupation_readings"
# What has no day: judged, or fetched, as a whole.
STATUSES = "posting_statuses"
CATALOGUE = "berufenet_catalogue"
WHOLE = [STATUSES, CATALOGUE]
# What somebody has sent to be judged; it rests on nothing else, and nothing on it.
EVALUATIONS = "candidate_evaluations"
# What the market asks for is counted over all open postings: by the hour, not with every posting that comes.
DEMAND = ["demand_snapshot", "profession_similarity"]
# What a reading of a posting renews, in the order the data flows.
REFINED = [
    READINGS, "posting_summaries", "posting_requirements", "posting_facets", "embeddings", "posting_llm_analysis",
    OCCUPATION_READINGS, "berufenet_mapping", *MATCHES, "match_verdicts", "decision_agreement",
]  # fmt: skip

# Everything of a day, from what came in to who matches it, by the rules and the packaged encoder alone: no model server
# is needed, so everybody has matches in minutes. Its graph needs people's facets, which have partitions of their own
# and so a job of their own.
postings_job = dg.define_asset_job(
    "postings_job",
    selection=dg.AssetSelection.all()
    - dg.AssetSelection.assets(*PEOPLE, *WHOLE, READINGS, OCCUPATION_READINGS, EVALUATIONS)
    - STANDING,
    tags=WITHOUT_MODELS,
    description="A day's postings through every stage, up to the matches of all people; by rules, in minutes.",
)

refinement_job = dg.define_asset_job(
    "refinement_job",
    selection=dg.AssetSelection.assets(*REFINED) - STANDING,
    description="What people look at, read by the configured model; then the matches that rest on it.",
)

demand_job = dg.define_asset_job(
    "demand_job",
    selection=dg.AssetSelection.assets(*DEMAND) - STANDING,
    description="What the market asks for on a day, and which occupations are alike.",
)

people_job = dg.define_asset_job(
    "people_job",
    selection=dg.AssetSelection.assets(*PEOPLE) - STANDING,
    description="New and changed people: parse, keep contacts apart, extract and enrich their facets.",
)

matches_job = dg.define_asset_job(
    "matches_job",
    selection=dg.AssetSelection.assets(RELEVANCE, *MATCHES) - STANDING,
    description="Relevance and matches of days that are derived already, after people have changed.",
)

sweep_job = dg.define_asset_job(
    "sweep_job",
    selection=dg.AssetSelection.assets(STATUSES) - STANDING,
    description="Which postings are still open: by what their sources list, and until when they say they run.",
)

catalogue_job = dg.define_asset_job(
    "catalogue_job",
    selection=dg.AssetSelection.assets(CATALOGUE) - STANDING,
    description="The occupations as Berufenet has them, where TY_BERUFENET_FETCH says so.",
)

evaluations_job = dg.define_asset_job(
    "evaluations_job",
    selection=dg.AssetSelection.assets(EVALUATIONS) - STANDING,
    description="An hour of work on one batch of candidates.",
)

standing_checks_job = dg.define_asset_job(
    "standing_checks_job",
    selection=STANDING,
    description="Over all partitions: none is left failed, best matches are explained, nothing has drifted.",
)

jobs: list[JobDefinition | UnresolvedAssetJobDefinition] = [
    postings_job, refinement_job, demand_job, people_job, matches_job, sweep_job, catalogue_job, standing_checks_job,
    upkeep_job, notices_mail_job, evaluations_job,
]  # fmt: skip

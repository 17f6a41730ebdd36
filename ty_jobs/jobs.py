"""What runs together: a day's postings, a bucket of people, and the matches between them."""

import dagster as dg

from ty_assets.table_asset import WITHOUT_MODELS

PEOPLE = ["profiles", "profile_facets"]
MATCHES = ["match_scores", "match_analyses"]

READINGS = "posting_readings"
# What a reading of a posting renews, in the order the data flows.
REFINED = [
    READINGS, "posting_summaries", "posting_requirements", "posting_facets", "embeddings", "posting_llm_analysis",
    *MATCHES,
]  # fmt: skip

# Everything of a day, from what came in to who matches it, by the rules and the packaged encoder alone: no model server
# is needed, so everybody has matches in minutes. Its graph needs people's facets, which have partitions of their own
# and so a job of their own.
postings_job = dg.define_asset_job(
    "postings_job",
    selection=dg.AssetSelection.all() - dg.AssetSelection.assets(*PEOPLE, READINGS),
    tags=WITHOUT_MODELS,
    description="A day's postings through every stage, up to the matches of all people; by rules, in minutes.",
)

refinement_job = dg.define_asset_job(
    "refinement_job",
    selection=dg.AssetSelection.assets(*REFINED),
    description="What people look at, read by the configured model; then the matches that rest on it.",
)

people_job = dg.define_asset_job(
    "people_job",
    selection=dg.AssetSelection.assets(*PEOPLE),
    description="New and changed people: parse, keep contacts apart, extract and enrich their facets.",
)

matches_job = dg.define_asset_job(
    "matches_job",
    selection=dg.AssetSelection.assets(*MATCHES),
    description="Matches of days that are derived already, after people have changed.",
)

jobs = [postings_job, refinement_job, people_job, matches_job]

"""What runs together: a day's postings, a bucket of people, and the matches between them."""

import dagster as dg

PEOPLE = ["profiles", "profile_facets"]
MATCHES = ["match_scores", "match_analyses"]

# Everything of a day, from what came in to who matches it. Its graph needs people's facets, which have partitions
# of their own and so a job of their own.
postings_job = dg.define_asset_job(
    "postings_job",
    selection=dg.AssetSelection.all() - dg.AssetSelection.assets(*PEOPLE),
    description="A day's postings through every stage, up to the matches of all people.",
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

jobs = [postings_job, people_job, matches_job]

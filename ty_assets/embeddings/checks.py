"""Checks of `embeddings`: what is screened has a vector."""

import datetime as dt
from collections.abc import Sequence

import dagster as dg

from ty_assets.table_asset import count_check, share_check
from ty_resources.postgres import Database

# Matching takes a day over into a model's vectors when each text has one or has failed. With many failures every score
# of the day would be too low, so a lower coverage blocks, and the day keeps the scores that it has.
_LEAST_COVERED = 0.95
_NOTHING = {"facets": 0, "embedded": 0, "failed": 0}


def check_embeddings(db: Database, days: Sequence[dt.date], models: Sequence[str]) -> list[dg.AssetCheckResult]:
    """In every space of this run.

    `every_facet_has_a_vector` does not count a text that the model cannot encode: it is in `failures`. It does not
    block, since facets of another run over the same day may have come meanwhile, and that run encodes them.
    """
    rows = {model: db.row("embedding_coverage", days=list(days), model=model) or _NOTHING for model in models}
    lacking = sum(row["facets"] - row["embedded"] - row["failed"] for row in rows.values())
    facets = max((row["facets"] for row in rows.values()), default=0)
    worst = min(models, key=lambda model: rows[model]["embedded"] / (rows[model]["facets"] or 1))
    return [
        count_check("every_facet_has_a_vector", lacking, "facets have no vector", facets=facets),
        share_check(
            "vectors_cover_the_facets",
            facets - rows[worst]["embedded"],
            facets,
            warn_from=0.0,
            fail_from=1 - _LEAST_COVERED,
            what=f"facets have no vector by {worst}",
        ),
    ]

"""Checks of `posting_professions`: codes exist, the catalogue still knows what is posted, quotes stand in the text."""

import datetime as dt
from collections.abc import Sequence

import dagster as dg

from ty_assets.table_asset import count_check, share_check
from ty_resources.postgres import Database

# The system this replaces mapped 92 to 97 % after asking a model; without one, half is what the catalogue should know.
# The starter catalogue, or a short one of somebody's own, may know less: that is a warning.
_LEAST_MAPPED = 0.5
# Under a fifth with a full catalogue the catalogue or the encoder is broken. Then it blocks: whoever has an occupation
# would be matched with whatever was mapped by chance, and demand would be told of it.
_BROKEN = 0.2
_FULL = 1000  # occupations; Berufenet has about 3,600, the starter 600


def check_mapping(db: Database, days: Sequence[dt.date]) -> list[dg.AssetCheckResult]:
    days = list(days)
    unknown = db.value("accepted_codes_outside_catalogue", days=days)
    row = db.row("mapped_share", days=days) or {"accepted": 0, "postings": 0}
    of, mapped = row["postings"], row["accepted"]
    full = db.value("catalogue_size") >= _FULL
    return [
        # Not blocking: a code that left the catalogue since is one posting's, and the next run renews it.
        count_check("accepted_codes_are_in_the_catalogue", unknown, "accepted codes are not in the catalogue"),
        share_check(
            "most_titles_are_mapped",
            of - mapped,
            of,
            warn_from=1 - _LEAST_MAPPED,
            fail_from=1 - _BROKEN if full else 1.0,
            what="titles have no accepted occupation",
            accepted=mapped,
        ),
        count_check(
            "occupations_quote_their_posting",
            db.value("professions_without_quote", days=days),
            "occupations decided by a description quote nothing of it",
        ),
        contradicted_synonyms(db),
    ]


def contradicted_synonyms(db: Database) -> dg.AssetCheckResult:
    """Not blocking, and a warning: the next look at the observations withdraws them (`berufenet_catalogue`)."""
    count = db.value("synonyms_against_observations")
    return dg.AssetCheckResult(
        check_name="synonyms_are_not_contradicted",
        passed=count == 0,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{count} confirmed synonyms are contradicted; materialise berufenet_catalogue" if count else None,
        metadata={"count": count},
    )

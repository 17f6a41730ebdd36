"""Checks of the matches: scores mean something, nobody is forgotten, reasons have evidence."""

import datetime as dt
from collections.abc import Sequence

import dagster as dg

from ty_assets.table_asset import count_check
from ty_resources.postgres import Database


def check_scores(db: Database, days: Sequence[dt.date]) -> list[dg.AssetCheckResult]:
    days = list(days)
    return [
        # Blocks: a score that is no number has no place in an order, and its explanation would be made up.
        count_check("scores_are_in_range", db.value("scores_out_of_range", days=days), "scores are outside of 0 .. 1"),
        # Does not: the others' matches are as good as they were.
        count_check("everybody_is_matched", db.value("people_without_match", days=days), "people have no match"),
    ]


def check_analyses(db: Database, days: Sequence[dt.date]) -> list[dg.AssetCheckResult]:
    count = db.value("reasons_without_evidence", days=list(days))
    return [count_check("reasons_quote_the_posting", count, "reasons quote words that the posting does not have")]

"""The assets `posting_facts` and `personal_matches`: what advertisements state, and each person's own order."""

import dagster as dg

from ty_assets.feedback import facts
from ty_assets.feedback.learned import VERSION
from ty_assets.feedback.order import read_facts
from ty_assets.feedback.steps import carry_out
from ty_assets.feedback.store import locked_judge, locked_relearn
from ty_assets.matching.asset import match_scores
from ty_assets.postings.asset import postings
from ty_assets.table_asset import days_of, result, table_asset
from ty_resources.postgres import Database
from ty_resources.settings import settings


@table_asset("posting_facts", group="2_extraction", code_version=facts.VERSION, deps=[postings])
def posting_facts(context: dg.AssetExecutionContext, db: dg.ResourceParam[Database]) -> dg.MaterializeResult:
    """What each advertisement states of working time, days in the office and conditions, by wording.

    For the rules that people state in comments; what it does not state is left empty.
    """
    days = days_of(context)
    unread = [row["posting_id"] for row in db.rows("postings_without_facts", days=days, version=facts.VERSION)]
    size = settings().chunk_size
    for start in range(0, len(unread), size):
        carry_out(db, read_facts(unread[start : start + size]))
    return result(db, "posting_facts", db.rows("facts_counts", days=days), metadata={"read": len(unread)})


@table_asset("personal_matches", group="6_matching", code_version=VERSION, deps=[match_scores, posting_facts])
def personal_matches(context: dg.AssetExecutionContext, db: dg.ResourceParam[Database]) -> dg.MaterializeResult:
    """The day's matches judged by what was learned of each person who has given feedback: moved a little, or hidden.

    Who has said nothing has no rows here, and sees the scores' own order. Feedback that was taken over, or learned from
    by other rules, is learned from anew.
    """
    days = days_of(context)
    changed = learned = 0
    people = db.rows("people_with_feedback")
    for person in people:
        if person["version"] != VERSION:
            carry_out(db, locked_relearn(person["profile_id"]))
            learned += 1
        changed += carry_out(db, locked_judge(person["profile_id"], days))
    told = {"people with feedback": len(people), "learned anew": learned, "changed": changed}
    return result(db, "personal_matches", db.rows("personal_counts", days=days), metadata=told)

"""The asset `match_notices`: which of the new matches their people are told of."""

import dagster as dg

from ty_assets.feedback.asset import personal_matches
from ty_assets.feedback.steps import carry_out
from ty_assets.notices.store import VERSION, note
from ty_assets.table_asset import days_of, result, table_asset
from ty_resources.postgres import Database
from ty_resources.settings import settings


@table_asset("notices", group="6_matching", code_version=VERSION, deps=[personal_matches])
def match_notices(context: dg.AssetExecutionContext, db: dg.ResourceParam[Database]) -> dg.MaterializeResult:
    """New strong matches of who has an account: through every gate, above their cutoff, not hidden, still open.

    Each is told once, whatever is run again. What was there when an account was first looked at is only remembered, and
    a posting of more than two weeks ago is no news. Mail is another matter: `notices_mail_job`.
    """
    days = days_of(context)
    noted = carry_out(db, note(days, settings().today()))
    told = {"told": noted.told, "first looks": noted.first_looks}
    left = {f"not told: {why}": count for why, count in sorted(noted.by.items()) if why != "told"}
    return result(db, "notices", db.rows("notice_counts", days=days), metadata=told | left)

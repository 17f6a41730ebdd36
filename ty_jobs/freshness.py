"""When an asset is late: one policy for each way in which assets are cut, applied to all of them at once.

Any materialisation counts, of whichever partition: Dagster's freshness looks at the asset as a whole. A partition that
failed is told by the check `no_failed_partitions`.
"""

import datetime as dt

import dagster as dg

from ty_assets.partitions import daily
from ty_resources.settings import settings

# The night's run begins at two. The longest day known, 16,000 postings, takes minutes by the rules; at six people wake.
# Six hours back is midnight: what was made the evening before is yesterday's, also in the nights of 23 and 25 hours.
BY_MORNING = dg.FreshnessPolicy.cron(
    deadline_cron="0 6 * * *", lower_bound_delta=dt.timedelta(hours=6), timezone=settings().timezone
)
# A model reads what is in use and unread, which may be nothing for days; a week without is a sensor or server at fault.
# Where no model is configured, it has never been made, and Dagster calls its freshness unknown.
WEEKLY = dg.FreshnessPolicy.time_window(fail_window=dt.timedelta(days=7), warn_window=dt.timedelta(days=3))
# Asked for once a month: a second month without means that it fails.
MONTHLY = dg.FreshnessPolicy.time_window(fail_window=dt.timedelta(days=62), warn_window=dt.timedelta(days=33))

_OF_ASSET = {
    "posting_readings": WEEKLY,
    "occupation_readings": WEEKLY,
    "berufenet_catalogue": MONTHLY,
    "posting_statuses": BY_MORNING,
}


def policy_of(spec: dg.AssetSpec) -> dg.FreshnessPolicy | None:
    """By name, or by the partitions; None for people's assets and batches: they run when
    somebody comes, which no clock knows."""
    by_day = BY_MORNING if spec.partitions_def == daily else None
    return _OF_ASSET.get(spec.key.to_user_string(), by_day)


def fresh(spec: dg.AssetSpec) -> dg.AssetSpec:
    """The spec with its policy."""
    policy = policy_of(spec)
    return dg.apply_freshness_policy(spec, policy) if policy else spec

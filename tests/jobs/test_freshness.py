"""When each asset is late: one policy for all that the night makes, none for people, and no warning at loading."""

import datetime as dt
import subprocess
import sys

import dagster as dg

from ty_assets.partitions import batches, buckets, daily
from ty_jobs.definitions import build_definitions
from ty_jobs.freshness import BY_MORNING, MONTHLY, WEEKLY


def test_every_asset_has_the_policy_of_the_way_it_is_cut() -> None:
    graph = build_definitions().resolve_asset_graph()
    policies = {key.to_user_string(): graph.get(key).freshness_policy for key in graph.materializable_asset_keys}
    expected = {
        "posting_readings": WEEKLY,
        "occupation_readings": WEEKLY,
        "berufenet_catalogue": MONTHLY,
        "posting_statuses": BY_MORNING,
    }
    for key in graph.materializable_asset_keys:
        name, partitions = key.to_user_string(), graph.get(key).partitions_def
        if partitions in (buckets, batches):
            assert policies[name] is None, name
        else:
            assert policies[name] == expected.get(name, BY_MORNING if partitions == daily else None), name
            assert policies[name] is not None, f"{name} has no day and no policy; give it one in ty_jobs/freshness.py"


def test_the_morning_s_deadline_is_in_the_time_zone_and_leaves_the_night_s_run_four_hours() -> None:
    assert isinstance(BY_MORNING, type(dg.FreshnessPolicy.cron("0 6 * * *", dt.timedelta(hours=6))))
    assert (BY_MORNING.deadline_cron, BY_MORNING.timezone) == ("0 6 * * *", "Europe/Berlin")
    assert BY_MORNING.lower_bound_delta == dt.timedelta(hours=6)


def test_loading_the_definitions_warns_of_nothing_of_dagster_s() -> None:
    strict = (
        "import dagster, warnings; warnings.simplefilter('ignore');"
        "[warnings.simplefilter('error', kind)"
        " for kind in (dagster.BetaWarning, dagster.PreviewWarning, dagster.SupersessionWarning)];"
        "from ty_jobs.definitions import build_definitions; build_definitions().resolve_asset_graph()"
    )
    outcome = subprocess.run([sys.executable, "-c", strict], capture_output=True, text=True, timeout=200)
    assert outcome.returncode == 0, outcome.stderr[-2000:]

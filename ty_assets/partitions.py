"""How the assets are cut: postings by the day first seen, people by a hash of their id, batches one by one."""

import dagster as dg

from ty_resources.settings import settings

# end_offset=1: today's partition is open while the day lasts, so that a posting is matched the hour it comes.
daily = dg.DailyPartitionsDefinition(
    start_date=settings().start_date.isoformat(), timezone=settings().timezone, end_offset=1
)

# People have no day. 256 buckets keep a run small (4,000 people in a million) and the list readable.
buckets = dg.StaticPartitionsDefinition([f"{number:03d}" for number in range(256)])

# A batch comes when somebody sends one: its partition is added by the sensor that asks for its run.
BATCHES = "batches"
batches = dg.DynamicPartitionsDefinition(name=BATCHES)

# Three weeks of backfill are three runs: few enough to start quickly, small enough to fail alone.
# Over a pool of workers the run is what is spread, and TY_BACKFILL_DAYS=1 makes most of it.
ranges = dg.BackfillPolicy.multi_run(max_partitions_per_run=settings().backfill_days)

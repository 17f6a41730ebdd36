"""Figures of the pool of run workers: what waits in Redis, who executes what, and how long each has been silent.

Belongs here: reading and naming them. Not here: the answer to Prometheus (`health_server`).
"""

from collections.abc import Iterable

import psycopg
from prometheus_client.core import GaugeMetricFamily, Metric

from ty_resources.postgres import Database
from ty_resources.settings import Settings

_QUEUE = "dagster"
# Celery keeps a list for each of four priorities; the lowest has the queue's bare name.
_PRIORITIES = ("", "\x06\x163", "\x06\x166", "\x06\x169")
_ASK_SECONDS = 3.0


def pool_metrics(db: Database, config: Settings) -> Iterable[Metric]:
    """What cannot be read has no figure."""
    try:
        with psycopg.connect(db.conninfo, autocommit=True, connect_timeout=int(_ASK_SECONDS)) as connection:
            rows = connection.execute(db.queries["runs_of_workers"]).fetchall()
    except psycopg.Error:
        rows = []
    runs = GaugeMetricFamily("ty_pool_runs", "Runs in hand", labels=["worker"])
    silence = GaugeMetricFamily("ty_pool_silence_seconds", "Since a worker's last sign of life", labels=["worker"])
    for worker, count, seconds in rows:
        runs.add_metric([worker], count)
        silence.add_metric([worker], seconds)
    yield runs
    yield silence
    queued = _queued(config)
    if queued is not None:
        yield GaugeMetricFamily("ty_pool_queued_runs", "Runs that wait for a worker", value=queued)


def _queued(config: Settings) -> int | None:
    from redis import Redis
    from redis.exceptions import RedisError

    assert config.redis_url is not None
    with Redis.from_url(config.redis_url.get_secret_value(), socket_timeout=_ASK_SECONDS) as client:
        try:
            return sum(int(str(client.llen(f"{_QUEUE}{priority}"))) for priority in _PRIORITIES)
        except RedisError:
            return None

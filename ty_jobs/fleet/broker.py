"""The Celery application that runs travel through, and how it stands a Redis that goes away and comes back.

Belongs here: the broker's configuration, the same for who sends and who receives. Not here: sending (`launcher`) and
executing (`worker`). Redis carries messages and nothing else: who executes what, and whether it still lives, is in
Postgres (`claims`), so a Redis that lost everything costs the runs that nobody had begun; these are asked for again.
"""

from typing import Any

from ty_resources.settings import Settings, SettingsError

QUEUE = "dagster"


def redis_url(config: Settings) -> str:
    """Raises: SettingsError, where none is set."""
    if config.redis_url is None:
        raise SettingsError("TY_REDIS_URL: runs go to the pool's workers through Redis; expected redis://host:6379/0")
    return config.redis_url.get_secret_value()


def configuration(config: Settings) -> dict[str, Any]:
    """Celery's settings beside Dagster's own."""
    return {
        "task_default_queue": QUEUE,
        # A run that is taken is acknowledged: a lost one is found by its silence in Postgres within seconds, not when
        # the broker gets impatient after hours. And a busy worker takes nothing that an idle one could begin.
        "task_acks_late": False,
        "worker_prefetch_multiplier": 1,
        "worker_disable_prefetch": True,
        "task_ignore_result": True,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_connection_timeout": 5,
        # Of a Redis that is away nobody is told off: what runs goes on, what is sent waits.
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "broker_transport_options": {
            # Nothing stays unacknowledged for longer than it takes to hand it on.
            "visibility_timeout": 600,
            "socket_keepalive": True,
            "health_check_interval": 10,
            "retry_on_timeout": True,
        },
        "worker_send_task_events": False,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "worker_enable_remote_control": False,
        "worker_soft_shutdown_timeout": 0,
    }

"""Dagster's run launcher for a pool of workers: whole runs through Redis, watched through Postgres.

Named in deploy/celery/dagster.yaml. Belongs here: sending a run, ending one, and whether its worker lives. Not here:
executing it (`worker`). Dagster's own launcher knows of a run what Celery knows, and Celery tells a killed worker from
a busy one by nothing but time; here a run whose worker is silent is reported as failed, and Dagster's retry goes on
with the steps that are missing.
"""

import logging
import threading
from collections.abc import Mapping
from typing import Any

from dagster import DagsterInstance, DagsterRun
from dagster._core.launcher import CheckRunHealthResult, ResumeRunContext, WorkerStatus
from dagster._serdes import ConfigurableClassData
from dagster_celery.launcher import CeleryRunLauncher

from ty_jobs.fleet.broker import QUEUE, configuration, redis_url
from ty_jobs.fleet.claims import Claims
from ty_resources.connect import connect
from ty_resources.settings import settings

_log = logging.getLogger("ty.fleet")
# How long a run waits for a Redis that is away, before it counts as failed and has its retry.
_SEND_PATIENCE = {"max_retries": 60, "interval_start": 0.5, "interval_step": 0.5, "interval_max": 2.0}


class PooledRunLauncher(CeleryRunLauncher):
    """Configured by TY_REDIS_URL and TY_WORKER_SILENCE."""

    def __init__(self, inst_data: ConfigurableClassData | None = None) -> None:
        config = settings()
        super().__init__(
            default_queue=QUEUE,
            broker=redis_url(config),
            backend="disabled://",
            config_source={**configuration(config), "task_publish_retry_policy": _SEND_PATIENCE},
            inst_data=inst_data,
        )
        self._claims: Claims | None = None
        self._opening = threading.Lock()

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]
    ) -> "PooledRunLauncher":
        return cls(inst_data)

    @property
    def supports_resume_run(self) -> bool:
        """A run's steps are executed in one process, which begins at the first: a retry knows which are done."""
        return False

    def resume_run(self, context: ResumeRunContext) -> None:
        raise NotImplementedError("a run is not resumed, its retry does what is missing")

    def terminate(self, run_id: str) -> bool:
        """Says so in Postgres, where the run's worker looks with every sign of life."""
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            return False
        self._instance.report_run_canceling(run)
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        why = self._known_claims(self._instance).abandoned(run.run_id)
        if why is None:
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(WorkerStatus.FAILED, why)

    def get_run_worker_debug_info(self, run: DagsterRun, include_container_logs: bool | None = True) -> str | None:
        return self._known_claims(self._instance).abandoned(run.run_id)

    def _known_claims(self, instance: DagsterInstance) -> Claims:
        with self._opening:
            if self._claims is None:
                config = settings()
                self._claims = Claims(connect(config), config.worker_silence)
            return self._claims

    def dispose(self) -> None:
        if self._claims is not None:
            self._claims.db.close()
        self.celery.close()

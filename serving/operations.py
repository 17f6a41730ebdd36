"""What the health page and the metrics are made of, read at most every few seconds, whoever asks how often.

Belongs here: what is read, and how long it is kept. Not here: the page and the routes (`health_page`), the metrics'
names (`metrics`), and what health is (ty_assets/health).
"""

from collections.abc import Sequence
from pathlib import Path

import psutil

from serving.snapshot import Snapshot
from ty_assets.health.report import HealthReport, read_health
from ty_resources import embedded_postgres
from ty_resources.connect import model_client
from ty_resources.inference.client import ModelClient, ModelStatus
from ty_resources.inference.engine import InferenceEngine
from ty_resources.machine import MachineUse, look
from ty_resources.postgres import Database
from ty_resources.settings import Settings

_HEALTH_SECONDS, _HEALTH_PATIENCE = 5.0, 20.0
_MACHINE_SECONDS, _MACHINE_PATIENCE = 5.0, 5.0
# A server that is away or stuck keeps nobody from the other figures.
_MODELS_SECONDS, _MODELS_PATIENCE = 15.0, 1.0


class Operations:
    """Reads for the health page and /metrics. Opens no connection before the first question; close at the end.

    engine: the one that refines; None where nobody does.
    """

    def __init__(self, db: Database, engine: InferenceEngine | None, config: Settings) -> None:
        self._db, self._engine, self._config = db, engine, config
        self._client: ModelClient | None = None
        self._health = Snapshot(self._read_health, seconds=_HEALTH_SECONDS, patience=_HEALTH_PATIENCE)
        self._machine = Snapshot(self._read_machine, seconds=_MACHINE_SECONDS, patience=_MACHINE_PATIENCE)
        self._models = Snapshot(self._read_models, seconds=_MODELS_SECONDS, patience=_MODELS_PATIENCE)
        psutil.cpu_percent(interval=None)  # from now on there is a time to look back on

    @property
    def config(self) -> Settings:
        return self._config

    async def health(self) -> HealthReport | None:
        """None where it takes too long. Raises psycopg.Error where the tables cannot be read."""
        return await self._health.get()

    async def machine(self) -> MachineUse | None:
        return await self._machine.get()

    async def loaded_models(self) -> Sequence[ModelStatus]:
        """Models that servers have in memory; none where no server answers in time."""
        return await self._models.get() or ()

    def close(self) -> None:
        self._db.close()
        if self._client is not None:
            self._client.close()

    def _read_health(self) -> HealthReport:
        return read_health(self._db, self._engine, self._config)

    def _read_machine(self) -> MachineUse:
        return look(self._data_folder())

    def _data_folder(self) -> Path | None:
        return None if self._config.postgres_url else embedded_postgres.data_folder(self._config.home)

    def _read_models(self) -> Sequence[ModelStatus]:
        if self._client is None:
            self._client = model_client(self._config)
        servers = self._client.status() if self._client else []
        return [model for server in servers for model in server.models if model.loaded]

"""Dagster's own storage in the project's Postgres: what dagster.yaml names, so that it works as it is.

Dagster's storage speaks psycopg 2 and is told so in the URL. From SQLAlchemy 2.1 on a bare `postgresql://` means
psycopg 3, where `NOTIFY run_events, :id` fails, and with it every run.
"""

from collections.abc import Mapping
from typing import Any

from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage

from ty_resources.connect import DAGSTER_SCHEMA, connect, direct_url
from ty_resources.postgres import driver_url
from ty_resources.settings import settings

DRIVER = "postgresql+psycopg2"
# A look over a year of events takes a while; one that takes longer than this hangs.
_STATEMENT_MILLISECONDS = 300_000
_RECYCLE_SECONDS = 3600
# Beside the one that is kept; the daemon has a dozen threads.
_MORE_CONNECTIONS = 16


class SettingsStorage(DagsterPostgresStorage):
    """Runs, events and schedules in the schema `dagster` of the database that the settings name."""

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "SettingsStorage":
        # A crash of the server may cost the last moments of a run's events, never a row of ours; waiting for the disk
        # at each of a run's hundred events is what a short run would otherwise mostly do.
        with connect(settings()):  # the schema is there after this
            # Past a pooler: what watches events listens on a session of its own.
            direct = direct_url(settings())
        url = driver_url(direct, DAGSTER_SCHEMA, DRIVER, options="-c synchronous_commit=off")
        storage = cls(url, should_autocreate_tables=True, inst_data=inst_data)
        # It opens a connection for every statement unless it is told to keep some; a run stores two hundred events, and
        # connecting for each is most of the time of a run that has little to do.
        for part in (storage.run_storage, storage.event_log_storage, storage.schedule_storage):
            part.optimize_for_webserver(
                statement_timeout=_STATEMENT_MILLISECONDS, pool_recycle=_RECYCLE_SECONDS, max_overflow=_MORE_CONNECTIONS
            )
        return storage

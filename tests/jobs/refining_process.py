"""A process that refines one day with the configured engine: `refining_process.py DAY [ASSET]...`."""

import sys

import dagster as dg

from ty_jobs.run import run_job
from ty_resources.connect import connect, default_engine, embedded_engine
from ty_resources.settings import settings


def main() -> None:
    day, *select = sys.argv[1:]
    with connect(settings()) as db, dg.DagsterInstance.ephemeral() as instance:
        overrides = {"db": db, "engine": default_engine(), "embedded": embedded_engine()}
        told = run_job(instance, "refinement_job", [day], select=select, overrides=overrides)
    if not told.success:
        raise SystemExit("\n".join(told.errors))


if __name__ == "__main__":
    main()

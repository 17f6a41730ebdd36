"""`ty service NAME`: a role of this project as a service of its own. Not here: what it does (ty_jobs/services)."""

from typing import Annotated

import typer

from ty_jobs.terminal import err
from ty_resources.settings import SettingsError, settings


def service(
    name: Annotated[
        str,
        typer.Argument(help="webserver, daemon, code-server, run-worker, serving, postgres or model-host."),
    ],
    host: Annotated[str, typer.Option(help="Address to listen on, for the service and its health.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="In place of the role's usual port.")] = None,
    health_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Of /livez, /readyz, /metrics; 0: any free one.")
    ] = None,
) -> None:
    """One role alone, until SIGTERM: for systemd, containers and several hosts.

    Exit codes: 0 stopped as asked, 1 ended by itself, 2 cannot be had as asked, 3 had to be killed.
    """
    from psycopg import OperationalError
    from psycopg_pool import PoolTimeout

    from ty_jobs.services.alone import ENDED, run_alone
    from ty_jobs.services.roles import ROLES, role
    from ty_resources.connect import connect

    if name not in ROLES:
        raise SettingsError(f"ty service: expected one of {', '.join(ROLES)}, got {name!r}")
    made = role(name, settings(), host, port)
    wanted = made.health_port if health_port is None else health_port
    try:
        if not made.needs_home:
            raise typer.Exit(run_alone(made, settings(), None, wanted, err))
        with connect(settings()) as db:
            raise typer.Exit(run_alone(made, settings(), db, wanted, err))
    except (OperationalError, PoolTimeout) as error:
        # Not the exit code of a wrong setting: the database may be there at the next try.
        err.print(f"{name}: no database: {type(error).__name__}", markup=False)
        raise typer.Exit(ENDED) from None

"""The embedded Postgres as a process of its own: started, migrated, and kept until told to stop.

Belongs here: that wait. Not here: the server's files (ty_resources/embedded_postgres.py). Others of this home join it
over its Unix socket; it is stopped when the last of them ends.
"""

import signal

from ty_resources.connect import connect
from ty_resources.logs import configure_logs
from ty_resources.settings import settings


def main() -> None:
    """Start or join the server of TY_HOME, and hold it until SIGTERM or SIGINT."""
    signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    configure_logs(settings())
    with connect(settings()):
        signal.sigwait(signals)


if __name__ == "__main__":
    main()

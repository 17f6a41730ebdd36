"""A process that works on a batch until it has ended: `evaluating_process.py BATCH_ID LEASE_SECONDS`.

The last line it prints is JSON: what came, and the most memory that it had, in bytes.
"""

import datetime as dt
import json
import os
import secrets
import sys
import threading
from pathlib import Path

from ty_assets.candidate_evaluations.working import work
from ty_resources.inference.relay import open_relay
from ty_resources.postgres import Database
from ty_resources.settings import settings


def main() -> None:
    batch_id, lease = sys.argv[1], dt.timedelta(seconds=float(sys.argv[2]))
    config = settings()
    relay = open_relay(config)
    assert relay is not None
    assert config.postgres_url is not None
    with Database(config.postgres_url) as db:
        holder = f"process:{os.getpid()}:{secrets.token_hex(4)}"
        result = work(db, batch_id, relay, config, holder=holder, stop=threading.Event(), lease=lease)
    relay.close()
    print(json.dumps({"came": result.came, "asked": result.asked, "kept": result.kept, "memory": _peak()}))


def _peak() -> int:
    """The most memory that this process has had. Not ru_maxrss, which begins with that of the process before exec."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


if __name__ == "__main__":
    main()

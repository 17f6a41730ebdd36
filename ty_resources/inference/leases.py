"""Who asks what at this moment: rows with an expiry, so that a question that many have is asked once.

Belongs here: holding, renewing and giving back leases by key. Not here: what is asked, and who waits for whose answer
(`single_flight`). No session locks: a lease outlives a broken connection and a restarted server, and a killed holder's
runs out.
"""

import os
import secrets
import socket
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType

import psycopg

from ty_resources.postgres import Database, Row

# What a killed process can make others wait. Renewed every third of it, so that two renewals may fail.
LEASE_SECONDS = 15.0
# A renewal that failed is tried again soon: a server that restarts is back within seconds.
_RETRY_SECONDS = 1.0


class Leases:
    """Leases of one holder. Thread-safe; two threads of one holder exclude each other as well.

    seconds: until a lease that nobody renews runs out. While any is held a background thread renews them.
    """

    def __init__(self, db: Database, seconds: float = LEASE_SECONDS) -> None:
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._db = db
        self._seconds = seconds
        self._held: set[bytes] = set()
        self._changed = threading.Condition()
        self._renewing: threading.Thread | None = None
        self._closed = False

    def __enter__(self) -> "Leases":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def acquire(self, keys: Collection[bytes]) -> set[bytes]:
        """Those of the keys that are this caller's now: that nobody held, or whose holder let them run out."""
        with self._changed:
            wanted = set() if self._closed else set(keys) - self._held
            self._held |= wanted  # at once, so that another thread does not take over what runs out just now
        if not wanted:
            return set()
        got: set[bytes] = set()
        try:
            rows = self._db.rows("acquire_leases", keys=sorted(wanted), holder=self.holder, seconds=self._seconds)
            got = {bytes(row["key"]) for row in rows}
        finally:
            with self._changed:
                self._held -= wanted - got
                closed = self._closed
                if got and not closed and self._renewing is None:
                    self._renewing = threading.Thread(target=self._renew, name="leases", daemon=True)
                    self._renewing.start()
        if closed:
            self.release(got)
            return set()
        return got

    def held(self, keys: Collection[bytes]) -> set[bytes]:
        """Those of the keys that anybody holds, in this process or another."""
        return {bytes(row["key"]) for row in self._db.rows("leases_held", keys=list(keys))}

    def release(self, keys: Collection[bytes]) -> None:
        """Give back; keys that are not held, or were taken over, are left alone."""
        if keys:
            with self.releasing(keys):
                pass

    @contextmanager
    def releasing(self, keys: Collection[bytes]) -> Iterator[psycopg.Connection[Row]]:
        """A transaction that gives the keys back when it commits, so that who acquires one next sees what it wrote.

        On an error the keys stay held.
        """
        with self._db.transaction() as connection:
            yield connection
            connection.execute(self._db.queries["release_leases"], {"keys": sorted(keys), "holder": self.holder})
        with self._changed:
            self._held -= set(keys)

    def close(self) -> None:
        """Give back all that is held. Where the database does not answer the leases run out by themselves."""
        with self._changed:
            self._closed = True
            held, renewing = sorted(self._held), self._renewing
            self._changed.notify_all()
        with suppress(psycopg.Error):
            self.release(held)
        if renewing is not None and renewing is not threading.current_thread():
            renewing.join(timeout=5)  # so that it does not use a database that its caller closes next

    def _renew(self) -> None:
        wait = self._seconds / 3
        while (held := self._held_after(wait)) is not None:
            try:
                self._db.execute("renew_leases", keys=held, holder=self.holder, seconds=self._seconds)
                self._db.execute("forget_leases")
                wait = self._seconds / 3
            except psycopg.Error:
                wait = min(_RETRY_SECONDS, self._seconds / 3)

    def _held_after(self, seconds: float) -> Sequence[bytes] | None:
        """What is held when the time is over; None, and the thread is gone, if nothing is."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed, seconds)
            if self._closed or not self._held:
                self._renewing = None
                return None
            return sorted(self._held)

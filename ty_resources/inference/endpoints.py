"""Which of several servers is asked: the least busy healthy one that has the model.

Belongs here: health, probing, balancing and the change to another server. Not here: what is asked (the clients), and
waiting for a server that is down (`model_engine`).

A server is set aside when it does not answer, when its connection broke or an answer took too long, and when it
failed several times in a row. It is asked again only after a probe, one at a time, after a growing interval with
jitter ("half-open", as in Nygard, Release It!, 2007). A server that answers its probe and still fails its requests
is used when there is no better one: one question that breaks it must not stop all others.
"""

import contextlib
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from ty_resources.inference.errors import (
    ConnectionLost,
    EngineError,
    ModelMissing,
    ServerBusy,
    ServerDown,
    ServerFault,
    ServerTimeout,
)
from ty_resources.inference.replies import Dialect

Reply = TypeVar("Reply")

# A server that comes back is noticed within these seconds; a probe is one small GET.
_FIRST_INTERVAL, _LONGEST_INTERVAL = 0.25, 15.0
_FAULTS_IN_A_ROW = 3
# Somebody may have pulled the model meanwhile.
_LACKING_SECONDS = 60.0
_BUSY_SECONDS = 0.5

# "unproven": not asked yet, or silent in its last request: a probe decides. "down": its probe failed, or nobody
# answered. "failing": answers, but its requests fail or are turned away.
_Health = Literal["up", "unproven", "down", "failing"]


@dataclass(eq=False)
class _Server:
    url: str
    health: _Health = "unproven"
    why: str = ""
    outstanding: int = 0
    turn: int = 0  # when it was last chosen
    faults: int = 0  # in a row
    interval: float = _FIRST_INTERVAL
    probe_at: float = 0.0
    probing: bool = False
    lacks: dict[str, float] = field(default_factory=dict)  # model -> until when that is believed


class Endpoints:
    """Thread-safe. probe: raises an EngineError where the server at a URL does not answer; bounded in time.

    urls: at least one, each once. clock, jitter: for tests; jitter gives a factor for each interval.
    """

    def __init__(
        self,
        urls: Sequence[str],
        dialect: Dialect,
        probe: Callable[[str], None],
        *,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = lambda: random.uniform(0.75, 1.25),
    ) -> None:
        self._servers = [_Server(url) for url in urls]
        self._dialect = dialect
        self._probe_url = probe
        self._clock = clock
        self._jitter = jitter
        self._turns = 0
        self._changed = threading.Condition()

    def call(
        self,
        ask: Callable[[str], Reply],
        model: str | None = None,
        only: str | None = None,
        prefer: str | None = None,
    ) -> Reply:
        """Ask the best server; where the connection breaks, it is down, busy or lacks the model, the next one.

        ask: sends one request to a base URL; it may be sent again elsewhere. only: the one server that will do.
        prefer: of equally busy ones.
        Raises: what `ask` raised; ServerDown or ModelMissing for all servers together.
        """
        servers = [server for server in self._servers if only in (None, server.url)]
        tried: dict[str, EngineError] = {}
        while True:
            server = self._choose([server for server in servers if server.url not in tried], model, prefer)
            if server is None:
                break
            try:
                reply = ask(server.url)
            except EngineError as error:
                self._failed(server, model, error)
                if not isinstance(error, ServerDown | ConnectionLost | ServerBusy | ModelMissing):
                    raise
                tried[server.url] = error
            else:
                self._answered(server, model)
                return reply
            finally:
                with self._changed:
                    server.outstanding -= 1
        raise self._verdict(servers, tried)

    def reachable(self) -> bool:
        """Whether any server answers a probe now."""
        return any(self._probe_or_wait(server) for server in self._servers)

    def believe_again(self, model: str) -> None:
        """Forget which servers lacked the model."""
        with self._changed:
            for server in self._servers:
                server.lacks.pop(model, None)

    def _choose(self, left: Sequence[_Server], model: str | None, prefer: str | None) -> _Server | None:
        """The server to ask next, counted as asked; None where none is left."""
        while True:
            with self._changed:
                now = self._clock()
                up = [server for server in left if server.health == "up"]
                having = [server for server in up if server.lacks.get(model or "", now) <= now]
                due = [server for server in left if server.health != "up" and server.probe_at <= now]
                idle = [server for server in due if not server.probing]
                if having:
                    for server in idle:
                        # Somebody is served meanwhile, so nobody waits for a host that may be silent.
                        server.probing = True
                        threading.Thread(target=self._probe_aside, args=(server,), name="probe", daemon=True).start()
                    return self._least_busy(having, prefer)
                if not idle and not any(server.probing for server in left):
                    return self._least_busy([server for server in left if server.health == "failing"] or up, prefer)
                if not idle:
                    self._changed.wait(1.0)
                    continue
                idle[0].probing = True
            self._probe(idle[0])

    def _least_busy(self, servers: Sequence[_Server], prefer: str | None) -> _Server | None:
        if not servers:
            return None
        chosen = min(servers, key=lambda server: (server.outstanding, server.url != prefer, server.turn))
        self._turns += 1
        chosen.turn = self._turns
        chosen.outstanding += 1
        return chosen

    def _probe_or_wait(self, server: _Server) -> bool:
        """Whether the server answers; where a probe is under way already, its result."""
        with self._changed:
            if server.probing:
                self._changed.wait_for(lambda: not server.probing)
                return server.health in ("up", "failing")
            server.probing = True
        return self._probe(server)

    def _probe_aside(self, server: _Server) -> None:
        with contextlib.suppress(RuntimeError):  # the connections were closed meanwhile: nobody asks any more
            self._probe(server)

    def _probe(self, server: _Server) -> bool:
        """Probe a server that the caller has marked as being probed; whether it answers."""
        failure: EngineError | None = ServerFault("the probe was broken off")
        try:
            self._probe_url(server.url)
            failure = None
        except EngineError as error:
            failure = error
        finally:
            with self._changed:
                server.probing = False
                self._probed(server, failure)
                self._changed.notify_all()
        return failure is None

    def _probed(self, server: _Server, failure: EngineError | None) -> None:
        if failure is not None:
            self._set_aside(server, "down", str(failure))
        elif server.health == "unproven" and server.faults >= _FAULTS_IN_A_ROW:
            self._set_aside(server, "failing", server.why)
        elif server.health != "up":
            server.health = "up"
            # One more fault sets it aside again, for longer; the first answer forgives all.
            server.faults = min(server.faults, _FAULTS_IN_A_ROW - 1)

    def _set_aside(self, server: _Server, health: _Health, why: str, seconds: float | None = None) -> None:
        server.health, server.why = health, why
        if seconds is None:
            seconds = server.interval * self._jitter()
            server.interval = min(server.interval * 2, _LONGEST_INTERVAL)
        server.probe_at = self._clock() + seconds

    def _answered(self, server: _Server, model: str | None) -> None:
        with self._changed:
            server.health, server.faults, server.interval = "up", 0, _FIRST_INTERVAL
            server.lacks.pop(model or "", None)

    def _failed(self, server: _Server, model: str | None, error: EngineError) -> None:
        with self._changed:
            if isinstance(error, ModelMissing):
                server.lacks[model or ""] = self._clock() + _LACKING_SECONDS
            elif isinstance(error, ServerBusy):
                if server.health == "up":
                    self._set_aside(server, "failing", str(error), error.retry_after or _BUSY_SECONDS)
            elif isinstance(error, ServerDown):
                # Requests that were under way together fail together: that is one event.
                if server.health != "down":
                    self._set_aside(server, "down", str(error))
            elif isinstance(error, ConnectionLost | ServerTimeout | ServerFault):
                server.faults += 1
                if server.health == "up" and not isinstance(error, ServerFault):
                    server.health, server.why, server.probe_at = "unproven", str(error), self._clock()
                elif server.health == "up" and server.faults >= _FAULTS_IN_A_ROW:
                    self._set_aside(server, "failing", str(error))
            else:
                server.faults = 0  # it read the request and said what is wrong with it

    def _verdict(self, servers: Sequence[_Server], tried: Mapping[str, EngineError]) -> EngineError:
        """What to raise when no server is left."""
        for kind in (ServerBusy, ConnectionLost):
            for error in tried.values():
                if isinstance(error, kind):
                    return error
        missing = [error for error in tried.values() if isinstance(error, ModelMissing)]
        if len(missing) == len(servers):
            return missing[0] if len(missing) == 1 else ModelMissing(" ".join(str(error) for error in missing))
        with self._changed:
            told = " ".join(str(tried.get(server.url) or server.why) for server in servers)
        # Once is enough, however many servers are down.
        hint = self._dialect.down_hint
        return ServerDown(told.replace(f" {hint}", "") + f" {hint}" if hint in told else told)

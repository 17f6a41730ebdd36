"""What a service says of itself over HTTP: /livez, /readyz and /metrics.

Belongs here: the three answers and their server. Not here: what they rest on (`alone` for the process, `readiness` for
what it needs). It answers whoever reaches it, and so says nothing but yes or no, counts and names of parts.
"""

import json
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psutil
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from ty_jobs.services.readiness import Readiness

# Asked by a probe, by Prometheus and by a person at once, what is needed is asked for once.
_KEPT_SECONDS = 2.0


@dataclass(frozen=True)
class Health:
    """role: its name. pid: of its process. alive: whether that runs."""

    role: str
    pid: int
    alive: Callable[[], bool]
    readiness: Readiness
    more: Callable[[], Iterable[Metric]]


class HealthServer:
    """Answers in threads of its own until closed. port 0: any free one."""

    def __init__(self, health: Health, host: str, port: int) -> None:
        self._health = health
        self._lock = threading.Lock()
        self._answers: dict[str, str | None] = {}
        self._asked_at = float("-inf")
        answer = self._answer

        class Handler(BaseHTTPRequestHandler):
            timeout = 10

            def do_GET(self) -> None:
                status, kind, body = answer(self.path.partition("?")[0])
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """A probe every few seconds is no news."""

        ThreadingHTTPServer.daemon_threads = True
        self._server = ThreadingHTTPServer((host, port), Handler)
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, name="health", daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, path: str) -> tuple[int, str, bytes]:
        if path == "/livez":
            alive = self._health.alive()
            return _json(200 if alive else 503, {"role": self._health.role, "alive": alive})
        if path == "/readyz":
            answers = self._readiness()
            ready = self._health.alive() and not any(answers.values())
            needs = {name: why or "ok" for name, why in answers.items()}
            return _json(200 if ready else 503, {"role": self._health.role, "ready": ready, "needs": needs})
        if path == "/metrics":
            registry = CollectorRegistry()
            registry.register(_Figures(self._health, self._readiness()))
            return 200, CONTENT_TYPE_PLAIN_0_0_4, generate_latest(registry)
        return _json(404, {"expected": ["/livez", "/readyz", "/metrics"]})

    def _readiness(self) -> dict[str, str | None]:
        with self._lock:
            if time.monotonic() - self._asked_at > _KEPT_SECONDS:
                self._answers = self._health.readiness.answers()
                self._asked_at = time.monotonic()
            return self._answers


def _json(status: int, told: object) -> tuple[int, str, bytes]:
    return status, "application/json", json.dumps(told).encode() + b"\n"


class _Figures(Collector):
    def __init__(self, health: Health, answers: dict[str, str | None]) -> None:
        self._health, self._answers = health, answers

    def collect(self) -> Iterable[Metric]:
        role, alive = self._health.role, self._health.alive()
        yield _gauge("ty_service_up", "Whether the process runs", ["role"], [([role], alive)])
        ready = alive and not any(self._answers.values())
        yield _gauge("ty_service_ready", "Whether it has what it needs", ["role"], [([role], ready)])
        needs = [([role, name], why is None) for name, why in self._answers.items()]
        yield _gauge("ty_service_need_met", "Whether a thing that it needs is there", ["role", "need"], needs)
        yield from self._of_processes(role)
        yield from self._health.more()

    def _of_processes(self, role: str) -> Iterable[Metric]:
        count, memory, seconds, began = 0, 0, 0.0, 0.0
        try:
            first = psutil.Process(self._health.pid)
            began = first.create_time()
            family = [first, *first.children(recursive=True)]
        except psutil.Error:
            family = []
        for process in family:
            try:
                with process.oneshot():
                    times = process.cpu_times()
                    memory += process.memory_info().rss
            except psutil.Error:  # it has ended meanwhile
                continue
            count, seconds = count + 1, seconds + times.user + times.system
        yield _gauge("ty_service_processes", "Its process and that one's children", ["role"], [([role], count)])
        yield _gauge("ty_service_memory_bytes", "Resident memory of these", ["role"], [([role], memory)])
        # A gauge: children end and take their seconds along.
        yield _gauge("ty_service_cpu_seconds", "CPU time of those that run", ["role"], [([role], seconds)])
        yield _gauge("ty_service_start_time_seconds", "When it began, Unix time", ["role"], [([role], began)])


def _gauge(name: str, told: str, labels: list[str], values: Iterable[tuple[list[str], float]]) -> Metric:
    metric = GaugeMetricFamily(name, told, labels=labels)
    for labelled, value in values:
        metric.add_metric(labelled, float(value))
    return metric

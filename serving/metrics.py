"""The figures of health and machine as Prometheus reads them.

Belongs here: names, units and labels. Not here: reading them (`operations`). Nothing is labelled with a person or a
posting, and no label grows with the data.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from ty_assets.health.report import HealthReport
from ty_resources.inference.client import ModelStatus
from ty_resources.machine import MachineUse

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_CREDENTIALS = re.compile(r"(?<=://)[^/@]+@")


def exposition(health: HealthReport | None, machine: MachineUse | None, models: Sequence[ModelStatus]) -> bytes:
    """The text that /metrics answers; what is not known has no line."""
    registry = CollectorRegistry()
    registry.register(_Collected([*_of_health(health), *_of_machine(machine), *_of_models(models)]))
    return generate_latest(registry)


class _Collected:
    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        yield from self._metrics


def _gauge(name: str, told: str, label: str, values: Iterable[tuple[str, float | None]]) -> GaugeMetricFamily:
    metric = GaugeMetricFamily(name, told, labels=[label])
    for of, value in values:
        if value is not None:
            metric.add_metric([of], value)
    return metric


def _of_health(health: HealthReport | None) -> Iterator[Metric]:
    yield GaugeMetricFamily("ty_up", "1 where the tables can be read", value=float(health is not None))
    if health is None:
        return
    stages = health.stages
    yield _gauge("ty_stage_done", "Rows that a stage has made", "stage", ((s.stage, s.done) for s in stages))
    yield _gauge("ty_stage_pending", "What waits for a stage", "stage", ((s.stage, s.pending) for s in stages))
    yield _gauge("ty_stage_failed", "Failures that are tried again", "stage", ((s.stage, s.failed) for s in stages))
    yield _gauge("ty_stage_given_up", "Failures tried too often", "stage", ((s.stage, s.given_up) for s in stages))
    yield _gauge(
        "ty_stage_rows_per_minute",
        "Over the last hour in which a stage worked",
        "stage",
        ((s.stage, s.per_minute) for s in stages),
    )
    yield _gauge("ty_stage_working", "0 in a pause", "stage", ((s.stage, float(s.working)) for s in stages))
    yield _gauge(
        "ty_stage_end_seconds",
        "Working time until nothing is pending",
        "stage",
        ((s.stage, s.eta_seconds) for s in stages),
    )
    sources = [(row["source"], row) for row in health.sources]
    yield _gauge(
        "ty_source_failures",
        "Requests for news that failed in a row",
        "source",
        ((n, r["failures"]) for n, r in sources),
    )
    yield _gauge(
        "ty_source_silent_seconds",
        "Since when a source has not answered; 0 while it does",
        "source",
        ((n, (health.at - r["silent_since"]).total_seconds() if r["silent_since"] else 0.0) for n, r in sources),
    )
    yield _gauge(
        "ty_source_last_success_timestamp_seconds",
        "When a source last answered",
        "source",
        ((n, r["succeeded_at"].timestamp() if r["succeeded_at"] else None) for n, r in sources),
    )
    kinds = [row["kind"] for row in health.incidents]
    yield _gauge(
        "ty_incidents_open", "What is wrong now", "kind", ((k, kinds.count(k)) for k in ("run", "check", "source"))
    )
    yield from _of_readings(health)
    yield from _of_batches(health)


def _of_readings(health: HealthReport) -> Iterator[Metric]:
    yield CounterMetricFamily("ty_readings_seconds", "Wall time that models have read", value=health.reading.seconds)
    yield CounterMetricFamily("ty_readings_postings", "Postings that models have read", value=health.reading.postings)
    if health.refinement is not None:
        yield GaugeMetricFamily(
            "ty_readings_budget_left_seconds", "Of tonight's hours", value=health.refinement.budget_seconds_left
        )


def _of_batches(health: HealthReport) -> Iterator[Metric]:
    rows = health.batches

    def all_of(column: str) -> int:
        return sum(row[column] for row in rows)

    yield _gauge("ty_batches", "Batches of candidates", "status", ((r["status"], r["batches"]) for r in rows))
    working = [row for row in rows if row["status"] in ("validating", "in_progress")]
    yield GaugeMetricFamily("ty_batches_paused", "Those that wait for a word", value=sum(r["paused"] for r in working))
    waiting = sum(row["open"] for row in rows if row["status"] == "in_progress")
    yield GaugeMetricFamily("ty_batch_requests_open", "Requests of running batches without an answer", value=waiting)
    yield GaugeMetricFamily("ty_batch_requests_in_flight", "Those that a model has now", value=all_of("in_flight"))
    yield GaugeMetricFamily("ty_batch_workers", "Runs that work on batches", value=all_of("workers"))
    # Of the batches that are kept: where old ones are deleted these fall, which Prometheus takes for a new beginning.
    requests = CounterMetricFamily(
        "ty_batch_requests", "Requests that have got an answer or an error", labels=["outcome"]
    )
    tokens = CounterMetricFamily(
        "ty_batch_tokens", "Tokens as servers count them; cached are prompt's", labels=["kind"]
    )
    for outcome in ("completed", "failed"):
        requests.add_metric([outcome], all_of(outcome))
    for kind in ("prompt", "cached", "output"):
        tokens.add_metric([kind], all_of(f"{kind}_tokens"))
    yield requests
    yield tokens


def _of_machine(machine: MachineUse | None) -> Iterator[Metric]:
    if machine is None:
        return
    yield GaugeMetricFamily("ty_machine_cpu_ratio", "Of all cores, since the last look", value=machine.cpu)
    yield GaugeMetricFamily("ty_machine_memory_bytes", "In use", value=machine.memory)
    yield GaugeMetricFamily("ty_machine_memory_total_bytes", "There is", value=machine.memory_total)
    processes = machine.processes
    yield _gauge("ty_processes", "Processes that run", "role", ((p.role, p.processes) for p in processes))
    yield _gauge("ty_process_memory_bytes", "Resident memory", "role", ((p.role, p.memory) for p in processes))
    # A gauge: a role's processes end and take their seconds along.
    yield _gauge(
        "ty_process_cpu_seconds", "CPU time of those that run", "role", ((p.role, p.cpu_seconds) for p in processes)
    )


def _of_models(models: Sequence[ModelStatus]) -> Iterator[Metric]:
    memory = GaugeMetricFamily("ty_model_memory_bytes", "Of a loaded model, GPU included", labels=["model", "server"])
    gpu = GaugeMetricFamily("ty_model_gpu_memory_bytes", "Of a loaded model on the GPU", labels=["model", "server"])
    for model in models:
        labels = [model.name, _CREDENTIALS.sub("", model.server)]
        if model.size is not None:
            memory.add_metric(labels, model.size)
        if model.vram is not None:
            gpu.add_metric(labels, model.vram)
    if models:
        yield memory
        yield gpu

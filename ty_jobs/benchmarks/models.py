"""The model engine against simulated servers: the number of requests in flight that it finds, and what it costs itself.

The servers are as fast as the replaced system's was measured to be, with time shortened. Runs that are compared take
turns, and the median of their ratios counts, since a machine is never quite idle.
"""

import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

import httpx

from ty_assets.summaries.task import PostingText, SummaryTask
from ty_jobs.benchmarks.generated_postings import generate_postings
from ty_jobs.benchmarks.row import Row
from ty_jobs.benchmarks.simulated_server import simulated_server
from ty_resources.inference.model_engine import ModelEngine
from ty_resources.inference.ollama import OllamaClient
from ty_resources.settings import settings

_SHORTENED = 20
# Texts a second by requests in flight, as measured on the replaced system; and a server that does one thing at a time.
_CURVE = {"1": 6.4, "2": 10.4, "4": 20.7, "8": 32.0, "12": 32.0}
_ONE_SLOT = {"1": 6.4}
_TEXTS = 1500
# Its reasoning model answered 1.9 questions a second, one after the other.
_CHAT_SECONDS = 1 / 1.9
_CHATS, _CHARACTERS, _IN_FLIGHT = 600, 2000, 8

Workers = int | None


def bench_models(postings: int, tell: Callable[[str], None]) -> list[Row]:
    """Rows auto_vs_best_fixed (the worse of the two servers, which have a row each), embed_vs_one_worker and
    overhead_vs_bare_loop. postings: not used, since a shorter run would leave nothing to find out."""
    curve = _texts_per_second(_CURVE, {None: 7, 8: 7, 12: 7, 1: 2, 2: 1, 4: 1}, tell)
    one_slot = _texts_per_second(_ONE_SLOT, {None: 2, 1: 2, 2: 2, 8: 2}, tell)
    rows = [
        _against_best("auto_vs_best_fixed_curve", curve),
        _against_best("auto_vs_best_fixed_one_slot", one_slot),
    ]
    return [
        replace(min(rows, key=lambda row: row.value), name="auto_vs_best_fixed"),
        *rows,
        _paired("embed_vs_one_worker", curve[None], "one worker, texts/s", curve[1]),
        _overhead(tell),
    ]


def _against_best(name: str, speeds: Mapping[Workers, Sequence[float]]) -> Row:
    best = max((workers for workers in speeds if workers), key=lambda workers: statistics.median(speeds[workers]))
    return _paired(name, speeds[None], f"{best} workers, texts/s", speeds[best])


def _paired(name: str, values: Sequence[float], baseline: str, baselines: Sequence[float]) -> Row:
    """The median of ratios of runs that followed each other, so that what else the machine did is in both."""
    ratio = statistics.median(value / other for value, other in zip(values, baselines, strict=False))
    return Row(name, ratio, "x", baseline, statistics.median(baselines), ratio)


def _texts_per_second(
    curve: Mapping[str, float], runs: Mapping[Workers, int], tell: Callable[[str], None]
) -> dict[Workers, list[float]]:
    """By number of workers (None: found out), so many runs each, in turns and with a new engine every time."""
    texts = [f"Kenntnisse in Verfahren {number} und sicherer Umgang damit" for number in range(_TEXTS)]
    speeds: defaultdict[Workers, list[float]] = defaultdict(list)
    with simulated_server(time_scale=_SHORTENED, curve=dict(curve)) as server:
        for turn in range(max(runs.values())):
            for workers in (workers for workers, times in runs.items() if turn < times):
                engine = _engine(server.url, workers)
                engine.warm_up(embedding=True)
                speeds[workers].append(_TEXTS / _seconds(partial(engine.embed, texts)))
                engine.close()
    for workers, found in speeds.items():
        speed = statistics.median(found)
        tell(f"{workers or 'auto'}: {speed:.0f} texts/s, {speed / _SHORTENED:.1f} unshortened")
    return dict(speeds)


def _engine(url: str, workers: Workers, transport: httpx.BaseTransport | None = None) -> ModelEngine:
    config = settings()
    client = OllamaClient(
        [url],
        context_tokens=config.context_tokens,
        keep_alive=config.keep_alive,
        request_timeout=config.request_timeout,
        transport=transport,
    )
    return ModelEngine(
        client,
        extraction_model=config.extraction_model,
        reasoning_model=config.reasoning_model,
        embedding_model="bge-m3",
        workers=workers,
        context_tokens=config.context_tokens,
        max_answer_tokens=config.max_answer_tokens,
        patience=60.0,
    )


class _Recorder(httpx.HTTPTransport):
    """Notes what is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[bytes] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/chat":
            self.bodies.append(request.read())
        return super().handle_request(request)


def _overhead(tell: Callable[[str], None]) -> Row:
    """Questions with checked answers, against threads that send the same bodies by httpx and read the JSON."""
    task = SummaryTask()
    items = [
        PostingText(title=record["title"], description=record["description"], language="de")
        for record in generate_postings(_CHATS, day=settings().today(), characters=_CHARACTERS)
    ]
    ours: list[float] = []
    bare: list[float] = []
    with simulated_server(
        time_scale=_SHORTENED, chat_seconds=_CHAT_SECONDS, chat_curve=_CURVE, num_parallel=_IN_FLIGHT
    ) as server:
        recorder = _Recorder()
        recording = _engine(server.url, _IN_FLIGHT, recorder)
        recording.run(task, items)
        recording.close()
        engine = _engine(server.url, _IN_FLIGHT)
        engine.run(task, items[:_IN_FLIGHT])
        with httpx.Client(base_url=server.url, timeout=60) as client:
            _ask_bare(client, recorder.bodies[:_IN_FLIGHT])
            for _ in range(7):
                bare.append(_seconds(lambda: _ask_bare(client, recorder.bodies)))
                ours.append(_seconds(lambda: engine.run(task, items)))
        engine.close()
    tell(f"{len(recorder.bodies)} questions: {statistics.median(ours):.2f} s, bare {statistics.median(bare):.2f} s")
    return _paired("overhead_vs_bare_loop", ours, "bare httpx loop, s", bare)


def _ask_bare(client: httpx.Client, bodies: Sequence[bytes]) -> None:
    remaining = iter(bodies)
    lock = threading.Lock()

    def following() -> Iterator[bytes]:
        while True:
            with lock:
                body = next(remaining, None)
            if body is None:
                return
            yield body

    def ask() -> None:
        for body in following():
            client.post("/api/chat", content=body).raise_for_status().json()

    threads = [threading.Thread(target=ask) for _ in range(_IN_FLIGHT)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started

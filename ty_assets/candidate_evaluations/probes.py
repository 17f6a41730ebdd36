"""Some candidates of a batch asked about again, when all have their answers: to see what a score hangs on.

Belongs here: who is asked what again, and keeping the scores. Not here: what they tell (consistency.py, bias.py).

The candidates are spread evenly over the file. Each is asked about unchanged, and under names of both genders, local
and foreign; each question is one request like those of the batch, and none is repeated that has its row already.
"""

import json
import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, Literal

from ty_assets.candidate_evaluations.answers import scores_of
from ty_assets.candidate_evaluations.counterfactuals import GENDERS, ORIGINS, counterfactual
from ty_assets.candidate_evaluations.parts import Parts
from ty_assets.candidate_evaluations.quality import body_of, rubric_of
from ty_assets.candidate_evaluations.question import Asked, asked
from ty_assets.candidate_evaluations.rubric import Rubric
from ty_assets.profiles.anonymise import anonymise
from ty_assets.profiles.document import Contact
from ty_resources.inference.errors import EngineError, ServerBusy
from ty_resources.inference.relay import CHAT, Relay
from ty_resources.postgres import Database
from ty_resources.settings import Settings

_log = logging.getLogger("ty.batches")

REPEATS: Final = 3  # of each candidate; with its answer in the batch that is four of a kind
_LOOK: Final = 1.0  # seconds after which it is looked whether the batch still wants its probes
_PATIENCE: Final = 2.0  # seconds before the second try; doubles
_WANTED: Final = ("in_progress", "finalizing", "completed")


@dataclass(frozen=True)
class Probe:
    """One question. variant: "1" for the first repeat, or "female:local"."""

    kind: Literal["consistency", "bias"]
    line: int
    variant: str
    body: dict[str, Any]


@dataclass(frozen=True)
class _Found:
    scores: dict[str, float] | None
    error: str | None


def run_probes(
    db: Database, batch_id: str, relay: Relay, config: Settings, *, stop: threading.Event | None = None
) -> int:
    """Ask what has not been asked yet; the number of questions that got their row by this call.

    0 for a batch without a rubric. Ends early, with what it has, where `stop` is set, the batch is paused or cancelled,
    or nobody answers: the rest may be asked by another call.
    """
    row = db.row("batch_quality_row", batch_id=batch_id)
    if row is None or row["endpoint"] != CHAT or not config.batch_probes:
        return 0
    rubric = rubric_of(db, batch_id)
    if rubric is None:
        return 0
    ended = _Ended(db, batch_id, stop or threading.Event())
    waiting = _probes(db, batch_id, row["input_file_id"], config)
    threads = max(1, relay.slots(row["model"] or ""))
    kept = 0
    with ThreadPoolExecutor(threads, thread_name_prefix="probe") as pool:
        flying: dict[Future[_Found], Probe] = {}
        try:
            while not ended.now():
                for probe in islice(waiting, threads - len(flying)):
                    flying[pool.submit(_asked, relay, probe, rubric, config.batch_attempts, ended)] = probe
                if not flying:
                    break
                done, _ = wait(flying, timeout=_LOOK, return_when=FIRST_COMPLETED)
                for future in done:
                    kept += _keep(db, batch_id, flying.pop(future), future.result())
        except EngineError as error:  # the server's fault, and nobody's answer
            _log.info("%s: probes end early, %s", batch_id, type(error).__name__)
        finally:
            ended.event.set()
            if flying:
                relay.cancel_all()
    return kept


def probes_of(line: int, body: dict[str, Any]) -> Iterator[Probe]:
    """What is asked about one candidate again. body: of the batch's request about them."""
    for number in range(1, REPEATS + 1):
        yield Probe("consistency", line, str(number), body)
    found = asked(body)
    if found is None:
        return
    text = _without_name(found)
    for origin in ORIGINS:
        for gender in GENDERS:
            other = found.question.body(counterfactual(text, gender, origin, line))
            # All else as the request had it, whoever wrote it.
            yield Probe("bias", line, f"{gender}:{origin}", body | {"messages": other["messages"]})


def _without_name(found: Asked) -> str:
    """The text without the name that a "Name: ..." at its top gives; others are as they were sent."""
    first, _, rest = found.text.partition("\n")
    label, _, name = first.partition(":")
    if label.strip().lower() in ("name", "full name", "candidate", "vor- und nachname") and name.strip():
        return anonymise(rest, Contact(name=name.strip()))
    return found.text


def _probes(db: Database, batch_id: str, file_id: str, config: Settings) -> Iterator[Probe]:
    """What has no row yet. A round at a time: a repeat that follows its like would only read what is cached."""
    there = {(row["kind"], row["line"], row["variant"]) for row in db.rows("batch_probes_of", batch_id=batch_id)}
    parts = Parts(db, file_id)
    requests = db.rows("batch_probe_requests", batch_id=batch_id, wanted=config.batch_probes)
    rounds = REPEATS + len(ORIGINS) * len(GENDERS)
    for place in range(rounds):
        for request in requests:
            body = body_of(parts, request)
            if body is None:
                return
            for probe in islice(probes_of(request["line"], body), place, place + 1):
                if (probe.kind, probe.line, probe.variant) not in there:
                    yield probe


def _asked(relay: Relay, probe: Probe, rubric: Rubric, attempts: int, ended: "_Ended") -> _Found:
    """Raises: EngineError where the server cannot answer anything for now."""
    delay = _PATIENCE
    for attempt in range(1, attempts + 1):
        try:
            answer = relay.ask(CHAT, probe.body)
        except EngineError as error:
            if not error.again or attempt == attempts or ended.event.is_set():
                if error.whole_server:
                    raise
                return _Found(None, type(error).__name__)
            told = error.retry_after if isinstance(error, ServerBusy) else None
            ended.event.wait(told or delay)
            delay *= 2
            continue
        if answer.status != 200:
            return _Found(None, f"status_{answer.status}")
        scores = scores_of(rubric, {"response": {"status_code": 200, "body": answer.body}})
        return _Found(scores, None if scores else "bad_answer")
    raise AssertionError("the last attempt returns or raises")


def _keep(db: Database, batch_id: str, probe: Probe, found: _Found) -> int:
    return db.execute(
        "batch_probe_add",
        batch_id=batch_id,
        kind=probe.kind,
        line=probe.line,
        variant=probe.variant,
        scores=None if found.scores is None else json.dumps(found.scores),
        error=found.error,
    )


class _Ended:
    """Whether the probes are to end: somebody says so, or the batch is paused, cancelled or gone."""

    def __init__(self, db: Database, batch_id: str, event: threading.Event) -> None:
        self._db, self._batch_id, self._outside = db, batch_id, event
        self._looked = -_LOOK
        self.event = threading.Event()

    def now(self) -> bool:
        if self._outside.is_set():
            self.event.set()
        if self.event.is_set() or time.monotonic() - self._looked < _LOOK:
            return self.event.is_set()
        self._looked = time.monotonic()
        row = self._db.row("batch_quality_row", batch_id=self._batch_id)
        if row is None or row["paused"] or row["status"] not in _WANTED:
            self.event.set()
        return self.event.is_set()

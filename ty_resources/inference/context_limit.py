"""How long a prompt a server really reads: found out by asking, since what is promised and what is kept differ.

Belongs here: the prompts, what an answer proves, and the search. Not here: how it is shown (`ty_jobs.limits_command`).

Each prompt begins with a code word, goes on with one sentence as often as it takes, and ends by asking for the word
(passkey retrieval: Mohtashami and Jaggi, Landmark Attention, 2023). A server may refuse a prompt that is too long,
which is honest. Or it cuts it and answers all the same, as Ollama does by default: what is lost first is the head,
where the rubric stands. That shows in two ways. The server counts fewer tokens than the sentences have, of which equal
ones have equally many; and the word is not recalled, although it was in short prompts. A model too weak to recall it
there proves nothing by forgetting it: then the count alone decides.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from ty_resources.inference.errors import ConnectionLost, EngineError, ServerBusy, ServerDown
from ty_resources.inference.relay import CHAT, Relay, Relayed

Outcome = Literal["read", "cut", "refused", "failed", "unproven"]

_SENTENCE = "The corridor is long, its lamps are dim, and nobody who walks along it is in a hurry to arrive.\n"
_SYLLABLES = ("ba", "do", "fi", "ku", "lem", "mo", "nar", "pol", "rim", "su", "tev", "zan")
_FIRST_SENTENCES = (8, 24)  # what equal sentences cost is the difference of two prompts
_GUESSED_TOKENS = 22  # of a sentence, where the server counts nothing
_ANSWER_TOKENS = 64
# Equal sentences have equally many tokens, but for the seams.
_DOUBT_SHARE, _DOUBT_TOKENS = 0.005, 8
_EXACT_SHARE = 0.005  # closer than this nobody needs to know
_TRIES = 3
_PAUSE_SECONDS = 1.0


@dataclass(frozen=True)
class Probe:
    """One prompt. tokens: as estimated from shorter ones. counted: by the server; None: it did not say.

    recalled: the code word; None: there was no answer. vram: bytes, as the server tells. reason: why it was not read.
    """

    sentences: int
    tokens: int
    outcome: Outcome
    counted: int | None
    recalled: bool | None
    seconds: float
    vram: int | None
    reason: str = ""

    @property
    def good(self) -> bool:
        return self.outcome == "read"


@dataclass(frozen=True)
class Limit:
    """What was found. tokens: of the longest prompt that was read whole; None: not even the shortest was.

    too_long: of the shortest prompt that was not; None: the search went no further. ended: what became of it.
    recalls: whether the model recalled the word in the shortest prompt, so that forgetting it proves something.
    """

    model: str
    tokens: int | None
    too_long: int | None
    ended: Outcome | None
    reason: str
    recalls: bool
    probes: tuple[Probe, ...]

    @property
    def silent(self) -> bool:
        """Whether the server cuts what is too long and says nothing of it."""
        return any(probe.outcome == "cut" for probe in self.probes)


@dataclass
class _Search:
    """The prompts so far, and what follows from them."""

    relay: Relay
    model: str
    tell: Callable[[Probe], None]
    word: str = field(default_factory=lambda: "-".join(secrets.choice(_SYLLABLES) for _ in range(6)))
    probes: list[Probe] = field(default_factory=list)

    def probe(self, sentences: int) -> Probe:
        began = time.monotonic()
        relayed = self._ask(sentences)
        seconds = time.monotonic() - began
        if isinstance(relayed, EngineError):
            found = Probe(sentences, self.tokens(sentences), "failed", None, None, seconds, None, str(relayed))
        else:
            found = self._judged(sentences, relayed, seconds)
        self.probes.append(found)
        self.tell(found)
        return found

    def tokens(self, sentences: int) -> int:
        """Of a prompt: exact where two were counted; before that a guess, which decides nothing."""
        base, each = self._cost
        return round(base + sentences * each)

    def sentences(self, tokens: int) -> int:
        """Of the longest prompt that has no more tokens."""
        base, each = self._cost
        return max(int((tokens - base) / each), 1)

    @property
    def recalls(self) -> bool:
        return bool(self._read and self._read[0].recalled)

    @property
    def _read(self) -> list[Probe]:
        return sorted((probe for probe in self.probes if probe.good), key=lambda probe: probe.sentences)

    @property
    def _counted(self) -> list[tuple[int, int]]:
        return [(probe.sentences, probe.counted) for probe in self._read if probe.counted is not None]

    @property
    def _cost(self) -> tuple[float, float]:
        """Tokens of the prompt without any sentence, and of each sentence."""
        counted = self._counted
        if len(counted) < 2:
            return 0.0, _GUESSED_TOKENS
        (few, less), (many, more) = counted[0], counted[-1]
        each = max((more - less) / (many - few), 1.0)
        return less - few * each, each

    def _ask(self, sentences: int) -> Relayed | EngineError:
        failure: EngineError = ServerDown("nobody was asked")
        for attempt in range(_TRIES):
            try:
                return self.relay.ask(CHAT, self._body(sentences))
            except (ServerBusy, ConnectionLost) as error:
                failure = error
                time.sleep(_PAUSE_SECONDS * attempt)
            except EngineError as error:
                if not self.probes or (error.whole_server and not isinstance(error, ServerDown)):
                    raise
                return error  # where shorter prompts were read it is the length: no memory, no time
        return failure

    def _body(self, sentences: int) -> dict[str, Any]:
        text = (
            f"The code word is {self.word}. Remember it: you will be asked for it.\n"
            + _SENTENCE * sentences
            + "What is the code word? Answer with the code word alone.\nThe code word is"
        )
        messages = [{"role": "user", "content": text}]
        return {"model": self.model, "messages": messages, "temperature": 0, "seed": 0, "max_tokens": _ANSWER_TOKENS}

    def _judged(self, sentences: int, relayed: Relayed, seconds: float) -> Probe:
        vram, tokens = self.relay.vram(), self.tokens(sentences)
        if relayed.status != 200:
            error = relayed.body["error"]
            refused: Outcome = "cut" if error["code"] == "prompt_truncated" else "refused"
            return Probe(sentences, tokens, refused, None, None, seconds, vram, str(error["message"]))
        counted, recalled = relayed.prompt_tokens, self.word in _words(relayed.body)
        calibrated = len(self._counted) >= 2
        outcome: Outcome = "read"
        reason = ""
        if counted is not None and calibrated and counted < tokens * (1 - _DOUBT_SHARE) - _DOUBT_TOKENS:
            outcome, reason = "cut", f"it counted {counted} tokens of about {tokens}, and answered all the same"
        elif self.recalls and not recalled:
            outcome, reason = "cut", "it answered, but has not read what the prompt begins with"
        elif counted is None and not recalled:
            outcome, reason = "unproven", "it answered, but neither counts tokens nor recalls how the prompt begins"
        if counted is not None and not calibrated:
            tokens = counted
        return Probe(sentences, tokens, outcome, counted, recalled, seconds, vram, reason)


def find_limit(relay: Relay, model: str, *, most: int, tell: Callable[[Probe], None] = lambda _: None) -> Limit:
    """Double the prompt until it is not read whole or has `most` tokens, then halve what lies between.

    tell: called after each prompt. Raises: an EngineError where not even the shortest prompt is answered, or where the
    model is not there.
    """
    search = _Search(relay, model, tell)
    good: Probe | None = None
    bad: Probe | None = None
    for sentences in _FIRST_SENTENCES:
        probe = search.probe(sentences)
        if not probe.good:
            bad = probe
            break
        good = probe
    longest = search.sentences(most)
    while bad is None and good is not None and good.sentences < longest:
        probe = search.probe(min(2 * good.sentences, longest))
        good, bad = (probe, None) if probe.good else (good, probe)
    while good is not None and bad is not None and bad.sentences - good.sentences > 1:
        if bad.sentences - good.sentences <= _EXACT_SHARE * good.sentences:
            break
        probe = search.probe((good.sentences + bad.sentences) // 2)
        good, bad = (probe, bad) if probe.good else (good, probe)
    return Limit(
        model,
        None if good is None else good.counted or good.tokens,
        None if bad is None else bad.tokens,
        None if bad is None else bad.outcome,
        "" if bad is None else bad.reason,
        search.recalls,
        tuple(search.probes),
    )


def _words(body: dict[str, Any]) -> str:
    """All that the model has written, thoughts included."""
    message = body["choices"][0].get("message") or {}
    return " ".join(str(message.get(name) or "") for name in ("content", "reasoning", "reasoning_content"))

"""How long a prompt a server really reads: found on servers that refuse, that cut in silence, that fail, and on a real
one."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from handle import SimulatedServer
from llama_server import LlamaServer
from relay_wire import MODEL, ollama_relay, openai_relay

from ty_resources.inference import context_limit, errors
from ty_resources.inference.context_limit import Limit, find_limit
from ty_resources.inference.relay import Relayed
from ty_resources.inference.relay_openai import OpenAIRelay
from ty_resources.inference.relay_refusals import refused

Start = Callable[..., SimulatedServer]

_SENTENCE_TOKENS = 20
_ROOM = 40  # of the questions around the sentences


class Server:
    """A relay to a server that reads so many tokens, or as much of them as it says.

    beyond: what it makes of a longer prompt. counts: whether it says how many tokens it has read; recalls: whether its
    model can.
    """

    def __init__(
        self,
        context: int,
        beyond: Callable[[int], Relayed | Exception | int],
        *,
        counts: bool = True,
        recalls: bool = True,
    ) -> None:
        self.context, self.beyond, self.counts, self.recalls = context, beyond, counts, recalls
        self.asked: list[int] = []

    def ask(self, endpoint: str, body: Mapping[str, Any]) -> Relayed:
        (message,) = body["messages"]
        lines = message["content"].split("\n")
        word = lines[0].split("code word is ")[1].split(".")[0]
        tokens = (len(lines) - 3) * _SENTENCE_TOKENS + _ROOM
        self.asked.append(tokens)
        head = True
        if tokens > self.context:
            told = self.beyond(tokens)
            if isinstance(told, Exception):
                raise told
            if isinstance(told, Relayed):
                return told
            tokens, head = told, False
        text = word if self.recalls and head else "I do not know."
        message = {"role": "assistant", "content": text}
        read = tokens if self.counts else None
        return Relayed(200, "id", {"choices": [{"message": message}]}, prompt_tokens=read)

    def vram(self) -> int | None:
        return 1_000


def found(server: Server, most: int = 100_000) -> Limit:
    return find_limit(server, MODEL, most=most)  # type: ignore[arg-type]


def refusal(tokens: int) -> Relayed:
    return refused(400, f"{tokens} tokens exceed the context", code="context_length_exceeded")


@pytest.mark.parametrize("context", [700, 2047, 2048, 4096, 5000, 32_768, 90_001])
@pytest.mark.parametrize("recalls", [True, False])
def test_a_refusal_is_found_to_the_sentence(context: int, recalls: bool) -> None:
    server = Server(context, refusal, recalls=recalls)
    limit = found(server)
    assert (limit.ended, limit.recalls, limit.silent) == ("refused", recalls, False)
    assert limit.tokens is not None
    assert limit.tokens <= context < limit.tokens * 1.01 + _SENTENCE_TOKENS
    assert limit.too_long is not None
    assert context < limit.too_long
    assert "exceed the context" in limit.reason
    assert len(server.asked) < 4 + 2 * math.log2(context)


@pytest.mark.parametrize(
    "keeps",
    [
        lambda context: context // 2 + 2,  # Ollama today
        lambda context: context,  # and before
    ],
)
@pytest.mark.parametrize("recalls", [True, False])
def test_a_silent_cut_is_found_by_the_count(keeps: Callable[[int], int], recalls: bool) -> None:
    context = 4096
    limit = found(Server(context, lambda _: keeps(context), recalls=recalls))
    assert (limit.ended, limit.silent) == ("cut", True)
    assert limit.tokens is not None
    # Of a server that keeps as much as fits, the first tokens lost are within the doubt of the count.
    doubt = 0 if recalls or keeps(context) < context else context * 0.01 + _SENTENCE_TOKENS
    assert context * 0.99 - _SENTENCE_TOKENS < limit.tokens <= context + doubt


def test_a_silent_cut_is_found_by_the_lost_beginning_where_the_server_counts_what_it_was_sent() -> None:
    limit = found(Server(4096, lambda tokens: tokens))
    assert (limit.ended, limit.silent) == ("cut", True)
    assert limit.reason == "it answered, but has not read what the prompt begins with"
    assert limit.tokens is not None
    assert 4096 - 2 * _SENTENCE_TOKENS < limit.tokens <= 4096


def test_without_a_count_the_beginning_decides() -> None:
    limit = found(Server(4096, lambda tokens: tokens, counts=False))
    assert (limit.ended, limit.recalls) == ("cut", True)
    assert limit.tokens is not None
    assert 3000 < limit.tokens < 5500  # estimated


def test_a_server_that_proves_nothing_has_no_limit() -> None:
    limit = found(Server(4096, lambda tokens: tokens, counts=False, recalls=False))
    assert (limit.tokens, limit.ended) == (None, "unproven")


def test_a_server_that_breaks_at_a_length_ends_the_search_there() -> None:
    limit = found(Server(4096, lambda _: errors.ServerFault("out of memory")))
    assert (limit.ended, limit.reason, limit.silent) == ("failed", "out of memory", False)
    assert limit.tokens is not None
    assert 4000 < limit.tokens <= 4096


def test_a_fault_at_the_first_prompt_is_raised() -> None:
    with pytest.raises(errors.ServerDown):
        found(Server(0, lambda _: errors.ServerDown("nobody there")))


def test_a_key_that_is_wanted_meanwhile_is_no_limit() -> None:
    with pytest.raises(errors.AccessDenied):
        found(Server(4096, lambda _: errors.AccessDenied("the key has run out")))


@pytest.mark.parametrize(("moments", "failed"), [(2, 0), (3, 1)])
def test_a_moments_fault_is_asked_again(monkeypatch: pytest.MonkeyPatch, moments: int, failed: int) -> None:
    monkeypatch.setattr(context_limit, "_PAUSE_SECONDS", 0.0)
    faults: list[Exception] = [errors.ServerBusy("wait"), errors.ConnectionLost("cut"), errors.ServerBusy("wait")]
    del faults[moments:]
    limit = found(Server(4096, lambda tokens: faults.pop() if faults else refusal(tokens)))
    assert [probe.outcome for probe in limit.probes].count("failed") == failed
    assert limit.ended == "refused"
    assert limit.tokens is not None
    assert 4000 < limit.tokens <= 4096


def test_the_search_goes_no_further_than_told() -> None:
    server = Server(100_000, refusal)
    limit = found(server, most=5000)
    assert (limit.ended, limit.too_long, limit.reason) == (None, None, "")
    assert limit.tokens is not None
    assert 5000 - _SENTENCE_TOKENS <= limit.tokens <= 5000
    assert max(server.asked) <= 5000


def test_a_model_that_is_not_there_has_no_limit() -> None:
    limit = found(Server(0, lambda _: refused(404, "no such model", code="model_not_found")))
    assert (limit.tokens, limit.ended, limit.reason) == (None, "refused", "no such model")


@pytest.mark.parametrize(
    ("config", "relay_of", "context", "ended"),
    [
        ({}, ollama_relay, 4096, "refused"),
        ({"cuts": True}, ollama_relay, 4096, "cut"),
        ({"context_length": 2048}, openai_relay, 2048, "refused"),
        ({"context_length": 2048, "cuts": True}, openai_relay, 2048, "cut"),
    ],
)
def test_simulated_servers_are_found_out(
    simulated_server: Start, config: dict[str, Any], relay_of: Any, context: int, ended: str
) -> None:
    told: list[int] = []
    limit = find_limit(relay_of(simulated_server(**config)), MODEL, most=50_000, tell=lambda p: told.append(p.tokens))
    assert (limit.ended, limit.recalls, limit.silent) == (ended, True, ended == "cut")
    assert limit.tokens is not None
    assert context - 40 < limit.tokens < context
    assert len(told) == len(limit.probes) > 8


@pytest.mark.slow
def test_a_real_servers_limit_is_that_of_a_slot() -> None:
    with LlamaServer(context=1536) as server:
        relay = OpenAIRelay([server.url], api_key=None, request_timeout=200, workers=None)
        limit = find_limit(relay, "smollm2", most=50_000)
        relay.close()
    assert (limit.ended, limit.silent) == ("refused", False)
    assert limit.tokens is not None
    assert 768 - 30 < limit.tokens < 768
    assert "available context size (768 tokens)" in limit.reason

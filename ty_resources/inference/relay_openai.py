"""Requests of a batch to servers that speak OpenAI's dialect themselves: vLLM, llama.cpp, SGLang, LiteLLM.

Belongs here: what passes through unchanged, and what these servers tell of slots and cached tokens. Not here: the
project's own questions (`openai_compatible`), and the way to a server (`relay_servers`).
"""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from ty_resources.inference.base_urls import BaseUrl, base_urls
from ty_resources.inference.endpoints import Endpoints
from ty_resources.inference.errors import EngineError, RequestRefused, ServerDown, ServerFault
from ty_resources.inference.openai_compatible import DIALECT, PROBE_SECONDS, checked_key, probe
from ty_resources.inference.relay import EMBEDDINGS, Relayed
from ty_resources.inference.relay_load import RelayLoad
from ty_resources.inference.relay_refusals import new_request_id
from ty_resources.inference.relay_servers import Passage, RelayServers, checked_vectors, cut_prompt, probing
from ty_resources.inference.relay_slots import ToldSlots
from ty_resources.inference.wire import Wire

_HINT = "Raise the server's context limit, or send less."
# In place of the last message: templates of some models refuse a conversation without it, or an empty one.
_ANY_TEXT = "."


class OpenAIRelay:
    """A `Relay` to one or several servers with the same models.

    api_key, request_timeout, transport: as `OpenAIClient`. workers: requests in flight; None: as the servers say, or
    as many as help. Raises: SettingsError for a URL or a key that is none.
    """

    def __init__(
        self,
        base_url: Sequence[str],
        *,
        api_key: str | None,
        request_timeout: float,
        workers: int | None,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        bases = base_urls(base_url, DIALECT.urls_setting, default_path="/v1")
        self._urls = [base.url for base in bases]
        # What llama.cpp tells of itself lies beside /v1.
        beside = {base.url: base.url.removesuffix("/v1") for base in bases}
        roots = [BaseUrl(beside[base.url], base.authorization) for base in bases]
        self._wire = Wire(
            [*bases, *roots], DIALECT, timeout=request_timeout, key=checked_key(api_key), transport=transport
        )
        load = RelayLoad(workers)
        self._servers = RelayServers(self._wire, Endpoints(self._urls, DIALECT, probing(self._wire, probe)), load)
        self._workers = workers
        self._slots = ToldSlots(self._wire, beside, clock)

    def ask(self, endpoint: str, body: Mapping[str, Any]) -> Relayed:
        embedding = endpoint == EMBEDDINGS
        return self._servers.ask(body, self._embed if embedding else self._chat, embedding=embedding)

    def slots(self, model: str) -> int:
        """llama.cpp says how many it has; of several servers the sum counts. Others are tried out (`concurrency`)."""
        return self._workers or self._slots.together() or self._servers.load.limit(model)

    def warm(self, body: Mapping[str, Any]) -> int:
        """llama.cpp has every slot read the prefix; where slots cannot be named, one request for each server does,
        since vLLM and SGLang share what they have read among all requests."""
        start = _beginning(body)
        if start is None:
            return 0

        def warm_at(url: str) -> int | EngineError:
            try:
                return self._warm_at(url, start)
            except EngineError as error:
                return error

        with ThreadPoolExecutor(len(self._urls), thread_name_prefix="warm") as pool:
            outcomes = list(pool.map(warm_at, self._urls))
        warmed = [outcome for outcome in outcomes if isinstance(outcome, int)]
        if not warmed:
            raise next(outcome for outcome in outcomes if isinstance(outcome, EngineError))
        return sum(warmed)

    def models(self) -> set[str] | None:
        names: set[str] = set()
        told = False
        for url in self._urls:
            try:
                listed = self._wire.ask(url, "/models", timeout=PROBE_SECONDS)[0].get("data")
            except EngineError:
                continue
            told = told or isinstance(listed, list)
            for one in listed if isinstance(listed, list) else ():
                if isinstance(one, dict) and isinstance(one.get("id"), str):
                    aliases = one.get("aliases")
                    names.update([one["id"], *(aliases if isinstance(aliases, list) else ())])
        return names if told else None

    def vram(self) -> int | None:
        """None: no server of this dialect tells."""
        return None

    def cancel_all(self) -> None:
        self._servers.cancel_all()

    def close(self) -> None:
        self._servers.close()

    def _chat(self, passage: Passage, url: str, body: Mapping[str, Any]) -> Relayed:
        found = self._post(passage, url, "/chat/completions", body)
        choices = found.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        if not isinstance(choice, dict) or not isinstance(choice.get("message"), dict):
            raise ServerFault(f"{url} answered /chat/completions without a message in choices[0]")
        relayed = _relayed(passage, found)
        return cut_prompt(body, relayed.prompt_tokens, None, _HINT) or relayed

    def _embed(self, passage: Passage, url: str, body: Mapping[str, Any]) -> Relayed:
        found = self._post(passage, url, "/embeddings", body)
        data = found.get("data")
        if not isinstance(data, list) or not all(isinstance(one, dict) for one in data):
            raise ServerFault(f"{url} answered /embeddings without a list of vectors")
        checked_vectors([one.get("embedding") for one in data], _inputs(body), f"{url} answered /embeddings")
        relayed = _relayed(passage, found)
        return cut_prompt(body, relayed.prompt_tokens, None, _HINT) or relayed

    def _post(self, passage: Passage, url: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return passage.post(url, path, {**body, "stream": False} if "stream" in body else body)
        except ServerDown as error:
            # A server that speaks the dialect and does not have this path is there: waiting for it changes nothing.
            lacking = passage.reply is not None and passage.reply.status == 404
            if lacking and self._wire.reply(url, "/models", timeout=PROBE_SECONDS).status == 200:
                raise RequestRefused(str(error)) from None
            raise

    def _warm_at(self, url: str, start: Mapping[str, Any]) -> int:
        slots = self._slots.of(url) or 0
        if self._workers:  # the others stay idle
            slots = min(slots, -(-self._workers // len(self._urls)))
        for slot in range(slots or 1):
            body = {**start, "id_slot": slot} if slots else start
            relayed = self._servers.ask(body, self._chat, only=url)
            if relayed.status != 200:
                return 0  # as the requests themselves will be refused, which say it better
        return slots or 1


def _beginning(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """The request with as good as nothing in its last message and an answer of one token; None without a prefix."""
    messages = body.get("messages")
    if not isinstance(messages, list) or len(messages) < 2 or not isinstance(messages[-1], dict):
        return None
    last = {"role": messages[-1].get("role", "user"), "content": _ANY_TEXT}
    kept = {key: value for key, value in body.items() if key not in ("max_completion_tokens", "n", "best_of")}
    return {**kept, "messages": [*messages[:-1], last], "max_tokens": 1, "stream": False}


def _relayed(passage: Passage, found: dict[str, Any]) -> Relayed:
    used = found.get("usage")
    used = used if isinstance(used, dict) else {}
    told = found.get("id")
    return Relayed(
        200,
        passage.request_id or (told if isinstance(told, str) and told else new_request_id()),
        found,
        prompt_tokens=_count(used.get("prompt_tokens")) or None,
        cached_tokens=_cached(used, found.get("timings")),
        output_tokens=_count(used.get("completion_tokens")),
    )


def _cached(used: Mapping[str, Any], timings: object) -> int | None:
    """vLLM says null unless it was started with --enable-prompt-tokens-details; older llama.cpp has only timings."""
    details = used.get("prompt_tokens_details")
    told = _count(details.get("cached_tokens")) if isinstance(details, dict) else None
    if told is None and isinstance(timings, dict):
        told = _count(timings.get("cache_n"))
    return told


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _inputs(body: Mapping[str, Any]) -> int:
    """Texts, or lists of tokens, that vectors are wanted of."""
    given = body.get("input")
    if not isinstance(given, list):
        return 1
    return 1 if given and all(isinstance(token, int) for token in given) else len(given)

"""What the server was asked: the figures of `GET /_stats`, by which tests count calls."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any


class Counters:
    """Requests are counted when they arrive, whether they are answered or not; answers and texts when they are done."""

    def __init__(self) -> None:
        self.reset()
        self.in_flight: Counter[str] = Counter()

    def reset(self) -> None:
        """Begin anew, but for what is in flight."""
        self.requests: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.errors: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.chats: Counter[str] = Counter()
        self.chats_answered = 0
        self.prompt_tokens = 0
        self.cached_tokens = 0
        self.texts_asked = 0
        self.texts_embedded: Counter[str] = Counter()
        self.distinct_texts: set[bytes] = set()
        self.most_in_flight: Counter[str] = Counter()

    @contextmanager
    def asking(self, model: str) -> Iterator[None]:
        """A request that asks a model, from its arrival to its last byte."""
        for key in (model, ""):
            self.in_flight[key] += 1
            self.most_in_flight[key] = max(self.most_in_flight[key], self.in_flight[key])
        try:
            yield
        finally:
            for key in (model, ""):
                self.in_flight[key] -= 1

    def chat(self, user: str) -> None:
        self.chats[hashlib.sha256(user.encode("utf-8", "surrogatepass")).hexdigest()] += 1

    def answered(self, prompt_tokens: int, cached_tokens: int) -> None:
        """A chat, of whose prompt the slot had read so many tokens before."""
        self.chats_answered += 1
        self.prompt_tokens += prompt_tokens
        self.cached_tokens += cached_tokens

    def texts(self, texts: Sequence[str]) -> None:
        self.texts_asked += len(texts)
        self.distinct_texts.update(hashlib.md5(text.encode("utf-8", "surrogatepass")).digest() for text in texts)

    def figures(self) -> dict[str, Any]:
        return {
            "requests": {endpoint: dict(models) for endpoint, models in self.requests.items()},
            "errors": {endpoint: dict(statuses) for endpoint, statuses in self.errors.items()},
            "chats": dict(self.chats),
            "chats_answered": self.chats_answered,
            "prompt_tokens": self.prompt_tokens,
            "cached_tokens": self.cached_tokens,
            "texts_asked": self.texts_asked,
            "distinct_texts": len(self.distinct_texts),
            "texts_embedded": dict(self.texts_embedded),
            "in_flight": self.in_flight[""],
            "max_in_flight": self.most_in_flight[""],
            "max_in_flight_by_model": {model: most for model, most in self.most_in_flight.items() if model},
        }

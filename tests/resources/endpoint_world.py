"""Servers that are functions and a clock that is a number, for tests of balancing and probing."""

import threading
import time
from collections.abc import Callable

import pytest

from ty_resources.inference.endpoints import Endpoints
from ty_resources.inference.errors import EngineError, ServerDown
from ty_resources.inference.ollama_models import DIALECT

A, B = "http://a", "http://b"


class World:
    """Servers whose requests and probes fail when told to; `asked` and `probed` say who was asked."""

    def __init__(self, *urls: str) -> None:
        self.now = 0.0
        self.asked: list[str] = []
        self.probed: list[str] = []
        self.errors: dict[str, EngineError] = {}
        self.silent: set[str] = set()
        self.inside, self.gate = threading.Event(), threading.Event()  # probes wait while the gate is closed
        self.gate.set()
        self.endpoints = Endpoints(urls, DIALECT, self._probe, clock=lambda: self.now, jitter=lambda: 1.0)
        for url in urls:  # the first request to each server would be preceded by a probe
            self.endpoints.call(lambda url: url, only=url)
        self.probed.clear()

    def _probe(self, url: str) -> None:
        self.inside.set()
        self.gate.wait(10)
        self.probed.append(url)
        if url in self.silent:
            raise ServerDown(f"{url} does not answer (refused). {DIALECT.down_hint}")

    def _ask(self, url: str) -> str:
        self.asked.append(url)
        if url in self.errors:
            raise self.errors[url]
        return url

    def call(self, model: str | None = None) -> str:
        return self.endpoints.call(self._ask, model)

    def fails(self, model: str | None = None) -> EngineError:
        with pytest.raises(EngineError) as told:
            self.call(model)
        return told.value

    def down(self, url: str) -> None:
        self.silent.add(url)
        self.errors[url] = ServerDown(f"{url} does not answer (refused). {DIALECT.down_hint}")

    def well(self, url: str) -> None:
        self.silent.discard(url)
        self.errors.pop(url, None)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)

"""What the models of one run cost: requests, loads, tokens and waiting, by model."""

import statistics
import threading
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Any

# A loaded model still reports some hundredths of a second of `load_duration`: the time to find its runner. The
# smallest models take more than a second to load.
LOADED_WITHIN_SECONDS = 0.5


@dataclass
class _OfModel:
    requests: int = 0
    retries: int = 0
    prompt_tokens: int = 0
    output_tokens: int = 0
    loads: list[tuple[float, float]] = field(default_factory=list)  # when each began and ended
    first: float | None = None
    warm: deque[float] = field(default_factory=lambda: deque(maxlen=1000))


class Usage:
    """Counters by model since the last `start`. Thread-safe."""

    def __init__(self, loaded_within: float = LOADED_WITHIN_SECONDS) -> None:
        self._loaded_within = loaded_within
        self._lock = threading.Lock()
        self._models: defaultdict[str, _OfModel] = defaultdict(_OfModel)

    def start(self) -> None:
        """Forget everything: a new run begins."""
        with self._lock:
            self._models.clear()

    def request(
        self,
        model: str,
        seconds: float,
        *,
        load_seconds: float | None = None,
        prompt_tokens: int | None = None,
        output_tokens: int | None = None,
    ) -> None:
        """One answered request. seconds: from sending to the whole answer."""
        with self._lock:
            one = self._models[model]
            one.requests += 1
            one.prompt_tokens += prompt_tokens or 0
            one.output_tokens += output_tokens or 0
            if one.first is None:
                one.first = seconds
            else:
                one.warm.append(seconds)
            if load_seconds is not None and load_seconds > self._loaded_within:
                began = time.monotonic() - seconds
                one.loads = _merged([*one.loads, (began, began + load_seconds)])

    def retry(self, model: str) -> None:
        with self._lock:
            self._models[model].retries += 1

    def loads(self) -> dict[str, int]:
        """How often each model was loaded; requests that waited for the same load count it once."""
        with self._lock:
            return {name: len(one.loads) for name, one in self._models.items()}

    def metadata(self) -> dict[str, Any]:
        """For a run's metadata, flat: "<model>: requests" and so on; seconds with three digits."""
        told: dict[str, Any] = {}
        with self._lock:
            for name, one in sorted(self._models.items()):
                told[f"{name}: requests"] = one.requests
                told[f"{name}: retries"] = one.retries
                told[f"{name}: loads"] = len(one.loads)
                told[f"{name}: load seconds"] = round(max((end - began for began, end in one.loads), default=0.0), 3)
                told[f"{name}: first call seconds"] = round(one.first or 0.0, 3)
                told[f"{name}: warm call seconds"] = round(statistics.median(one.warm), 3) if one.warm else 0.0
                told[f"{name}: prompt tokens"] = one.prompt_tokens
                told[f"{name}: output tokens"] = one.output_tokens
        return told


def _merged(spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Spans that overlap as one."""
    merged: list[tuple[float, float]] = []
    for began, ended in sorted(spans):
        if merged and began <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], ended))
        else:
            merged.append((began, ended))
    return merged

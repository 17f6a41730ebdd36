"""Which models are in memory: loads one after the other, eviction, keep-alive, reload for other options, slots.

Belongs here: what Ollama's scheduler does (server/sched.go). Not here: how long the work itself takes (`latency`).
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from configuration import Configuration, Model
from latency import SharedProcessor
from slots import Slots
from wire import Refusal

BUSY = "server busy, please try again.  maximum pending requests exceeded"
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}

# A request that differs in one of these gets a new runner; the others are sent along with each request.
_RUNNER_OPTIONS: Mapping[str, Any] = {"num_batch": 512, "num_gpu": -1, "main_gpu": 0, "use_mmap": None, "num_thread": 0}

Profile = tuple[Any, ...]


class Runner:
    """A model in memory. num_ctx: tokens of one request. slots: None for as many requests at once as there are."""

    def __init__(self, model: Model, profile: Profile, num_ctx: int, slots: int | None, keep_alive: float) -> None:
        self.model = model
        self.profile = profile
        self.num_ctx = num_ctx
        self.slots = Slots(slots) if slots else None
        self.users = 0
        self.keep_alive = keep_alive
        self.used = time.monotonic()
        self.expires_at = 0.0  # Unix time
        self.idle = asyncio.Event()
        self.idle.set()
        self.timer: asyncio.TimerHandle | None = None


class Scheduler:
    """Hands out runners. What asks for a loaded model waits for a slot without bound, as in Ollama: only requests that
    need a load are counted, and refused beyond `max_queue`."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self.loaded: dict[str, Runner] = {}
        self.loads: dict[str, int] = {}
        self._pending = 0
        self._one_at_a_time = asyncio.Lock()
        self._processors: dict[str, SharedProcessor] = {}

    def processor(self, model: Model) -> SharedProcessor:
        """What the model's requests share; it outlives a reload."""
        if model.name not in self._processors:
            self._processors[model.name] = SharedProcessor(self._curve(model.kind))
        return self._processors[model.name]

    def reconfigure(self) -> None:
        """Apply changed speeds to the work in hand, and forget models that are no longer there."""
        for name, processor in self._processors.items():
            known = self._configuration.models.get(name)
            if known:
                processor.change_curve(self._curve(known.kind))
        for runner in list(self.loaded.values()):
            if runner.model != self._configuration.models.get(runner.model.name):
                self.unload(runner)

    def _curve(self, kind: str) -> Any:
        return self._configuration.embedding_curve() if kind == "embedding" else self._configuration.chats_curve()

    @asynccontextmanager
    async def runner(self, model: Model, request: Mapping[str, Any]) -> AsyncIterator[Runner]:
        """The model's runner with the request's options, loaded if need be; refused where too many wait for that."""
        profile, num_ctx = self._profile(model, request)
        told = request.get("keep_alive")
        keep_alive = None if told is None else seconds(told)
        runner = self.loaded.get(model.name)
        if runner is None or runner.profile != profile:
            async with self._turn_to_load():
                runner = await self._load(model, profile, num_ctx)
                self._take(runner, keep_alive)
        else:
            self._take(runner, keep_alive)
        try:
            yield runner
        finally:
            self._release(runner)

    @asynccontextmanager
    async def _turn_to_load(self) -> AsyncIterator[None]:
        if self._one_at_a_time.locked() and self._pending >= self._configuration.max_queue:
            raise Refusal(503, BUSY)
        self._pending += 1
        try:
            await self._one_at_a_time.acquire()
        finally:
            self._pending -= 1
        try:
            yield
        finally:
            self._one_at_a_time.release()

    async def _load(self, model: Model, profile: Profile, num_ctx: int) -> Runner:
        runner = self.loaded.get(model.name)
        if runner is not None and runner.profile == profile:
            return runner  # somebody else has loaded it meanwhile
        if runner is not None:
            await self._unload_once_idle(runner)
        while len(self.loaded) >= max(self._configuration.max_loaded_models, 1):
            # An idle one, the longest unused first; where all are at work, the one that was used longest ago.
            victim = min(self.loaded.values(), key=lambda one: (one.users > 0, one.used))
            await self._unload_once_idle(victim)
        self.loads[model.name] = self.loads.get(model.name, 0) + 1
        await asyncio.sleep(self._configuration.real(model.load_seconds))
        if model.load_error:
            raise Refusal(500, model.load_error)
        # Ollama gives an embedding model one slot, yet its measured throughput grows with the requests in flight, since
        # all that is around the slot overlaps. So the curve alone, which holds measured figures, says what more bring.
        slots = model.num_parallel or (None if model.kind == "embedding" else self._configuration.num_parallel)
        runner = self.loaded[model.name] = Runner(
            model, profile, num_ctx, slots, seconds(self._configuration.keep_alive)
        )
        return runner

    async def _unload_once_idle(self, runner: Runner) -> None:
        while runner.users:
            await runner.idle.wait()
        self.unload(runner)

    def _take(self, runner: Runner, keep_alive: float | None) -> None:
        if runner.timer is not None:
            runner.timer.cancel()
            runner.timer = None
        runner.users += 1
        runner.idle.clear()
        if keep_alive is not None:
            runner.keep_alive = keep_alive

    def _release(self, runner: Runner) -> None:
        runner.users -= 1
        runner.used = time.monotonic()
        if runner.users:
            return
        runner.idle.set()
        if runner.keep_alive == 0:
            self.unload(runner)
            return
        stay = self._configuration.real(runner.keep_alive)
        runner.expires_at = time.time() + min(stay, 1e9)
        if stay != float("inf"):
            runner.timer = asyncio.get_running_loop().call_later(stay, self.unload, runner)

    def expire(self, runner: Runner) -> None:
        """Unload as soon as those who use it have their answers; does not wait for that."""
        runner.keep_alive = 0
        if not runner.users:
            self.unload(runner)

    def unload(self, runner: Runner) -> None:
        if runner.timer is not None:
            runner.timer.cancel()
        if self.loaded.get(runner.model.name) is runner:
            del self.loaded[runner.model.name]

    def _profile(self, model: Model, request: Mapping[str, Any]) -> tuple[Profile, int]:
        options = request.get("options") or {}
        num_ctx = min(max(int(options.get("num_ctx") or self._configuration.context_length), 4), model.context)
        told = {**_RUNNER_OPTIONS}
        if model.kind == "embedding":
            told["num_batch"] = min(2048, num_ctx)
        told.update({key: options[key] for key in _RUNNER_OPTIONS if options.get(key) is not None})
        shift = model.kind == "embedding" or request.get("shift") is not False
        return (num_ctx, *told.values(), shift), num_ctx


def seconds(keep_alive: str | float) -> float:
    """A Go duration ("5m", "1h30m") or a number of seconds; infinite where it is negative."""
    if isinstance(keep_alive, int | float):
        value = float(keep_alive)
    elif re.fullmatch(r"-?\d+", keep_alive):
        raise Refusal(400, f'time: missing unit in duration "{keep_alive}"')
    else:
        parts = re.findall(r"([\d.]+)(ns|us|µs|ms|h|m|s)", keep_alive)
        if not parts:
            raise Refusal(400, f'time: invalid duration "{keep_alive}"')
        value = sum(float(number) * _UNITS[unit] for number, unit in parts) * (-1 if keep_alive[0] == "-" else 1)
    return float("inf") if value < 0 else value

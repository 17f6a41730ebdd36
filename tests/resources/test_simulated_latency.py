"""The simulated device is as fast as its curve says, in a time of the tests' own, and over the wire."""

import asyncio
import selectors
import threading
import time
from collections.abc import Callable, Coroutine
from itertools import pairwise
from typing import Any

import pytest
from handle import SimulatedServer
from latency import Curve, SharedProcessor

MEASURED = {1: 6.4, 2: 10.4, 4: 20.7, 8: 32.0, 12: 32.0}  # texts a second by workers, see facts on talent.yoga's card
Start = Callable[..., SimulatedServer]


class _NoWaiting(selectors.DefaultSelector):
    """Where an event loop would wait, its clock moves on instead: exact, and over at once."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        self.now += timeout or 0.0
        return super().select(0)


def run_at_once(main: Coroutine[Any, Any, float]) -> float:
    selector = _NoWaiting()
    loop = asyncio.SelectorEventLoop(selector)
    loop.time = lambda: selector.now  # type: ignore[method-assign]
    try:
        return loop.run_until_complete(main)
    finally:
        loop.close()


async def throughput(workers: int, sizes: list[float]) -> float:
    """Units a second of so many workers, each asking anew as soon as it is answered."""
    loop = asyncio.get_running_loop()
    processor = SharedProcessor(Curve(MEASURED))
    left = list(sizes)

    async def ask() -> None:
        while left:
            with processor.working(left.pop()) as done:
                await done

    await asyncio.gather(*(ask() for _ in range(workers)))
    assert processor.active == 0
    return sum(sizes) / loop.time()


@pytest.mark.parametrize("workers", [1, 2, 3, 4, 6, 8, 12, 40])
@pytest.mark.parametrize("sizes", [[1.0] * 1200, [0.5, 1.5, 1.0] * 400])
def test_throughput_is_the_curves(workers: int, sizes: list[float]) -> None:
    expected = Curve(MEASURED)(workers)

    assert run_at_once(throughput(workers, sizes)) == pytest.approx(expected, rel=0.04)


def test_between_its_points_the_curve_is_a_line_and_behind_them_flat() -> None:
    curve = Curve({"2": 10, "4": 20})

    assert [curve(n) for n in (1, 2, 3, 4, 99)] == [5, 10, 15, 20, 20]


def test_a_short_request_overtakes_a_long_one_and_both_share_fairly() -> None:
    async def main() -> float:
        loop = asyncio.get_running_loop()
        processor = SharedProcessor(Curve({1: 1.0}))
        ends = {}

        async def ask(name: str, units: float) -> None:
            with processor.working(units) as done:
                await done
            ends[name] = loop.time()

        await asyncio.gather(ask("long", 10), ask("short", 2))
        assert ends["short"] == pytest.approx(4, abs=0.01)  # at half the speed while both run
        return ends["long"]

    assert run_at_once(main()) == pytest.approx(12, abs=0.01)


def test_who_gives_up_leaves_its_share_to_the_others() -> None:
    async def main() -> float:
        processor = SharedProcessor(Curve({1: 1.0}))

        async def ask(units: float) -> None:
            with processor.working(units) as done:
                await done

        gives_up = asyncio.create_task(ask(2))
        stays = asyncio.create_task(ask(2))
        await asyncio.sleep(2)  # each has had 1
        gives_up.cancel()
        await stays
        assert processor.active == 0
        return asyncio.get_running_loop().time()

    assert run_at_once(main()) == pytest.approx(3, abs=0.01)


def test_a_faster_device_hurries_the_work_in_hand() -> None:
    async def main() -> float:
        processor = SharedProcessor(Curve({1: 1.0}))
        with processor.working(10) as done:
            await asyncio.sleep(5)
            processor.change_curve(Curve({1: 5.0}))
            await done
        return asyncio.get_running_loop().time()

    assert run_at_once(main()) == pytest.approx(6, abs=0.01)


def _seconds(workers: int, each: Callable[[], object]) -> float:
    threads = [threading.Thread(target=each) for _ in range(workers)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.monotonic() - began


def test_over_the_wire_more_requests_in_flight_are_faster_up_to_the_plateau(simulated_server: Start) -> None:
    server = simulated_server(time_scale=20, curve=MEASURED, spread=0)
    texts = [f"text {number}" for number in range(40)]

    def embed() -> None:
        server.client.post("/api/embed", json={"model": "bge-m3", "input": texts})

    alone, together = _seconds(1, embed), _seconds(8, embed)

    assert alone >= 0.95 * 40 / 6.4 / 20
    assert together >= 0.95 * 320 / 32 / 20
    assert together < 0.8 * 8 * alone  # 0.2 by the curve
    assert server.stats()["max_in_flight"] == 8


def test_chats_beyond_the_slots_wait_their_turn(simulated_server: Start) -> None:
    server = simulated_server(chat_seconds=2, time_scale=20, spread=0, num_parallel=1, curve={"1": 1, "8": 8})
    answers: list[dict[str, Any]] = []

    def chat() -> None:
        request = {"model": "qwen2.5:7b", "stream": False, "messages": [{"role": "user", "content": "a"}]}
        answers.append(server.client.post("/api/chat", json=request).json())

    assert _seconds(4, chat) >= 0.95 * 4 * 2 / 20
    ended = sorted(answer["total_duration"] for answer in answers)
    assert all(later - earlier > 0.05e9 for earlier, later in pairwise(ended))
    server.control(num_parallel=4)
    server.client.post("/api/generate", json={"model": "qwen2.5:7b", "keep_alive": 0})
    assert _seconds(4, chat) >= 0.95 * 2 / 20

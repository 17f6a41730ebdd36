"""The simulated server's slots: what each has read, who gets which, and what is told of it, as llama.cpp's server does.

The same is asked of a real server, so that the simulated one stays true.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from handle import SimulatedServer
from hypothesis import given
from hypothesis import strategies as st
from llama_server import MODEL, LlamaServer
from slots import Slots, common

Start = Callable[..., SimulatedServer]
RUBRIC = "You judge candidates by what they have proved. " * 8


def chat(client: httpx.Client, text: str, model: str, system: str = RUBRIC, **more: Any) -> dict[str, int]:
    """Prompt tokens and cached ones, as the server tells them."""
    messages = [{"role": "system", "content": system}, {"role": "user", "content": text}]
    body = {"model": model, "messages": messages, "max_tokens": 2, "temperature": 0, **more}
    told = client.post("/v1/chat/completions", json=body).raise_for_status().json()
    cached = told["usage"]["prompt_tokens_details"]["cached_tokens"]
    assert told["timings"]["cache_n"] == cached
    assert told["timings"]["prompt_n"] == told["usage"]["prompt_tokens"] - cached
    return {"prompt": told["usage"]["prompt_tokens"], "cached": cached}


@pytest.fixture(params=["simulated", "real"])
def server(request: pytest.FixtureRequest) -> Any:
    """(client, model) of a server with two slots that nobody has asked anything yet."""
    if request.param == "simulated":
        with SimulatedServer(llama_cpp=True, num_parallel=2, chat_seconds=0.1) as simulated:
            yield simulated.client, "qwen2.5:7b"
    else:
        with LlamaServer(context=2048) as real, httpx.Client(base_url=real.url, timeout=120, trust_env=False) as client:
            yield client, MODEL


def test_slots_read_what_they_have_not_read_before(server: Any) -> None:
    client, model = server
    assert client.get("/props").json()["total_slots"] == 2
    assert chat(client, "Petra led a ward.", model)["cached"] == 0
    again = chat(client, "Paul cooked in Bonn.", model)
    assert 0.8 < again["cached"] / again["prompt"] < 1  # the same slot: the other one has nothing
    # The last token is always read.
    same = chat(client, "Paul cooked in Bonn.", model)
    assert same["prompt"] - 3 <= same["cached"] < same["prompt"]
    other = chat(client, "Paul cooked in Bonn.", model, id_slot=0)
    assert other["cached"] == 0
    named = chat(client, "Petra led a ward.", model, id_slot=0)
    assert named["cached"] / named["prompt"] > 0.8
    assert chat(client, "Petra led a ward.", model, cache_prompt=False)["cached"] == 0


def test_simultaneous_requests_reuse_nothing_of_each_other(server: Any) -> None:
    client, model = server
    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(lambda text: chat(client, text, model), ["Petra led a ward.", "Paul cooked in Bonn."]))
    assert [one["cached"] for one in told] == [0, 0]


def test_another_prefix_takes_the_slot_that_was_unused_for_longest(simulated_server: Start) -> None:
    client = simulated_server(llama_cpp=True, num_parallel=2).client
    first, second, third = ("abc " * 200, "xyz " * 200, "123 " * 200)
    for system in (first, second):
        chat(client, "Petra", "qwen2.5:7b", system)
    assert chat(client, "Paul", "qwen2.5:7b", first)["cached"] > 100
    chat(client, "Petra", "qwen2.5:7b", third)  # in place of the second
    assert chat(client, "Paul", "qwen2.5:7b", first)["cached"] > 100
    assert chat(client, "Paul", "qwen2.5:7b", second)["cached"] < 20


def test_who_hangs_up_leaves_a_slot_that_has_read_nothing(simulated_server: Start) -> None:
    server = simulated_server(llama_cpp=True, num_parallel=1)
    chat(server.client, "Petra", "qwen2.5:7b")
    server.control(chat_seconds=30)
    with pytest.raises(httpx.ReadTimeout):
        server.client.post(
            "/v1/chat/completions",
            json={"model": "qwen2.5:7b", "messages": [{"role": "user", "content": RUBRIC}]},
            timeout=0.3,
        )
    server.control(chat_seconds=0)
    assert chat(server.client, "Paul", "qwen2.5:7b")["cached"] == 0


def test_waiting_for_a_slot_is_in_order_and_survives_those_who_leave() -> None:
    async def scenario() -> list[str]:
        slots, log = Slots(2), []
        holding = asyncio.Event()

        async def use(name: str, wanted: int | None = None, hold: bool = False) -> None:
            async with slots.taken("prompt", wanted) as slot:
                log.append(f"{name}{slot.number}")
                if hold:
                    await holding.wait()

        tasks = [asyncio.create_task(use(f"first{n}-", n, hold=True)) for n in (0, 1)]
        await asyncio.sleep(0)
        waiting = [asyncio.create_task(use(name, wanted)) for name, wanted in (("a", None), ("b", 1), ("c", 0))]
        leaving = asyncio.create_task(use("never", 0))
        await asyncio.sleep(0)
        leaving.cancel()
        holding.set()
        await asyncio.gather(*tasks, *waiting)
        await asyncio.gather(leaving, return_exceptions=True)
        async with slots.taken("prompt", 0), slots.taken("prompt", 7) as any_other:  # there is no seventh
            assert any_other.number == 1
        return log

    log = asyncio.run(asyncio.wait_for(scenario(), 5))
    assert sorted(log) == sorted(["first0-0", "first1-1", log[2], "b1", "c0"])
    assert log[2] in ("a0", "a1")


@given(st.text("ab", max_size=30), st.text("ab", max_size=30))
def test_the_common_beginning_is_the_longest_one(one: str, other: str) -> None:
    length = common(one, other)
    assert one[:length] == other[:length]
    assert length == min(len(one), len(other)) or one[length] != other[length]

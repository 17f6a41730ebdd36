"""The encoder in a fork: runs are forks of a process that has loaded it."""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from ty_resources.inference.embedded import EmbeddedEngine


def in_a_fork(engine: EmbeddedEngine, text: str) -> np.ndarray:
    """The text's vector, as a fork of this process encodes it."""
    receive, send = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(send, engine.embed([text]).tobytes())
        finally:
            os._exit(0)
    os.close(send)
    with os.fdopen(receive, "rb") as stream:
        data = stream.read()
    os.waitpid(pid, 0)
    return np.frombuffer(data, np.float32)


@pytest.fixture(scope="module")
def engine() -> EmbeddedEngine:
    loaded = EmbeddedEngine(2)
    loaded.embed(["Koch"] * 200)  # its workers run
    return loaded


def test_a_fork_encodes_as_the_process_it_came_from_and_both_go_on(engine: EmbeddedEngine) -> None:
    here = engine.embed(["Köchin"])[0]
    assert np.array_equal(in_a_fork(engine, "Köchin"), here)
    assert np.array_equal(engine.embed(["Köchin"])[0], here)


def test_a_fork_while_others_encode_does_not_hang(engine: EmbeddedEngine) -> None:
    with ThreadPoolExecutor(1) as busy:
        encoding = busy.submit(lambda: [engine.embed([f"Koch {n}"] * 64) for n in range(20)])
        vectors = [in_a_fork(engine, "Kellner") for _ in range(5)]
        encoding.result()
    assert all(np.array_equal(vector, vectors[0]) for vector in vectors)

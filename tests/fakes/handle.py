"""Starting the simulated server as a process, and steering it: for tests and benchmarks alike.

Belongs here: the process and its back doors. Not here: what it serves (`configuration`). Needs nothing but httpx, so
it can be loaded from wherever the server's files lie.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

_SCRIPT = Path(__file__).with_name("ollama_server.py")


class SimulatedServer:
    """A running server. config: see configuration.py, e.g. time_scale=20, curve={"1": 6.4, "8": 32}, faults=[...].

    script: what is started. url: where it listens. client: for raw requests, which a test or a bare loop may make.
    """

    script = _SCRIPT

    def __init__(self, **config: Any) -> None:
        self._config = config
        self._process: subprocess.Popen[str] | None = None
        self.url = ""
        self._start(0)
        # verify: reading the certificates takes longer than the whole start of the server.
        self.client = httpx.Client(base_url=self.url, timeout=30, trust_env=False, verify=False)

    def _start(self, port: int) -> None:
        told = ["--port", str(port), "--parent", str(os.getpid()), "--config", json.dumps(self._config)]
        command = [sys.executable, str(self.script), *told]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the simulated server did not start; exit code {self._process.wait()}")
        self.url = json.loads(line)["url"]

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    def control(self, **config: Any) -> None:
        """Change keys of the configuration; kept over a restart."""
        self._ask("POST", "/_control", json=config)
        self._config.update(config)

    def stats(self) -> dict[str, Any]:
        """What was asked, see counters.py; loads {model: n}, loaded [model]."""
        return dict(self._ask("GET", "/_stats").json())

    def reset(self) -> None:
        """Counters to 0."""
        self._ask("POST", "/_reset")

    def stop(self) -> None:
        """From now on connections are refused. Requests in flight are cut off."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None

    def close(self) -> None:
        """Stop, for good."""
        self.stop()
        self.client.close()

    def restart(self) -> None:
        """A new process at the same port: nothing loaded, counters at 0."""
        self.stop()
        self._start(self.port)

    def _ask(self, method: str, path: str, **content: Any) -> httpx.Response:
        answer = self.client.request(method, path, **content)
        if answer.status_code != 200:
            raise RuntimeError(f"{path}: {answer.text}")
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

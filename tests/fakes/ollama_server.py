"""A simulated Ollama server, true to the wire: `python ollama_server.py --port 0 --config JSON`.

It prints one line, {"url": "http://127.0.0.1:NNNN"}, and serves until it is terminated or the process that started it
is gone: Ollama's native API and the OpenAI dialect, with latency, loads, limits and faults as in `configuration`.
`POST /_control` changes the configuration, `GET /_stats` tells what was asked, `POST /_reset` sets its counters to 0.

Belongs here: start, stop, routing, and errors as replies. Not here: the endpoints.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import traceback
from typing import Any

from configuration import Configuration, configured
from ollama_api import OllamaApi
from ollama_models_api import OllamaModelsApi
from openai_api import OpenAIApi, error_body
from simulation import Simulation
from wire import Exchange, Handler, HttpProtocol, HungUp, Refusal

_PARENT_POLL_SECONDS = 0.5
# These look for faults themselves, since these depend on what is asked.
ASKING = {"/api/chat", "/api/embed", "/api/pull", "/v1/chat/completions", "/v1/embeddings"}


class Server:
    """All endpoints."""

    def __init__(self, configuration: Configuration) -> None:
        self.simulation = Simulation(configuration)
        self._answering: set[Exchange] = set()
        self._routes: dict[tuple[str, str], Handler] = {
            **OllamaApi(self.simulation).routes,
            **OllamaModelsApi(self.simulation).routes,
            **OpenAIApi(self.simulation).routes,
            ("POST", "/_control"): self.control,
            ("POST", "/_reset"): self.reset,
            ("GET", "/_stats"): self.stats,
        }

    async def handle(self, exchange: Exchange) -> None:
        """Answer a request. One that is cut off by `down` or by its client is cancelled and answers nothing."""
        if exchange.path.startswith("/_"):
            await self._answer(exchange)
            return
        if self.simulation.configuration.down:
            raise HungUp
        self._answering.add(exchange)
        try:
            await self._answer(exchange)
        finally:
            self._answering.discard(exchange)

    async def _answer(self, exchange: Exchange) -> None:
        handler = self._routes.get((exchange.method, exchange.path))
        try:
            if handler is None:
                exchange.reply(b"404 page not found", 404, content_type=b"text/plain")
            else:
                if exchange.path not in ASKING:
                    fault = self.simulation.faults.met_by_name(exchange.path)
                    await self.simulation.faults.before(fault, exchange, "")
                if not exchange.began:
                    await handler(exchange)
        except Refusal as refusal:
            self.simulation.counters.errors[exchange.path][str(refusal.status)] += 1
            body = error_body(refusal) if exchange.path.startswith("/v1/") else {"error": refusal.message}
            wait = refusal.extra.get("retry_after")
            exchange.reply(body, refusal.status, {"retry-after": f"{wait:g}"} if wait else None)
        except HungUp:
            raise
        except Exception as error:  # a fault of the simulation's own, which a test must not wait for
            traceback.print_exc()
            exchange.reply({"error": f"the simulation failed: {error!r}"}, 500)

    async def control(self, exchange: Exchange) -> None:
        try:
            self.simulation.configuration.update(exchange.json())
        except (ValueError, TypeError) as error:
            raise Refusal(400, str(error)) from error
        self.simulation.scheduler.reconfigure()
        if self.simulation.configuration.down:
            for cut_off in list(self._answering):
                cut_off.hang_up()
        exchange.reply({})

    async def reset(self, exchange: Exchange) -> None:
        self.simulation.counters.reset()
        self.simulation.scheduler.loads.clear()
        exchange.reply({})

    async def stats(self, exchange: Exchange) -> None:
        scheduler = self.simulation.scheduler
        exchange.reply(
            {**self.simulation.counters.figures(), "loads": scheduler.loads, "loaded": sorted(scheduler.loaded)}
        )


async def serve(configuration: Configuration, port: int, parent: int) -> None:
    """Listen on 127.0.0.1 until a signal comes or the parent is gone."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    server = Server(configuration)
    listening = await loop.create_server(lambda: HttpProtocol(server.handle), "127.0.0.1", port, backlog=1024)
    number = listening.sockets[0].getsockname()[1]
    print(json.dumps({"url": f"http://127.0.0.1:{number}"}), flush=True)
    while not stopped.is_set() and os.getppid() == parent:
        try:
            await asyncio.wait_for(stopped.wait(), _PARENT_POLL_SECONDS)
        except TimeoutError:
            continue
    os._exit(0)  # whatever is being answered: a server that stops says nothing more


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    parser.add_argument("--config", default="{}", help="JSON, see configuration.py")
    parser.add_argument("--parent", type=int, default=os.getppid(), help="the process to end with")
    told = parser.parse_args(arguments)
    # Rules are answered in a thread; it must not keep the others waiting for 5 ms, the default.
    sys.setswitchinterval(0.0005)
    content: dict[str, Any] = json.loads(told.config)
    asyncio.run(serve(configured(content), told.port, told.parent))


if __name__ == "__main__":
    main(sys.argv[1:])

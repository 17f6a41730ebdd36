"""Simulated job services, true to the facts: `python job_server.py --port 0 --config JSON`.

One server with the Jobsuche under /ba, BeeSite under /db and Berufenet under /bnet. It prints one line, {"url": ...},
and serves until it is terminated or the process that started it is gone. `POST /_control` changes the configuration,
`GET /_stats` tells what was asked, `POST /_reset` sets its counters to 0.

Faults: [{"at": "search" | "detail" | null, "kind": "429" | "403" | "500" | "drop" | "html", "after": requests let
through first, "times": how often, "seconds": Retry-After}]. `down`: every connection is closed without a word.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1]))

from arbeitsagentur_api import ArbeitsagenturApi
from beesite_api import BeesiteApi
from berufenet_api import BerufenetApi
from wire import Exchange, HttpProtocol, HungUp, Refusal

_PARENT_POLL_SECONDS = 0.5
_LOG = 2000  # requests that are remembered one by one


class Server:
    def __init__(self, config: dict[str, Any]) -> None:
        self.ba = ArbeitsagenturApi(config.get("arbeitsagentur", {}))
        self.db = BeesiteApi(config.get("deutsche_bank", {}))
        self.bnet = BerufenetApi(config.get("berufenet", {}))
        self.faults: list[dict[str, Any]] = list(config.get("faults", []))
        self.down = bool(config.get("down", False))
        self.reset()

    def reset(self) -> None:
        self.requests: Counter[str] = Counter()
        self.statuses: Counter[str] = Counter()
        self.details: Counter[str] = Counter()
        self.agents: set[str] = set()
        self.log: list[str] = []
        self.ba.over_limit = self.ba.not_modified = 0
        self.in_flight = self.most_in_flight = 0

    async def handle(self, exchange: Exchange) -> None:
        if exchange.path.startswith("/_"):
            self._steer(exchange)
            return
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await self._answer(exchange)
        finally:
            self.in_flight -= 1

    async def _answer(self, exchange: Exchange) -> None:
        service, _, rest = exchange.path.lstrip("/").partition("/")
        kind = "detail" if "jobdetails/" in rest or "jobhtml/" in rest or "berufe/" in rest else "search"
        self.requests[f"{service} {kind}"] += 1
        self.agents.add(exchange.headers.get(b"user-agent", b"").decode())
        if len(self.log) < _LOG:
            self.log.append(f"{exchange.path}?{exchange.query}" if exchange.query else exchange.path)
        try:
            if self.down:
                raise HungUp
            await self._fault(kind, exchange)
            if not exchange.began:
                self._route(service, rest, exchange)
            self.statuses["answered"] += 1
        except Refusal as refusal:
            self.statuses[str(refusal.status)] += 1
            wait = refusal.extra.get("retry_after")
            exchange.reply({"message": refusal.message}, refusal.status, {"retry-after": f"{wait:g}"} if wait else None)
        except HungUp:
            self.statuses["dropped"] += 1
            raise
        except Exception as error:  # a fault of the simulation's own
            traceback.print_exc()
            exchange.reply({"error": f"the simulation failed: {error!r}"}, 500)

    def _route(self, service: str, rest: str, exchange: Exchange) -> None:
        name = rest.rpartition("/")[2]
        asked: str | None = None
        if service == "ba" and rest == "pc/v6/jobs":
            self.ba.search(exchange)
        elif service == "ba" and rest.startswith("pc/v4/jobdetails/"):
            asked = self.ba.detail(exchange, name)
        elif service == "ba":
            exchange.reply(b'{"message": "No match found for request"}', 403)
        elif service == "db" and rest in ("search/", "graduatesearch/"):
            self.db.search(exchange, graduates=rest.startswith("grad"))
        elif service == "db" and rest.startswith("jobhtml/"):
            asked = self.db.detail(exchange, name)
        elif service == "bnet" and rest == "pc/v1/berufe":
            self.bnet.listing(exchange)
        elif service == "bnet" and rest.startswith("pc/v1/berufe/"):
            asked = self.bnet.detail(exchange, name)
        else:
            raise Refusal(404, "not found")
        if asked is not None:
            self.details[f"{service} {asked}"] += 1

    async def _fault(self, kind: str, exchange: Exchange) -> None:
        for fault in self.faults:
            if fault.get("at") not in (None, kind) or fault.get("times", 1) == 0:
                continue
            if fault.get("after", 0) > 0:
                fault["after"] -= 1
                continue
            fault["times"] = fault.get("times", 1) - 1
            if fault["kind"] == "drop":
                raise HungUp
            if fault["kind"] == "html":
                exchange.reply(b"<html><h1>Wartungsarbeiten</h1></html>", content_type=b"text/html")
                return
            raise Refusal(int(fault["kind"]), "fault", retry_after=fault.get("seconds"))

    def _steer(self, exchange: Exchange) -> None:
        if exchange.path == "/_control":
            told = exchange.json()
            self.ba.control(told.get("arbeitsagentur", {}))
            self.db.control(told.get("deutsche_bank", {}))
            self.bnet.control(told.get("berufenet", {}))
            self.faults = told.get("faults", self.faults)
            self.down = told.get("down", self.down)
            exchange.reply({})
        elif exchange.path == "/_reset":
            self.reset()
            exchange.reply({})
        else:
            exchange.reply(self._figures())

    def _figures(self) -> dict[str, Any]:
        asked = Counter(self.details.values())
        return {
            "requests": dict(self.requests),
            "statuses": dict(self.statuses),
            "details": len(self.details),
            "details_asked": {str(times): count for times, count in sorted(asked.items())},
            "asked_again": {name: times for name, times in self.details.items() if times > 1},
            "over_limit": self.ba.over_limit,
            "not_modified": self.ba.not_modified,
            "most_in_flight": self.most_in_flight,
            "agents": sorted(self.agents),
            "log": self.log,
        }


async def serve(config: dict[str, Any], port: int, parent: int) -> None:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    server = Server(config)
    listening = await loop.create_server(lambda: HttpProtocol(server.handle), "127.0.0.1", port, backlog=256)
    print(json.dumps({"url": f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"}), flush=True)
    while not stopped.is_set() and os.getppid() == parent:
        try:
            await asyncio.wait_for(stopped.wait(), _PARENT_POLL_SECONDS)
        except TimeoutError:
            continue
    os._exit(0)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    parser.add_argument("--config", default="{}", help="JSON")
    parser.add_argument("--parent", type=int, default=os.getppid(), help="the process to end with")
    told = parser.parse_args(arguments)
    asyncio.run(serve(json.loads(told.config), told.port, told.parent))


if __name__ == "__main__":
    main(sys.argv[1:])

"""Ollama's endpoints about models and about itself: which there are, which are loaded, downloads.

Belongs here: listings and the registry. Not here: asking models (`ollama_api`).
"""

import asyncio
import datetime as dt
import time
from collections.abc import Mapping
from typing import Any

from configuration import Model
from simulation import Simulation
from wire import Exchange, Handler, Refusal

_UNKNOWN = "pull model manifest: file does not exist"
_BROKEN = "max retries exceeded: unexpected EOF"


class OllamaModelsApi:
    """Handlers by method and path."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self.routes: dict[tuple[str, str], Handler] = {
            ("GET", "/"): self.root,
            ("GET", "/api/version"): self.version,
            ("GET", "/api/tags"): self.tags,
            ("GET", "/api/ps"): self.ps,
            ("POST", "/api/show"): self.show,
            ("POST", "/api/pull"): self.pull,
            ("DELETE", "/api/delete"): self.delete,
        }

    async def root(self, exchange: Exchange) -> None:
        exchange.reply(b"Ollama is running", content_type=b"text/plain; charset=utf-8")

    async def version(self, exchange: Exchange) -> None:
        exchange.reply({"version": self._simulation.configuration.version})

    async def tags(self, exchange: Exchange) -> None:
        exchange.reply({"models": [_listed(model) for model in self._simulation.configuration.models.values()]})

    async def ps(self, exchange: Exchange) -> None:
        listed = []
        for runner in self._simulation.scheduler.loaded.values():
            expires = runner.expires_at if not runner.users else time.time() + min(runner.keep_alive, 1e9)
            about = {key: value for key, value in _listed(runner.model).items() if key != "modified_at"}
            listed.append(
                {
                    **about,
                    "expires_at": dt.datetime.fromtimestamp(expires, dt.UTC).isoformat(),
                    "size_vram": runner.model.size,
                    "context_length": runner.num_ctx,
                }
            )
        exchange.reply({"models": listed})

    async def show(self, exchange: Exchange) -> None:
        model = known(self._simulation, exchange, exchange.json())
        listed = _listed(model)
        exchange.reply(
            {
                "modelfile": f"FROM {model.name}",
                "parameters": "",
                "template": "{{ .Prompt }}",
                "details": listed["details"],
                "model_info": {
                    "general.architecture": "simulated",
                    "simulated.context_length": model.context,
                    "simulated.embedding_length": model.dims or 3584,
                },
                "capabilities": listed["capabilities"],
                "modified_at": listed["modified_at"],
            }
        )

    async def pull(self, exchange: Exchange) -> None:
        request = exchange.json()
        name = _model_name(request)
        configuration = self._simulation.configuration
        found = configuration.pullable.get(name) or self._simulation.model(name)
        fault = self._simulation.faults.met(exchange.path, name, [], {})
        if request.get("stream") is False:
            if found is None or fault:
                raise Refusal(500, _UNKNOWN if found is None else _BROKEN)
            configuration.models[found.name] = found
            exchange.reply({"status": "success"})
            return
        exchange.begin()
        exchange.line({"status": "pulling manifest"})
        if found is None:
            exchange.line({"error": _UNKNOWN})
            exchange.end()
            return
        layer = {"status": f"pulling {found.digest[:12]}", "digest": f"sha256:{found.digest}", "total": found.size}
        exchange.line(layer)  # `completed` is left out while it is 0
        for part in (1, 2, 3, 4):
            await asyncio.sleep(configuration.real(configuration.pull_seconds / 4))
            if fault and part == 3:
                exchange.line({"error": _BROKEN})
                exchange.end()
                return
            exchange.line({**layer, "completed": found.size * part // 4})
        configuration.models[found.name] = found
        for status in ("verifying sha256 digest", "writing manifest", "success"):
            exchange.line({"status": status})
        exchange.end()

    async def delete(self, exchange: Exchange) -> None:
        model = known(self._simulation, exchange, exchange.json())
        del self._simulation.configuration.models[model.name]
        self._simulation.scheduler.reconfigure()
        exchange.reply(b"")


def known(simulation: Simulation, exchange: Exchange, request: Mapping[str, Any]) -> Model:
    """The model that a request names; the request is counted, whether there is such a model or not."""
    name = _model_name(request)
    model = simulation.counted_model(exchange.path, name)
    if model is None:
        raise Refusal(404, f"model '{name}' not found")
    return model


def _model_name(request: Mapping[str, Any]) -> str:
    name = request.get("model") or request.get("name")
    if not name:
        raise Refusal(400, "model is required")
    return str(name)


def _listed(model: Model) -> dict[str, Any]:
    name = model.name if ":" in model.name else f"{model.name}:latest"
    return {
        "name": name,
        "model": name,
        "modified_at": "2026-03-01T08:00:00.000000000Z",
        "size": model.size,
        "digest": model.digest,
        "details": {
            "parent_model": "",
            "format": "gguf",
            "family": "simulated",
            "families": ["simulated"],
            "parameter_size": "7.6B" if model.kind == "chat" else "566.70M",
            "quantization_level": "Q4_K_M" if model.kind == "chat" else "F16",
        },
        "capabilities": ["completion", "tools"] if model.kind == "chat" else ["embedding"],
    }

"""Which models Ollama servers have: names, digests, contexts, and fetching one that is missing.

Belongs here: /api/tags, /api/ps, /api/show and /api/pull. Not here: asking a model (`ollama`).
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from ty_resources.inference.client import ModelStatus, ServerStatus
from ty_resources.inference.endpoints import Endpoints
from ty_resources.inference.errors import ConnectionLost, EngineError, ModelMissing, RequestRefused, ServerFault
from ty_resources.inference.replies import Dialect, error_text, quoted
from ty_resources.inference.wire import Wire

# These read some files at the server and wait for no model.
METADATA_SECONDS = 30.0
# A model that is pulled again under the same name has another digest; rows made until then carry the old one.
_IDENTITY_SECONDS = 300.0
# Between two lines of a pull: checking the digest of a 40 GB file says nothing for minutes.
_PULL_SECONDS = 1800.0

DIALECT = Dialect(
    name="Ollama",
    urls_setting="TY_OLLAMA_URLS",
    down_hint="Start Ollama (`ollama serve`), or correct TY_OLLAMA_URLS.",
    missing_hint="Fetch it with: ty models pull {model}",
    access_hint="Write the user and the password of its proxy into TY_OLLAMA_URLS: https://user:password@host.",
)


def full_name(model: str) -> str:
    """The name as /api/tags lists it: "bge-m3" is "bge-m3:latest", and Ollama's own library goes without saying."""
    name = model.strip().casefold().removeprefix("registry.ollama.ai/").removeprefix("library/")
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


class OllamaModels:
    """Thread-safe."""

    def __init__(
        self,
        wire: Wire,
        endpoints: Endpoints,
        urls: Sequence[str],
        context_tokens: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wire = wire
        self._endpoints = endpoints
        self._urls = urls
        self._context_tokens = context_tokens
        self._clock = clock
        self._contexts: dict[str, int] = {}
        self._identities: dict[str, tuple[str, float]] = {}
        self._reading = threading.Lock()

    def context(self, url: str, model: str) -> int:
        """The num_ctx of every request for the model: TY_CONTEXT_TOKENS, or less where it was trained on less.

        Asked for more, Ollama warns in its log and takes less; a cut prompt could not be told from a whole one then.
        Read once and kept, since another value would make Ollama load the model anew.
        """
        known = self._contexts.get(model)
        if known is None:
            shown = self._wire.ask(url, "/api/show", {"model": model}, model=model, timeout=METADATA_SECONDS)[0]
            trained = _trained_context(shown) or self._context_tokens
            # Two threads may read it at once; they read the same.
            known = self._contexts.setdefault(model, min(self._context_tokens, trained))
        return known

    def identity(self, model: str) -> str:
        """ "qwen2.5:7b@" and twelve digits of its digest, read again every five minutes.

        Raises: ModelMissing; RequestRefused where two servers have different weights under this name.
        """
        known = self._identities.get(model)
        if known is not None and self._clock() - known[1] < _IDENTITY_SECONDS:
            return known[0]
        if not self._reading.acquire(blocking=known is None):
            assert known is not None
            return known[0]
        try:
            found = self._read_identity(model)
        except EngineError as error:
            if known is None or not error.again:
                raise
            return known[0]  # a server that is down pulls nothing
        finally:
            self._reading.release()
        self._identities[model] = (found, self._clock())
        return found

    def status(self) -> list[ServerStatus]:
        """Every server with its models; the error of one that does not answer."""
        return [self._status(url) for url in self._urls]

    def vram(self) -> int | None:
        """Bytes that all loaded models take; None where no server answers or none says so."""
        used: list[int] = []
        for url in self._urls:
            try:
                loaded = self._listed(url, "/api/ps").values()
            except EngineError:
                continue
            used += [model["size_vram"] for model in loaded if isinstance(model.get("size_vram"), int)]
        return sum(used) if used else None

    def pull(self, model: str, progress: Callable[[str, int, int], None]) -> None:
        """Fetch the model on each server that lacks it; where none lacks it, look for a newer one on all."""
        lacking = [url for url in self._urls if full_name(model) not in self._tags(url)]
        for url in lacking or self._urls:
            self._pull(url, model, progress)
        self._endpoints.believe_again(model)
        self._identities.pop(model, None)
        self._contexts.pop(model, None)

    def _read_identity(self, model: str) -> str:
        name = full_name(model)
        digests: dict[str, str] = {}
        failures: list[EngineError] = []
        for url in self._urls:
            try:
                listed = self._endpoints.call(self._tags, only=url).get(name)
            except EngineError as error:
                failures.append(error)
            else:
                if listed is not None:
                    digests[url] = _digest(listed)
        if len(set(digests.values())) > 1:
            told = ", ".join(f"{digest[:12]} at {url}" for url, digest in digests.items())
            raise RequestRefused(
                f"{model} is not the same everywhere: {told}. Pull it again on each of them: ty models pull {model}"
            )
        if digests:
            digest = next(iter(digests.values()))
            return f"{name}@{digest[:12]}" if digest else name
        if failures:
            self._endpoints.call(self._tags)  # raises one error for all servers, where none answers
            raise failures[0]
        raise ModelMissing(
            f"{' and '.join(self._urls)} have no model {model}. {DIALECT.missing_hint.format(model=model)}"
        )

    def _tags(self, url: str) -> dict[str, dict[str, Any]]:
        return self._listed(url, "/api/tags")

    def _listed(self, url: str, path: str) -> dict[str, dict[str, Any]]:
        """Full name -> what a list of models says of it."""
        models = self._wire.ask(url, path, timeout=METADATA_SECONDS)[0].get("models") or []
        if not isinstance(models, list) or not all(isinstance(model, dict) for model in models):
            raise ServerFault(f"Ollama at {url} answered {path} without a list of models")
        return {full_name(str(model.get("name") or model.get("model") or "")): model for model in models}

    def _status(self, url: str) -> ServerStatus:
        try:
            version = self._wire.ask(url, "/api/version", timeout=METADATA_SECONDS)[0].get("version")
            loaded = self._listed(url, "/api/ps")
            models = tuple(
                ModelStatus(
                    name=str(model.get("name") or name),
                    server=url,
                    loaded=name in loaded,
                    digest=_digest(model) or None,
                    size=model.get("size"),
                    vram=loaded.get(name, {}).get("size_vram"),
                    context_tokens=loaded.get(name, {}).get("context_length"),
                )
                for name, model in sorted(self._tags(url).items())
            )
        except EngineError as error:
            return ServerStatus(url, None, str(error))
        return ServerStatus(url, str(version), None, models)

    def _pull(self, url: str, model: str, progress: Callable[[str, int, int], None]) -> None:
        step = ""
        where = f"{url}: " if len(self._urls) > 1 else ""
        for line in self._wire.lines(
            url, "/api/pull", {"model": model, "stream": True}, model=model, timeout=_PULL_SECONDS
        ):
            if line.get("error"):
                raise RequestRefused(f"Ollama at {url} cannot fetch {model}: {quoted(error_text(line))}")
            step = str(line.get("status") or "")
            progress(where + step, int(line.get("completed") or 0), int(line.get("total") or 0))
        if step != "success":
            raise ConnectionLost(
                f"Ollama at {url} stopped fetching {model} at {step!r}; ask again, it goes on from there"
            )


def _digest(listed: dict[str, Any]) -> str:
    return str(listed.get("digest") or "").removeprefix("sha256:")


def _trained_context(shown: dict[str, Any]) -> int | None:
    """`model_info` has it as "<architecture>.context_length"."""
    info = shown.get("model_info")
    for key, value in info.items() if isinstance(info, dict) else ():
        if key.endswith(".context_length") and isinstance(value, int) and value > 0:
            return value
    return None

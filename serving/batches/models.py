"""/v1/models: what the requests of a batch may name as their model.

Belongs here: asking the model servers for it, and the routes. Not here: how a server is asked (ty_resources/inference)
and which model the project's own stages use (settings).
"""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Request

from serving.accounts.identity import Recruiter
from serving.batches.errors import RESPONSES, ApiError
from serving.batches.objects import Model, Models
from serving.snapshot import Snapshot
from ty_resources.inference.relay import Relay, open_relay
from ty_resources.settings import Settings

router = APIRouter(prefix="/v1", tags=["batches"], responses=RESPONSES)

_SECONDS, _PATIENCE = 15.0, 10.0
_AWAY: Final = "No model server tells which models it has. Batches wait until one answers; ask again."


class ServedModels:
    """The models' names, asked for at most every few seconds. Opens no connection before the first question."""

    def __init__(self, config: Settings) -> None:
        self._config = config
        self._relay: Relay | None = None
        self._names: Snapshot[frozenset[str] | None] = Snapshot(self._read, seconds=_SECONDS, patience=_PATIENCE)

    async def names(self) -> frozenset[str] | None:
        """None where no server tells."""
        return await self._names.get()

    def close(self) -> None:
        if self._relay is not None:
            self._relay.close()

    def _read(self) -> frozenset[str] | None:
        if self._relay is None:
            self._relay = open_relay(self._config) or _rules(self._config)
        names = self._relay.models()
        return None if names is None else frozenset(names)


def _rules(config: Settings) -> Relay:
    # Imported here: it brings what the rules read with, which a view over model servers never needs.
    from ty_assets.candidate_evaluations.by_rules import RulesRelay

    return RulesRelay(config)


async def _known(request: Request) -> frozenset[str]:
    models: ServedModels = request.app.state.models
    names = await models.names()
    if names is None:
        raise ApiError(503, _AWAY)
    return names


Known = Annotated[frozenset[str], Depends(_known)]


@router.get("/models")
async def list_models(account: Recruiter, known: Known) -> Models:
    return Models(data=[Model(id=name) for name in sorted(known)])


@router.get("/models/{model:path}")
async def retrieve(account: Recruiter, known: Known, model: Annotated[str, Path(max_length=300)]) -> Model:
    if model not in known:
        raise ApiError(404, "There is no such model on the servers.", param="model", code="model_not_found")
    return Model(id=model)

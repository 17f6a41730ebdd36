"""What the pages and the JSON API take from a request in the same way."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from fastapi import Depends, Request

from serving.matches import Matches


def _reader(request: Request) -> Matches:
    matches: Matches = request.app.state.matches
    return matches


Reader = Annotated[Matches, Depends(_reader)]

GateFilter = Literal["all", "passed", "failed"]
PASSED_GATES: Mapping[GateFilter, bool | None] = MappingProxyType({"all": None, "passed": True, "failed": False})

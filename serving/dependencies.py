"""What the pages and the JSON API take from a request in the same way."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final, Literal

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from serving.matches import Matches


async def _reader(request: Request) -> Matches:
    matches: Matches = request.app.state.matches
    return matches


Reader = Annotated[Matches, Depends(_reader)]

# Of a form without files: the longest comment in its longest spelling, and the other fields.
_LONGEST_FORM: Final = 64_000
_FIELDS: Final = 200


async def _form(request: Request) -> dict[str, str]:
    """The fields of a form that was sent, each once. Raises 422 for anything else."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    length = request.headers.get("content-length", "")
    if kind != "application/x-www-form-urlencoded" or not length.isdigit() or int(length) > _LONGEST_FORM:
        raise HTTPException(422, f"expected a form of at most {_LONGEST_FORM} bytes")
    try:
        fields = await request.form(max_fields=_FIELDS)
    except ValueError:
        raise HTTPException(422, "expected a form in UTF-8") from None
    return {name: value for name, value in fields.items() if isinstance(value, str)}


Form = Annotated[dict[str, str], Depends(_form)]

GateFilter = Literal["all", "passed", "failed"]
PASSED_GATES: Mapping[GateFilter, bool | None] = MappingProxyType({"all": None, "passed": True, "failed": False})

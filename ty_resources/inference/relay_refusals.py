"""What a server has against a request, in the words of OpenAI's API.

Belongs here: error bodies, and which errors are a refusal at all. Not here: what a status means (`replies`), and what
becomes of a refused request (`ty_assets.candidate_evaluations.working`).
"""

import uuid
from typing import Any

from ty_resources.inference.errors import (
    AccessDenied,
    EngineError,
    InvalidEmbedding,
    ModelMissing,
    PromptTooLong,
    RequestRefused,
    SchemaViolation,
)
from ty_resources.inference.relay import Relayed
from ty_resources.inference.replies import Reply, documents, error_text

_CODES: dict[type[EngineError], str] = {
    ModelMissing: "model_not_found",
    PromptTooLong: "context_length_exceeded",
    InvalidEmbedding: "invalid_embedding",
    SchemaViolation: "endless_repetition",
}


def is_refusal(error: EngineError) -> bool:
    """Whether the error is the request's, so that asking again changes nothing. A wanted key is not."""
    kinds = (RequestRefused, PromptTooLong, ModelMissing, InvalidEmbedding, SchemaViolation)
    return isinstance(error, kinds) and not isinstance(error, AccessDenied)


def refusal(error: EngineError, reply: Reply | None) -> Relayed:
    """The refusal that an error stands for. reply: what the server answered, whose own words are told in full: they go
    to who has written the request."""
    code = next((code for kind, code in _CODES.items() if isinstance(error, kind)), None)
    said = _said(reply) if reply is not None else {}
    status = reply.status if reply is not None and reply.status >= 400 else 400
    if isinstance(error, ModelMissing):
        status = 404
    elif isinstance(error, PromptTooLong) and status != 413:
        status = 400  # llama.cpp says 500 of a text that is longer than its batch
    return refused(
        status,
        str(said.get("message") or error),
        param=said.get("param"),
        code=code or said.get("code"),
        kind=said.get("type"),
        request_id=reply.request_id if reply is not None else None,
    )


def refused(
    status: int,
    message: str,
    *,
    param: Any = None,
    code: Any = None,
    kind: Any = None,
    request_id: str | None = None,
) -> Relayed:
    """A refusal with these words. What servers of this dialect write beside them that is no text, is left out."""
    error = {
        "message": message,
        "type": kind if isinstance(kind, str) and kind else "invalid_request_error",
        "param": param if isinstance(param, str) else None,
        "code": code if isinstance(code, str) else None,
    }
    return Relayed(status, request_id or new_request_id(), {"error": error})


def new_request_id() -> str:
    """For a request whose server gives it none."""
    return f"req_{uuid.uuid4().hex}"


def _said(reply: Reply) -> dict[str, Any]:
    """Message, type, param and code, as far as the reply has them."""
    try:
        document = documents(reply.content)[0]
    except (ValueError, RecursionError):
        return {"message": f"the server answered {reply.status} with something that is no JSON"}
    error = document.get("error") if isinstance(document, dict) else None
    if reply.status == 200 and not error:
        return {}  # an answer, and what is wrong with it was found here
    if isinstance(error, str) and error.lstrip().startswith("{"):
        return _said(Reply(reply.url, reply.path, reply.status, error.encode()))  # Ollama hands on llama-server's own
    if isinstance(error, dict) and isinstance(error.get("message"), str):
        return dict(error)
    return {"message": error_text(document)}

"""What can go wrong when a model is asked, as classes: each says whether asking again can help.

Belongs here: the classes, and what a person is told. Not here: which status or body means which class (the clients),
and how often something is tried again (`model_engine`).
"""

from typing import ClassVar


class EngineError(Exception):
    """The root. The class's name is what `failures.error_class` holds.

    again: whether the same request may succeed later, unchanged. whole_server: the fault is not the item's, so no
    item is to blame and none is recorded as failed.
    """

    again: ClassVar[bool] = False
    whole_server: ClassVar[bool] = False


class ServerDown(EngineError):
    """Nobody answers: connection refused, no such host, TLS failure, on every base URL."""

    again = True
    whole_server = True


class ConnectionLost(EngineError):
    """The connection broke while the answer was awaited."""

    again = True


class ServerTimeout(EngineError):
    """No answer within TY_REQUEST_TIMEOUT seconds."""

    again = True


class ServerBusy(EngineError):
    """The server turned the request away for now (503, 429); `retry_after` seconds, where it said so."""

    again = True

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ServerFault(EngineError):
    """The server broke on the request (500, 502), or answered with something that is no answer."""

    again = True


class ModelMissing(EngineError):
    """The model is not on the server (404); `ty models pull` fetches it where the server is Ollama."""

    whole_server = True


class RequestRefused(EngineError):
    """The server does not accept the request (400, 401, 403, 422, ...): asking again changes nothing."""


class AccessDenied(RequestRefused):
    """The server wants a key, or another one (401, 403): no item is to blame."""

    whole_server = True


class PromptTooLong(EngineError):
    """The prompt does not fit into the model's context; it is split or refused, never cut."""


class TruncatedAnswer(EngineError):
    """The answer broke off at the length limit (done_reason or finish_reason "length")."""


class SchemaViolation(EngineError):
    """The answer is no JSON of the task's schema; another seed may help."""


class NothingQuoted(EngineError):
    """The answer makes claims, and none of them quotes the text it was asked about."""


class InvalidEmbedding(EngineError):
    """A vector with NaN, infinite or no length, or a server's refusal to encode one."""

"""The Batch API as `ty batch` speaks to it: over HTTP, to whichever installation TY_API_URL names.

Belongs here: requests, and what an error of the API means for who typed the command. Not here: commands and what they
print (`batch_remote`), and the API itself (serving/batches). No database is opened: the API may be another machine's.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import httpx

from ty_resources.settings import Settings

Batch = dict[str, Any]

# Statuses in which nothing more will happen.
SETTLED: Final = frozenset({"failed", "completed", "expired", "cancelled"})
PAGE: Final = 100
# An upload of a gigabyte is taken as fast as Postgres stores it; between two answers a minute is long enough.
_TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0, write=300.0, read=300.0)


class ApiError(Exception):
    """What the API refused or why it could not be asked, and what to do. status: None where nothing answered."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status

    @property
    def passes(self) -> bool:
        """Whether it is worth asking again: a server that is away or starts anew, and one that asks for patience."""
        return self.status is None or self.status == 429 or self.status >= 500


class BatchApi:
    """One API with one key; close at the end. Raises ApiError in whatever is asked."""

    def __init__(self, url: str, key: str, transport: httpx.BaseTransport | None = None) -> None:
        self.url = url.rstrip("/").removesuffix("/v1")
        self._client = httpx.Client(
            base_url=f"{self.url}/v1/",
            headers={"Authorization": f"Bearer {key}"},
            timeout=_TIMEOUT,
            transport=transport,
        )

    def __enter__(self) -> "BatchApi":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._client.close()

    def upload(self, file: Path, name: str | None = None) -> dict[str, Any]:
        """Send an input file, read as it is sent; the file object."""
        with file.open("rb") as content:
            sent = {"file": (name or file.name, content, "application/jsonl")}
            return self._asked("POST", "files", data={"purpose": "batch"}, files=sent)

    def create(self, file_id: str, endpoint: str, **more: Any) -> Batch:
        """more: what the request has besides, such as metadata; None is left out."""
        body = {"input_file_id": file_id, "endpoint": endpoint, "completion_window": "24h"}
        given = {name: value for name, value in more.items() if value is not None}
        return self._asked("POST", "batches", json={**body, **given})

    def batch(self, batch_id: str) -> Batch:
        return self._asked("GET", f"batches/{batch_id}")

    def change(self, batch_id: str, action: str, **body: Any) -> Batch:
        """action: cancel, pause, resume or priority."""
        return self._asked("POST", f"batches/{batch_id}/{action}", json=body)

    def batches(self) -> Iterator[Batch]:
        """All of the account's, the newest first."""
        after: str | None = None
        while True:
            query = {"limit": PAGE} | ({"after": after} if after else {})
            page = self._asked("GET", "batches", params=query)
            yield from page["data"]
            after = page.get("last_id")
            if not page.get("has_more") or after is None:
                return

    def content(self, file_id: str) -> Iterator[bytes]:
        """A file's bytes, as they come."""
        with self._told(), self._client.stream("GET", f"files/{file_id}/content") as answer:
            if answer.status_code >= 400:
                answer.read()
                raise _error_of(answer, self.url)
            yield from answer.iter_bytes(1 << 16)

    def _asked(self, method: str, path: str, **sent: Any) -> dict[str, Any]:
        with self._told():
            answer = self._client.request(method, path, **sent)
        if answer.status_code >= 400:
            raise _error_of(answer, self.url)
        try:
            told = answer.json()
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise ApiError(f"expected JSON from {self.url}/v1; is TY_API_URL the address of a match view?", 400)
        return told

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except httpx.TimeoutException:
            raise ApiError(f"{self.url} did not answer in time") from None
        except httpx.InvalidURL as error:
            raise ApiError(f"TY_API_URL={self.url}: {error}", 400) from None
        except httpx.TransportError as error:
            raise ApiError(
                f"{self.url} cannot be reached ({error}). Is `ty up` running there? TY_API_URL names another address."
            ) from None


def open_api(config: Settings) -> BatchApi:
    """By TY_API_URL and TY_API_KEY. Raises ApiError where no key is given."""
    key = config.api_key.get_secret_value().strip() if config.api_key else ""
    if not key or not key.isascii() or not key.isprintable():
        raise ApiError(
            "set TY_API_KEY to an API token of a recruiter's account: the page Account makes one, or "
            "`ty account token EMAIL NAME` where the database is",
            401,
        )
    return BatchApi(config.batch_api_url, key)


def _error_of(answer: httpx.Response, url: str) -> ApiError:
    status = answer.status_code
    said = _message(answer, with_field=status == 400)
    told = {
        401: f"{url} does not know this key: TY_API_KEY is wrong, or was revoked on the page Account",
        403: f"{said} An administrator makes an account a recruiter's: `ty account recruiter EMAIL`.",
        404: said or "there is no such batch or file of this account",
        413: f"{said} See the limits TY_BATCH_FILE_BYTES and TY_BATCH_MAX_BYTES, and `ty batch prepare --split`.",
    }.get(status, f"{said} (status {status})")
    return ApiError(told.strip(), status)


def _message(answer: httpx.Response, *, with_field: bool) -> str:
    """What the API says in OpenAI's form; of anything else nothing, since it may be a proxy's page."""
    try:
        error = answer.json()["error"]
        message, param = str(error["message"]).strip(), error.get("param")
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
    told = message if message.endswith((".", "!", "?")) else f"{message}."
    return f"{told} [{param}]" if with_field and param and str(param) not in message else told

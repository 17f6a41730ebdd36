"""What a source of postings is: something that yields records as received, and names what it could not read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol


class SourceError(ValueError):
    """Something received that is no record: what was expected, what came, what to do."""


@dataclass(frozen=True)
class Received:
    """One record, or the error in its place.

    origin: where it came from, file:line or URL. raw: the bytes, kept when there is no payload to keep.
    """

    origin: str
    payload: Mapping[str, Any] | None
    error: SourceError | None = None
    raw: bytes | None = None


class Source(Protocol):
    """A place that postings come from.

    name: the default `source` of its records. origins: what it reads now, file names or addresses, without
    lines; failures that were named after one of them and do not occur again are forgotten. receive: every record
    there is now; a bad one is yielded with its error and never ends the iteration.
    """

    name: str

    def origins(self) -> list[str]: ...

    def receive(self) -> Iterator[Received]: ...

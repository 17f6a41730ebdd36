"""What a source of postings is: something that yields records as received, and names what it could not read.

Two kinds: a `Source` hands over all it has (files); a `RemoteSource` lists hits, page by page, with a detail for each.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol


class SourceError(ValueError):
    """Something received that is no record: what was expected, what came, what to do."""


class SourceDown(SourceError):
    """A remote source does not answer, or turns us away. What is in stays in; the round goes on later.

    retry_after: seconds that the source asks us to stay away, where it says so.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class SourceChanged(SourceDown):
    """A remote source answers in a form that this version does not know: a person has to look."""


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


@dataclass(frozen=True)
class Validator:
    """By what a server tells that an answer is still the same; sent back with the next request."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True)
class Hit:
    """One posting as a listing shows it. mark: 16 bytes of its stable part; the same mark means the same posting."""

    external_id: str
    mark: bytes
    hit: Mapping[str, Any]


@dataclass(frozen=True)
class Listed:
    """What is remembered of a page of a round.

    total: what there is, by the answer; None: it does not say. facets: of a result set that is too large, counts by
    facet and value.
    """

    external_ids: Sequence[str]
    total: int | None
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """One page of a listing.

    name: what was asked, the same in every run. search: the name of the first page of the configured search that it is
    part of; `total` of that one is how many distinct hits all pages together should have.
    """

    name: str
    search: str
    hits: Sequence[Hit]
    total: int | None
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def listed(self) -> Listed:
        return Listed([hit.external_id for hit in self.hits], self.total, self.facets)


@dataclass(frozen=True)
class Detail:
    """What a hit's detail said.

    received: `payload` is a record in our field names, with the original under a key of its own. gone: it is not there
    any more. unchanged: it is what it was when `validator` was given.
    """

    state: Literal["received", "gone", "unchanged"]
    origin: str
    payload: Mapping[str, Any] | None = None
    validator: Validator | None = None


class RemoteSource(Protocol):
    """A service that postings are fetched from; see ty_assets/postings/fetch.py for what is made of it.

    name: the `source` of its records. pages: the listing, of all there is or of what was published since a day;
    `listed` are the pages of this round that are in already, by name: they are not asked for again. detail: one hit's
    record; `validator` is that of the detail we have. newest: the hits published last, one request for each search.

    All raise SourceDown when the source does not answer, SourceChanged when it answers in a form that is not known, and
    `detail` a SourceError for one hit that cannot be read.
    """

    name: str

    def pages(self, since: dt.date | None, today: dt.date, listed: Mapping[str, Listed]) -> Iterator[Page]: ...

    def detail(self, hit: Hit, validator: Validator | None) -> Detail: ...

    def newest(self, today: dt.date) -> Sequence[Hit]: ...

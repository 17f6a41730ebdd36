"""Texts to vectors by a model server: batches, the search for the text that spoils one, and checks.

Belongs here: how many texts go into a request, and which of them has no vector. Not here: retries of a request that met
no answer (`model_queue`), and where vectors are kept (`embedding_flight`).

A server answers a batch wholly or not at all: one text that makes it compute NaN fails all others with it (ollama
#13572: 76 of 1,217 texts on bge-m3). Halving finds that text in about ten requests.
"""

import re
import unicodedata
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

import numpy as np

from ty_resources.inference.client import EmbeddingBatch, ModelClient
from ty_resources.inference.engine import Vector
from ty_resources.inference.errors import EngineError, InvalidEmbedding, ServerBusy, ServerFault
from ty_resources.inference.lanes import Caller
from ty_resources.inference.model_queue import ModelQueue, Told

Batch = Sequence[tuple[int, str]]
Encoded = list[tuple[int, Vector | Exception]]

MOST_TEXTS = 32
# What a request takes of the server's time: enough that the one or two milliseconds of sending it do not matter. Less
# while the number of requests in flight is searched for, which takes some dozens of them, and for the last ones.
_SECONDS = 0.03
_SECONDS_WHILE_SEARCHING = 0.015
_SHARE_OF_THE_LAST = 8
_TRIES_TOGETHER = 2  # the halves come next

_NO_WORD = re.compile(r"[^\w\s]+")
_SPACE = re.compile(r"\s+")


class Vectors:
    """One embedding model. Thread-safe. encoded: called with the number of texts that a request has encoded."""

    def __init__(self, model: str, client: ModelClient, queue: ModelQueue, encoded: Callable[[int], None]) -> None:
        self._model = model
        self._client = client
        self._queue = queue
        self._encoded = encoded
        self._searching = True
        self.dimensions: int | None = None  # of the first vectors; all others have to have as many

    def batches(self, texts: Iterable[str]) -> Iterator[Batch]:
        """Numbered texts in batches, drawn as they are taken.

        As many texts as keep the server busy for a moment, so that a person never waits long for the requests in
        flight; at the end fewer, so that no worker is left alone with the last ones.
        """
        numbered = enumerate(texts)
        ahead: deque[tuple[int, str]] = deque()
        while True:
            size, places = self._size(), self._queue.limit
            ahead.extend(islice(numbered, size * places - len(ahead) if size * places > len(ahead) else 0))
            if not ahead:
                return
            fair = max(-(-len(ahead) // places), size // _SHARE_OF_THE_LAST)
            yield [ahead.popleft() for _ in range(min(size, fair, len(ahead)))]

    def _size(self) -> int:
        speed = self._queue.work_per_second
        if speed is None:
            return 1
        self._searching = self._searching and not self._queue.settled
        if self._searching:
            # Few texts where few requests are in flight: that is where the search is slow.
            return max(min(int(_SECONDS_WHILE_SEARCHING * speed), self._queue.limit // 2, MOST_TEXTS), 1)
        return min(max(int(_SECONDS * speed), 1), MOST_TEXTS)

    def encode(self, batch: Batch, caller: Caller) -> Encoded:
        """Each text's vector or error. Raises: errors of the whole server; Abandoned."""
        try:
            vectors = self._request([text for _, text in batch], caller)
        except EngineError as error:
            if error.whole_server:
                raise
            if len(batch) == 1:
                return [(number, self._alone(text, error, caller)) for number, text in batch]
            if isinstance(error, ServerBusy):  # fewer texts would be turned away as well
                return [(number, error) for number, _ in batch]
            half = len(batch) // 2
            return self.encode(batch[:half], caller) + self.encode(batch[half:], caller)
        return [
            (number, self._alone(text, vector, caller) if isinstance(vector, EngineError) else vector)
            for (number, text), vector in zip(batch, vectors, strict=True)
        ]

    def _alone(self, text: str, error: EngineError, caller: Caller) -> Vector | Exception:
        """Try the text by itself, then in plain words; its vector, or its last error."""
        if not isinstance(error, InvalidEmbedding):
            return error
        for form in dict.fromkeys([text, plain(text) or text]):
            try:
                (found,) = self._request([form], caller)
                if not isinstance(found, EngineError):
                    return found
                error = found
            except EngineError as failure:
                if failure.whole_server:
                    raise
                error = failure
        return InvalidEmbedding(f"{self._model} has no vector for this text of {len(text)} characters: {error}")

    def _request(self, texts: list[str], caller: Caller) -> list[Vector | InvalidEmbedding]:
        batch = self._queue.ask(
            caller,
            lambda: self._client.embed(self._model, texts),
            lambda reply: Told(len(texts), reply.load_seconds),
            most_tries=_TRIES_TOGETHER if len(texts) > 1 else None,
        )
        found = self._checked(batch, len(texts))
        self._encoded(sum(not isinstance(vector, EngineError) for vector in found))
        return found

    def _checked(self, batch: EmbeddingBatch, texts: int) -> list[Vector | InvalidEmbedding]:
        """Rows of unit length, or why one is none."""
        vectors = np.asarray(batch.vectors, np.float64)
        if vectors.ndim != 2 or len(vectors) != texts:
            raise ServerFault(f"{self._model} gave an array of the shape {vectors.shape} for {texts} texts")
        width = vectors.shape[1]
        with np.errstate(invalid="ignore", over="ignore"):
            lengths = np.linalg.norm(vectors, axis=1)
        usable = np.isfinite(lengths) & (lengths > np.finfo(np.float32).tiny)
        if usable.any() and self.dimensions is None:
            self.dimensions = width
        if self.dimensions not in (None, width):
            raise ServerFault(f"{self._model} gave vectors of {width} numbers, and before of {self.dimensions}")
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            rows = np.asarray(vectors / lengths[:, None], np.float32)
        return [
            row if good else InvalidEmbedding(f"a vector of the length {length}")
            for row, good, length in zip(rows, usable, lengths, strict=True)
        ]


def plain(text: str) -> str:
    """The text's words, one space between them: models that fail at a text fail at a combination of its signs."""
    return _SPACE.sub(" ", _NO_WORD.sub(" ", unicodedata.normalize("NFKC", text))).strip()

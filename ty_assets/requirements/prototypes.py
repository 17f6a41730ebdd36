"""What wording and encoder think a line is about, learned from the hand-written sentences of prototypes.csv.

Belongs here: the regression on the prototypes, and its packaged result. Not here: the features (wording.py, cues.py),
and how a line's answer is weighed against headings and neighbours (drafts.py, sequence.py).
"""

import hashlib
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from itertools import chain
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ty_assets.requirements.cues import INDEX, LABELS, cue_scores, read_rows
from ty_assets.requirements.wording import features
from ty_resources.inference.task import Encode

Floats = NDArray[np.float32]

# How the three views of a line are weighed (the encoder's vector has length 1), and the ridge of the regression: a
# plateau there: moderate changes of any move the line-level F1 by about a point; elsewhere it may be more.
_WORDING: Final = 2.0
_CUES: Final = 0.3
_RIDGE: Final = 1.5

_PACKAGED: Final = "prototypes.npz"
_PROBE: Final = "Sie bringen Erfahrung in der Pflege mit."
_ALIKE: Final = 1e-3  # of a vector's parts, of length 1 in all: machines differ by less, encoders by more


class Read(NamedTuple):
    """n lines as the models read them: of each the features that prototypes have too, and its cues."""

    columns: NDArray[np.int32]  # of all lines, one after the other
    values: Floats  # rare features count for more; those of a line have length `_WORDING` together
    ends: NDArray[np.int64]  # (n + 1,): where each line's begin, and the end of the last
    cues: Floats  # (n, 5)


@dataclass(frozen=True)
class LineModel:
    """Linear scores of the five labels, about 1 for a sure line."""

    words: Floats  # (f, 5)
    cues: Floats  # (5, 5)
    vectors: Floats  # (d, 5), no rows without an encoder
    level: Floats  # (5,) of a line that says nothing

    def by_words(self, read: Read) -> Floats:
        """(n, 5): what wording and cues say."""
        said = read.cues @ self.cues + self.level
        filled = np.flatnonzero(np.diff(read.ends))
        if len(filled):
            said[filled] += np.add.reduceat(self.words[read.columns] * read.values[:, None], read.ends[filled])
        return np.asarray(said, np.float32)

    def by_vectors(self, vectors: Floats) -> Floats:
        """(n, 5): what the encoder's vectors (n, d) add to it."""
        return np.asarray(vectors @ self.vectors, np.float32)


@lru_cache(maxsize=4)
def line_model(encode: Encode | None) -> LineModel:
    """Ridge regression of the labels on the prototypes, one against the rest; without `encode` on words alone.

    What the packaged encoder's vectors lead to comes with the project: encoding all prototypes takes a second, in every
    process that reads. Another encoder's, or that of changed prototypes, is fitted here.
    """
    prototypes = _prototypes()
    if encode is None:
        return _model(prototypes, *_fit(prototypes, np.zeros((len(prototypes.texts), 0), np.float32)))
    packaged = _packaged(prototypes, encode)
    if packaged is not None:
        return _model(prototypes, *packaged)
    return _model(prototypes, *_fit(prototypes, np.asarray(encode(prototypes.texts), np.float32)))


@dataclass(frozen=True)
class _Prototypes:
    texts: list[str]
    labels: NDArray[np.intp]  # (n,)
    read: Read

    @property
    def key(self) -> str:
        """Changes with all that the regression rests on, but for the encoder."""
        digest = hashlib.sha256(f"{_WORDING} {_CUES} {_RIDGE} {LABELS}".encode())
        for array in (self.labels, self.read.columns, self.read.ends, self.read.values, self.read.cues):
            digest.update(np.round(array.astype(np.float64), 4).tobytes())
        return digest.hexdigest()


@cache
def _prototypes() -> _Prototypes:
    rows = read_rows("prototypes.csv")
    texts = [row["text"] for row in rows]
    return _Prototypes(texts, np.array([INDEX[row["label"]] for row in rows]), read_lines(texts))  # type: ignore[index]


def _fit(prototypes: _Prototypes, vectors: Floats) -> tuple[Floats, Floats]:
    """(n, 5) what each prototype says of each label, and (d, 5) what the encoder's vectors do.

    Solved in its dual form, since there are fewer prototypes than features. Each label pulls alike, however many
    prototypes it has.
    """
    read, labels, count = prototypes.read, prototypes.labels, len(prototypes.texts)
    words = _words(read)
    gram = (words @ words.T).toarray() + read.cues @ read.cues.T + vectors @ vectors.T + 1.0
    pull = (1.0 / np.bincount(labels, minlength=len(LABELS)))[labels] * count / len(LABELS)
    targets = np.where(labels[:, None] == np.arange(len(LABELS)), 1.0, 0.0)
    duals = np.linalg.solve(gram + np.diag(_RIDGE / pull), targets).astype(np.float32)
    return duals, vectors.T @ duals


def _model(prototypes: _Prototypes, duals: Floats, by_vectors: Floats) -> LineModel:
    read = prototypes.read
    return LineModel(_words(read).T @ duals, read.cues.T @ duals, by_vectors, duals.sum(axis=0))


def _words(read: Read) -> sparse.csr_matrix:
    return sparse.csr_matrix((read.values, read.columns, read.ends))


def _packaged(prototypes: _Prototypes, encode: Encode) -> tuple[Floats, Floats] | None:
    """What `packed` has written, where it was for these prototypes and this encoder: it answers a probe alike."""
    with np.load(io.BytesIO(files("ty_assets.requirements").joinpath(_PACKAGED).read_bytes())) as file:
        if str(file["key"]) != prototypes.key:
            return None
        answer = np.asarray(encode([_PROBE]), np.float32)[0]
        if answer.shape != file["probe"].shape or not np.allclose(answer, file["probe"], atol=_ALIKE):
            return None
        return file["duals"], file["vectors"]


def packed(encode: Encode) -> bytes:
    """The packaged file for this encoder, to be written anew when prototypes, wording or cues change."""
    prototypes = _prototypes()
    duals, vectors = _fit(prototypes, np.asarray(encode(prototypes.texts), np.float32))
    file = io.BytesIO()
    probe = np.asarray(encode([_PROBE]), np.float32)[0]
    np.savez_compressed(file, key=np.array(prototypes.key), probe=probe, duals=duals, vectors=vectors)
    return file.getvalue()


def read_lines(texts: Sequence[str]) -> Read:
    """The lines for `LineModel.by_words`, of any model: all read alike."""
    numbers, rarity = _rarity()
    known = [sorted(numbers[feature] for feature in features(text) if feature in numbers) for text in texts]
    ends = np.cumsum([0, *map(len, known)])
    columns = np.fromiter(chain.from_iterable(known), np.int32, int(ends[-1]))
    values = rarity[columns]
    filled = np.flatnonzero(np.diff(ends))
    if len(filled):
        lengths = np.sqrt(np.add.reduceat(values**2, ends[filled]))
        values *= np.repeat(np.float32(_WORDING) / lengths, np.diff(ends)[filled])
    cues = np.array([cue_scores(text) for text in texts], np.float32).reshape(-1, len(LABELS))
    return Read(columns, values, ends, np.float32(_CUES) * np.log1p(cues))


@cache
def _rarity() -> tuple[dict[str, int], Floats]:
    """The number of each feature, and how rare it is among the prototypes: its inverse document frequency."""
    found = [features(row["text"]) for row in read_rows("prototypes.csv")]
    counts = Counter(feature for line in found for feature in line)
    numbers = {feature: number for number, feature in enumerate(sorted(counts))}
    return numbers, np.array([np.log((1 + len(found)) / (1 + counts[feature])) + 1 for feature in numbers], np.float32)

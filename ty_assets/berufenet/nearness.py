"""How near a title is to every KldB code and to every group of codes, by letters and by meaning.

Belongs here: the scores over one set of labelled texts. Not here: what the texts are (catalogue.py), which codes are
worth a closer look and how they are told apart (features.py, ranker.py).

Letters: naive Bayes over the TF-IDF weights of character n-grams, with codes and their leading digits and levels as
classes, and the cosine of the same weights to the nearest texts. Meaning: soft nearest neighbours, log of the sum of
exp(sharpness * cosine) over a code's texts, and ridge regression of the groups on the encoder's vectors.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SHARPNESS: Final = 15.0
SMOOTHING: Final = 0.001  # added to every n-gram's weight of a code; small, since names of occupations are short
GROUP_SMOOTHING: Final = 0.02  # groups have more text
NEIGHBOURS: Final = 10
_RIDGE: Final = 0.05
# An n-gram in more texts than this says little of which text is nearest, and makes comparing them slow.
_COMMON: Final = 0.03
_LETTERS_WEIGHT: Final = 0.7
_NEAREST_WEIGHT: Final = 0.3

# A code's digits say area, main group, group, subgroup; the last one the level.
PARTS: Final[dict[str, slice]] = {
    "subgroup": slice(0, 4),
    "group": slice(0, 3),
    "main_group": slice(0, 2),
    "level": slice(4, 5),
}


@dataclass(frozen=True)
class Codes:
    """The codes in question, ascending. `parts`: name of a part -> (c,) number of each code's part."""

    names: tuple[str, ...]
    parts: dict[str, NDArray[np.intp]]

    @classmethod
    def of(cls, names: Sequence[str]) -> "Codes":
        ascending = tuple(sorted(set(names)))
        parts = {
            part: np.unique([name[digits] for name in ascending], return_inverse=True)[1]
            for part, digits in PARTS.items()
        }
        return cls(ascending, parts)


@dataclass(frozen=True)
class Nearness:
    """Of q titles to c codes; -inf or 0 where a code has no text here. All float32, higher is nearer.

    letters, meaning: (q, c), standardised over a title's codes. score: (q, c), their weighted sum with the nearest
    text's letters. letters_cosine, meaning_cosine: (q, c), the best of a code's texts. nearest: (q, c), the number
    of the code's text that is nearest by letters. parts: for each part of the code (q, p) pairs: standardised letters,
    and the ridge regression's answer. votes: for letters and meaning the (q, 10) codes that have the nearest texts,
    with their weights. known: (q,) the share of a title's n-grams that any text has.
    """

    score: Floats
    letters: Floats
    meaning: Floats
    closeness: Floats
    letters_cosine: Floats
    meaning_cosine: Floats
    nearest: NDArray[np.intp]
    parts: dict[str, tuple[Floats, Floats]]
    votes: tuple[tuple[NDArray[np.intp], Floats], tuple[NDArray[np.intp], Floats]]
    known: Floats


class Letters:
    """Character n-grams of a set of texts; made once, used for subsets too."""

    def __init__(self, texts: Sequence[str]) -> None:
        # scikit-learn takes two seconds to import; a run in which every title is looked up does without.
        from sklearn.feature_extraction.text import CountVectorizer

        self._counter = CountVectorizer(analyzer="char_wb", ngram_range=(2, 5), dtype=np.float32)
        counts = self._counter.fit_transform(texts).tocsr()
        self.texts = _sublinear(counts)

    def of(self, titles: Sequence[str]) -> Any:
        """(q, v) sparse: one plus the log of how often each known n-gram stands in a title."""
        return _sublinear(self._counter.transform(titles).tocsr())

    def counts(self, titles: Sequence[str]) -> NDArray[np.int64]:
        """(q,) how many n-grams each title has, known or not."""
        analyse = self._counter.build_analyzer()
        return np.array([len(set(analyse(title))) for title in titles])


class CodeSimilarity:
    """Labelled texts, ready to be compared with titles.

    letters: of n texts. codes: (n,) numbers of the texts' codes in `names`. vectors: (n, d), unit length.
    rows: the texts that count; the others are as if they were not there.
    """

    def __init__(
        self, letters: Letters, codes: NDArray[np.intp], names: Codes, vectors: Floats, rows: NDArray[np.intp]
    ) -> None:
        from scipy import sparse

        self.rows = rows[np.argsort(codes[rows], kind="stable")]
        self.names = names
        self.count = np.bincount(codes[rows], minlength=len(names.names))
        self._letters = letters
        self._codes = codes[self.rows]
        self._present, self._starts = np.unique(self._codes, return_index=True)
        self._vectors = np.ascontiguousarray(vectors[self.rows], dtype=np.float32)
        grams = letters.texts[self.rows]
        frequency = np.bincount(grams.indices, minlength=grams.shape[1])
        weight = np.where(frequency > 0, 1.0 + np.log((1 + len(rows)) / (1 + frequency)), 0.0)
        self._inverse = sparse.diags(weight.astype(np.float32))
        self._rare = frequency <= max(3.0, _COMMON * len(rows))
        self._grams = _unit(grams @ self._inverse)
        self._gain, self._base = self._bayes()

    def nearness(self, titles: Sequence[str], vectors: Floats) -> Nearness:
        """titles: q strings; vectors: (q, d) float32, unit length."""
        raw = self._letters.of(titles)
        grams = _unit(raw @ self._inverse)
        letters_all = np.asarray((grams @ self._gain).toarray() + np.asarray(grams.sum(axis=1)) * self._base)
        near = np.asarray((grams @ self._rare_grams).toarray())
        cosines = vectors @ self._vectors.T
        letters_cosine = self._per_code(np.maximum.reduceat(near, self._starts, axis=1), 0.0)
        meaning_cosine = self._per_code(np.maximum.reduceat(cosines, self._starts, axis=1), -1.0)
        nearest = self._nearest(near)
        letters = _standardised(letters_all[:, : len(self.names.names)])
        meaning = _standardised(self._per_code(self._soft(cosines), 0.0))
        closeness = _standardised(self._per_code(self._soft(near), 0.0))
        ridge = vectors @ self._ridge[:-1] + self._ridge[-1]
        parts, at, of_ridge = {}, len(self.names.names), 0
        for part, size in self._sizes.items():
            parts[part] = (_standardised(letters_all[:, at : at + size]), ridge[:, of_ridge : of_ridge + size])
            at, of_ridge = at + size, of_ridge + size
        has = np.asarray(raw.sum(axis=1)).ravel() > 0
        seen = np.diff((raw @ self._inverse).tocsr().indptr) if has.any() else np.zeros(len(titles))
        return Nearness(
            score=_LETTERS_WEIGHT * letters + meaning + _NEAREST_WEIGHT * closeness,
            letters=letters,
            meaning=meaning,
            closeness=closeness,
            letters_cosine=letters_cosine,
            meaning_cosine=meaning_cosine,
            nearest=nearest,
            parts=parts,
            votes=(_votes(letters_cosine, 2.0), _votes(meaning_cosine, 4.0)),
            known=(seen / np.maximum(self._letters.counts(titles), 1)).astype(np.float32),
        )

    @cached_property
    def _sizes(self) -> dict[str, int]:
        return {part: int(numbers.max()) + 1 for part, numbers in self.names.parts.items()}

    @cached_property
    def _rare_grams(self) -> Any:
        from scipy import sparse

        return (self._grams @ sparse.diags(self._rare.astype(np.float32))).T.tocsr()

    @cached_property
    def _ridge(self) -> Floats:
        """(d + 1, all parts): weights and, last, the intercept; each class pulls with the root of its size."""
        d = self._vectors.shape[1]
        extended = np.hstack([self._vectors, np.ones((len(self._vectors), 1), np.float32)])
        answers = []
        for part, size in self._sizes.items():
            numbers = self.names.parts[part][self._codes]
            targets = np.zeros((len(numbers), size), np.float32)
            targets[np.arange(len(numbers)), numbers] = 1.0
            weighted = extended / np.sqrt(np.bincount(numbers, minlength=size)[numbers])[:, None].astype(np.float32)
            gram = extended.T @ weighted + _RIDGE * np.eye(d + 1, dtype=np.float32)
            answers.append(np.linalg.solve(gram, weighted.T @ targets))
        return np.asarray(np.hstack(answers), dtype=np.float32)

    def _bayes(self) -> tuple[Any, Floats]:
        """(v, c + all parts) sparse log gain of an n-gram's presence in a class; (1, ...) the log base."""
        from scipy import sparse

        gains, bases = [], []
        classes = [(self._codes, len(self.names.names), SMOOTHING)]
        classes += [
            (numbers[self._codes], self._sizes[part], GROUP_SMOOTHING) for part, numbers in self.names.parts.items()
        ]
        for numbers, size, smoothing in classes:
            one = np.ones(len(numbers), np.float32)
            member = sparse.csr_matrix((one, (numbers, np.arange(len(numbers)))), shape=(size, len(numbers)))
            gain = (member @ self._grams).tocsr()
            total = np.asarray(gain.sum(axis=1)).ravel() + smoothing * gain.shape[1]
            gain.data = np.log1p(gain.data / smoothing)
            gains.append(gain.T)
            bases.append(np.log(smoothing) - np.log(total))
        return sparse.hstack(gains).tocsr(), np.concatenate(bases)[None, :].astype(np.float32)

    def _soft(self, cosines: Floats) -> Floats:
        """Overwrites the cosines, of which there are millions."""
        cosines *= SHARPNESS
        return np.asarray(np.log(np.add.reduceat(np.exp(cosines, out=cosines), self._starts, axis=1)))

    def _per_code(self, present: Floats, absent: float) -> Floats:
        if len(self._present) == len(self.names.names):
            return present
        spread = np.full((len(present), len(self.names.names)), absent, np.float32)
        spread[:, self._present] = present
        return spread

    def _nearest(self, near: Floats) -> NDArray[np.intp]:
        """(q, c): the row of the text, of each code's, that is nearest by letters; -1 without one."""
        best = np.full((len(near), len(self.names.names)), -1, np.intp)
        ends = np.append(self._starts[1:], near.shape[1])
        for code, start, end in zip(self._present, self._starts, ends, strict=True):
            best[:, code] = self.rows[start + near[:, start:end].argmax(axis=1)]
        return best


def _votes(cosines: Floats, power: float) -> tuple[NDArray[np.intp], Floats]:
    """The codes that have the nearest texts, with weights that sum to one."""
    count = min(NEIGHBOURS, cosines.shape[1])
    top = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
    weight = np.maximum(np.take_along_axis(cosines, top, axis=1), 0.0) ** np.float32(power)
    return top, weight / np.maximum(weight.sum(axis=1, keepdims=True), np.float32(1e-9))


def _sublinear(counts: Any) -> Any:
    counts.data = 1.0 + np.log(counts.data)
    return counts


def _unit(weights: Any) -> Any:
    from sklearn.preprocessing import normalize

    return normalize(weights.tocsr(), copy=False)


def _standardised(scores: Floats) -> Floats:
    spread = scores.std(axis=1, keepdims=True)
    return np.asarray((scores - scores.mean(axis=1, keepdims=True)) / np.where(spread > 1e-6, spread, 1.0), np.float32)
